/* feed_messages.c - what subscription filters send. spec: user guide, "Subscription filters with Lambda". */
#include "base/json.h"
#include "match/log_filter.h"
#include "svc/logs/destination.h"
#include "svc/logs/search.h"
#include "svc/logs/unseal.h"
#include "wire/codec.h"
#include "wire/gzip.h"

/* An asynchronous invocation takes 1 MiB, of which base64 leaves three quarters; gzip makes text smaller, and never much larger. */
enum { MESSAGE_EVENTS_BYTES = 640 * 1024 };

struct maker {
    struct ctx *ctx;
    const struct logs_batch *batch;
    struct log_filter *filter;
    struct logs_messages *out;
    size_t room;
    struct json_writer writer;
    const struct block *block; /* whose message is begun; NULL: none */
    size_t size;
};

static void begin(struct maker *m, const struct block *block)
{
    struct json_writer *w = &m->writer;
    *w = json_writer_new(m->ctx->arena);
    json_open_object(w);
    json_member_str(w, STR("messageType"), STR("DATA_MESSAGE"));
    json_member_str(w, STR("owner"), m->batch->group.account);
    json_member_str(w, STR("logGroup"), m->batch->group.name);
    json_member_str(w, STR("logStream"), block->stream_name);
    json_key(w, STR("subscriptionFilters"));
    json_open_array(w);
    json_str(w, m->out->filter->filter_name);
    json_close_array(w);
    json_key(w, STR("logEvents"));
    json_open_array(w);
    m->block = block;
    m->size = 0;
}

static void end(struct maker *m)
{
    struct json_writer w = json_writer_new(m->ctx->arena);
    json_close_array(&m->writer);
    json_close_object(&m->writer);
    json_open_object(&w);
    json_key(&w, STR("awslogs"));
    json_open_object(&w);
    json_member_str(&w, STR("data"), str_base64(m->ctx->arena, gzip_pack(m->ctx->arena, json_done(&m->writer))));
    json_close_object(&w);
    json_close_object(&w);
    if (m->out->count == m->room) {
        m->out->items = arena_grow(m->ctx->arena, m->out->items, m->room * sizeof(struct str), 2 * m->room * sizeof(struct str));
        m->room *= 2;
    }
    m->out->items[m->out->count++] = json_done(&w);
    m->block = NULL;
}

/* Fields that the pattern names: [ip, user, ...]. */
static void add_fields(struct maker *m, struct str message)
{
    const struct log_filter_value *values = NULL;
    if (!str_starts(str_trim(m->out->filter->filter_pattern), STR("["))) {
        return;
    }
    const size_t count = log_filter_values(m->filter, m->ctx->arena, message, &values);
    json_key(&m->writer, STR("extractedFields"));
    json_open_object(&m->writer);
    for (size_t i = 0; i < count; i++) {
        json_member_str(&m->writer, str_starts(values[i].name, STR("$")) ? str_from(values[i].name, 1) : values[i].name, values[i].value);
    }
    json_close_object(&m->writer);
}

static void add_event(struct maker *m, const struct block *block, int64_t index, const struct block_event *event)
{
    if (m->block == NULL) {
        begin(m, block);
    }
    json_open_object(&m->writer);
    json_member_str(&m->writer, STR("id"), place_text(m->ctx->arena, (struct place){ event->at_ms, block->number, index }));
    json_member_int(&m->writer, STR("timestamp"), event->at_ms);
    json_member_str(&m->writer, STR("message"), event->message);
    add_fields(m, event->message);
    json_close_object(&m->writer);
    m->size += event->message.len + BLOCK_EVENT_OVERHEAD;
    if (m->size > MESSAGE_EVENTS_BYTES) {
        end(m);
    }
}

static void make(struct maker *m)
{
    for (size_t i = 0; i < m->batch->blocks.count; i++) {
        const struct block *block = &m->batch->blocks.items[i];
        struct block_reader reader = { .at_ms = 0 };
        struct block_event event = { .at_ms = 0 };
        const bool readable = logs_batch_open(m->ctx, m->batch, block, &reader);
        for (int64_t n = 0; readable && block_next(&reader, &event); n++) {
            if (log_filter_test(m->filter, m->ctx->arena, event.message)) {
                add_event(m, block, n, &event);
            }
        }
        if (m->block) {
            end(m);
        }
    }
}

/* A function by its ARN, or the one behind a destination. */
static struct err aim(struct ctx *ctx, struct store_conn *db, struct logs_messages *out)
{
    const struct str arn = out->filter->destination_arn;
    struct rows rows = { .ctx = ctx, .db = db };
    struct str name = STR_NONE, rest = arn, parts[5];
    struct logs_destination *destination = NULL;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        parts[i] = str_cut(rest, ':', &rest);
    }
    out->region = parts[3];
    out->account = parts[4];
    out->function = arn;
    if (destination_read(arn, &rows.region, &rows.account, &name)) {
        TRY(destination_find(&rows, name, &destination));
        out->function = destination ? destination->target_arn : STR_NONE;
        out->role = destination ? destination->role_arn : STR_NONE;
    }
    return ERR_OK;
}

struct err logs_batch_messages(struct ctx *ctx, struct store_conn *db, const struct logs_batch *batch, const struct item *filter,
                               struct logs_messages *out)
{
    enum { FIRST_ROOM = 16 };
    void *value = NULL;
    TRY(wire_json_read(ctx, LOGS_SHAPE_SUBSCRIPTION_FILTER, filter->document, &value));
    *out = (struct logs_messages){ .filter = value, .items = ARENA_ARRAY(ctx->arena, struct str, FIRST_ROOM) };
    TRY(aim(ctx, db, out));
    if (out->function.ptr == NULL) {
        return ERR_OK; /* the destination was deleted */
    }
    struct maker maker = { .ctx = ctx, .batch = batch, .out = out, .room = FIRST_ROOM };
    TRY(log_filter_compile(ctx, out->filter->filter_pattern, &maker.filter));
    make(&maker);
    log_filter_free(maker.filter);
    return ERR_OK;
}
