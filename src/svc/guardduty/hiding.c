#include "svc/guardduty/hiding.h"

#include "base/clock.h"
#include "detect/catalogue.h"
#include "detect/finding.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/publish.h"
#include "svc/guardduty/rows_hidden.h"
#include "wire/codec.h"

#define OWN_SEVERITY 8.0

static void free_criteria(struct match_criteria **criteria)
{
    match_criteria_free(*criteria);
}

/* What of a filter can be told without a finding: its words on type and severity. The rest may always fit. */
static struct guardduty_finding_criteria type_and_severity(struct ctx *ctx, const struct guardduty_finding_criteria *in)
{
    struct guardduty_finding_criteria out = *in;
    out.criterion.items = ARENA_ARRAY(ctx->arena, struct guardduty_criterion_entry, in->criterion.count + 1);
    out.criterion.count = 0;
    for (size_t i = 0; i < in->criterion.count; i++) {
        const struct str field = in->criterion.items[i].key;
        if (str_equal(field, STR("type")) || str_equal(field, STR("severity"))) {
            out.criterion.items[out.criterion.count++] = in->criterion.items[i];
        }
    }
    return out;
}

/* Whether some type that is usually high or critical passes. One that is so for once is noticed when it is hidden. */
static struct err can_hide(struct ctx *ctx, const struct filter_row *filter, bool *out)
{
    static const double SEVERITIES[] = { 7.0, 8.0, 8.5, 9.0, 10.0 };
    CLEANUP(free_criteria) struct match_criteria *criteria = NULL;
    void *stored = NULL;
    TRY(wire_json_read(ctx, GUARDDUTY_SHAPE_FINDING_CRITERIA, filter->criteria, &stored));
    const struct guardduty_finding_criteria asked = type_and_severity(ctx, stored);
    TRY(finding_criteria(ctx, &asked, &criteria));
    *out = criteria == NULL;
    for (size_t i = 0; i < catalogue_count() && !*out; i++) {
        const struct catalogue_entry *entry = catalogue_at(i);
        for (size_t s = 0; s < COUNT_OF(SEVERITIES) && entry->severity >= HIDING_SEVERITY && !*out; s++) {
            *out = match_criteria_test(criteria,
                                       str_format(ctx->arena, "{\"type\":\"%" STR_FMT "\",\"severity\":%g}",
                                                  STR_ARG(entry->type), SEVERITIES[s]));
        }
    }
    return ERR_OK;
}

/* Who made the filter, when that is known. */
static const struct guardduty_resource *resource_of(struct arena *arena, const struct request *rq)
{
    struct guardduty_resource *resource = ARENA_NEW(arena, struct guardduty_resource);
    resource->resource_type = STR("AccessKey");
    if (rq) {
        struct guardduty_access_key_details *key = ARENA_NEW(arena, struct guardduty_access_key_details);
        *key = (struct guardduty_access_key_details){
            .access_key_id = rq->caller.access_key,
            .principal_id = rq->caller.id,
            .user_name = rq->caller.name,
            .user_type = rq->caller.type == PRINCIPAL_ROOT           ? STR("Root")
                         : rq->caller.type == PRINCIPAL_ASSUMED_ROLE ? STR("Role")
                                                                     : STR("IAMUser"),
        };
        resource->access_key_details = key;
    }
    return resource;
}

static const struct guardduty_service *service_of(struct arena *arena, const struct filter_row *filter, struct str now)
{
    struct json_writer why = json_writer_new(arena);
    json_open_object(&why);
    json_member_str(&why, STR("filter"), filter->name);
    json_key(&why, STR("criteria"));
    json_raw(&why, filter->criteria);
    json_member_str(&why, STR("next"),
                    str_format(arena, "yagura findings acknowledge %" STR_FMT " --reason TEXT", STR_ARG(filter->name)));
    json_close_object(&why);
    struct guardduty_service_additional_info *info = ARENA_NEW(arena, struct guardduty_service_additional_info);
    *info = (struct guardduty_service_additional_info){ .value = json_done(&why), .type = STR("default") };
    struct guardduty_service *service = ARENA_NEW(arena, struct guardduty_service);
    *service = (struct guardduty_service){
        .additional_info = info,
        .archived = SOME(false),
        .count = SOME(1),
        .event_first_seen = now,
        .event_last_seen = now,
        .resource_role = STR("TARGET"),
        .service_name = STR("guardduty"),
    };
    return service;
}

