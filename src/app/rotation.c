#include "app/rotation.h"

#include "app/audit_event.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/queue.h"
#include "lambda_model.h"
#include "svc/secretsmanager/secretsmanager.h"

enum { HANDS = 4, LOOK_MS = 250, CHORES_MS = 1000, STEPS_MAX = 32, WAITING_MAX = 64, ERROR_TYPE_MAX = 100 };

struct rotator {
    struct rotator_options options;
    struct store_conn *db; /* of the looking thread */
    struct thread *looker;
    struct thread *hands[HANDS];
    struct queue *work; /* of struct task */
    struct lock *lock;  /* of what follows */
    struct map *busy;   /* secrets whose step waits or runs */
    bool stopping;
};

struct task {
    struct arena *arena;
    struct secretsmanager_step step;
};

static struct task *task_new(const struct secretsmanager_step *step)
{
    struct arena *arena = arena_open();
    struct task *task = ARENA_NEW(arena, struct task);
    struct secretsmanager_step *copy = &task->step;
    task->arena = arena;
    *copy = *step;
    struct str *const texts[] = { &copy->account, &copy->region, &copy->secret, &copy->version, &copy->function, &copy->name, &copy->event };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    return task;
}

static void release(struct rotator *rotator, struct task *task)
{
    lock_take(rotator->lock);
    map_remove(rotator->busy, task->step.secret);
    lock_signal(rotator->lock); /* there may be a next step */
    lock_give(rotator->lock);
    arena_close(task->arena);
}

/* "ValueError" of what a function answers when it failed. */
static struct str error_type(struct ctx *ctx, struct str payload)
{
    const struct str type = json_text(json_get(json_parse(ctx->arena, payload, NULL), STR("errorType")));
    return type.ptr ? str_slice(type, 0, ERROR_TYPE_MAX) : STR("unknown");
}

static void log_step(enum log_level level, const char *words, const struct secretsmanager_step *step, struct str reason)
{
    log_write(level, NULL, words,
              (const struct log_field[]){ LOG_STR("secret", step->secret), LOG_STR("version", step->version), LOG_STR("step", step->name),
                                          LOG_INT("tries", step->tries), LOG_STR("reason", reason), LOG_END });
}

static bool is_stopping(struct rotator *rotator)
{
    lock_take(rotator->lock);
    const bool stopping = rotator->stopping;
    lock_give(rotator->lock);
    return stopping;
}

static bool invoke(struct ctx *ctx, struct rotator *rotator, const struct secretsmanager_step *step)
{
    const struct lambda_invoke_in in = { .function_name = step->function, .invocation_type = STR("RequestResponse"), .payload = step->event };
    const struct inside_call call = {
        .service = "lambda",
        .operation = "Invoke",
        .in = &in,
        .account = step->account,
        .region = step->region,
        .principal = STR("secretsmanager.amazonaws.com"),
        .source_arn = step->secret,
    };
    const void *answer = NULL;
    if (inside_call(ctx, rotator->options.inside, &call, &answer).fault) {
        log_step(LOG_WARN, "rotation: the function can't be invoked", step, str_of(ctx->reason));
        return false;
    }
    const struct lambda_invoke_out *out = answer;
    if (out->function_error.ptr) {
        log_step(LOG_WARN, "rotation: the function failed", step, error_type(ctx, out->payload));
    }
    return out->function_error.ptr == NULL;
}

struct outcome {
    struct ctx ctx;
    const struct secretsmanager_step *step;
    bool succeeded;
    int64_t began_ms;
    enum secretsmanager_news news;
    const struct journal_entry *entries;
};

