#include "app/source.h"

#include "app/source_parts.h"
#include "base/clock.h"
#include "base/log.h"

enum { SUBMIT_AGAIN_MS = 100, TROUBLE_REST_MS = 5000, LIST_WITH_QUEUE_MS = 3600000 };

struct sources {
    struct sources_options options;
    struct arena *arena; /* of the URIs and keys */
    struct source list[SOURCES_MAX];
    size_t count;
};

bool source_stopping(void *self)
{
    struct source *source = self;
    lock_take(source->lock);
    const bool stopping = source->stopping;
    lock_give(source->lock);
    return stopping;
}

void source_rest(struct source *source, int64_t ms)
{
    const int64_t until_us = clock_monotonic_us() + ms * 1000;
    lock_take(source->lock);
    for (int64_t left = ms; !source->stopping && left > 0; left = (until_us - clock_monotonic_us()) / 1000) {
        lock_wait(source->lock, left);
    }
    lock_give(source->lock);
}

static void batch_done(void *self, struct err result, const char *reason)
{
    struct source *source = self;
    (void)reason;
    lock_take(source->lock);
    source->result = result;
    source->answered = true;
    lock_signal(source->lock);
    lock_give(source->lock);
}

struct err source_submit(struct ctx *ctx, struct source *source, struct watch_batch *batch)
{
    batch->done = batch_done;
    batch->self = source;
    source->answered = false;
    while (!watch_submit(source->options->watch, batch)) {
        if (source_stopping(source)) {
            return fail(ctx, &FAULT_UNAVAILABLE, "the server is stopping");
        }
        source_rest(source, SUBMIT_AGAIN_MS);
    }
    lock_take(source->lock);
    while (!source->answered) {
        lock_wait(source->lock, -1);
    }
    const struct err result = source->result;
    lock_give(source->lock);
    if (result.fault) {
        return fail(ctx, result.fault, "what was read is not stored, and will be read again");
    }
    return ERR_OK;
}

/* The outcome of a look, for people. */
struct outcome {
    struct ctx ctx;
    int64_t source, missing;
    struct str error;
};

static struct err store_outcome(void *argument, struct store_conn *db)
{
    struct outcome *outcome = argument;
    TRY(store_source_missing(&outcome->ctx, db, outcome->source, outcome->missing));
    return store_source_looked(&outcome->ctx, db, outcome->source, outcome->error);
}

static void keep_outcome(struct ctx *ctx, struct source *source, struct err err)
{
    struct outcome outcome = { ctx_new(ctx->arena, clock_now_ms()), source->id, source->missing,
                               err.fault ? str_copy(ctx->arena, str_of(ctx->reason)) : STR_NONE };
    if (source_stopping(source)) {
        return;
    }
    if (err.fault) {
        log_warn(NULL, "source is not read to its end", LOG_STR("source", source->uri.name),
                 LOG_STR("reason", outcome.error));
    }
    if (store_writer_wait(&outcome.ctx, source->options->writer, store_outcome, &outcome).fault) {
        log_warn(NULL, "state of a source is not stored", LOG_STR("source", source->uri.name),
                 LOG_STR("reason", str_of(outcome.ctx.reason)));
    }
}

static bool is_listing_due(const struct source *source)
{
    const bool bucket = source->uri.kind == SOURCE_BUCKET;
    const bool both = bucket && source->uri.queue_base.ptr;
    return bucket && (!both || source->listed_ms == 0 || clock_now_ms() - source->listed_ms >= LIST_WITH_QUEUE_MS);
}

static struct err look(struct ctx *ctx, struct source *source)
{
    if (source->db == NULL) {
        TRY(store_connect(ctx, source->options->store, &source->db));
    }
    if (!is_listing_due(source)) {
        return source_receive(ctx, source);
    }
    TRY(source_list(ctx, source));
    source->listed_ms = clock_now_ms();
    return ERR_OK;
}

static bool is_stream(const struct source *source)
{
    return source->uri.kind == SOURCE_INPUT || source->uri.kind == SOURCE_SYSLOG;
}

