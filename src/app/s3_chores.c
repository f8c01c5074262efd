#include "app/s3_chores.h"

#include <stdatomic.h>

#include "app/access_logs.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "lambda_model.h"
#include "svc/s3/expiry.h"
#include "svc/s3/s3.h"

enum { LOOK_MS = 1000, RULES_MS = 10 * 60 * 1000, AGAIN_MS = 60 * 1000 };

struct s3_chores {
    struct s3_chores_options options;
    struct access_logs *logs;
    _Atomic(struct inside *) inside;
    struct store_conn *db;
    struct arena *lasting; /* of db */
    struct thread *thread;
    struct lock *lock;     /* of stopping */
    bool stopping;
};

/* --- events --- */

/* What can't be delivered now may be later; what the function's owner has not allowed is lost, as with S3. */
static enum delivery_outcome tell(struct ctx *ctx, struct inside *inside, const struct outbox_item *item)
{
    struct str rest = STR_NONE, arn = STR_NONE, region = STR_NONE;
    str_cut(item->topic, '/', &rest);
    const struct str bucket = str_cut(rest, '/', &arn);
    struct str parts = arn;
    for (int i = 0; i < 4 && parts.ptr; i++) {
        region = str_cut(parts, ':', &parts);
    }
    const struct lambda_invoke_in in = { .function_name = arn, .invocation_type = STR("Event"), .payload = item->payload };
    const struct inside_call call = { .service = "lambda", .operation = "Invoke", .in = &in, .account = item->account, .region = region,
                                      .principal = STR("s3.amazonaws.com"),
                                      .source_arn = str_format(ctx->arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(bucket)) };
    const void *answer = NULL;
    const struct err err = inside_call(ctx, inside, &call, &answer);
    if (!err.fault) {
        return DELIVERY_DONE;
    }
    const bool again = err.fault->http >= 500 || err.fault->http == 429;
    log_warn(ctx, "a bucket's event can't be delivered", LOG_STR("bucket", bucket), LOG_STR("function", arn),
             LOG_STR("reason", str_of(ctx->reason)));
    return again ? DELIVERY_LATER : DELIVERY_NEVER;
}

static void deliver(void *self, struct ctx *ctx, struct store_conn *db, struct delivery *deliveries, size_t count)
{
    struct s3_chores *chores = self;
    struct inside *inside = atomic_load(&chores->inside);
    (void)db;
    for (size_t i = 0; i < count; i++) {
        deliveries[i].outcome = inside ? tell(ctx, inside, &deliveries[i].item) : DELIVERY_HELD;
        deliveries[i].until_ms = ctx->now_ms + LOOK_MS;
    }
}

struct deliverer_channel s3_chores_channel(struct s3_chores *chores)
{
    return (struct deliverer_channel){ .name = STR(S3_EVENT), .deliver = deliver, .self = chores };
}

/* --- rules --- */

static struct request request_of(const struct s3_chores *chores, const struct ctx *ctx, struct store_conn *db)
{
    return (struct request){
        .ctx = *ctx,
        .db = db,
        .vault = chores->options.vault,
        .partition = STR("aws"),
        .account = chores->options.home_account,
        .home_account = chores->options.home_account,
        .caller = { .type = PRINCIPAL_AWS_SERVICE, .name = STR("s3.amazonaws.com"), .id = STR("s3.amazonaws.com") },
        .source_ip = STR("s3.amazonaws.com"),
    };
}

struct page {
    struct s3_chores *chores;
    struct ctx *ctx;
    struct expiry_item *items;
    size_t count;
    bool last;
};

static struct err apply(void *argument, struct store_conn *db)
{
    struct page *page = argument;
    struct request rq = request_of(page->chores, page->ctx, db);
    struct err err = expiry_apply(&rq, page->items, page->count);
    if (!err.fault && page->last) {
        err = expiry_forget(&rq);
    }
    memcpy(page->ctx->reason, rq.ctx.reason, sizeof(rq.ctx.reason));
    return err;
}

static struct err find(struct ctx *ctx, struct s3_chores *chores, struct expiry_place *place, struct page *page)
{
    struct request rq = request_of(chores, ctx, chores->db);
    TRY(store_begin(ctx, chores->db, STORE_READ));
    const struct err err = expiry_find(&rq, place, page->items, &page->count);
    store_rollback(chores->db);
    memcpy(ctx->reason, rq.ctx.reason, sizeof(ctx->reason));
    return err;
}

