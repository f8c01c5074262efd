#include "app/lambda_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"

enum { REAP_MS = 1000, SLOTS = 32767 };

struct str pool_key(struct arena *arena, const struct lambda_call *call)
{
    return str_format(arena, "%" STR_FMT ":%" STR_FMT ":%" STR_FMT ":%lld:%" STR_FMT, STR_ARG(call->account), STR_ARG(call->region),
                      STR_ARG(call->name), (long long)call->number, STR_ARG(call->revision));
}

/* How many calls of a function are under way; the counter stays. */
static int64_t *running_of(struct lambda *lambda, struct arena *arena, const struct lambda_call *call)
{
    const struct str function = str_format(arena, "%" STR_FMT ":%" STR_FMT ":%" STR_FMT, STR_ARG(call->account), STR_ARG(call->region),
                                           STR_ARG(call->name));
    int64_t *count = map_get(lambda->running, function);
    if (count == NULL) {
        count = memory_new(sizeof(*count));
        map_put(lambda->running, function, count);
    }
    return count;
}

static void unlink_environment(struct lambda *lambda, struct environment *environment)
{
    for (struct environment **at = &lambda->environments; *at; at = &(*at)->next) {
        if (*at == environment) {
            *at = environment->next;
            lambda->count--;
            return;
        }
    }
}

static struct environment *idle_of(struct lambda *lambda, struct str key)
{
    for (struct environment *one = lambda->environments; one; one = one->next) {
        if (!one->busy && str_equal(one->key, key) && environment_usable(one)) {
            return one;
        }
    }
    return NULL;
}

static struct environment *longest_idle(struct lambda *lambda)
{
    struct environment *found = NULL;
    for (struct environment *one = lambda->environments; one; one = one->next) {
        if (!one->busy && !one->provisioned && (found == NULL || one->used_ms < found->used_ms)) {
            found = one;
        }
    }
    return found;
}

static bool slot_used(const struct lambda *lambda, uint16_t slot)
{
    for (const struct environment *one = lambda->environments; one; one = one->next) {
        if (one->slot == slot) {
            return true;
        }
    }
    return false;
}

struct environment *pool_find(struct lambda *lambda, uint16_t slot)
{
    struct environment *found = NULL;
    lock_take(lambda->lock);
    for (struct environment *one = lambda->environments; one && !found; one = one->next) {
        found = one->slot == slot ? one : NULL;
    }
    if (found) {
        atomic_fetch_add(&found->users, 1);
    }
    lock_give(lambda->lock);
    return found;
}

void pool_drop(struct environment *environment)
{
    atomic_fetch_sub(&environment->users, 1);
}

/* Makes a place for one more; *evicted is to be closed outside the lock. */
static struct err make_room(struct ctx *ctx, struct lambda *lambda, struct environment **evicted)
{
    if (lambda->count + lambda->coming < (size_t)lambda->options.environments) {
        return ERR_OK;
    }
    *evicted = longest_idle(lambda);
    if (*evicted == NULL) {
        return fail(ctx, &LAMBDA_TOO_MANY_REQUESTS_EXCEPTION, "Rate Exceeded.");
    }
    unlink_environment(lambda, *evicted);
    return ERR_OK;
}

/* Under the lock: a slot for a new one. */
static struct err reserve(struct ctx *ctx, struct lambda *lambda, struct environment **evicted, uint16_t *slot)
{
    TRY(make_room(ctx, lambda, evicted));
    do {
        lambda->next_slot = (uint16_t)((lambda->next_slot + 1) % SLOTS);
    } while (slot_used(lambda, lambda->next_slot));
    *slot = lambda->next_slot;
    lambda->coming++;
    return ERR_OK;
}

/* Under the lock: an idle environment, or a slot for a new one. */
static struct err choose(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct str key, struct environment **found,
                         struct environment **evicted, uint16_t *slot)
{
    int64_t *running = running_of(lambda, ctx->arena, call);
    if (lambda->stopping) {
        return fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "the server is stopping");
    }
    if (call->reserved >= 0 && *running >= call->reserved) {
        return fail(ctx, &LAMBDA_TOO_MANY_REQUESTS_EXCEPTION, "Rate Exceeded.");
    }
    *found = idle_of(lambda, key);
    if (*found == NULL) {
        TRY(reserve(ctx, lambda, evicted, slot));
    } else {
        (*found)->busy = true;
    }
    ++*running;
    lambda->under_way++;
    return ERR_OK;
}

