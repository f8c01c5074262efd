#include "svc/guardduty/filter.h"

#include "svc/guardduty/finding.h"
#include "svc/guardduty/hiding.h"
#include "svc/guardduty/member.h"
#include "svc/guardduty/page.h"
#include "svc/guardduty/rows_hidden.h"
#include "svc/guardduty/rows_suppression.h"
#include "svc/guardduty/tag.h"
#include "wire/codec.h"

static struct str tag_name(struct arena *arena, struct str detector, struct str name)
{
    return str_format(arena, "detector/%" STR_FMT "/filter/%" STR_FMT, STR_ARG(detector), STR_ARG(name));
}

struct err filter_need(struct request *rq, struct str name, struct filter_row *out)
{
    bool found = false;
    TRY(rows_filter_get(rows_of(rq), name, out, &found));
    return found ? ERR_OK : detector_refuse(&rq->ctx, "filterName");
}

static void free_criteria(struct match_criteria **criteria)
{
    match_criteria_free(*criteria);
}

/* Whether a stored filter matches a finding's body. */
static struct err is_match(struct ctx *ctx, const struct filter_row *filter, struct str body, bool *out)
{
    CLEANUP(free_criteria) struct match_criteria *criteria = NULL;
    void *asked = NULL;
    TRY(wire_json_read(ctx, GUARDDUTY_SHAPE_FINDING_CRITERIA, filter->criteria, &asked));
    TRY(finding_criteria(ctx, asked, &criteria));
    *out = criteria == NULL || match_criteria_test(criteria, body);
    return ERR_OK;
}

struct err filter_finding(struct rows rows, struct finding_row *row)
{
    static const struct finding_change ARCHIVE = { "service.archived", STR_INIT("true") };
    struct filter_row *filters = NULL;
    const struct filter_row *by = NULL;
    size_t count = 0;
    TRY(rows_filter_list(rows, &filters, &count));
    for (size_t i = 0; i < count && !row->archived; i++) {
        if (str_equal(filters[i].action, STR("ARCHIVE"))) {
            by = &filters[i];
            TRY(is_match(rows.ctx, by, row->body, &row->archived));
        }
    }
    if (!row->archived || by == NULL) {
        return rows_finding_put(rows, row);
    }
    row->body = finding_change(rows.ctx->arena, row->body, &ARCHIVE, 1);
    TRY(rows_finding_put(rows, row));
    return hiding_note(rows, row, by->name);
}

/* spec: GuardDuty API reference, CreateFilter: letters, digits, hyphens, underscores and periods. */
static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return name.len > 0;
}

/* The criteria as they are kept, once they are known to compile. */
static struct err keep_criteria(struct request *rq, const struct guardduty_finding_criteria *in, struct str *out)
{
    CLEANUP(free_criteria) struct match_criteria *criteria = NULL;
    if (in->criterion.count == 0) {
        return detector_refuse(&rq->ctx, "findingCriteria");
    }
    TRY(finding_criteria(&rq->ctx, in, &criteria));
    struct json_writer writer = json_writer_new(rq->ctx.arena);
    wire_json_write(&writer, GUARDDUTY_SHAPE_FINDING_CRITERIA, in);
    *out = json_done(&writer);
    return ERR_OK;
}

/* The place a rank names: not beyond the end of the list. */
static struct err place_of(struct request *rq, struct opt_int rank, int64_t *out)
{
    struct filter_row *filters = NULL;
    size_t count = 0;
    TRY(rows_filter_list(rows_of(rq), &filters, &count));
    if (count >= FILTER_ROWS_MAX) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because the current account has reached the limit of %d filters.",
                    FILTER_ROWS_MAX);
    }
    const int64_t end = (int64_t)count + 1;
    *out = !rank.set ? 1 : rank.v < end ? rank.v : end;
    return ERR_OK;
}

/* spec: GuardDuty user guide, Suppression rules: only the administrator makes them. */
static struct err check_action(struct request *rq, struct str action)
{
    return str_equal(action, STR("ARCHIVE")) ? member_refuse(rq, "make suppression rules") : ERR_OK;
}