static bool is_stopping(struct s3_chores *chores)
{
    lock_take(chores->lock);
    const bool stopping = chores->stopping;
    lock_give(chores->lock);
    return stopping;
}

/* Two arenas by turns: a page's place lies in the one before. */
static struct err go_through_rules(struct s3_chores *chores)
{
    struct arena *even CLEANUP(arena_cleanup) = arena_open();
    struct arena *odd CLEANUP(arena_cleanup) = arena_open();
    struct expiry_place place = { .done = false };
    for (bool turn = false; !place.done && !is_stopping(chores); turn = !turn) {
        struct arena *arena = turn ? odd : even;
        arena_reset(arena);
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        struct page page = { .chores = chores, .ctx = &ctx, .items = ARENA_ARRAY(arena, struct expiry_item, EXPIRY_PAGE) };
        struct err err = find(&ctx, chores, &place, &page);
        page.last = place.done;
        if (!err.fault && (page.count > 0 || page.last)) {
            err = store_writer_wait(&ctx, chores->options.writer, apply, &page);
        }
        if (err.fault) {
            log_warn(&ctx, "lifecycle rules can't be carried out now", LOG_STR("reason", str_of(ctx.reason)));
            return err;
        }
        place.bucket = place.bucket.ptr ? str_copy(arena, place.bucket) : STR_NONE;
        place.key = place.key.ptr ? str_copy(arena, place.key) : STR_NONE;
    }
    return ERR_OK;
}

/* --- the thread --- */

static void rest(struct s3_chores *chores)
{
    lock_take(chores->lock);
    if (!chores->stopping) {
        lock_wait(chores->lock, LOOK_MS);
    }
    lock_give(chores->lock);
}

static void run(void *argument)
{
    struct s3_chores *chores = argument;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    int64_t rules_us = 0, logs_us = clock_monotonic_us();
    while (!is_stopping(chores)) {
        const int64_t now_us = clock_monotonic_us();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        if (access_logs_look(&ctx, chores->logs, chores->db).fault) {
            log_warn(&ctx, "which buckets log can't be read now", LOG_STR("reason", str_of(ctx.reason)));
        }
        if (now_us - logs_us >= chores->options.log_interval_ms * 1000) {
            access_logs_deliver(&ctx, chores->logs, atomic_load(&chores->inside));
            logs_us = now_us;
        }
        if (rules_us == 0 || now_us - rules_us >= (int64_t)RULES_MS * 1000) {
            rules_us = go_through_rules(chores).fault ? now_us - (int64_t)(RULES_MS - AGAIN_MS) * 1000 : now_us;
        }
        arena_reset(arena);
        rest(chores);
    }
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    access_logs_deliver(&ctx, chores->logs, atomic_load(&chores->inside));
}

struct s3_chores *s3_chores_open(const struct s3_chores_options *options)
{
    struct s3_chores *chores = memory_new(sizeof(*chores));
    chores->options = *options;
    chores->logs = access_logs_open();
    chores->lock = lock_open();
    chores->lasting = arena_open();
    return chores;
}

struct err s3_chores_start(struct ctx *ctx, struct s3_chores *chores, struct inside *inside)
{
    struct ctx own = ctx_new(chores->lasting, ctx->now_ms);
    const struct err err = store_connect(&own, chores->options.store, &chores->db);
    memcpy(ctx->reason, own.reason, sizeof(ctx->reason));
    TRY(err);
    atomic_store(&chores->inside, inside);
    chores->thread = thread_start("s3-chores", run, chores);
    return ERR_OK;
}

void s3_chores_stop(struct s3_chores *chores)
{
    if (chores == NULL || chores->thread == NULL) {
        return;
    }
    lock_take(chores->lock);
    chores->stopping = true;
    lock_signal(chores->lock);
    lock_give(chores->lock);
    thread_join(chores->thread);
    chores->thread = NULL;
}

void s3_chores_close(struct s3_chores *chores)
{
    if (chores) {
        s3_chores_stop(chores);
        store_disconnect(chores->db);
        access_logs_close(chores->logs);
        arena_close(chores->lasting);
        lock_free(chores->lock);
        memory_free(chores);
    }
}
