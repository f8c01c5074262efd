#include "svc/s3/notify.h"

#include "svc/s3/event_message.h"
#include "svc/s3/owner.h"
#include "svc/s3/s3.h"

static struct str rule_value(const struct s3_lambda_function_configuration *one, const char *name)
{
    const struct s3_s3_key_filter *key = one->filter ? one->filter->key : NULL;
    for (size_t i = 0; key && i < key->filter_rules.count; i++) {
        if (str_equal_nocase(key->filter_rules.items[i].name, str_of(name))) {
            return key->filter_rules.items[i].value;
        }
    }
    return STR_NONE;
}

static bool wants(const struct s3_lambda_function_configuration *one, struct str name, struct str key)
{
    bool wanted = false;
    for (size_t i = 0; i < one->events.count; i++) {
        wanted = wanted || event_wanted(one->events.items[i], name);
    }
    return wanted && event_key_fits(key, rule_value(one, "prefix"), rule_value(one, "suffix"));
}

static struct str principal(struct request *rq)
{
    if (rq->caller.type == PRINCIPAL_AWS_SERVICE || rq->caller.id.ptr == NULL) {
        return rq->caller.id.ptr ? rq->caller.id : STR("s3.amazonaws.com");
    }
    return str_format(rq->ctx.arena, "AWS:%" STR_FMT, STR_ARG(rq->caller.id));
}

static struct err add(struct request *rq, const struct bucket_row *bucket, const struct s3_lambda_function_configuration *one,
                      const char *name, const struct object_row *row)
{
    struct arena *arena = rq->ctx.arena;
    const bool gone = str_starts(str_of(name), STR("ObjectRemoved"));
    const struct event_message message = {
        .name = str_of(name),
        .region = bucket->region,
        .time_ms = rq->ctx.now_ms,
        .principal = principal(rq),
        .source_ip = rq->source_ip.ptr ? rq->source_ip : STR("s3.amazonaws.com"),
        .request_id = rq->ctx.request_id.ptr ? rq->ctx.request_id : STR(""),
        .host_id = str_base64(arena, rq->ctx.request_id.ptr ? rq->ctx.request_id : STR("")),
        .configuration = one->id,
        .bucket = bucket->name,
        .bucket_arn = str_format(arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(bucket->name)),
        .bucket_owner = owner_id(arena, bucket->account),
        .key = row->name,
        .etag = row->etag.len ? row->etag : STR_NONE,
        .version = bucket->versioning.len ? row->version : STR_NONE,
        .size = gone || row->marker ? -1 : row->size,
        .sequence = -row->place,
    };
    const struct str topic = str_format(arena, S3_EVENT "/%" STR_FMT "/%" STR_FMT, STR_ARG(bucket->name), STR_ARG(one->lambda_function_arn));
    return store_outbox_add(&rq->ctx, rq->db, bucket->account, topic, event_message_write(arena, &message));
}

struct err notify(struct request *rq, const struct bucket_row *bucket, const char *name, const struct object_row *row)
{
    const void *found = NULL;
    TRY(bucket_setting(rq, bucket->name, STR("notification"), STR(""), S3_SHAPE_NOTIFICATION_CONFIGURATION, &found));
    const struct s3_notification_configuration *configuration = found;
    for (size_t i = 0; configuration && i < configuration->lambda_function_configurations.count; i++) {
        const struct s3_lambda_function_configuration *one = &configuration->lambda_function_configurations.items[i];
        TRY(wants(one, str_of(name), row->name) ? add(rq, bucket, one, name, row) : ERR_OK);
    }
    return ERR_OK;
}