struct err guardduty_create_filter(struct request *rq, const struct guardduty_create_filter_in *in,
                                   struct guardduty_create_filter_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct filter_row row = {
        .name = in->name,
        .description = in->description.ptr ? in->description : STR(""),
        .action = in->action.ptr ? in->action : STR("NOOP"),
    };
    struct filter_row old = { .rank = 0 };
    bool found = false;
    TRY(detector_need(rq, in->detector_id, &detector));
    if (!is_name(in->name)) {
        return detector_refuse(&rq->ctx, "name");
    }
    TRY(rows_filter_get(rows_of(rq), in->name, &old, &found));
    if (found) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because a filter with the given name already exists.");
    }
    TRY(check_action(rq, row.action));
    TRY(keep_criteria(rq, in->finding_criteria, &row.criteria));
    TRY(place_of(rq, in->rank, &row.rank));
    TRY(rows_filter_insert(rows_of(rq), &row));
    TRY(hiding_filter(rq, &row));
    TRY(tag_put_all(rq, tag_name(rq->ctx.arena, detector.id, row.name), &in->tags));
    out->name = row.name;
    return ERR_OK;
}

struct err guardduty_get_filter(struct request *rq, const struct guardduty_get_filter_in *in,
                                struct guardduty_get_filter_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct filter_row row = { .rank = 0 };
    void *criteria = NULL;
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(filter_need(rq, in->filter_name, &row));
    TRY(wire_json_read(&rq->ctx, GUARDDUTY_SHAPE_FINDING_CRITERIA, row.criteria, &criteria));
    out->name = row.name;
    out->description = row.description;
    out->action = row.action;
    out->rank = (struct opt_int)SOME((int32_t)row.rank);
    out->finding_criteria = criteria;
    return tag_get_all(rq, tag_name(rq->ctx.arena, detector.id, row.name), &out->tags);
}

/* Pages go by rank, which has no gaps: the token holds how many were shown. */
struct err guardduty_list_filters(struct request *rq, const struct guardduty_list_filters_in *in,
                                  struct guardduty_list_filters_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct finding_place after = { .id = STR_NONE };
    struct filter_row *filters = NULL;
    size_t count = 0;
    size_t at = 0;
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(page_place(rq, detector.id, in->next_token, &after));
    TRY(rows_filter_list(rows_of(rq), &filters, &count));
    while (after.id.ptr && at < count && filters[at].rank <= after.value.integer) {
        at++;
    }
    const size_t limit = in->max_results.set ? (size_t)in->max_results.v : 50;
    out->filter_names.items = ARENA_ARRAY(rq->ctx.arena, struct str, limit);
    while (at < count && out->filter_names.count < limit) {
        out->filter_names.items[out->filter_names.count++] = filters[at++].name;
    }
    const struct finding_place last = { .id = STR("rank"), .value = SQL_INT((int64_t)at) };
    out->next_token = at < count ? page_token(rq, detector.id, &last) : STR("");
    return ERR_OK;
}

struct err guardduty_update_filter(struct request *rq, const struct guardduty_update_filter_in *in,
                                   struct guardduty_update_filter_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct filter_row row = { .rank = 0 };
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(filter_need(rq, in->filter_name, &row));
    TRY(rows_filter_delete(rows_of(rq), &row));
    row.description = in->description.ptr ? in->description : row.description;
    row.action = in->action.ptr ? in->action : row.action;
    TRY(check_action(rq, row.action));
    if (in->finding_criteria) {
        TRY(keep_criteria(rq, in->finding_criteria, &row.criteria));
    }
    TRY(place_of(rq, in->rank.set ? in->rank : (struct opt_int)SOME((int32_t)row.rank), &row.rank));
    TRY(rows_filter_insert(rows_of(rq), &row));
    if (in->action.ptr || in->finding_criteria) {
        TRY(hiding_filter(rq, &row));
    }
    out->name = row.name;
    return ERR_OK;
}

struct err filter_remove(struct rows rows, const struct filter_row *row)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(rows_detector_get(rows, &detector, &found));
    TRY(rows_tag_delete_all(rows, tag_name(rows.ctx->arena, detector.id, row->name)));
    TRY(rows_hiding_drop(rows, row->name));
    TRY(rows_suppression_delete(rows, row->name));
    return rows_filter_delete(rows, row);
}

struct err guardduty_delete_filter(struct request *rq, const struct guardduty_delete_filter_in *in,
                                   struct guardduty_delete_filter_out *out)
{
    (void)out;
    struct detector_row detector = { .enabled = false };
    struct filter_row row = { .rank = 0 };
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(filter_need(rq, in->filter_name, &row));
    return filter_remove(rows_of(rq), &row);
}
