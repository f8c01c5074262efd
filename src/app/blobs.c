#include "app/blobs.h"

#include "app/blob_bucket.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "svc/s3/s3.h"

enum { LOOK_MS = 1000, BATCH = 500 };

struct blobs {
    struct blobs_options options;
    struct blob_store *store;
    struct blob_bucket *bucket;
    struct lock *lock;
    bool stopping;
    struct thread *thread;
};

static struct err known(void *self, struct ctx *ctx, struct str id, bool *out)
{
    return s3_blob_known(ctx, self, id, out);
}

static struct err sweep(struct ctx *ctx, struct blobs *blobs)
{
    struct store_conn *db = NULL;
    size_t removed = 0;
    TRY(store_connect(ctx, blobs->options.store, &db));
    struct err err = store_begin(ctx, db, STORE_READ);
    if (!err.fault) {
        err = blob_sweep(ctx, blobs->store, known, db, &removed);
    }
    store_disconnect(db);
    if (removed > 0) {
        log_info(ctx, "half-written objects were removed", LOG_INT("count", (int64_t)removed));
    }
    return err;
}

struct batch {
    struct ctx *ctx;
    struct str ids[BATCH];
    size_t count;
};

static struct err find_free(struct ctx *ctx, struct store_conn *db, struct batch *batch)
{
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = s3_blobs_free(ctx, db, BATCH, batch->ids, &batch->count);
    store_rollback(db);
    return err;
}

static struct err forget(void *argument, struct store_conn *db)
{
    struct batch *batch = argument;
    for (size_t i = 0; i < batch->count; i++) {
        TRY(s3_blob_forget(batch->ctx, db, batch->ids[i]));
    }
    return ERR_OK;
}

/* The file first: a row without one is asked for again, a file without a row never. */
static struct err clean(struct ctx *ctx, struct blobs *blobs, struct store_conn *db, bool *more)
{
    struct batch *batch = ARENA_NEW(ctx->arena, struct batch);
    batch->ctx = ctx;
    TRY(find_free(ctx, db, batch));
    *more = batch->count == BATCH;
    for (size_t i = 0; i < batch->count; i++) {
        TRY(blob_remove(ctx, blobs->store, batch->ids[i]));
    }
    return batch->count ? store_writer_wait(ctx, blobs->options.writer, forget, batch) : ERR_OK;
}

static bool rest(struct blobs *blobs, int64_t wait_ms)
{
    lock_take(blobs->lock);
    if (!blobs->stopping) {
        lock_wait(blobs->lock, wait_ms);
    }
    const bool stopping = blobs->stopping;
    lock_give(blobs->lock);
    return !stopping;
}

static void work(void *argument)
{
    struct blobs *blobs = argument;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct arena *lasting CLEANUP(arena_cleanup) = arena_open();
    struct ctx own = ctx_new(lasting, clock_now_ms());
    struct store_conn *db = NULL;
    bool more = false;
    while (rest(blobs, more ? 0 : LOOK_MS)) {
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        const struct err connected = db ? ERR_OK : store_connect(&own, blobs->options.store, &db);
        const struct err err = connected.fault ? connected : clean(&ctx, blobs, db, &more);
        if (err.fault) {
            more = false;
            log_warn(&ctx, "files of deleted objects can't be removed", LOG_STR("reason", str_of(connected.fault ? own.reason : ctx.reason)));
        }
        arena_reset(arena);
    }
    store_disconnect(db);
}

struct err blobs_open(struct ctx *ctx, const struct blobs_options *options, struct blobs **out)
{
    struct blobs *blobs = memory_new(sizeof(*blobs));
    *out = blobs;
    blobs->options = *options;
    blobs->lock = lock_open();
    TRY(blob_open(ctx, options->folder, &blobs->store));
    if (options->bucket.ptr) {
        TRY(blob_bucket_open(ctx, options->bucket, options->region, &blobs->bucket));
        blob_use_remote(blobs->store, blob_bucket_remote(blobs->bucket));
    }
    TRY(sweep(ctx, blobs));
    blobs->thread = thread_start("blobs", work, blobs);
    return ERR_OK;
}

void blobs_stop(struct blobs *blobs)
{
    if (blobs == NULL || blobs->thread == NULL) {
        return;
    }
    lock_take(blobs->lock);
    blobs->stopping = true;
    lock_signal(blobs->lock);
    lock_give(blobs->lock);
    thread_join(blobs->thread);
    blobs->thread = NULL;
}

void blobs_close(struct blobs *blobs)
{
    if (blobs) {
        blobs_stop(blobs);
        blob_close(blobs->store);
        blob_bucket_close(blobs->bucket);
        lock_free(blobs->lock);
        memory_free(blobs);
    }
}

struct blob_store *blobs_store(struct blobs *blobs)
{
    return blobs->store;
}