static void count_down(struct lambda *lambda, struct arena *arena, const struct lambda_call *call)
{
    --*running_of(lambda, arena, call);
    lambda->under_way--;
    lock_signal(lambda->lock);
}

/* A new one, busy with whoever made it. */
static struct err add_new(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, uint16_t slot, bool ahead,
                          struct environment **out)
{
    const struct err err = environment_make(ctx, lambda, call, slot, ahead, out);
    lock_take(lambda->lock);
    lambda->coming--;
    if (err.fault) {
        lock_give(lambda->lock);
        return err;
    }
    (*out)->key = pool_key((*out)->arena, call);
    (*out)->next = lambda->environments;
    lambda->environments = *out;
    lambda->count++;
    lock_give(lambda->lock);
    environment_start(*out);
    return ERR_OK;
}

struct err pool_take(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct environment **out)
{
    const struct str key = pool_key(ctx->arena, call);
    struct environment *evicted = NULL;
    uint16_t slot = 0;
    *out = NULL;
    lock_take(lambda->lock);
    const struct err err = choose(ctx, lambda, call, key, out, &evicted, &slot);
    lock_give(lambda->lock);
    if (evicted) {
        environment_close(evicted);
    }
    TRY(err);
    if (*out) {
        return ERR_OK;
    }
    const struct err made = add_new(ctx, lambda, call, slot, false, out);
    if (made.fault) {
        lock_take(lambda->lock);
        count_down(lambda, ctx->arena, call);
        lock_give(lambda->lock);
    }
    return made;
}

void pool_give(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct environment *environment)
{
    lock_take(environment->lock);
    const bool gone = environment->killed || environment->phase != PHASE_READY;
    lock_give(environment->lock);
    lock_take(lambda->lock);
    if (gone) {
        unlink_environment(lambda, environment);
    } else {
        environment->busy = false;
        environment->used_ms = clock_now_ms();
    }
    count_down(lambda, ctx->arena, call);
    lock_give(lambda->lock);
    if (gone) {
        environment_close(environment);
    }
}

/* A start that takes too long is tried once more, and then the function's own time counts.
 * spec: Lambda developer guide, init phase: 10 seconds; beyond, it is done again at the first call. */
static struct err start_again(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct environment **environment)
{
    environment_report_init(ctx, *environment, "init", "timeout", NULL);
    environment_kill(*environment);
    pool_give(ctx, lambda, call, *environment);
    *environment = NULL;
    TRY(pool_take(ctx, lambda, call, environment));
    environment_await_init(*environment, call->timeout_ms);
    return ERR_OK;
}

static struct err invoke(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct lambda_outcome *out)
{
    struct environment *environment = NULL;
    const char *type = NULL;
    TRY(pool_take(ctx, lambda, call, &environment));
    if (environment->fresh) {
        environment_await_init(environment, LAMBDA_INIT_MS);
    }
    if (environment_started(environment, &type) == START_LATE) {
        TRY(start_again(ctx, lambda, call, &environment));
    }
    const enum environment_start how = environment_started(environment, &type);
    if (how == START_READY) {
        environment_run(ctx, environment, call, out);
    } else {
        environment_report_init(ctx, environment, "init", how == START_LATE ? "timeout" : "error", type);
        environment_fail_init(ctx, environment, call, how == START_LATE, out);
    }
    pool_give(ctx, lambda, call, environment);
    return ERR_OK;
}

struct err pool_invoke(void *self, struct ctx *ctx, const struct lambda_call *call, struct lambda_outcome *out)
{
    struct lambda *lambda = self;
    const struct err err = invoke(ctx, lambda, call, out);
    metrics_note(lambda->metrics, ctx->arena, call, err, out);
    return err;
}

/* --- environments that stand ready --- */

int64_t pool_provisioned(struct lambda *lambda, struct str key, int64_t wanted)
{
    int64_t count = 0;
    lock_take(lambda->lock);
    for (struct environment *one = lambda->environments; one; one = one->next) {
        if (one->provisioned && str_equal(one->key, key) && environment_usable(one)) {
            one->provisioned = count < wanted;
            count += one->provisioned;
        }
    }
    lock_give(lambda->lock);
    return count;
}