/* spec: Secrets Manager user guide, "AWS CloudTrail entries for Secrets Manager". */
static void add_event(const struct outcome *outcome, struct service_event **events, const char *name, int64_t at_ms)
{
    struct json_writer about = json_writer_new(outcome->ctx.arena);
    json_open_object(&about);
    json_member_str(&about, STR("SecretId"), outcome->step->secret);
    json_close_object(&about);
    service_event_add(outcome->ctx.arena, events, &(const struct service_event){
        .source = STR("secretsmanager.amazonaws.com"), .invoked_by = STR("secretsmanager.amazonaws.com"), .name = str_of(name),
        .account = outcome->step->account, .region = outcome->step->region, .additional = json_done(&about), .at_ms = at_ms });
}

/* The events of what a step came to: its rotation began with it, ended with it, or both. A tried again one is a new attempt. */
static const struct journal_entry *events_of(const struct outcome *outcome)
{
    struct service_event *events = NULL;
    const struct secretsmanager_step *step = outcome->step;
    const bool test = step->test_only;
    const bool first = test || str_equal(step->name, STR("createSecret"));
    if (first) {
        add_event(outcome, &events, test ? "TestRotationStarted" : "RotationStarted", outcome->began_ms);
    }
    switch (outcome->news) {
    case SECRETSMANAGER_GOES_ON: break;
    case SECRETSMANAGER_ROTATED: add_event(outcome, &events, "RotationSucceeded", outcome->ctx.now_ms); break;
    case SECRETSMANAGER_TESTED: add_event(outcome, &events, "TestRotationSucceeded", outcome->ctx.now_ms); break;
    case SECRETSMANAGER_TRIES_AGAIN:
        add_event(outcome, &events, test ? "TestRotationFailed" : "RotationFailed", outcome->ctx.now_ms);
        break;
    case SECRETSMANAGER_GONE:
        add_event(outcome, &events, test ? "TestRotationFailed" : "RotationAbandoned", outcome->ctx.now_ms);
        break;
    }
    return audit_service_events(outcome->ctx.arena, events);
}

static struct err store_outcome(void *argument, struct store_conn *db)
{
    struct outcome *outcome = argument;
    TRY(secretsmanager_step_done(&outcome->ctx, db, outcome->step, outcome->succeeded, &outcome->news));
    outcome->entries = events_of(outcome);
    return ERR_OK;
}

static void tell(const struct outcome *outcome)
{
    static const char *const words[] = {
        [SECRETSMANAGER_ROTATED] = "secret rotated",
        [SECRETSMANAGER_TESTED] = "rotation tested",
        [SECRETSMANAGER_TRIES_AGAIN] = "rotation will be tried again",
        [SECRETSMANAGER_GONE] = "rotation ended",
    };
    if (outcome->news != SECRETSMANAGER_GOES_ON) {
        const bool good = outcome->news == SECRETSMANAGER_ROTATED || outcome->news == SECRETSMANAGER_TESTED;
        log_step(good ? LOG_INFO : LOG_WARN, words[outcome->news], outcome->step, STR_NONE);
    }
}

static void do_step(struct rotator *rotator, const struct secretsmanager_step *step)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct outcome outcome = { .step = step, .began_ms = ctx.now_ms, .succeeded = invoke(&ctx, rotator, step) };
    if (!outcome.succeeded && is_stopping(rotator)) {
        return; /* cut short by us: done again at the next start */
    }
    outcome.ctx = ctx_new(arena, clock_now_ms());
    if (store_writer_wait_recorded(&outcome.ctx, rotator->options.writer, store_outcome, &outcome, &outcome.entries).fault) {
        log_step(LOG_WARN, "what a step of a rotation did can't be stored; it will be done again", step, str_of(outcome.ctx.reason));
        return;
    }
    tell(&outcome);
}

static void run_hand(void *argument)
{
    struct rotator *rotator = argument;
    struct task *task = NULL;
    while ((task = queue_pop(rotator->work)) != NULL) {
        do_step(rotator, &task->step);
        release(rotator, task);
    }
}

