#include "app/push.h"

#include "base/json.h"
#include "store/source.h"

/* Lives in the exchange's arena. */
struct pushed {
    const struct push *push;
    struct net_exchange *exchange;
    struct watch_item item;
    struct watch_batch batch;
};

static void answer(struct net_exchange *exchange, uint16_t status, struct json_writer *body)
{
    struct http_response response = { .status = status, .body = json_done(body) };
    http_response_add(net_arena(exchange), &response, STR("Content-Type"), STR("application/json"));
    if (status == 503) {
        http_response_add(net_arena(exchange), &response, STR("Retry-After"), STR("1"));
    }
    net_answer(exchange, &response);
}

void push_refuse(struct net_exchange *exchange, struct err err, const char *reason)
{
    struct json_writer body = json_writer_new(net_arena(exchange));
    json_open_object(&body);
    json_member_str(&body, STR("__type"), str_of(err.fault->code));
    json_member_str(&body, STR("message"), str_of(reason));
    json_close_object(&body);
    answer(exchange, err.fault->http, &body);
}

static struct err mark(void *self, struct ctx *ctx, struct store_conn *db)
{
    const struct pushed *pushed = self;
    const struct watch_counts *counts = &pushed->item.counts;
    TRY(store_source_count(ctx, db, pushed->push->source, &(struct store_source_counts){
        .objects = 1, .bytes = (int64_t)pushed->item.text.len, .records = counts->records, .skipped = counts->skipped,
        .newest_ms = counts->newest_ms }));
    return store_source_looked(ctx, db, pushed->push->source, STR_NONE);
}

static void done(void *self, struct err result, const char *reason)
{
    struct pushed *pushed = self;
    const struct watch_counts *counts = &pushed->item.counts;
    if (result.fault) {
        push_refuse(pushed->exchange, result, reason);
        return;
    }
    struct json_writer body = json_writer_new(net_arena(pushed->exchange));
    json_open_object(&body);
    json_member_int(&body, STR("records"), counts->records);
    json_member_int(&body, STR("duplicates"), counts->duplicates);
    json_member_int(&body, STR("skipped"), counts->skipped);
    json_member_int(&body, STR("bytes"), counts->bytes);
    json_close_object(&body);
    answer(pushed->exchange, 200, &body);
}

void push_take(const struct push *push, struct net_exchange *exchange)
{
    struct pushed *pushed = ARENA_NEW(net_arena(exchange), struct pushed);
    const struct str body = net_request(exchange)->body;
    pushed->push = push;
    pushed->exchange = exchange;
    pushed->item = (struct watch_item){ .name = STR("push"), .file = -1, .text = body.ptr ? body : STR("") };
    pushed->batch = (struct watch_batch){ .items = &pushed->item, .count = 1, .mark = mark, .done = done, .self = pushed };
    if (!watch_submit(push->watch, &pushed->batch)) {
        push_refuse(exchange, (struct err){ &FAULT_UNAVAILABLE }, "too much waits to be read; send it again");
    }
}
