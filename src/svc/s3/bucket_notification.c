/* bucket_notification.c - whom a bucket tells of its events: Lambda functions, once each has allowed it.
 *
 * SNS, SQS and EventBridge are refused in plain words: events that went nowhere would be a promise broken.
 * spec: S3 user guide, "Configuring Amazon S3 Event Notifications". */
#include "crypto/random.h"
#include "lambda_model.h"
#include "svc/door.h"
#include "svc/s3/setting.h"

enum { CONFIGURATIONS_MAX = 100, ARN_PARTS = 6 };

static struct err check_arn(struct request *rq, const char *member, struct str arn)
{
    struct str rest = arn;
    size_t parts = 0;
    while (rest.ptr && parts < ARN_PARTS) {
        str_cut(rest, ':', &rest);
        parts++;
    }
    return parts == ARN_PARTS && str_starts(arn, STR("arn:")) ? ERR_OK
                                                              : s3_invalid_argument(rq, member, arn, "The ARN could not be parsed");
}

static struct err refuse_others(struct request *rq, const struct s3_notification_configuration *asked)
{
    for (size_t i = 0; i < asked->topic_configurations.count; i++) {
        TRY(check_arn(rq, "Topic", asked->topic_configurations.items[i].topic_arn));
    }
    for (size_t i = 0; i < asked->queue_configurations.count; i++) {
        TRY(check_arn(rq, "Queue", asked->queue_configurations.items[i].queue_arn));
    }
    const char *what = asked->topic_configurations.count ? "SNS topics" : asked->queue_configurations.count ? "SQS queues"
        : asked->event_bridge_configuration ? "EventBridge" : NULL;
    return what ? fail(&rq->ctx, &S3_NOT_IMPLEMENTED,
                       "Notifications to %s are not implemented by Yagura yet: name a Lambda function instead.", what) : ERR_OK;
}

static struct err check_filter(struct request *rq, const struct s3_notification_configuration_filter *filter)
{
    bool seen[2] = { false, false };
    const struct s3_filter_rule_list rules = filter && filter->key ? filter->key->filter_rules : (struct s3_filter_rule_list){ NULL, 0 };
    for (size_t i = 0; i < rules.count; i++) {
        const bool suffix = str_equal_nocase(rules.items[i].name, STR("suffix"));
        if (!suffix && !str_equal_nocase(rules.items[i].name, STR("prefix"))) {
            return s3_invalid_argument(rq, "FilterRule.Name", rules.items[i].name, "filter rule name must be either prefix or suffix");
        }
        if (seen[suffix]) {
            return fail(&rq->ctx, &S3_INVALID_ARGUMENT, "Cannot specify more than one %s rule in a filter.", suffix ? "suffix" : "prefix");
        }
        seen[suffix] = true;
    }
    return ERR_OK;
}

/* The function's policy must let S3 in, for this bucket. */
static struct err ask_lambda(struct request *rq, struct str bucket, const struct s3_lambda_function_configuration *one)
{
    const struct lambda_invoke_in in = { .function_name = one->lambda_function_arn, .invocation_type = STR("DryRun") };
    const struct door_call call = { .service = "lambda", .operation = "Invoke", .in = &in, .as = DOOR_AS_SERVICE,
                                    .source_arn = str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(bucket)) };
    const void *answer = NULL;
    if (!door_call(rq, &call, &answer).fault) {
        return ERR_OK;
    }
    request_element(rq, STR("ArgumentName1"), one->lambda_function_arn);
    request_element(rq, STR("ArgumentValue1"), str_format(rq->ctx.arena, "Not authorized to invoke function [%" STR_FMT "]", STR_ARG(one->lambda_function_arn)));
    return fail(&rq->ctx, &S3_INVALID_ARGUMENT, "Unable to validate the following destination configurations");
}

static struct err check_functions(struct request *rq, const struct s3_put_bucket_notification_configuration_in *in,
                                  struct s3_lambda_function_configuration *kept)
{
    const struct s3_lambda_function_configuration_list *functions = &in->notification_configuration->lambda_function_configurations;
    for (size_t i = 0; i < functions->count; i++) {
        kept[i] = functions->items[i];
        kept[i].id = kept[i].id.len ? kept[i].id : random_uuid(&rq->ctx);
        TRY(check_arn(rq, "CloudFunction", kept[i].lambda_function_arn));
        TRY(check_filter(rq, kept[i].filter));
        for (size_t j = 0; j < i; j++) {
            if (str_equal(kept[i].id, kept[j].id)) {
                return s3_invalid_argument(rq, "Id", kept[i].id, "Same ID used for multiple configurations. IDs must be unique");
            }
        }
    }
    for (size_t i = 0; i < functions->count && !in->skip_destination_validation.v; i++) {
        TRY(ask_lambda(rq, in->bucket, &kept[i]));
    }
    return ERR_OK;
}

struct err s3_put_bucket_notification_configuration(struct request *rq, const struct s3_put_bucket_notification_configuration_in *in,
                                                    struct s3_put_bucket_notification_configuration_out *out)
{
    const size_t count = in->notification_configuration->lambda_function_configurations.count;
    struct bucket_row row = { .name = STR_NONE };
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    TRY(refuse_others(rq, in->notification_configuration));
    if (count > CONFIGURATIONS_MAX) {
        return fail(&rq->ctx, &S3_INVALID_ARGUMENT, "The number of notification configurations exceeds the limit of %d.", (int)CONFIGURATIONS_MAX);
    }
    struct s3_lambda_function_configuration *kept = ARENA_ARRAY(rq->ctx.arena, struct s3_lambda_function_configuration, count + 1);
    TRY(check_functions(rq, in, kept));
    const struct s3_notification_configuration whole = { .lambda_function_configurations = { kept, count } };
    return count ? bucket_setting_put(rq, row.name, STR("notification"), STR(""), S3_SHAPE_NOTIFICATION_CONFIGURATION, &whole)
                 : setting_rows_delete(&rq->ctx, rq->db, row.name, STR("notification"), STR(""), NULL);
}
