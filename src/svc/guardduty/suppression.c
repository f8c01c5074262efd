#include "svc/guardduty/suppression.h"

#include "guardduty_model.h"
#include "svc/guardduty/filter.h"
#include "svc/guardduty/finding.h"
#include "svc/guardduty/guardduty.h"
#include "svc/guardduty/hiding.h"
#include "svc/guardduty/member.h"
#include "svc/guardduty/rows_hidden.h"
#include "svc/guardduty/rows_suppression.h"
#include "wire/codec.h"

enum { BATCH = 32, DESCRIPTION_MAX = 512 };

/* What makes a finding this one and no other of its type, by its resource; the first that is there is asked for.
 * spec: GuardDuty user guide, filter attributes. */
static const char *const RESOURCES[] = {
    "resource.s3BucketDetails.name",
    "resource.instanceDetails.instanceId",
    "resource.eksClusterDetails.name",
    "resource.ecsClusterDetails.name",
    "resource.rdsDbInstanceDetails.dbInstanceIdentifier",
    "resource.lambdaDetails.functionName",
    "resource.accessKeyDetails.userName",
    "resource.accessKeyDetails.principalId",
};

/* A dotted walk that goes into an array's first element. */
static struct str text_at(const struct json *j, struct str path)
{
    for (struct str rest = path; rest.len > 0;) {
        j = json_get(j, str_cut(rest, '.', &rest));
        j = j && j->kind == JSON_ARRAY ? j->child : j;
    }
    return json_text(j);
}

static void write_equals(struct json_writer *w, struct str field, struct str value)
{
    json_key(w, field);
    json_open_object(w);
    json_key(w, STR("equals"));
    json_open_array(w);
    json_str(w, value);
    json_close_array(w);
    json_close_object(w);
}

static struct str criteria_of(struct arena *arena, const struct finding_row *row)
{
    const struct json *body = json_parse(arena, row->body, NULL);
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_key(&w, STR("criterion"));
    json_open_object(&w);
    write_equals(&w, STR("type"), row->type);
    write_equals(&w, STR("accountId"), row->record_account);
    for (size_t i = 0; i < COUNT_OF(RESOURCES); i++) {
        const struct str path = str_of(RESOURCES[i]);
        const struct str value = text_at(body, path);
        if (value.len > 0) {
            write_equals(&w, path, value);
            break;
        }
    }
    json_close_object(&w);
    json_close_object(&w);
    return json_done(&w);
}

static bool count_one(struct request *rq, const struct finding_row *row, void *memory)
{
    struct guardduty_suppression *out = memory;
    if (row->updated_ms < out->since_ms) {
        return false; /* newest first */
    }
    out->findings++;
    out->occurrences += row->times;
    out->high += row->severity >= HIDING_SEVERITY;
    if (out->example_count < GUARDDUTY_EXAMPLES) {
        struct arena *arena = rq->ctx.arena;
        out->examples[out->example_count++] = (struct guardduty_summary){
            .id = str_copy(arena, row->id), .title = str_copy(arena, row->title), .region = out->region, .severity = row->severity,
            .count = row->times, .updated_ms = row->updated_ms, .type = str_copy(arena, row->type), .archived = row->archived };
    }
    return true;
}

static void free_criteria(struct match_criteria **criteria)
{
    match_criteria_free(*criteria);
}

static struct err look_back(struct request *rq, struct guardduty_suppression *out)
{
    CLEANUP(free_criteria) struct match_criteria *criteria = NULL;
    void *asked = NULL;
    TRY(wire_json_read(&rq->ctx, GUARDDUTY_SHAPE_FINDING_CRITERIA, out->criteria, &asked));
    TRY(finding_criteria(&rq->ctx, asked, &criteria));
    return finding_each(rq, &(struct finding_walk){ .order = { SORT_UPDATED, true }, .criteria = criteria, .visit = count_one,
                                                    .memory = out });
}

