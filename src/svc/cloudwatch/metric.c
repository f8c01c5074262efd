#include "svc/cloudwatch/metric.h"

#include <stdlib.h>

#include "base/json.h"
#include "crypto/hash.h"

enum { ID_SIZE = 32, TOKEN_MAX = 4096, ROLL_MAX = 200 };

struct rows cloudwatch_rows(struct request *rq)
{
    return (struct rows){ &rq->ctx, rq->db, rq->account, rq->region };
}

static int by_name(const void *a, const void *b)
{
    const struct cloudwatch_dimension *one = a;
    const struct cloudwatch_dimension *other = b;
    const int order = str_compare(one->name, other->name);
    return order != 0 ? order : str_compare(one->value, other->value);
}

static struct str dimensions_text(struct arena *arena, struct cloudwatch_dimensions dimensions)
{
    struct cloudwatch_dimension *sorted = ARENA_ARRAY(arena, struct cloudwatch_dimension, dimensions.count);
    if (dimensions.count > 0) {
        memcpy(sorted, dimensions.items, dimensions.count * sizeof(*sorted));
        qsort(sorted, dimensions.count, sizeof(*sorted), by_name);
    }
    struct json_writer w = json_writer_new(arena);
    json_open_array(&w);
    for (size_t i = 0; i < dimensions.count; i++) {
        json_open_array(&w);
        json_str(&w, sorted[i].name);
        json_str(&w, sorted[i].value);
        json_close_array(&w);
    }
    json_close_array(&w);
    return json_done(&w);
}

struct metric cloudwatch_metric_of(struct arena *arena, struct str namespace, struct str name, struct cloudwatch_dimensions dimensions)
{
    struct metric metric = { .namespace = namespace, .name = name, .dimensions = dimensions_text(arena, dimensions) };
    struct json_writer w = json_writer_new(arena);
    json_open_array(&w);
    json_str(&w, namespace);
    json_str(&w, name);
    json_raw(&w, metric.dimensions);
    json_close_array(&w);
    metric.id = str_slice(hash_hex(arena, HASH_SHA256, json_done(&w)), 0, ID_SIZE);
    return metric;
}

struct cloudwatch_dimensions cloudwatch_metric_dimensions(struct arena *arena, const struct metric *metric)
{
    const struct json *all = json_parse(arena, metric->dimensions, NULL);
    struct cloudwatch_dimensions out = { ARENA_ARRAY(arena, struct cloudwatch_dimension, all ? all->count : 0), 0 };
    for (const struct json *one = all ? all->child : NULL; one; one = one->next) {
        if (one->count == 2) {
            out.items[out.count++] = (struct cloudwatch_dimension){ json_text(one->child), json_text(one->child->next) };
        }
    }
    return out;
}

static struct err broken(struct ctx *ctx)
{
    return fail(ctx, &FAULT_INTERNAL, "the store holds data of a metric that can't be read");
}

struct err cloudwatch_metric_add(const struct rows *rows, struct str metric, struct str unit, int level, const struct datum *datum)
{
    struct arena *arena = rows->ctx->arena;
    struct chunk chunk = {
        .metric = metric, .unit = unit, .level = level, .start_ms = chunk_floor(datum->start_ms, CHUNK_LEVEL[level].span_ms)
    };
    struct data data = { NULL, 0 };
    bool found = false;
    TRY(cloudwatch_row_chunk_get(rows, &chunk, &found));
    if (found && !chunk_read(arena, level, chunk.start_ms, chunk.data, &data)) {
        return broken(rows->ctx);
    }
    chunk.data = chunk_write(arena, level, chunk.start_ms, chunk_put(arena, level, data, datum));
    return cloudwatch_row_chunk_put(rows, &chunk);
}

struct window cloudwatch_window(int64_t start_ms, int64_t end_ms, int64_t period_s)
{
    const int64_t period_ms = period_s * 1000;
    return (struct window){ chunk_floor(start_ms, period_s < 60 ? period_ms : 60000), end_ms, period_ms };
}

bool cloudwatch_period_ok(int64_t period_s)
{
    return period_s > 0 && (period_s % 60 == 0 || period_s == 1 || period_s == 5 || period_s == 10 || period_s == 20 || period_s == 30);
}

/* Sample sets by period, as they come in. */
struct gathering {
    struct arena *arena;
    struct window window;
    struct data data;
    size_t room;
};

static void gather(struct gathering *to, const struct datum *datum)
{
    if (datum->start_ms < to->window.start_ms || datum->start_ms >= to->window.end_ms) {
        return;
    }
    struct datum own = *datum;
    own.start_ms = to->window.start_ms + chunk_floor(datum->start_ms - to->window.start_ms, to->window.period_ms);
    struct datum *last = to->data.count > 0 ? &to->data.items[to->data.count - 1] : NULL;
    if (last && last->start_ms == own.start_ms) {
        datum_add(to->arena, last, &own);
        return;
    }
    if (to->data.count == to->room) {
        to->data.items = arena_grow(to->arena, to->data.items, to->room * sizeof(own), 2 * to->room * sizeof(own));
        to->room *= 2;
    }
    to->data.items[to->data.count++] = own;
}

static int by_start(const void *a, const void *b)
{
    const struct datum *one = a;
    const struct datum *other = b;
    return (one->start_ms > other->start_ms) - (one->start_ms < other->start_ms);
}

