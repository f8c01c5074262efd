/* spec: CloudWatch Logs user guide, "Real-time processing of log data with subscriptions". Functions are the one kind of target that
 * there is here; destinations of AWS take streams of Kinesis and Firehose alone, ours take a function of their own account instead. */
#include "svc/logs/destination.h"

#include "lambda_model.h"
#include "svc/door.h"
#include "svc/policy_text.h"
#include "wire/codec.h"

enum { LIST_NORMAL = 50, ACCESS_POLICY_MAX = 5120 };

static struct str arn_part(struct str arn, size_t number, struct str *rest)
{
    struct str part = STR_NONE;
    *rest = arn;
    for (size_t i = 0; i <= number; i++) {
        part = str_cut(*rest, ':', rest);
    }
    return part;
}

bool destination_read(struct str arn, struct str *region, struct str *account, struct str *name)
{
    struct str rest = STR_NONE;
    const bool ours = str_equal(arn_part(arn, 2, &rest), STR("logs"));
    *region = arn_part(arn, 3, &rest);
    *account = arn_part(arn, 4, &rest);
    *name = str_from(rest, sizeof("destination:") - 1);
    return ours && str_starts(rest, STR("destination:")) && name->len > 0;
}

struct err destination_find(const struct rows *rows, struct str name, struct logs_destination **out)
{
    struct item item = { .name = STR_NONE };
    void *value = NULL;
    bool found = false;
    TRY(logs_row_item(rows, KIND_DESTINATION, name, 0, &item, &found));
    if (found) {
        TRY(wire_json_read(rows->ctx, LOGS_SHAPE_DESTINATION, item.document, &value));
    }
    *out = value;
    return ERR_OK;
}

/* An invocation that only asks whether it would be allowed; the function's policy may name either principal. */
static struct err ask_lambda(struct request *rq, const struct group *group, struct str function)
{
    const struct str principals[] = { STR("logs.amazonaws.com"),
                                      str_format(rq->ctx.arena, "logs.%" STR_FMT ".amazonaws.com", STR_ARG(group->region)) };
    const struct lambda_invoke_in in = { .function_name = function, .invocation_type = STR("DryRun") };
    struct err err = ERR_OK;
    for (size_t i = 0; i < COUNT_OF(principals); i++) {
        const struct door_call call = {
            .service = "lambda", .operation = "Invoke", .in = &in, .as = DOOR_AS_SERVICE, .principal = principals[i],
            .source_arn = str_format(rq->ctx.arena, "%" STR_FMT ":*", STR_ARG(logs_group_arn(rq, group))), .account = group->account,
        };
        const void *answer = NULL;
        err = door_call(rq, &call, &answer);
        if (!err.fault) {
            return ERR_OK;
        }
    }
    return err.fault->http >= 500 ? err
                                  : fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Could not execute the lambda function. Make sure you "
                                         "have given CloudWatch Logs permission to execute your function.");
}

static struct err refuse_target(struct request *rq, struct str arn)
{
    struct str rest = STR_NONE;
    const struct str service = arn_part(arn, 2, &rest);
    if (str_equal(service, STR("kinesis")) || str_equal(service, STR("firehose"))) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Yagura delivers log events to Lambda functions only, not to %" STR_FMT
                    "; use the ARN of a function.", STR_ARG(service));
    }
    return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "destinationArn for vendor %" STR_FMT " cannot be used for this operation.",
                STR_ARG(service.len ? service : arn));
}

/* Authorisation has asked the destination's access policy (guard.c). */
static struct err check_logical(struct request *rq, struct str arn)
{
    struct str region = STR_NONE, account = STR_NONE, name = STR_NONE;
    struct logs_destination *destination = NULL;
    if (!destination_read(arn, &region, &account, &name)) {
        return refuse_target(rq, arn);
    }
    const struct rows rows = { &rq->ctx, rq->db, account, region };
    TRY(destination_find(&rows, name, &destination));
    return destination ? ERR_OK : fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified destination does not exist.");
}

