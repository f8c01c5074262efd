#include "app/log_feeds.h"

#include "app/log_batch.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"

enum { FEEDS_MAX = 32, LOOK_MS = 200, SWEEP_MS = 2000 };

struct log_feeds {
    struct log_feeds_options options;
    struct store_conn *db;
    struct thread *thread;
    struct lock *lock; /* of stopping */
    bool stopping;
};

static bool is_stopping(struct log_feeds *feeds)
{
    lock_take(feeds->lock);
    const bool stopping = feeds->stopping;
    lock_give(feeds->lock);
    return stopping;
}

static void rest(struct log_feeds *feeds)
{
    lock_take(feeds->lock);
    if (!feeds->stopping) {
        lock_wait(feeds->lock, LOOK_MS);
    }
    lock_give(feeds->lock);
}

/* What the writer's thread does for us. */
struct step {
    struct ctx ctx;
    const struct logs_feed *feed;
    const struct log_counts *counts;
    int64_t next_block;
    bool answer;
};

static struct err take(void *argument, struct store_conn *db)
{
    struct step *step = argument;
    return logs_feed_take(&step->ctx, db, step->feed, &step->answer);
}

static struct err finish(void *argument, struct store_conn *db)
{
    struct step *step = argument;
    bool first = false;
    TRY(logs_feed_done(&step->ctx, db, step->feed, step->next_block, &first));
    return first ? log_counts_put(&step->ctx, db, step->counts) : ERR_OK;
}

static struct err sweep(void *argument, struct store_conn *db)
{
    struct step *step = argument;
    return logs_sweep(&step->ctx, db, &step->answer);
}

static struct err read_batch(struct ctx *ctx, struct log_feeds *feeds, const struct logs_feed *feed, struct logs_batch *batch)
{
    TRY(store_begin(ctx, feeds->db, STORE_READ));
    const struct err err = logs_batch_read(ctx, feeds->db, feed, batch);
    store_rollback(feeds->db);
    return err;
}

static struct err serve(struct ctx *ctx, struct log_feeds *feeds, const struct logs_feed *feed)
{
    const struct log_feeds_options *options = &feeds->options;
    struct step step = { .ctx = *ctx, .feed = feed };
    struct logs_batch batch = { .next_block = 0 };
    TRY(store_writer_wait(ctx, options->writer, take, &step));
    if (!step.answer) {
        return ERR_OK; /* another server's */
    }
    TRY(read_batch(ctx, feeds, feed, &batch));
    log_batch_open_keys(ctx, options->inside, &batch);
    if (!log_batch_send(ctx, options->inside, feeds->db, &batch)) {
        return ERR_OK; /* again, once the lease is over */
    }
    const struct log_counts counts = log_batch_counts(ctx, &batch);
    step.counts = &counts;
    step.next_block = batch.next_block;
    return store_writer_wait(ctx, options->writer, finish, &step);
}

static struct err serve_all(struct ctx *ctx, struct log_feeds *feeds)
{
    struct logs_feed *due = ARENA_ARRAY(ctx->arena, struct logs_feed, FEEDS_MAX);
    size_t count = 0;
    TRY(store_begin(ctx, feeds->db, STORE_READ));
    const struct err err = logs_feed_due(ctx, feeds->db, FEEDS_MAX, due, &count);
    store_rollback(feeds->db);
    TRY(err);
    for (size_t i = 0; i < count && !is_stopping(feeds); i++) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
        struct ctx mine = ctx_new(arena, clock_now_ms());
        if (serve(&mine, feeds, &due[i]).fault) {
            log_warn(NULL, "filters of a log group wait", LOG_STR("account", due[i].account), LOG_STR("reason", str_of(mine.reason)));
        }
    }
    return ERR_OK;
}

static struct err sweep_some(struct ctx *ctx, struct log_feeds *feeds)
{
    struct step step = { .ctx = *ctx, .answer = true };
    bool due = false;
    TRY(store_begin(ctx, feeds->db, STORE_READ));
    const struct err err = logs_sweep_due(ctx, feeds->db, &due);
    store_rollback(feeds->db);
    TRY(err);
    while (due && step.answer && !is_stopping(feeds)) {
        TRY(store_writer_wait(ctx, feeds->options.writer, sweep, &step));
    }
    return ERR_OK;
}

static void run(void *argument)
{
    struct log_feeds *feeds = argument;
    int64_t swept_us = 0;
    while (!is_stopping(feeds)) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        struct err err = serve_all(&ctx, feeds);
        if (!err.fault && clock_monotonic_us() - swept_us > (int64_t)SWEEP_MS * 1000) {
            swept_us = clock_monotonic_us();
            err = sweep_some(&ctx, feeds);
        }
        if (err.fault) {
            log_warn(NULL, "log groups can't be looked after", LOG_STR("reason", str_of(ctx.reason)));
        }
        rest(feeds);
    }
}

struct err log_feeds_open(struct ctx *ctx, const struct log_feeds_options *options, struct log_feeds **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct log_feeds *feeds = memory_new(sizeof(*feeds));
    feeds->options = *options;
    feeds->db = db;
    feeds->lock = lock_open();
    *out = feeds;
    return ERR_OK;
}

void log_feeds_start(struct log_feeds *feeds)
{
    feeds->thread = thread_start("log feeds", run, feeds);
}

void log_feeds_close(struct log_feeds *feeds)
{
    if (feeds == NULL) {
        return;
    }
    lock_take(feeds->lock);
    feeds->stopping = true;
    lock_signal(feeds->lock);
    lock_give(feeds->lock);
    if (feeds->thread) {
        thread_join(feeds->thread);
    }
    store_disconnect(feeds->db);
    lock_free(feeds->lock);
    memory_free(feeds);
}