/* Levels and units come one after the other: periods that were met more than once become one. */
static struct data settle(struct gathering *from)
{
    struct data out = { from->data.items, 0 };
    if (from->data.count > 0) {
        qsort(from->data.items, from->data.count, sizeof(*from->data.items), by_start);
    }
    for (size_t i = 0; i < from->data.count; i++) {
        if (out.count > 0 && out.items[out.count - 1].start_ms == from->data.items[i].start_ms) {
            datum_add(from->arena, &out.items[out.count - 1], &from->data.items[i]);
        } else {
            out.items[out.count++] = from->data.items[i];
        }
    }
    return out;
}

struct err cloudwatch_metric_data(const struct rows *rows, struct arena *arena, struct str metric, struct str unit, struct window window,
                                  struct data *out)
{
    struct gathering gathering = { .arena = arena, .window = window, .room = 16 };
    gathering.data.items = ARENA_ARRAY(arena, struct datum, gathering.room);
    for (int level = 0; level < CHUNK_LEVELS; level++) {
        struct chunks chunks = { NULL, 0 };
        const int64_t from_ms = chunk_floor(window.start_ms, CHUNK_LEVEL[level].span_ms);
        TRY(cloudwatch_row_chunks(rows, metric, level, from_ms, window.end_ms, &chunks));
        for (size_t i = 0; i < chunks.count; i++) {
            struct data data = { NULL, 0 };
            if (unit.ptr && !str_equal(unit, chunks.items[i].unit)) {
                continue;
            }
            if (!chunk_read(arena, level, chunks.items[i].start_ms, chunks.items[i].data, &data)) {
                return broken(rows->ctx);
            }
            for (size_t k = 0; k < data.count; k++) {
                gather(&gathering, &data.items[k]);
            }
        }
    }
    *out = settle(&gathering);
    return ERR_OK;
}

struct err cloudwatch_metric_series(const struct rows *rows, struct str metric, struct str unit, struct window window,
                                    const struct statistic *statistic, struct series *out)
{
    struct arena *scratch CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(scratch, rows->ctx->now_ms);
    struct rows own = *rows;
    struct data data = { NULL, 0 };
    own.ctx = &ctx;
    const struct err err = cloudwatch_metric_data(&own, scratch, metric, unit, window, &data);
    if (err.fault) {
        return fail(rows->ctx, err.fault, "%s", ctx.reason);
    }
    *out = (struct series){ ARENA_ARRAY(rows->ctx->arena, struct point, data.count), 0 };
    for (size_t i = 0; i < data.count; i++) {
        double value = 0;
        if (statistic_of(statistic, &data.items[i], &value)) {
            out->items[out->count++] = (struct point){ data.items[i].start_ms, value };
        }
    }
    return ERR_OK;
}

/* What begins before this is as old as its level keeps, from its first slot to its last. */
static int64_t limit_of(const struct ctx *ctx, int level)
{
    return ctx->now_ms - CHUNK_LEVEL[level].keep_ms - CHUNK_LEVEL[level].span_ms;
}

struct err cloudwatch_roll_due(struct ctx *ctx, struct store_conn *db, bool *due)
{
    for (int level = 0; level < CHUNK_LEVELS && !*due; level++) {
        struct chunks chunks = { NULL, 0 };
        TRY(cloudwatch_row_chunks_before(ctx, db, level, limit_of(ctx, level), 1, &chunks));
        *due = chunks.count > 0;
    }
    return ERR_OK;
}

static struct err roll_chunk(struct ctx *ctx, struct store_conn *db, const struct chunk *chunk)
{
    const struct rows rows = { ctx, db, chunk->account, chunk->region };
    struct data data = { NULL, 0 };
    if (!chunk_read(ctx->arena, chunk->level, chunk->start_ms, chunk->data, &data)) {
        return broken(ctx);
    }
    for (size_t i = 0; i < data.count && chunk->level + 1 < CHUNK_LEVELS; i++) {
        TRY(cloudwatch_metric_add(&rows, chunk->metric, chunk->unit, chunk->level + 1, &data.items[i]));
    }
    return cloudwatch_row_chunk_delete(&rows, chunk);
}

struct err cloudwatch_roll(struct ctx *ctx, struct store_conn *db)
{
    for (int level = 0; level < CHUNK_LEVELS; level++) {
        struct chunks chunks = { NULL, 0 };
        TRY(cloudwatch_row_chunks_before(ctx, db, level, limit_of(ctx, level), ROLL_MAX, &chunks));
        for (size_t i = 0; i < chunks.count; i++) {
            TRY(roll_chunk(ctx, db, &chunks.items[i]));
        }
    }
    return cloudwatch_row_metrics_forget(ctx, db, limit_of(ctx, CHUNK_LEVELS - 1));
}

static struct str binding(struct request *rq)
{
    return str_format(rq->ctx.arena, "cloudwatch:page:%s:%" STR_FMT ":%" STR_FMT, rq->operation->name, STR_ARG(rq->account),
                      STR_ARG(rq->region));
}

struct str cloudwatch_page_token(struct request *rq, struct str place)
{
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, binding(rq), place));
}

struct err cloudwatch_page_place(struct request *rq, struct str token, struct str *place)
{
    struct str sealed = STR_NONE;
    if (token.ptr == NULL) {
        return ERR_OK;
    }
    return token.len <= TOKEN_MAX && str_unbase64(rq->ctx.arena, token, &sealed)
            && vault_unseal(&rq->ctx, rq->vault, binding(rq), sealed, place)
        ? ERR_OK
        : fail(&rq->ctx, &CLOUDWATCH_INVALID_NEXT_TOKEN, "Invalid next token.");
}
