#include "app/lambda_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "svc/lambda/event.h"

enum { WORKERS = 4, LOOK_MS = 500, LOOK_COUNT = 32 };

struct events {
    struct lambda *lambda;
    struct lock *lock;
    struct map *claimed; /* ids that a thread works on */
    struct thread *threads[WORKERS];
    bool stopping;
};

struct job {
    struct ctx *ctx;
    const struct lambda_call *call;
    const struct lambda_owed *event;
    int64_t pause_ms;
};

static struct err keep_job(void *argument, struct store_conn *db)
{
    const struct job *job = argument;
    return lambda_event_keep(job->ctx, db, job->call);
}

static struct err again_job(void *argument, struct store_conn *db)
{
    const struct job *job = argument;
    return lambda_event_again(job->ctx, db, job->event, job->pause_ms);
}

static struct err over_job(void *argument, struct store_conn *db)
{
    const struct job *job = argument;
    return lambda_event_over(job->ctx, db, job->event);
}

struct err events_enqueue(void *self, struct ctx *ctx, const struct lambda_call *call)
{
    struct lambda *lambda = self;
    struct job job = { .ctx = ctx, .call = call };
    TRY(store_writer_wait(ctx, lambda->options.writer, keep_job, &job));
    lock_take(lambda->events->lock);
    lock_signal(lambda->events->lock);
    lock_give(lambda->events->lock);
    return ERR_OK;
}

/* With the rights of the function's role, as Lambda does. */
static void tell_destination(struct ctx *ctx, struct lambda *lambda, const struct lambda_owed *event, const struct lambda_event_plan *plan,
                             const struct lambda_outcome *outcome, struct str version)
{
    const struct lambda_invoke_in in = { .function_name = plan->destination, .invocation_type = STR("Event"),
                                         .payload = lambda_event_record(ctx, event, plan, outcome, version) };
    const struct inside_call call = { .service = "lambda", .operation = "Invoke", .in = &in, .account = event->account, .region = event->region,
                                      .principal = STR("lambda.amazonaws.com"), .role_arn = plan->role, .session_name = STR("awslambda") };
    const void *out = NULL;
    if (inside_call(ctx, lambda->inside, &call, &out).fault) {
        log_warn(ctx, "a destination could not be told of an asynchronous call", LOG_STR("function", event->arn),
                 LOG_STR("destination", plan->destination), LOG_STR("reason", str_of(ctx->reason)));
    }
}

static struct err settle(struct ctx *ctx, struct lambda *lambda, const struct lambda_owed *event, struct lambda_call *call)
{
    struct worker *worker = worker_here(inside_workers(lambda->inside));
    TRY(worker_connect(ctx, worker));
    TRY(store_begin(ctx, worker->db, STORE_READ));
    const struct err err = lambda_settle(ctx, worker->db, event->account, event->region, event->arn, STR_NONE, call);
    store_rollback(worker->db);
    return err;
}

static struct err decide(struct ctx *ctx, struct lambda *lambda, const struct lambda_owed *event, enum lambda_event_end end,
                         struct lambda_event_plan *plan)
{
    struct worker *worker = worker_here(inside_workers(lambda->inside));
    TRY(store_begin(ctx, worker->db, STORE_READ));
    const struct err err = lambda_event_decide(ctx, worker->db, event, end, lambda->options.retry_pause_ms, plan);
    store_rollback(worker->db);
    return err;
}

static enum lambda_event_end run(struct ctx *ctx, struct lambda *lambda, const struct lambda_owed *event, struct lambda_call *call,
                                 struct lambda_outcome *outcome)
{
    const struct err known = settle(ctx, lambda, event, call);
    if (known.fault) {
        return known.fault->http == 404 ? EVENT_GONE : EVENT_THROTTLED;
    }
    call->request_id = event->id;
    call->payload = event->payload;
    call->client_context = event->client_context;
    const struct err err = pool_invoke(lambda, ctx, call, outcome);
    if (err.fault) {
        return EVENT_THROTTLED;
    }
    return outcome->error.ptr ? EVENT_FUNCTION_ERROR : EVENT_SUCCESS;
}

