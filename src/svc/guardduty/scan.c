/* scan.c - malware scans on demand. There is no engine: a scan that is asked for is recorded as skipped, for the documented
 * reason that the resource is not available to a scanner, and nothing is ever called clean.
 * spec: GuardDuty API reference, StartMalwareScan, ListMalwareScans, GetMalwareScan, DescribeMalwareScans. */
#include "crypto/random.h"
#include "svc/guardduty/detector.h"
#include "svc/guardduty/malware.h"
#include "svc/guardduty/page.h"
#include "svc/guardduty/rows_malware.h"
#include "wire/codec.h"

enum { PAGE_MAX = 50 };
#define SKIPPED STR("SKIPPED")
#define ON_DEMAND STR("ON_DEMAND")
#define SKIP_REASON STR("RESOURCE_UNAVAILABLE")

/* What the end of an ARN says of the resource; absent: nothing that is ever scanned. */
static struct str kind_of(struct str arn)
{
    static const struct {
        struct str mark, kind;
    } KINDS[] = {
        { STR_INIT(":instance/"), STR_INIT("EC2_INSTANCE") },   { STR_INIT(":volume/"), STR_INIT("EBS_VOLUME") },
        { STR_INIT(":snapshot/"), STR_INIT("EBS_SNAPSHOT") },   { STR_INIT(":image/"), STR_INIT("EC2_AMI") },
        { STR_INIT(":recovery-point:"), STR_INIT("EC2_RECOVERY_POINT") },
    };
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (str_search(arn, KINDS[i].mark) != STR_MISSING) {
            return KINDS[i].kind;
        }
    }
    return STR_NONE;
}

struct err guardduty_start_malware_scan(struct request *rq, const struct guardduty_start_malware_scan_in *in,
                                        struct guardduty_start_malware_scan_out *out)
{
    const struct str kind = kind_of(in->resource_arn);
    struct scan_row *scans = NULL;
    size_t count = 0;
    if (kind.ptr == NULL) {
        return detector_refuse(&rq->ctx, "resourceArn");
    }
    TRY(rows_scan_list(rows_of(rq), &scans, &count));
    for (size_t i = 0; i < count && in->client_token.len > 0; i++) {
        if (str_equal(scans[i].token, in->client_token)) {
            out->scan_id = scans[i].id;
            return ERR_OK;
        }
    }
    const struct scan_row row = {
        .id = random_hex(&rq->ctx, 32),
        .arn = in->resource_arn,
        .kind = kind,
        .role = in->scan_configuration ? in->scan_configuration->role : STR(""),
        .token = in->client_token.ptr ? in->client_token : STR(""),
        .asked_ms = rq->ctx.now_ms,
    };
    TRY(rows_scan_insert(rows_of(rq), &row));
    out->scan_id = row.id;
    return ERR_OK;
}

struct err guardduty_send_object_malware_scan(struct request *rq, const struct guardduty_send_object_malware_scan_in *in,
                                              struct guardduty_send_object_malware_scan_out *out)
{
    (void)in;
    (void)out;
    return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request is rejected because " NO_MALWARE_ENGINE ": the object was not scanned.");
}

/* The id of the detector here, if there is one: scans need none. */
static struct err detector_id(struct request *rq, struct str *out)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(rows_detector_get(rows_of(rq), &detector, &found));
    *out = found ? detector.id : STR_NONE;
    return ERR_OK;
}

struct err guardduty_get_malware_scan(struct request *rq, const struct guardduty_get_malware_scan_in *in,
                                      struct guardduty_get_malware_scan_out *out)
{
    struct scan_row row = { .asked_ms = 0 };
    bool found = false;
    TRY(rows_scan_get(rows_of(rq), in->scan_id, &row, &found));
    if (!found) {
        return fail(&rq->ctx, &GUARDDUTY_RESOURCE_NOT_FOUND_EXCEPTION,
                    "The request was rejected because the scan %" STR_FMT " was not found.", STR_ARG(in->scan_id));
    }
    TRY(detector_id(rq, &out->detector_id));
    struct guardduty_scan_configuration *configuration = ARENA_NEW(rq->ctx.arena, struct guardduty_scan_configuration);
    configuration->role = row.role.len > 0 ? row.role : STR_NONE;
    out->admin_detector_id = out->detector_id;
    out->scan_id = row.id;
    out->resource_arn = row.arn;
    out->resource_type = row.kind;
    out->scanned_resources_count = (struct opt_int)SOME(0);
    out->skipped_resources_count = (struct opt_int)SOME(1);
    out->failed_resources_count = (struct opt_int)SOME(0);
    out->scan_configuration = configuration;
    out->scan_category = STR("FULL_SCAN");
    out->scan_status = SKIPPED;
    out->scan_status_reason = SKIP_REASON;
    out->scan_type = ON_DEMAND;
    out->scan_started_at = (struct opt_time)SOME(row.asked_ms);
    out->scan_completed_at = (struct opt_time)SOME(row.asked_ms);
    return ERR_OK;
}

