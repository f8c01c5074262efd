#include "svc/guardduty/list.h"

#include "crypto/random.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/list_location.h"
#include "svc/guardduty/page.h"
#include "svc/guardduty/tag.h"

enum { DELETED_KEPT_MS = 3600000 }; /* for clients that wait to see it; no longer, so that they do not pile up */

static void (*changed)(void *self);
static void *changed_self;

void guardduty_on_list(void (*call)(void *self), void *self)
{
    changed = call;
    changed_self = self;
}

static struct err keep(struct request *rq, struct list_row *row)
{
    row->turn++;
    row->updated_ms = rq->ctx.now_ms;
    TRY(rows_list_put(rows_of(rq), row));
    if (changed) {
        changed(changed_self);
    }
    return ERR_OK;
}

static struct str tag_name(struct request *rq, struct str detector, const struct list_row *row)
{
    return str_format(rq->ctx.arena, "detector/%" STR_FMT "/%" STR_FMT "/%" STR_FMT, STR_ARG(detector), STR_ARG(row->kind), STR_ARG(row->id));
}

static bool is_gone(const struct list_row *row)
{
    return str_equal(row->status, STR("DELETED")) || str_equal(row->status, STR("DELETE_PENDING"));
}

static struct err get(struct request *rq, struct str kind, struct str detector, struct str id, struct list_row *out)
{
    struct detector_row row = { .enabled = false };
    bool found = false;
    TRY(detector_need(rq, detector, &row));
    TRY(rows_list_get(rows_of(rq), id, out, &found));
    if (!found || !str_equal(out->kind, kind)) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION, "The request is rejected since no such resource found.");
    }
    return ERR_OK;
}

/* spec: GuardDuty user guide, adding a list: letters, digits, dash and underscore. */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return name.len > 0;
}

static struct err check(struct request *rq, struct str name, struct str location)
{
    struct list_location place;
    if (!is_name(name)) {
        return detector_refuse(&rq->ctx, "name");
    }
    return list_location_read(rq->ctx.arena, location, &place) ? ERR_OK : detector_refuse(&rq->ctx, "location");
}

/* spec: GuardDuty quotas, per account and Region: one trusted list, six threat lists, of each kind. Names are unique within a kind. */
static struct err check_room(struct request *rq, struct str kind, const struct list_row *row)
{
    struct list_row *rows = NULL;
    size_t count = 0;
    size_t held = 0;
    const size_t limit = str_starts(kind, STR("threat")) ? 6 : 1;
    TRY(rows_list_all(rows_of(rq), kind, &rows, &count));
    for (size_t i = 0; i < count; i++) {
        if (is_gone(&rows[i]) || str_equal(rows[i].id, row->id)) {
            continue;
        }
        held++;
        if (str_equal(rows[i].name, row->name)) {
            return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                        "The request is rejected because a list with the given name already exists.");
        }
    }
    if (held >= limit || count >= LIST_ROWS_MAX) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because the current account has reached the limit of %zu lists of this kind.", limit);
    }
    return ERR_OK;
}

/* The list that a call with the same token made. */
static struct err by_token(struct request *rq, struct str kind, const struct list_ask *ask, struct str *id)
{
    struct list_row *rows = NULL;
    size_t count = 0;
    TRY(rows_list_all(rows_of(rq), kind, &rows, &count));
    for (size_t i = 0; i < count && ask->token.len > 0; i++) {
        if (str_equal(rows[i].token, ask->token) && str_equal(rows[i].name, ask->name) && !is_gone(&rows[i])) {
            *id = rows[i].id;
        }
    }
    return ERR_OK;
}

struct err list_create(struct request *rq, struct str kind, const struct list_ask *ask, struct str *id)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, ask->detector, &detector));
    TRY(check(rq, ask->name, ask->location));
    *id = STR_NONE;
    TRY(by_token(rq, kind, ask, id));
    if (id->ptr) {
        return ERR_OK;
    }
    struct list_row row = {
        .id = random_hex(&rq->ctx, 32), .kind = kind, .name = ask->name, .format = ask->format, .location = ask->location,
        .owner = ask->owner.ptr ? ask->owner : STR(""), .status = ask->activate.v ? STR("ACTIVATING") : STR("INACTIVE"),
        .detail = STR(""), .token = ask->token.ptr ? ask->token : STR(""), .created_ms = rq->ctx.now_ms,
    };
    TRY(rows_list_forget(rows_of(rq), rq->ctx.now_ms - DELETED_KEPT_MS));
    TRY(check_room(rq, kind, &row));
    TRY(keep(rq, &row));
    *id = row.id;
    return tag_put_all(rq, tag_name(rq, detector.id, &row), ask->tags);
}