struct err destination_check(struct request *rq, const struct group *group, const struct logs_put_subscription_filter_in *in)
{
    struct str rest = STR_NONE;
    const struct str service = arn_part(in->destination_arn, 2, &rest);
    if (str_equal(service, STR("logs"))) {
        return check_logical(rq, in->destination_arn);
    }
    if (!str_equal(service, STR("lambda"))) {
        return refuse_target(rq, in->destination_arn);
    }
    if (in->role_arn.ptr) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "destinationArn for vendor lambda cannot be used with roleArn");
    }
    if (in->distribution.ptr && str_equal(in->distribution, STR("Random"))) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The distribution Random is for streams of Kinesis only.");
    }
    if (!str_equal(arn_part(in->destination_arn, 4, &rest), rq->account)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The function must belong to the account of the log group; use a "
                    "destination (PutDestination) to send events to another account.");
    }
    return ask_lambda(rq, group, in->destination_arn);
}

/* --- destinations that this account offers --- */

static struct str arn_of(struct request *rq, struct str name)
{
    return str_format(rq->ctx.arena, "arn:%" STR_FMT ":logs:%" STR_FMT ":%" STR_FMT ":destination:%" STR_FMT, STR_ARG(rq->partition),
                      STR_ARG(rq->region), STR_ARG(rq->account), STR_ARG(name));
}

static struct err need(struct request *rq, struct str name, struct logs_destination **out)
{
    const struct rows rows = logs_rows(rq);
    TRY(destination_find(&rows, name, out));
    return *out ? ERR_OK : fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified destination does not exist.");
}

struct err logs_put_destination(struct request *rq, const struct logs_put_destination_in *in, struct logs_put_destination_out *out)
{
    const struct rows rows = logs_rows(rq);
    struct str rest = STR_NONE;
    struct logs_destination *known = NULL;
    struct logs_destination *destination = ARENA_NEW(rq->ctx.arena, struct logs_destination);
    if (!str_equal(arn_part(in->target_arn, 2, &rest), STR("lambda"))) {
        return refuse_target(rq, in->target_arn);
    }
    if (!str_equal(arn_part(in->target_arn, 4, &rest), rq->account)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The target of a destination must belong to the destination's account.");
    }
    TRY(destination_find(&rows, in->destination_name, &known));
    *destination = (struct logs_destination){
        .destination_name = in->destination_name, .target_arn = in->target_arn, .role_arn = in->role_arn,
        .access_policy = known ? known->access_policy : STR_NONE, .arn = arn_of(rq, in->destination_name),
        .creation_time = SOME(known ? known->creation_time.v : rq->ctx.now_ms),
    };
    TRY(logs_item_save(rq, (struct item_name){ KIND_DESTINATION, in->destination_name, 0 }, LOGS_SHAPE_DESTINATION, destination));
    out->destination = destination;
    return in->tags.count ? logs_tags_put(rq, rq->account, destination->arn, in->tags) : ERR_OK;
}

struct err logs_put_destination_policy(struct request *rq, const struct logs_put_destination_policy_in *in, struct logs_put_destination_policy_out *out)
{
    (void)out;
    struct logs_destination *destination = NULL;
    TRY(need(rq, in->destination_name, &destination));
    if (in->access_policy.len > ACCESS_POLICY_MAX) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "accessPolicy can have at most %d bytes.", ACCESS_POLICY_MAX);
    }
    TRY(policy_text_check(rq, in->access_policy, POLICY_RESOURCE, &LOGS_INVALID_PARAMETER_EXCEPTION));
    destination->access_policy = in->access_policy;
    return logs_item_save(rq, (struct item_name){ KIND_DESTINATION, in->destination_name, 0 }, LOGS_SHAPE_DESTINATION, destination);
}

struct err logs_delete_destination(struct request *rq, const struct logs_delete_destination_in *in, struct logs_delete_destination_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct logs_destination *destination = NULL;
    bool found = false;
    TRY(need(rq, in->destination_name, &destination));
    TRY(logs_row_tags_delete(&rows, destination->arn));
    return logs_row_item_delete(&rows, KIND_DESTINATION, in->destination_name, 0, &found);
}

struct err logs_describe_destinations(struct request *rq, const struct logs_describe_destinations_in *in, struct logs_describe_destinations_out *out)
{
    struct any_list values = { NULL, 0 };
    const struct item_list list = { .kind = KIND_DESTINATION, .shape = LOGS_SHAPE_DESTINATION, .prefix = in->destination_name_prefix,
                                    .token = in->next_token, .limit = logs_page_size(in->limit, LIST_NORMAL) };
    TRY(logs_item_page(rq, &list, &values, &out->next_token));
    out->destinations = (struct logs_destinations){ values.items, values.count };
    return ERR_OK;
}