static void run_stream(struct source *source)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    const struct err err = source->syslog ? source_syslog(&ctx, source) : source_input(&ctx, source);
    keep_outcome(&ctx, source, err);
}

static void run_looks(struct source *source)
{
    const bool queue = source->uri.queue_base.ptr != NULL; /* it waits by itself */
    while (!source_stopping(source)) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        const struct err err = look(&ctx, source);
        keep_outcome(&ctx, source, err);
        const int64_t poll_ms = source->uri.poll_s * 1000;
        source_rest(source, !queue ? poll_ms : !err.fault ? 0 : poll_ms < TROUBLE_REST_MS ? poll_ms : TROUBLE_REST_MS);
    }
    store_disconnect(source->db);
}

static void run(void *argument)
{
    struct source *source = argument;
    if (is_stream(source)) {
        run_stream(source);
    } else {
        run_looks(source);
    }
}

static struct err open_one(struct ctx *ctx, struct sources *sources, struct str uri, struct store_conn *db)
{
    struct source *source = &sources->list[sources->count];
    struct ctx lasting = *ctx;
    lasting.arena = sources->arena;
    const struct err err = source_uri_read(&lasting, uri, sources->options.region, &source->uri);
    memcpy(ctx->reason, lasting.reason, sizeof(ctx->reason));
    TRY(err);
    for (size_t i = 0; i < sources->count; i++) {
        if (str_equal(sources->list[i].uri.name, source->uri.name)) {
            return fail(ctx, &FAULT_INVALID, "--source %" STR_FMT " is given twice", STR_ARG(uri));
        }
    }
    if (!is_stream(source)) {
        TRY(source_keys_find(ctx, sources->arena, &source->own.keys, &source->origin));
    }
    TRY(store_source_open(ctx, db, source->uri.name, &source->id));
    if (source->uri.kind == SOURCE_SYSLOG) {
        TRY(net_syslog_open(ctx, source->uri.address, &source->syslog));
    }
    source->options = &sources->options;
    source->lock = lock_open();
    source->own.arena = arena_open_secret();
    source->role.arena = arena_open_secret();
    for (size_t i = 0; i < SOURCE_FETCHERS && !is_stream(source); i++) {
        source->clients[i] = net_client_open(&(struct net_client_options){ .stopped = source_stopping, .self = source });
    }
    sources->count++;
    return ERR_OK;
}

static struct err open_each(struct ctx *ctx, struct sources *sources, struct store_conn *db)
{
    for (size_t i = 0; i < sources->options.uris->count; i++) {
        TRY(open_one(ctx, sources, sources->options.uris->items[i], db));
    }
    return ERR_OK;
}

struct err sources_open(struct ctx *ctx, const struct sources_options *options, struct sources **out)
{
    if (options->uris->count > SOURCES_MAX) {
        return fail(ctx, &FAULT_INVALID, "at most %d sources", SOURCES_MAX);
    }
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct sources *sources = memory_new(sizeof(*sources));
    sources->options = *options;
    sources->arena = arena_open_secret();
    const struct err err = open_each(ctx, sources, db);
    store_disconnect(db);
    *out = sources;
    return err;
}

struct source *sources_first(struct sources *sources)
{
    return &sources->list[0];
}

void sources_start(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        sources->list[i].thread = thread_start("source", run, &sources->list[i]);
    }
}

static void stop(struct source *source)
{
    lock_take(source->lock);
    source->stopping = true;
    lock_signal(source->lock);
    lock_give(source->lock);
}

static void close_one(struct source *source)
{
    if (source->thread) {
        thread_join(source->thread);
    }
    for (size_t i = 0; i < SOURCE_FETCHERS; i++) {
        net_client_close(source->clients[i]);
    }
    net_syslog_close(source->syslog);
    arena_close(source->own.arena);
    arena_close(source->role.arena);
    lock_free(source->lock);
}

void sources_close(struct sources *sources)
{
    if (sources == NULL) {
        return;
    }
    for (size_t i = 0; i < sources->count; i++) {
        stop(&sources->list[i]);
    }
    for (size_t i = 0; i < sources->count; i++) {
        close_one(&sources->list[i]);
    }
    arena_close(sources->arena);
    memory_free(sources);
}
