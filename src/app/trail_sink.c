#include "app/trail_sink.h"

#include "base/json.h"
#include "logs_model.h"
#include "s3_model.h"

static const struct str PRINCIPAL = STR_INIT("cloudtrail.amazonaws.com");

/* --- objects --- */

/* spec: KMS developer guide, encryption context; CloudTrail's key policies ask for aws:cloudtrail:arn. */
static struct str context_of(struct arena *arena, struct str trail_arn)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("aws:cloudtrail:arn"), trail_arn);
    json_close_object(&w);
    return str_base64(arena, json_done(&w));
}

struct err trail_sink_put(void *inside, struct ctx *ctx, const struct trail_object *object)
{
    struct s3_metadata_entry metadata[] = { { STR("signature"), object->signature },
                                            { STR("signature-algorithm"), STR("SHA256withRSA") },
                                            { STR("backfill-generation-timestamp"), object->backfilled } };
    struct s3_put_object_in in = {
        .acl = STR("bucket-owner-full-control"), .bucket = object->bucket, .key = object->key, .body = object->body,
        .content_type = STR("application/json"), .content_encoding = STR("gzip"),
    };
    const struct inside_call call = { .service = "s3", .operation = "PutObject", .in = &in, .account = object->account,
                                      .region = object->region, .principal = PRINCIPAL, .source_arn = object->trail_arn };
    const void *out = NULL;
    if (object->signature.ptr) {
        in.metadata = (struct s3_metadata){ metadata, object->backfilled.ptr ? 3 : 2 };
    }
    if (object->kms_key.ptr) {
        in.server_side_encryption = STR("aws:kms");
        in.ssekms_key_id = object->kms_key;
        in.ssekms_encryption_context = context_of(ctx->arena, object->trail_arn);
    }
    return inside_call(ctx, inside, &call, &out);
}

/* --- log groups --- */

/* arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME:* */
static struct str group_name(struct str arn, struct str *region)
{
    struct str rest = arn;
    for (size_t i = 0; i < 6; i++) {
        const struct str part = str_cut(rest, ':', &rest);
        *region = i == 3 ? part : *region;
    }
    return str_cut(rest, ':', &rest);
}

static struct err call_logs(struct ctx *ctx, struct inside *inside, const struct trail_log *log, struct str region, const char *operation,
                            const void *in, const void **out)
{
    return inside_call(ctx, inside, &(const struct inside_call){
        .service = "logs", .operation = operation, .in = in, .account = log->account, .region = region, .principal = PRINCIPAL,
        .source_arn = log->trail_arn, .role_arn = log->role_arn, .session_name = STR("CLOUDWATCH_LOGS_DELIVERY_SESSION") }, out);
}

struct err trail_sink_log(void *inside, struct ctx *ctx, const struct trail_log *log)
{
    struct str region = STR_NONE;
    const struct str group = group_name(log->group_arn, &region);
    struct logs_input_log_event *events = ARENA_ARRAY(ctx->arena, struct logs_input_log_event, log->count + 1);
    const struct logs_create_log_stream_in stream = { .log_group_name = group, .log_stream_name = log->stream };
    const struct logs_put_log_events_in in = { .log_group_name = group, .log_stream_name = log->stream,
                                               .log_events = { events, log->count } };
    const void *out = NULL;
    for (size_t i = 0; i < log->count; i++) {
        events[i] = (struct logs_input_log_event){ .timestamp = SOME(log->events[i].at_ms), .message = log->events[i].text };
    }
    struct err err = call_logs(ctx, inside, log, region, "PutLogEvents", &in, &out);
    if (err.fault && str_equal(str_of(err.fault->code), STR("ResourceNotFoundException"))) {
        TRY(call_logs(ctx, inside, log, region, "CreateLogStream", &stream, &out));
        err = call_logs(ctx, inside, log, region, "PutLogEvents", &in, &out);
    }
    return err;
}