static struct err make(struct request *rq, struct guardduty_suppression *out)
{
    struct filter_row *filters = NULL;
    struct filter_row old = { .rank = 0 };
    size_t count = 0, acknowledged = 0;
    bool found = false;
    TRY(member_refuse(rq, "make suppression rules"));
    TRY(rows_filter_get(rows_of(rq), out->filter, &old, &found));
    if (found) {
        return fail(&rq->ctx, &FAULT_INVALID, "the filter %" STR_FMT " is there already", STR_ARG(out->filter));
    }
    TRY(rows_filter_list(rows_of(rq), &filters, &count));
    if (count >= FILTER_ROWS_MAX) {
        return fail(&rq->ctx, &FAULT_INVALID, "there are %d filters already, and more are not allowed", FILTER_ROWS_MAX);
    }
    const struct filter_row row = { .name = out->filter, .description = str_slice(out->reason, 0, DESCRIPTION_MAX),
                                    .action = STR("ARCHIVE"), .rank = (int64_t)count + 1, .criteria = out->criteria };
    TRY(rows_filter_insert(rows_of(rq), &row));
    TRY(rows_suppression_put(rows_of(rq), &(struct suppression_row){ .filter = out->filter, .finding = out->finding, .reason = out->reason,
                                                                      .created_ms = rq->ctx.now_ms, .expires_ms = out->expires_ms }));
    /* It comes with its reason: nobody has to ask for it again. */
    TRY(hiding_filter(rq, &row));
    return guardduty_hiding_acknowledge(&rq->ctx, rq->db, rq->account, out->filter, out->reason, &acknowledged);
}

struct err guardduty_suppress(struct ctx *ctx, struct store_conn *db, struct str owner, bool make_it,
                              struct guardduty_suppression *out)
{
    struct finding_row row = { .archived = false };
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(rows_finding_region(ctx, db, owner, out->finding, &out->region));
    const struct rows rows = { ctx, db, owner, out->region };
    if (out->region.ptr) {
        TRY(rows_finding_get(rows, out->finding, &row, &found));
    }
    if (!found) {
        return fail(ctx, &FAULT_MISSING, "there is no finding %" STR_FMT "; yagura findings --format csv lists ids", STR_ARG(out->finding));
    }
    TRY(rows_detector_get(rows, &detector, &found));
    if (!found) {
        return fail(ctx, &FAULT_MISSING, "region %" STR_FMT " has no detector to filter for: aws guardduty create-detector --enable --region %" STR_FMT,
                    STR_ARG(out->region), STR_ARG(out->region));
    }
    out->filter = str_format(ctx->arena, "suppress-%" STR_FMT, STR_ARG(str_slice(out->finding, 0, 12)));
    out->criteria = criteria_of(ctx->arena, &row);
    struct request rq = { .ctx = *ctx, .db = db, .partition = STR("aws"), .region = out->region, .account = owner, .home_account = owner };
    struct err err = look_back(&rq, out);
    if (!err.fault && make_it) {
        err = make(&rq, out);
    }
    *ctx = rq.ctx;
    return err;
}

struct err suppression_over(struct ctx *ctx, struct store_conn *db, bool *out)
{
    struct suppression_row *over = NULL;
    size_t count = 0;
    TRY(rows_suppression_over(ctx, db, 1, &over, &count));
    *out = count > 0;
    return ERR_OK;
}

static struct err end_one(struct ctx *ctx, struct store_conn *db, const struct suppression_row *over)
{
    const struct rows rows = { ctx, db, over->account, over->region };
    struct filter_row row = { .rank = 0 };
    bool found = false;
    TRY(rows_filter_get(rows, over->filter, &row, &found));
    return found ? filter_remove(rows, &row) : rows_suppression_delete(rows, over->filter);
}

struct err suppression_end(struct ctx *ctx, struct store_conn *db)
{
    struct suppression_row *over = NULL;
    size_t count = 0;
    TRY(rows_suppression_over(ctx, db, BATCH, &over, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(end_one(ctx, db, &over[i]));
    }
    return ERR_OK;
}