struct err list_get(struct request *rq, struct str kind, struct str detector, struct str id, struct list_row *out,
                    struct guardduty_tag_map *tags)
{
    TRY(get(rq, kind, detector, id, out));
    return tag_get_all(rq, tag_name(rq, detector, out), tags);
}

struct err list_page(struct request *rq, struct str kind, struct str detector, struct opt_int max, struct str token,
                     struct str **ids, size_t *count, struct str *next)
{
    struct detector_row row = { .enabled = false };
    struct finding_place after = { .id = STR_NONE };
    struct list_row *rows = NULL;
    size_t all = 0;
    const size_t limit = max.set ? (size_t)max.v : 50;
    TRY(detector_need(rq, detector, &row));
    const struct str question = str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(detector), STR_ARG(kind));
    TRY(page_place(rq, question, token, &after));
    TRY(rows_list_all(rows_of(rq), kind, &rows, &all));
    *ids = ARENA_ARRAY(rq->ctx.arena, struct str, limit);
    *count = 0;
    *next = STR("");
    for (size_t i = 0; i < all; i++) {
        if (str_equal(rows[i].status, STR("DELETED")) || (after.id.ptr && str_compare(rows[i].id, after.id) <= 0)) {
            continue;
        }
        if (*count == limit) {
            *next = page_token(rq, question, &(struct finding_place){ .id = (*ids)[limit - 1], .value = SQL_INT(0) });
            break;
        }
        (*ids)[(*count)++] = rows[i].id;
    }
    return ERR_OK;
}

/* An active list whose location changed is activated again; what changed at the same location has to be activated by the caller. */
struct err list_update(struct request *rq, struct str kind, const struct list_ask *ask)
{
    struct list_row row = { .turn = 0 };
    TRY(get(rq, kind, ask->detector, ask->id, &row));
    if (is_gone(&row)) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION, "The request is rejected since no such resource found.");
    }
    const bool moved = ask->location.ptr && !str_equal(ask->location, row.location);
    const bool active = str_equal(row.status, STR("ACTIVE")) || str_equal(row.status, STR("ACTIVATING"));
    row.name = ask->name.ptr ? ask->name : row.name;
    row.location = ask->location.ptr ? ask->location : row.location;
    row.owner = ask->owner.ptr ? ask->owner : row.owner;
    TRY(check(rq, row.name, row.location));
    TRY(check_room(rq, kind, &row));
    if (ask->activate.set ? ask->activate.v : moved && active) {
        row.status = STR("ACTIVATING");
        row.detail = STR("");
    } else if (ask->activate.set && !str_equal(row.status, STR("INACTIVE"))) {
        row.status = STR("DEACTIVATING");
    }
    return keep(rq, &row);
}

struct err list_delete(struct request *rq, struct str kind, struct str detector, struct str id)
{
    struct list_row row = { .turn = 0 };
    TRY(get(rq, kind, detector, id, &row));
    if (is_gone(&row)) {
        return ERR_OK;
    }
    TRY(rows_tag_delete_all(rows_of(rq), tag_name(rq, detector, &row)));
    row.status = STR("DELETE_PENDING");
    return keep(rq, &row);
}

struct err list_need(struct request *rq, struct str resource)
{
    struct list_row row = { .turn = 0 };
    struct str id = STR_NONE;
    bool found = false;
    const struct str kind = str_cut(resource, '/', &id);
    if (id.ptr) {
        TRY(rows_list_get(rows_of(rq), id, &row, &found));
    }
    return found && !is_gone(&row) && str_equal(row.kind, kind) ? ERR_OK : detector_refuse(&rq->ctx, "resourceArn");
}
