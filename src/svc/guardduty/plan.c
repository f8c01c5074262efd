/* plan.c - malware protection plans for buckets. They are kept as asked, and say that they protect nothing: there is no
 * engine that could scan an object. spec: GuardDuty API reference, CreateMalwareProtectionPlan and its neighbours. */
#include "base/json.h"
#include "crypto/random.h"
#include "svc/guardduty/detector.h"
#include "svc/guardduty/malware.h"
#include "svc/guardduty/rows_malware.h"
#include "svc/guardduty/tag.h"
#include "wire/bucket.h"

static struct err plan_need(struct request *rq, struct str id, struct plan_row *out)
{
    bool found = false;
    TRY(rows_plan_get(rows_of(rq), id, out, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &GUARDDUTY_RESOURCE_NOT_FOUND_EXCEPTION,
                        "The request was rejected because the Malware Protection plan %" STR_FMT " was not found.",
                        STR_ARG(id));
}

static struct str prefixes_json(struct request *rq, struct guardduty_malware_protection_plan_object_prefixes_list prefixes)
{
    struct json_writer writer = json_writer_new(rq->ctx.arena);
    json_open_array(&writer);
    for (size_t i = 0; i < prefixes.count; i++) {
        json_str(&writer, prefixes.items[i]);
    }
    json_close_array(&writer);
    return json_done(&writer);
}

static struct guardduty_malware_protection_plan_object_prefixes_list prefixes_shown(struct request *rq, struct str json)
{
    const struct json *array = json_parse(rq->ctx.arena, json, NULL);
    const size_t count = array ? array->count : 0;
    struct guardduty_malware_protection_plan_object_prefixes_list out = {
        .items = ARENA_ARRAY(rq->ctx.arena, struct str, count + 1),
    };
    for (const struct json *one = array ? array->child : NULL; one; one = one->next) {
        out.items[out.count++] = json_text(one);
    }
    return out;
}

static struct str tag_name(struct request *rq, struct str id)
{
    return str_format(rq->ctx.arena, "malware-protection-plan/%" STR_FMT, STR_ARG(id));
}

static struct str tagging_of(const struct guardduty_malware_protection_plan_actions *actions, struct str otherwise)
{
    return actions && actions->tagging && actions->tagging->status.ptr ? actions->tagging->status : otherwise;
}

struct err guardduty_create_malware_protection_plan(struct request *rq,
                                                    const struct guardduty_create_malware_protection_plan_in *in,
                                                    struct guardduty_create_malware_protection_plan_out *out)
{
    const struct guardduty_create_s3_bucket_resource *bucket = in->protected_resource->s3_bucket;
    struct plan_row *plans = NULL;
    size_t count = 0;
    if (bucket == NULL || !bucket_name_fits(bucket->bucket_name)) {
        return detector_refuse(&rq->ctx, "protectedResource");
    }
    if (!str_starts(in->role, STR("arn:"))) {
        return detector_refuse(&rq->ctx, "role");
    }
    TRY(rows_plan_list(rows_of(rq), &plans, &count));
    for (size_t i = 0; i < count; i++) {
        if (in->client_token.len > 0 && str_equal(plans[i].token, in->client_token)) {
            out->malware_protection_plan_id = plans[i].id;
            return ERR_OK;
        }
        if (str_equal(plans[i].bucket, bucket->bucket_name)) {
            return fail(&rq->ctx, &GUARDDUTY_CONFLICT_EXCEPTION,
                        "The request was rejected because the bucket has a Malware Protection plan already.");
        }
    }
    if (count == PLAN_ROWS_MAX) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request is rejected because there are %d Malware Protection plans already.", PLAN_ROWS_MAX);
    }
    const struct plan_row row = {
        .id = random_hex(&rq->ctx, 20),
        .role = in->role,
        .bucket = bucket->bucket_name,
        .prefixes = prefixes_json(rq, bucket->object_prefixes),
        .tagging = tagging_of(in->actions, STR("")),
        .token = in->client_token.ptr ? in->client_token : STR(""),
        .created_ms = rq->ctx.now_ms,
    };
    TRY(rows_plan_put(rows_of(rq), &row));
    TRY(tag_put_all(rq, tag_name(rq, row.id), &in->tags));
    out->malware_protection_plan_id = row.id;
    return ERR_OK;
}