void pool_provision_only(struct lambda *lambda, const struct str *keys, size_t count)
{
    lock_take(lambda->lock);
    for (struct environment *one = lambda->environments; one; one = one->next) {
        bool kept = false;
        for (size_t i = 0; one->provisioned && i < count && !kept; i++) {
            kept = str_equal(keys[i], one->key);
        }
        one->provisioned = kept;
    }
    lock_give(lambda->lock);
}

static void end_provision(struct lambda *lambda)
{
    lock_take(lambda->lock);
    lambda->under_way--;
    lock_signal(lambda->lock);
    lock_give(lambda->lock);
}

struct err pool_provision(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, bool *failed)
{
    struct environment *evicted = NULL, *environment = NULL;
    const char *type = NULL;
    uint16_t slot = 0;
    lock_take(lambda->lock);
    const struct err err = lambda->stopping ? fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "the server is stopping")
                                            : reserve(ctx, lambda, &evicted, &slot);
    lambda->under_way += !err.fault; /* whoever stops the pool waits for it */
    lock_give(lambda->lock);
    if (evicted) {
        environment_close(evicted);
    }
    TRY(err);
    const struct err made = add_new(ctx, lambda, call, slot, true, &environment);
    if (made.fault) {
        end_provision(lambda);
        return made;
    }
    environment_await_init(environment, LAMBDA_INIT_MS);
    const enum environment_start how = environment_started(environment, &type);
    *failed = how != START_READY;
    if (*failed) {
        environment_report_init(ctx, environment, "init", how == START_LATE ? "timeout" : "error", type);
    }
    lock_take(lambda->lock);
    if (*failed) {
        unlink_environment(lambda, environment);
    } else {
        environment->provisioned = true;
        environment->busy = false;
        environment->used_ms = clock_now_ms();
    }
    lock_give(lambda->lock);
    if (*failed) {
        environment_close(environment);
    }
    end_provision(lambda);
    return ERR_OK;
}

/* One that idles for long, is old or has ended; out of the pool. */
static struct environment *expired(struct lambda *lambda)
{
    const int64_t now_ms = clock_now_ms();
    for (struct environment *one = lambda->environments; one; one = one->next) {
        const bool rests = !one->provisioned && now_ms - one->used_ms > lambda->options.idle_ms;
        if (!one->busy && (rests || !environment_usable(one))) {
            unlink_environment(lambda, one);
            return one;
        }
    }
    return NULL;
}

/* Freezing costs a call that comes right after as much as its own overhead: only who rests is frozen. */
static void freeze_idle(struct lambda *lambda)
{
    const int64_t now_ms = clock_now_ms();
    for (struct environment *one = lambda->environments; one; one = one->next) {
        if (!one->busy && now_ms - one->used_ms >= REAP_MS) {
            environment_freeze(one);
        }
    }
}

void pool_reap(void *self)
{
    struct lambda *lambda = self;
    lock_take(lambda->lock);
    while (!lambda->stopping) {
        struct environment *one = expired(lambda);
        if (one == NULL) {
            freeze_idle(lambda);
            lock_wait(lambda->lock, REAP_MS);
            continue;
        }
        lock_give(lambda->lock);
        environment_close(one);
        lock_take(lambda->lock);
    }
    lock_give(lambda->lock);
}

static void wait_for_calls(struct lambda *lambda, int64_t wait_ms)
{
    const int64_t start = clock_monotonic_us();
    while (lambda->under_way > 0 && clock_monotonic_us() - start < wait_ms * 1000) {
        lock_wait(lambda->lock, 50);
    }
}

void pool_stop(struct lambda *lambda, int64_t grace_ms)
{
    lock_take(lambda->lock);
    lambda->stopping = true;
    lock_signal(lambda->lock);
    wait_for_calls(lambda, grace_ms);
    for (struct environment *one = lambda->environments; one; one = one->next) {
        environment_kill(one);
    }
    wait_for_calls(lambda, INT32_MAX);
    struct environment *left = lambda->environments;
    lambda->environments = NULL;
    lambda->count = 0;
    lock_give(lambda->lock);
    while (left) {
        struct environment *next = left->next;
        environment_close(left);
        left = next;
    }
}