/* One question about scans, in either of the two lists' words. */
struct scan_question {
    struct str key; /* absent: all of them */
    const struct guardduty_filter_condition *condition;
    bool oldest_first;
    bool instances_only;
};

static bool is_wanted(struct request *rq, const struct scan_question *question, const struct scan_row *row)
{
    const struct {
        struct str key, value;
    } TEXTS[] = {
        { STR("SCAN_ID"), row->id },         { STR("RESOURCE_ARN"), row->arn },   { STR("EC2_INSTANCE_ARN"), row->arn },
        { STR("ACCOUNT_ID"), rq->account },  { STR("RESOURCE_TYPE"), row->kind }, { STR("SCAN_STATUS"), SKIPPED },
        { STR("SCAN_TYPE"), ON_DEMAND },     { STR("GUARDDUTY_FINDING_ID"), STR("") },
    };
    const struct guardduty_filter_condition *condition = question->condition;
    if (question->instances_only && !str_equal(row->kind, STR("EC2_INSTANCE"))) {
        return false;
    }
    if (question->key.ptr == NULL || condition == NULL) {
        return true;
    }
    if (str_equal(question->key, STR("SCAN_START_TIME"))) {
        return (!condition->greater_than.set || row->asked_ms > condition->greater_than.v) &&
               (!condition->less_than.set || row->asked_ms < condition->less_than.v);
    }
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        if (str_equal(TEXTS[i].key, question->key)) {
            return condition->equals_value.ptr == NULL || str_equal(TEXTS[i].value, condition->equals_value);
        }
    }
    return false;
}

/* A page of them; the token is how many were passed over. */
static struct err page_of(struct request *rq, const struct scan_question *question, struct opt_int max_results,
                          struct str token, struct scan_row **out, size_t *count, struct str *next)
{
    struct finding_place after = { .id = STR_NONE };
    struct scan_row *all = NULL;
    size_t total = 0, fitting = 0;
    const size_t limit = max_results.set && max_results.v > 0 ? (size_t)max_results.v : PAGE_MAX;
    TRY(page_place(rq, STR("scans"), token, &after));
    TRY(rows_scan_list(rows_of(rq), &all, &total));
    const size_t skip = after.id.ptr ? (size_t)after.value.integer : 0;
    *out = ARENA_ARRAY(rq->ctx.arena, struct scan_row, limit);
    *count = 0;
    for (size_t i = 0; i < total; i++) {
        const struct scan_row *row = &all[question->oldest_first ? total - 1 - i : i];
        const bool wanted = is_wanted(rq, question, row);
        if (wanted && fitting >= skip && *count < limit) {
            (*out)[(*count)++] = *row;
        }
        fitting += wanted;
    }
    const struct finding_place last = { .id = STR("scans"), .value = SQL_INT((int64_t)(skip + *count)) };
    *next = skip + *count < fitting ? page_token(rq, STR("scans"), &last) : STR_NONE;
    return ERR_OK;
}

static bool is_ascending(const struct guardduty_sort_criteria *sort)
{
    return sort && str_equal(sort->order_by, STR("ASC"));
}

