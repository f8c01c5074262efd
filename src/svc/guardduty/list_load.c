/* list_load.c - what whoever loads lists needs: which wait for what, what they hold, and how it went. */
#include "detect/intel_format.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/list.h"
#include "svc/guardduty/list_location.h"

static enum guardduty_list_wish wish_of(struct str status)
{
    return str_equal(status, STR("ACTIVATING"))       ? GUARDDUTY_LIST_ACTIVATE
           : str_equal(status, STR("DEACTIVATING"))   ? GUARDDUTY_LIST_DEACTIVATE
           : str_equal(status, STR("DELETE_PENDING")) ? GUARDDUTY_LIST_DELETE
           : str_equal(status, STR("ACTIVE"))         ? GUARDDUTY_LIST_HOLD
                                                      : GUARDDUTY_LIST_NOTHING;
}

struct err guardduty_lists(struct ctx *ctx, struct store_conn *db, struct guardduty_list **out, size_t *count)
{
    struct list_row *rows = NULL;
    TRY(rows_list_everywhere(ctx, db, &rows, count));
    *out = ARENA_ARRAY(ctx->arena, struct guardduty_list, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        struct list_location place;
        list_location_read(ctx->arena, rows[i].location, &place);
        (*out)[i] = (struct guardduty_list){
            .account = rows[i].account, .region = rows[i].region, .id = rows[i].id, .kind = rows[i].kind, .name = rows[i].name,
            .format = rows[i].format, .owner = rows[i].owner, .location = rows[i].location, .bucket = place.bucket, .key = place.key,
            .bucket_region = place.region, .path = place.path, .turn = rows[i].turn, .wish = wish_of(rows[i].status),
        };
    }
    return ERR_OK;
}

struct err guardduty_list_places(struct ctx *ctx, struct store_conn *db, struct guardduty_list **out, size_t *count)
{
    struct list_row *rows = NULL;
    TRY(rows_list_places(ctx, db, &rows, count));
    *out = ARENA_ARRAY(ctx->arena, struct guardduty_list, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        (*out)[i] = (struct guardduty_list){ .account = rows[i].account, .region = rows[i].region };
    }
    return ERR_OK;
}

struct err guardduty_list_content(struct ctx *ctx, struct store_conn *db, const struct guardduty_list *list, struct str *content)
{
    return rows_list_content_get((struct rows){ ctx, db, list->account, list->region }, list->id, content);
}

/* spec: GuardDuty user guide, lists: IP sets hold public IPv4 addresses, 2,000 trusted or 250,000 threatening ones; entity sets
 * names as well, threat ones file hashes too. For entity sets the same numbers are assumed. */
struct intel_list_options guardduty_list_options(const struct guardduty_list *list)
{
    const bool threat = str_starts(list->kind, STR("threat"));
    const bool entities = str_ends(list->kind, STR("entityset"));
    struct intel_list_options options = {
        .name = list->name, .lists = threat ? INTEL_CUSTOM : INTEL_TRUSTED, .addresses_only = !entities, .public_v4_only = true,
        .entries_max = threat ? 250000 : 2000, .no_hashes = !threat,
    };
    intel_format_of(list->format, &options.format);
    return options;
}

struct err guardduty_list_done(struct ctx *ctx, struct store_conn *db, const struct guardduty_list *list, const char *trouble,
                               struct str content)
{
    const struct rows rows = { ctx, db, list->account, list->region };
    struct list_row row = { .turn = 0 };
    bool found = false;
    TRY(rows_list_get(rows, list->id, &row, &found));
    if (!found || row.turn != list->turn) {
        return ERR_OK; /* asked for something else meanwhile */
    }
    row.turn++;
    row.updated_ms = ctx->now_ms;
    row.detail = trouble ? str_of(trouble) : STR("");
    if (list->wish == GUARDDUTY_LIST_ACTIVATE && !trouble) {
        row.status = STR("ACTIVE");
        TRY(rows_list_content_put(rows, row.id, content));
    } else {
        row.status = list->wish == GUARDDUTY_LIST_ACTIVATE ? STR("ERROR") : list->wish == GUARDDUTY_LIST_DELETE ? STR("DELETED") : STR("INACTIVE");
        TRY(rows_list_content_delete(rows, row.id));
    }
    return rows_list_put(rows, &row);
}