/* Straight into the store: no filter may archive it. */
static struct err raise(struct rows rows, const struct request *rq, const struct filter_row *filter)
{
    struct arena *arena = rows.ctx->arena;
    const struct str now = clock_format_iso8601_ms(arena, rows.ctx->now_ms);
    const struct str id =
        finding_id(arena, (const struct str[]){ STR("hiding"), rows.account, rows.region, filter->name }, 4);
    const struct guardduty_finding finding = {
        .account_id = rows.account,
        .created_at = now,
        .updated_at = now,
        .title = str_format(arena, "The suppression rule %" STR_FMT " can hide findings of high severity.",
                            STR_ARG(filter->name)),
        .description = str_format(arena,
                                  "The suppression rule %" STR_FMT
                                  " archives new findings of high or critical severity before anybody is told of them. "
                                  "If that is meant, acknowledge it with a reason; else narrow or delete it.",
                                  STR_ARG(filter->name)),
        .id = id,
        .partition = STR("aws"),
        .region = rows.region,
        .resource = resource_of(arena, rq),
        .schema_version = STR("2.0"),
        .service = service_of(arena, filter, now),
        .severity = SOME(OWN_SEVERITY),
        .type = STR(HIDING_TYPE),
    };
    struct json_writer writer = json_writer_new(arena);
    struct finding_row row = { .archived = false }, old = { .archived = false };
    bool found = false;
    wire_json_write(&writer, GUARDDUTY_SHAPE_FINDING, &finding);
    struct str body = json_done(&writer);
    TRY(rows_finding_get(rows, id, &old, &found));
    if (found) {
        body = finding_merge(arena, old.body, body);
    }
    if (body.ptr == NULL || !finding_from_body(arena, body, &row)) {
        return fail(rows.ctx, &FAULT_INTERNAL, "the finding about a filter is no finding");
    }
    TRY(rows_finding_put(rows, &row));
    return publish_finding(rows, &row, found);
}

struct err hiding_filter(struct request *rq, const struct filter_row *filter)
{
    bool hides = false, fresh = false;
    if (str_equal(filter->action, STR("ARCHIVE"))) {
        TRY(can_hide(&rq->ctx, filter, &hides));
    }
    if (!hides) {
        return rows_hiding_drop(rows_of(rq), filter->name);
    }
    TRY(rows_hiding_put(rows_of(rq), filter->name, true, &fresh));
    return raise(rows_of(rq), rq, filter);
}

struct err hiding_note(struct rows rows, const struct finding_row *row, struct str filter)
{
    struct filter_row found = { .rank = 0 };
    bool known = false, fresh = false;
    TRY(rows_hidden_put(rows, row->id, filter, row->severity));
    if (row->severity < HIDING_SEVERITY) {
        return ERR_OK;
    }
    TRY(rows_hiding_put(rows, filter, false, &fresh));
    if (!fresh) {
        return ERR_OK;
    }
    TRY(rows_filter_get(rows, filter, &found, &known));
    return known ? raise(rows, NULL, &found) : ERR_OK;
}

struct err guardduty_hiding_list(struct ctx *ctx, struct store_conn *db, struct str owner, struct guardduty_hiding **out,
                                 size_t *count)
{
    struct hiding_row *rows = NULL;
    TRY(rows_hiding_list((struct rows){ ctx, db, owner, STR_NONE }, &rows, count));
    *out = ARENA_ARRAY(ctx->arena, struct guardduty_hiding, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        (*out)[i] = (struct guardduty_hiding){ rows[i].region, rows[i].filter, rows[i].since_ms, rows[i].hidden,
                                               rows[i].high, rows[i].critical };
    }
    return ERR_OK;
}

struct err guardduty_hiding_acknowledge(struct ctx *ctx, struct store_conn *db, struct str owner, struct str filter,
                                        struct str reason, size_t *count)
{
    struct guardduty_hiding *all = NULL;
    size_t listed = 0;
    *count = 0;
    TRY(guardduty_hiding_list(ctx, db, owner, &all, &listed));
    for (size_t i = 0; i < listed; i++) {
        bool found = false;
        if (str_equal(all[i].filter, filter)) {
            TRY(rows_hiding_acknowledge((struct rows){ ctx, db, owner, all[i].region }, filter, reason, &found));
        }
        *count += found;
    }
    return ERR_OK;
}