/* Takes the steps of secrets that none of the hands has. */
static struct err hand_out(struct rotator *rotator, struct ctx *ctx)
{
    struct secretsmanager_step *steps = ARENA_ARRAY(ctx->arena, struct secretsmanager_step, STEPS_MAX);
    size_t count = 0;
    TRY(store_begin(ctx, rotator->db, STORE_READ));
    const struct err err = secretsmanager_steps(ctx, rotator->db, STEPS_MAX, steps, &count);
    store_rollback(rotator->db);
    for (size_t i = 0; i < count && !err.fault; i++) {
        lock_take(rotator->lock);
        const bool taken = map_get(rotator->busy, steps[i].secret) != NULL;
        struct task *task = taken ? NULL : task_new(&steps[i]);
        if (task && queue_try_push(rotator->work, task)) {
            map_put(rotator->busy, steps[i].secret, task);
        } else if (task) {
            arena_close(task->arena);
        }
        lock_give(rotator->lock);
    }
    return err;
}

struct chores {
    struct ctx ctx;
};

static struct err do_chores(void *argument, struct store_conn *db)
{
    struct chores *chores = argument;
    return secretsmanager_chores_do(&chores->ctx, db);
}

static struct err chores(struct rotator *rotator, struct ctx *ctx)
{
    bool due = false;
    TRY(store_begin(ctx, rotator->db, STORE_READ));
    const struct err err = secretsmanager_chores_due(ctx, rotator->db, &due);
    store_rollback(rotator->db);
    TRY(err);
    struct chores work = { .ctx = *ctx };
    const struct err done = due ? store_writer_wait(&work.ctx, rotator->options.writer, do_chores, &work) : ERR_OK;
    *ctx = work.ctx;
    return done;
}

static bool rest(struct rotator *rotator)
{
    lock_take(rotator->lock);
    if (!rotator->stopping) {
        lock_wait(rotator->lock, LOOK_MS);
    }
    const bool stopping = rotator->stopping;
    lock_give(rotator->lock);
    return !stopping;
}

static void run_looker(void *argument)
{
    struct rotator *rotator = argument;
    int64_t chores_ms = 0;
    do {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        struct err err = ERR_OK;
        if (ctx.now_ms - chores_ms >= CHORES_MS || ctx.now_ms < chores_ms) {
            chores_ms = ctx.now_ms;
            err = chores(rotator, &ctx);
        }
        if (!err.fault) {
            err = hand_out(rotator, &ctx);
        }
        if (err.fault) {
            log_warn(NULL, "rotations can't be looked at", LOG_STR("reason", str_of(ctx.reason)));
        }
    } while (rest(rotator));
}

struct err rotator_open(struct ctx *ctx, const struct rotator_options *options, struct rotator **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct rotator *rotator = memory_new(sizeof(*rotator));
    rotator->options = *options;
    rotator->db = db;
    rotator->work = queue_open(WAITING_MAX);
    rotator->lock = lock_open();
    rotator->busy = map_open();
    *out = rotator;
    return ERR_OK;
}

void rotator_start(struct rotator *rotator)
{
    for (size_t i = 0; i < HANDS; i++) {
        rotator->hands[i] = thread_start("rotation", run_hand, rotator);
    }
    rotator->looker = thread_start("rotations", run_looker, rotator);
}

void rotator_stop(struct rotator *rotator)
{
    if (rotator) {
        lock_take(rotator->lock);
        rotator->stopping = true;
        lock_signal(rotator->lock);
        lock_give(rotator->lock);
    }
}

static void join(struct rotator *rotator)
{
    if (rotator->looker) {
        thread_join(rotator->looker);
    }
    queue_close(rotator->work);
    for (size_t i = 0; i < HANDS && rotator->hands[i]; i++) {
        thread_join(rotator->hands[i]);
    }
}

void rotator_close(struct rotator *rotator)
{
    if (rotator == NULL) {
        return;
    }
    rotator_stop(rotator);
    join(rotator);
    store_disconnect(rotator->db);
    queue_free(rotator->work);
    map_close(rotator->busy, NULL);
    lock_free(rotator->lock);
    memory_free(rotator);
}