static const struct guardduty_create_protected_resource *resource_of(struct request *rq, const struct plan_row *row)
{
    struct guardduty_create_s3_bucket_resource *bucket =
        ARENA_NEW(rq->ctx.arena, struct guardduty_create_s3_bucket_resource);
    struct guardduty_create_protected_resource *resource =
        ARENA_NEW(rq->ctx.arena, struct guardduty_create_protected_resource);
    *bucket = (struct guardduty_create_s3_bucket_resource){ row->bucket, prefixes_shown(rq, row->prefixes) };
    resource->s3_bucket = bucket;
    return resource;
}

static const struct guardduty_malware_protection_plan_actions *actions_of(struct request *rq, const struct plan_row *row)
{
    struct guardduty_malware_protection_plan_tagging_action *tagging =
        ARENA_NEW(rq->ctx.arena, struct guardduty_malware_protection_plan_tagging_action);
    struct guardduty_malware_protection_plan_actions *actions =
        ARENA_NEW(rq->ctx.arena, struct guardduty_malware_protection_plan_actions);
    tagging->status = row->tagging.len > 0 ? row->tagging : STR("DISABLED");
    actions->tagging = tagging;
    return actions;
}

struct err guardduty_get_malware_protection_plan(struct request *rq,
                                                 const struct guardduty_get_malware_protection_plan_in *in,
                                                 struct guardduty_get_malware_protection_plan_out *out)
{
    struct plan_row row = { .created_ms = 0 };
    TRY(plan_need(rq, in->malware_protection_plan_id, &row));
    struct guardduty_malware_protection_plan_status_reason *reason =
        ARENA_NEW(rq->ctx.arena, struct guardduty_malware_protection_plan_status_reason);
    *reason = (struct guardduty_malware_protection_plan_status_reason){
        STR("SCAN_ENGINE_UNAVAILABLE"), STR(NO_MALWARE_ENGINE ": no object of this bucket is scanned."),
    };
    out->arn = str_format(rq->ctx.arena, "arn:%" STR_FMT ":guardduty:%" STR_FMT ":%" STR_FMT ":%" STR_FMT,
                          STR_ARG(rq->partition), STR_ARG(rq->region), STR_ARG(rq->account), STR_ARG(tag_name(rq, row.id)));
    out->role = row.role;
    out->protected_resource = resource_of(rq, &row);
    out->actions = actions_of(rq, &row);
    out->created_at = (struct opt_time)SOME(row.created_ms);
    out->status = STR("ERROR");
    out->status_reasons.items = reason;
    out->status_reasons.count = 1;
    return tag_get_all(rq, tag_name(rq, row.id), &out->tags);
}

struct err guardduty_list_malware_protection_plans(struct request *rq,
                                                   const struct guardduty_list_malware_protection_plans_in *in,
                                                   struct guardduty_list_malware_protection_plans_out *out)
{
    struct plan_row *rows = NULL;
    size_t count = 0;
    if (in->next_token.len > 0) {
        return detector_refuse(&rq->ctx, "nextToken"); /* there is never a second page */
    }
    TRY(rows_plan_list(rows_of(rq), &rows, &count));
    out->malware_protection_plans.items =
        ARENA_ARRAY(rq->ctx.arena, struct guardduty_malware_protection_plan_summary, count + 1);
    out->malware_protection_plans.count = count;
    for (size_t i = 0; i < count; i++) {
        out->malware_protection_plans.items[i].malware_protection_plan_id = rows[i].id;
    }
    return ERR_OK;
}

struct err guardduty_update_malware_protection_plan(struct request *rq,
                                                    const struct guardduty_update_malware_protection_plan_in *in,
                                                    struct guardduty_update_malware_protection_plan_out *out)
{
    (void)out;
    struct plan_row row = { .created_ms = 0 };
    TRY(plan_need(rq, in->malware_protection_plan_id, &row));
    row.role = in->role.ptr ? in->role : row.role;
    row.tagging = tagging_of(in->actions, row.tagging);
    if (in->protected_resource && in->protected_resource->s3_bucket) {
        row.prefixes = prefixes_json(rq, in->protected_resource->s3_bucket->object_prefixes);
    }
    return str_starts(row.role, STR("arn:")) ? rows_plan_put(rows_of(rq), &row) : detector_refuse(&rq->ctx, "role");
}

struct err guardduty_delete_malware_protection_plan(struct request *rq,
                                                    const struct guardduty_delete_malware_protection_plan_in *in,
                                                    struct guardduty_delete_malware_protection_plan_out *out)
{
    (void)out;
    struct plan_row row = { .created_ms = 0 };
    TRY(plan_need(rq, in->malware_protection_plan_id, &row));
    TRY(rows_tag_delete_all(rows_of(rq), tag_name(rq, row.id)));
    return rows_plan_delete(rows_of(rq), row.id);
}
