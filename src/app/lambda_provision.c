/* lambda_provision.c - keeps as many environments ready as are provisioned: one thread makes what is missing, one by one. */
#include "app/lambda_parts.h"
#include "base/clock.h"
#include "base/log.h"

enum { LOOK_MS = 5000 }; /* an alias may mean another version by now; an environment may have ended */

/* What is known of one version's, while it is wanted. */
struct provision {
    struct str key, since;
    int64_t wanted;
    bool failed;
};

struct provisions {
    struct lambda *lambda;
    struct thread *thread;
    struct lock *lock; /* of what follows */
    struct arena *arena;
    struct provision *items;
    size_t count;
    bool changed, stopping;
};

static struct provision *find(struct provision *items, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(items[i].key, key)) {
            return &items[i];
        }
    }
    return NULL;
}

/* Takes over what is wanted now, with what is known of those that were wanted before. */
static void take_over(struct provisions *provisions, const struct lambda_provision *wanted, size_t count)
{
    struct arena *arena = arena_open();
    struct provision *items = ARENA_ARRAY(arena, struct provision, count + 1);
    lock_take(provisions->lock);
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct provision){ pool_key(arena, &wanted[i].call), str_copy(arena, wanted[i].since), wanted[i].wanted, false };
        const struct provision *known = find(provisions->items, provisions->count, items[i].key);
        items[i].failed = known && known->failed && str_equal(known->since, items[i].since);
    }
    arena_close(provisions->arena);
    provisions->arena = arena;
    provisions->items = items;
    provisions->count = count;
    lock_give(provisions->lock);
}

static bool mark(struct provisions *provisions, struct str key, bool failed)
{
    lock_take(provisions->lock);
    struct provision *one = find(provisions->items, provisions->count, key);
    if (one && failed) {
        one->failed = true;
    }
    const bool go_on = one && !one->failed && !provisions->stopping && !provisions->changed;
    lock_give(provisions->lock);
    return go_on;
}

static void make_ready(struct provisions *provisions, const struct lambda_provision *wanted, struct arena *arena)
{
    const struct str key = pool_key(arena, &wanted->call);
    bool going = mark(provisions, key, false);
    while (going && pool_provisioned(provisions->lambda, key, wanted->wanted) < wanted->wanted) {
        struct arena *own = arena_open_secret();
        struct ctx ctx = ctx_new(own, clock_now_ms());
        bool failed = false;
        const struct err err = pool_provision(&ctx, provisions->lambda, &wanted->call, &failed);
        if (err.fault || failed) {
            log_warn(&ctx, "an environment could not be provisioned", LOG_STR("function", wanted->call.arn),
                     LOG_STR("reason", failed ? STR("it failed to start: see the function's log") : str_of(ctx.reason)));
        }
        going = mark(provisions, key, failed) && !err.fault;
        arena_close(own);
    }
}

/* What nobody provisions any more is an environment like others. */
static void let_go(struct provisions *provisions, const struct lambda_provision *wanted, size_t count, struct arena *arena)
{
    struct str *keys = ARENA_ARRAY(arena, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        keys[i] = pool_key(arena, &wanted[i].call);
    }
    pool_provision_only(provisions->lambda, keys, count);
}

static struct err read_wanted(struct ctx *ctx, struct lambda *lambda, struct lambda_provision **out, size_t *count)
{
    struct worker *worker = worker_here(inside_workers(lambda->inside));
    TRY(worker_connect(ctx, worker));
    TRY(store_begin(ctx, worker->db, STORE_READ));
    const struct err err = lambda_provisions(ctx, worker->db, out, count);
    store_rollback(worker->db);
    return err;
}

static void look(struct provisions *provisions)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct lambda_provision *wanted = NULL;
    size_t count = 0;
    const struct err err = read_wanted(&ctx, provisions->lambda, &wanted, &count);
    if (err.fault) {
        log_warn(&ctx, "what is provisioned can't be read", LOG_STR("reason", str_of(ctx.reason)));
    } else {
        take_over(provisions, wanted, count);
        let_go(provisions, wanted, count, arena);
        for (size_t i = 0; i < count; i++) {
            make_ready(provisions, &wanted[i], arena);
        }
    }
    arena_close(arena);
}

/* Where nothing is provisioned nothing is looked at. */
static void work(void *self)
{
    struct provisions *provisions = self;
    lock_take(provisions->lock);
    while (!provisions->stopping) {
        provisions->changed = false;
        lock_give(provisions->lock);
        look(provisions);
        lock_take(provisions->lock);
        if (!provisions->changed && !provisions->stopping) {
            lock_wait(provisions->lock, provisions->count > 0 ? LOOK_MS : -1);
        }
    }
    lock_give(provisions->lock);
}

void provisions_open(struct lambda *lambda)
{
    struct provisions *provisions = memory_new(sizeof(*provisions));
    provisions->lambda = lambda;
    provisions->lock = lock_open();
    provisions->arena = arena_open();
    lambda->provisions = provisions;
    provisions->thread = thread_start("lambda-ready", work, provisions);
}

static void signal_to(struct provisions *provisions, bool stop)
{
    lock_take(provisions->lock);
    provisions->changed = true;
    provisions->stopping = provisions->stopping || stop;
    lock_signal(provisions->lock);
    lock_give(provisions->lock);
}

void provisions_changed(void *self)
{
    signal_to(((struct lambda *)self)->provisions, false);
}

void provisions_ready(void *self, struct ctx *ctx, const struct lambda_call *call, int64_t *ready, bool *failed)
{
    struct provisions *provisions = ((struct lambda *)self)->provisions;
    const struct str key = pool_key(ctx->arena, call);
    *ready = pool_provisioned(provisions->lambda, key, INT64_MAX);
    lock_take(provisions->lock);
    const struct provision *one = find(provisions->items, provisions->count, key);
    *failed = one && one->failed;
    lock_give(provisions->lock);
}

void provisions_stop(struct provisions *provisions)
{
    if (provisions) {
        signal_to(provisions, true);
    }
}

void provisions_close(struct provisions *provisions)
{
    if (provisions == NULL) {
        return;
    }
    thread_join(provisions->thread);
    arena_close(provisions->arena);
    lock_free(provisions->lock);
    memory_free(provisions);
}