struct err guardduty_list_malware_scans(struct request *rq, const struct guardduty_list_malware_scans_in *in,
                                        struct guardduty_list_malware_scans_out *out)
{
    struct scan_question question = { .oldest_first = is_ascending(in->sort_criteria) };
    struct scan_row *rows = NULL;
    size_t count = 0;
    if (in->filter_criteria && in->filter_criteria->list_malware_scans_filter_criterion.count > 0) {
        question.key = in->filter_criteria->list_malware_scans_filter_criterion.items[0].list_malware_scans_criterion_key;
        question.condition = in->filter_criteria->list_malware_scans_filter_criterion.items[0].filter_condition;
    }
    TRY(page_of(rq, &question, in->max_results, in->next_token, &rows, &count, &out->next_token));
    out->scans.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_malware_scan, count + 1);
    out->scans.count = count;
    for (size_t i = 0; i < count; i++) {
        out->scans.items[i] = (struct guardduty_malware_scan){
            .resource_arn = rows[i].arn,
            .resource_type = rows[i].kind,
            .scan_id = rows[i].id,
            .scan_status = SKIPPED,
            .scan_type = ON_DEMAND,
            .scan_started_at = SOME(rows[i].asked_ms),
            .scan_completed_at = SOME(rows[i].asked_ms),
        };
    }
    return ERR_OK;
}

/* The older list: of instances alone. */
struct err guardduty_describe_malware_scans(struct request *rq, const struct guardduty_describe_malware_scans_in *in,
                                            struct guardduty_describe_malware_scans_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct scan_question question = { .oldest_first = is_ascending(in->sort_criteria), .instances_only = true };
    struct scan_row *rows = NULL;
    size_t count = 0;
    TRY(detector_need(rq, in->detector_id, &detector));
    if (in->filter_criteria && in->filter_criteria->filter_criterion.count > 0) {
        question.key = in->filter_criteria->filter_criterion.items[0].criterion_key;
        question.condition = in->filter_criteria->filter_criterion.items[0].filter_condition;
    }
    TRY(page_of(rq, &question, in->max_results, in->next_token, &rows, &count, &out->next_token));
    out->scans.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_scan, count + 1);
    out->scans.count = count;
    for (size_t i = 0; i < count; i++) {
        struct guardduty_resource_details *resource = ARENA_NEW(rq->ctx.arena, struct guardduty_resource_details);
        resource->instance_arn = rows[i].arn;
        out->scans.items[i] = (struct guardduty_scan){
            .detector_id = detector.id,
            .admin_detector_id = detector.id,
            .scan_id = rows[i].id,
            .scan_status = SKIPPED,
            .failure_reason = STR(NO_MALWARE_ENGINE),
            .scan_start_time = SOME(rows[i].asked_ms),
            .scan_end_time = SOME(rows[i].asked_ms),
            .resource_details = resource,
            .account_id = rq->account,
            .scan_type = ON_DEMAND,
        };
    }
    return ERR_OK;
}

static struct err settings_of(struct request *rq, struct str id, struct scan_settings_row *out)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(detector_need(rq, id, &detector));
    *out = (struct scan_settings_row){ STR("{}"), STR("NO_RETENTION") };
    return rows_scan_settings_get(rows_of(rq), out, &found);
}

struct err guardduty_get_malware_scan_settings(struct request *rq, const struct guardduty_get_malware_scan_settings_in *in,
                                               struct guardduty_get_malware_scan_settings_out *out)
{
    struct scan_settings_row row;
    void *criteria = NULL;
    TRY(settings_of(rq, in->detector_id, &row));
    TRY(wire_json_read(&rq->ctx, GUARDDUTY_SHAPE_SCAN_RESOURCE_CRITERIA, row.criteria, &criteria));
    out->scan_resource_criteria = criteria;
    out->ebs_snapshot_preservation = row.preservation;
    return ERR_OK;
}

struct err guardduty_update_malware_scan_settings(struct request *rq,
                                                  const struct guardduty_update_malware_scan_settings_in *in,
                                                  struct guardduty_update_malware_scan_settings_out *out)
{
    (void)out;
    struct scan_settings_row row;
    TRY(settings_of(rq, in->detector_id, &row));
    row.preservation = in->ebs_snapshot_preservation.ptr ? in->ebs_snapshot_preservation : row.preservation;
    if (in->scan_resource_criteria) {
        struct json_writer writer = json_writer_new(rq->ctx.arena);
        wire_json_write(&writer, GUARDDUTY_SHAPE_SCAN_RESOURCE_CRITERIA, in->scan_resource_criteria);
        row.criteria = json_done(&writer);
    }
    return rows_scan_settings_put(rows_of(rq), &row);
}
