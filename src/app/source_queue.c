/* source_queue.c - notifications of new objects from an SQS queue.
 *
 * A message goes once all it names is durable here (or not ours to read); one that is not understood, or names what can't
 * be had, stays, and the queue's own redrive policy decides how often it comes again.
 * spec: Amazon SQS API reference, ReceiveMessage and DeleteMessage, JSON protocol. */
#include "app/source_parts.h"
#include "base/json.h"

enum { MESSAGES_MAX = 10, WAIT_S = 20, HIDDEN_S = 600 };

static struct err queue_call(struct ctx *ctx, struct source *source, const char *action, struct json_writer *body,
                             struct http_response *response)
{
    const struct http_header headers[] = {
        { STR("Content-Type"), STR("application/x-amz-json-1.0") },
        { STR("X-Amz-Target"), str_format(ctx->arena, "AmazonSQS.%s", action) },
    };
    const struct source_call call = {
        .service = "sqs", .base = source->uri.queue_base, .file = -1,
        .request = { .method = STR("POST"), .path = STR("/"), .body = json_done(body), .headers = headers,
                     .header_count = COUNT_OF(headers) },
        .what = str_format(ctx->arena, "%s of %" STR_FMT "%" STR_FMT, action, STR_ARG(source->uri.queue_base),
                           STR_ARG(source->uri.queue_path)).ptr,
    };
    return source_call(ctx, source, source->clients[0], &call, response);
}

static struct json_writer queue_body(struct ctx *ctx, const struct source *source)
{
    struct json_writer body = json_writer_new(ctx->arena);
    json_open_object(&body);
    json_member_str(&body, STR("QueueUrl"), str_format(ctx->arena, "%" STR_FMT "%" STR_FMT, STR_ARG(source->uri.queue_base),
                                                      STR_ARG(source->uri.queue_path)));
    return body;
}

static struct err receive(struct ctx *ctx, struct source *source, const struct json **messages)
{
    struct json_writer body = queue_body(ctx, source);
    struct http_response response;
    const int64_t wait_s = source->uri.poll_s < WAIT_S ? source->uri.poll_s : WAIT_S;
    json_member_int(&body, STR("MaxNumberOfMessages"), MESSAGES_MAX);
    json_member_int(&body, STR("WaitTimeSeconds"), wait_s);
    json_member_int(&body, STR("VisibilityTimeout"), HIDDEN_S);
    json_close_object(&body);
    TRY(queue_call(ctx, source, "ReceiveMessage", &body, &response));
    const struct json *json = json_parse(ctx->arena, response.body, NULL);
    if (json == NULL || json->kind != JSON_OBJECT) {
        return fail(ctx, &FAULT_INVALID, "ReceiveMessage: the answer is no JSON object");
    }
    *messages = json_get(json, STR("Messages"));
    return ERR_OK;
}

static struct err remove_message(struct ctx *ctx, struct source *source, const struct json *message)
{
    struct json_writer body = queue_body(ctx, source);
    struct http_response response;
    json_member_str(&body, STR("ReceiptHandle"), json_text(json_get(message, STR("ReceiptHandle"))));
    json_close_object(&body);
    return queue_call(ctx, source, "DeleteMessage", &body, &response);
}

static bool is_ours(const struct source *source, const struct bucket_object *object)
{
    return source->uri.kind == SOURCE_QUEUE
        || (str_equal(object->bucket, source->uri.bucket) && str_starts(object->key, source->uri.prefix));
}

/* The objects of all messages, and which message each is of. */
struct gathered {
    struct bucket_object *objects;
    size_t *message;
    size_t count;
    bool understood[MESSAGES_MAX];
};

static size_t fill(struct gathered *gathered, const struct source *source, const struct bucket_notice *notices, size_t count)
{
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < notices[i].count; j++) {
            if (is_ours(source, &notices[i].objects[j])) {
                gathered->objects[filled] = notices[i].objects[j];
                gathered->message[filled++] = i;
            }
        }
    }
    return filled;
}

/* The fault is that of the first message that is not understood. */
static struct err gather(struct ctx *ctx, struct source *source, const struct json *messages, struct gathered *out)
{
    struct bucket_notice notices[MESSAGES_MAX] = { 0 };
    struct err first = ERR_OK;
    size_t count = 0, all = 0;
    for (const struct json *message = messages->child; message && count < MESSAGES_MAX; message = message->next, count++) {
        const char *reason = bucket_notice_read(ctx->arena, json_text(json_get(message, STR("Body"))), &notices[count]);
        out->understood[count] = reason == NULL;
        if (reason) {
            notices[count].count = 0;
            first = fail(ctx, &FAULT_INVALID, "message %" STR_FMT " is left in the queue: %s",
                         STR_ARG(json_text(json_get(message, STR("MessageId")))), reason);
        }
        all += notices[count].count;
    }
    out->objects = ARENA_ARRAY(ctx->arena, struct bucket_object, all + 1);
    out->message = ARENA_ARRAY(ctx->arena, size_t, all + 1);
    out->count = fill(out, source, notices, count);
    return first;
}

struct err source_receive(struct ctx *ctx, struct source *source)
{
    const struct json *messages = NULL;
    struct gathered gathered = { 0 };
    TRY(receive(ctx, source, &messages));
    if (messages == NULL || messages->kind != JSON_ARRAY || messages->count == 0) {
        return ERR_OK;
    }
    struct err err = gather(ctx, source, messages, &gathered);
    bool *taken = ARENA_ARRAY(ctx->arena, bool, gathered.count + 1);
    const struct err take = source_take(ctx, source, gathered.objects, gathered.count, taken);
    err = take.fault ? take : err;
    for (size_t i = 0; i < gathered.count; i++) {
        gathered.understood[gathered.message[i]] = gathered.understood[gathered.message[i]] && taken[i];
    }
    char reason[sizeof(ctx->reason)];
    memcpy(reason, ctx->reason, sizeof(reason));
    size_t at = 0;
    for (const struct json *message = messages->child; message && at < MESSAGES_MAX; message = message->next, at++) {
        if (gathered.understood[at]) {
            TRY(remove_message(ctx, source, message));
        }
    }
    memcpy(ctx->reason, reason, sizeof(reason));
    return err;
}
