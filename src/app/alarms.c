#include "app/alarms.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "lambda_model.h"
#include "svc/cloudwatch/cloudwatch.h"

enum { LOOK_MS = 1000, LEISURE = 4, ACTIONS_MAX = 16 };

struct alarms {
    struct alarms_options options;
    struct store_conn *db;
    struct thread *thread;
    struct lock *lock; /* of what follows */
    bool stopping;
};

struct chores {
    struct ctx ctx;
};

static struct err do_chores(void *argument, struct store_conn *db)
{
    struct chores *chores = argument;
    return cloudwatch_chores_do(&chores->ctx, db);
}

static struct err judge(struct alarms *alarms, struct ctx *ctx)
{
    bool due = false;
    TRY(store_begin(ctx, alarms->db, STORE_READ));
    const struct err err = cloudwatch_chores_due(ctx, alarms->db, &due);
    store_rollback(alarms->db);
    TRY(err);
    struct chores work = { .ctx = *ctx };
    const struct err done = due ? store_writer_wait(&work.ctx, alarms->options.writer, do_chores, &work) : ERR_OK;
    *ctx = work.ctx;
    return done;
}

struct outcome {
    struct ctx ctx;
    const struct cloudwatch_action *action;
    struct str failure;
};

static struct err store_outcome(void *argument, struct store_conn *db)
{
    struct outcome *outcome = argument;
    return cloudwatch_action_done(&outcome->ctx, db, outcome->action, outcome->failure);
}

/* spec: CloudWatch user guide, "Invoke a Lambda function from an alarm": asynchronously. Absent: it is done. */
static struct str invoke(struct ctx *ctx, struct alarms *alarms, const struct cloudwatch_action *action)
{
    const struct lambda_invoke_in in = { .function_name = action->target, .invocation_type = STR("Event"), .payload = action->payload };
    const struct inside_call call = {
        .service = "lambda",
        .operation = "Invoke",
        .in = &in,
        .account = action->account,
        .region = action->region,
        .principal = STR("lambda.alarms.cloudwatch.amazonaws.com"),
        .source_arn = action->alarm_arn,
    };
    const void *answer = NULL;
    return inside_call(ctx, alarms->options.inside, &call, &answer).fault ? str_copy(ctx->arena, str_of(ctx->reason)) : STR_NONE;
}

static struct str target_service(struct str arn)
{
    struct str rest = STR_NONE;
    str_cut(arn, ':', &rest);
    str_cut(rest, ':', &rest);
    return rest.ptr ? str_cut(rest, ':', &rest) : STR("");
}

static struct str perform(struct ctx *ctx, struct alarms *alarms, const struct cloudwatch_action *action)
{
    const struct str service = target_service(action->target);
    return str_equal(service, STR("lambda"))
        ? invoke(ctx, alarms, action)
        : str_format(ctx->arena, "not delivered: Yagura performs actions of Lambda only, %" STR_FMT " is not built yet", STR_ARG(service));
}

static bool is_stopping(struct alarms *alarms)
{
    lock_take(alarms->lock);
    const bool stopping = alarms->stopping;
    lock_give(alarms->lock);
    return stopping;
}

static struct err act(struct alarms *alarms, struct ctx *ctx)
{
    struct cloudwatch_action *actions = ARENA_ARRAY(ctx->arena, struct cloudwatch_action, ACTIONS_MAX);
    size_t count = 0;
    TRY(store_begin(ctx, alarms->db, STORE_READ));
    const struct err err = cloudwatch_actions(ctx, alarms->db, ACTIONS_MAX, actions, &count);
    store_rollback(alarms->db);
    TRY(err);
    for (size_t i = 0; i < count && !is_stopping(alarms); i++) {
        const struct str failure = perform(ctx, alarms, &actions[i]);
        struct outcome outcome = { .ctx = *ctx, .action = &actions[i], .failure = failure };
        if (failure.ptr) {
            log_warn(NULL, "action of an alarm failed", LOG_STR("alarm", actions[i].alarm_arn), LOG_STR("action", actions[i].target),
                     LOG_STR("reason", failure));
        }
        const struct err stored = store_writer_wait(&outcome.ctx, alarms->options.writer, store_outcome, &outcome);
        *ctx = outcome.ctx;
        TRY(stored);
    }
    return ERR_OK;
}

/* Many alarms are judged less often: a fifth of the time at most. */
static bool rest(struct alarms *alarms, int64_t took_ms)
{
    lock_take(alarms->lock);
    if (!alarms->stopping) {
        lock_wait(alarms->lock, took_ms * LEISURE > LOOK_MS ? took_ms * LEISURE : LOOK_MS);
    }
    const bool stopping = alarms->stopping;
    lock_give(alarms->lock);
    return !stopping;
}

static void run(void *argument)
{
    struct alarms *alarms = argument;
    int64_t took_ms = 0;
    while (rest(alarms, took_ms)) {
        const int64_t began_us = clock_monotonic_us();
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        struct err err = judge(alarms, &ctx);
        if (!err.fault) {
            err = act(alarms, &ctx);
        }
        if (err.fault) {
            log_warn(NULL, "alarms can't be judged", LOG_STR("reason", str_of(ctx.reason)));
        }
        took_ms = (clock_monotonic_us() - began_us) / 1000;
    }
}

struct err alarms_open(struct ctx *ctx, const struct alarms_options *options, struct alarms **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct alarms *alarms = memory_new(sizeof(*alarms));
    alarms->options = *options;
    alarms->db = db;
    alarms->lock = lock_open();
    *out = alarms;
    return ERR_OK;
}

void alarms_start(struct alarms *alarms)
{
    alarms->thread = thread_start("alarms", run, alarms);
}

void alarms_stop(struct alarms *alarms)
{
    if (alarms) {
        lock_take(alarms->lock);
        alarms->stopping = true;
        lock_signal(alarms->lock);
        lock_give(alarms->lock);
    }
}

void alarms_close(struct alarms *alarms)
{
    if (alarms == NULL) {
        return;
    }
    alarms_stop(alarms);
    if (alarms->thread) {
        thread_join(alarms->thread);
    }
    store_disconnect(alarms->db);
    lock_free(alarms->lock);
    memory_free(alarms);
}