static void work_on(struct events *events, struct lambda_owed *event, struct arena *arena)
{
    struct lambda *lambda = events->lambda;
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct lambda_call call = { .number = 0 };
    struct lambda_outcome outcome = { .payload = STR_NONE };
    struct lambda_event_plan plan = { .next = EVENT_OVER };
    ctx.request_id = event->id;
    const enum lambda_event_end end = run(&ctx, lambda, event, &call, &outcome);
    lock_take(events->lock);
    const bool stopping = events->stopping && end != EVENT_SUCCESS;
    lock_give(events->lock);
    if (stopping) {
        return; /* it is still in the store: the next start takes it up */
    }
    event->tries += end == EVENT_FUNCTION_ERROR;
    if (decide(&ctx, lambda, event, end, &plan).fault) {
        return;
    }
    if (plan.destination.len > 0) {
        const struct str version = call.number ? str_format(arena, "%lld", (long long)call.number) : STR("$LATEST");
        tell_destination(&ctx, lambda, event, &plan, &outcome, version);
    }
    struct job job = { .ctx = &ctx, .event = event, .pause_ms = plan.pause_ms };
    const struct err noted = store_writer_wait(&ctx, lambda->options.writer, plan.next == EVENT_AGAIN ? again_job : over_job, &job);
    if (noted.fault) {
        log_warn(&ctx, "an asynchronous call could not be noted as done and may come again", LOG_STR("reason", str_of(ctx.reason)));
    }
}

/* The first due event that no other thread has; NULL: none. Under the lock. */
static struct lambda_owed *claim(struct events *events, struct arena *arena)
{
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct worker *worker = worker_here(inside_workers(events->lambda->inside));
    struct lambda_owed *due = NULL;
    size_t count = 0;
    if (worker_connect(&ctx, worker).fault || store_begin(&ctx, worker->db, STORE_READ).fault) {
        return NULL;
    }
    const struct err err = lambda_event_due(&ctx, worker->db, LOOK_COUNT, &due, &count);
    store_rollback(worker->db);
    for (size_t i = 0; i < count && !err.fault; i++) {
        if (map_get(events->claimed, due[i].id) == NULL) {
            map_put(events->claimed, due[i].id, events);
            return &due[i];
        }
    }
    return NULL;
}

static void work(void *self)
{
    struct events *events = self;
    struct arena *arena = arena_open();
    lock_take(events->lock);
    while (!events->stopping) {
        struct lambda_owed *event = claim(events, arena);
        if (event) {
            lock_give(events->lock);
            work_on(events, event, arena);
            lock_take(events->lock);
            map_remove(events->claimed, event->id);
        } else {
            lock_wait(events->lock, LOOK_MS);
        }
        arena_reset(arena);
    }
    lock_give(events->lock);
    arena_close(arena);
}

struct err events_open(struct ctx *ctx, struct lambda *lambda)
{
    struct events *events = memory_new(sizeof(*events));
    (void)ctx;
    events->lambda = lambda;
    events->lock = lock_open();
    events->claimed = map_open();
    lambda->events = events;
    for (size_t i = 0; i < WORKERS; i++) {
        events->threads[i] = thread_start("lambda-event", work, events);
    }
    return ERR_OK;
}

void events_stop(struct events *events)
{
    if (events) {
        lock_take(events->lock);
        events->stopping = true;
        lock_signal(events->lock);
        lock_give(events->lock);
    }
}

/* Once the pool has stopped: what its threads wait for has ended. */
void events_close(struct events *events)
{
    if (events == NULL) {
        return;
    }
    for (size_t i = 0; i < WORKERS; i++) {
        thread_join(events->threads[i]);
    }
    map_close(events->claimed, NULL);
    lock_free(events->lock);
    memory_free(events);
}
