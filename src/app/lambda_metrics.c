/* lambda_metrics.c - what functions did, as metrics of CloudWatch in the namespace AWS/Lambda.
 *
 * Calls are added up per function and minute; a thread puts the sums every few seconds. What was not yet put is lost by a kill,
 * as AWS says of its own: metrics are no record. spec: Lambda developer guide, types of metrics for functions: each with the
 * dimension FunctionName, and over all functions without one. Errors and Throttles have a 0 for each call that had none. */
#include "app/lambda_parts.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "cloudwatch_model.h"

enum { GATHER_MS = 2000, MINUTE_MS = 60000, VALUES_MAX = 150, TALLIES_MAX = 4096, DATA = 5 };

struct tally {
    struct str account, region, function;
    int64_t minute_ms;
    double invocations, errors, throttles;
    double durations[VALUES_MAX];
    size_t duration_count;
    struct cloudwatch_statistic_set rest; /* of durations beyond */
};

struct metrics {
    struct lambda *lambda;
    struct thread *thread;
    struct lock *lock;    /* of what follows */
    struct arena *arena;  /* of the tallies */
    struct map *tallies;
    bool stopping;
};

/* NULL: there are too many, or nobody gathers any more. */
static struct tally *tally_of(struct metrics *metrics, struct arena *arena, const struct lambda_call *call, int64_t minute_ms)
{
    const struct str key = str_format(arena, "%" STR_FMT "/%" STR_FMT "/%" STR_FMT "/%lld", STR_ARG(call->account),
                                      STR_ARG(call->region), STR_ARG(call->name), (long long)minute_ms);
    struct tally *tally = map_get(metrics->tallies, key);
    if (tally || metrics->stopping || map_count(metrics->tallies) >= TALLIES_MAX) {
        return tally;
    }
    tally = ARENA_NEW(metrics->arena, struct tally);
    *tally = (struct tally){ .account = str_copy(metrics->arena, call->account), .region = str_copy(metrics->arena, call->region),
                             .function = str_copy(metrics->arena, call->name), .minute_ms = minute_ms };
    map_put(metrics->tallies, key, tally);
    lock_signal(metrics->lock);
    return tally;
}

static void add_duration(struct tally *tally, double ms)
{
    struct cloudwatch_statistic_set *rest = &tally->rest;
    if (tally->duration_count < VALUES_MAX) {
        tally->durations[tally->duration_count++] = ms;
        return;
    }
    *rest = (struct cloudwatch_statistic_set){
        SOME(rest->sample_count.v + 1), SOME(rest->sum.v + ms),
        SOME(!rest->minimum.set || ms < rest->minimum.v ? ms : rest->minimum.v), SOME(ms > rest->maximum.v ? ms : rest->maximum.v),
    };
}

void metrics_note(struct metrics *metrics, struct arena *arena, const struct lambda_call *call, struct err err,
                  const struct lambda_outcome *outcome)
{
    const int64_t now_ms = clock_now_ms();
    const bool throttled = err.fault == &LAMBDA_TOO_MANY_REQUESTS_EXCEPTION;
    if (err.fault && !throttled) {
        return;
    }
    lock_take(metrics->lock);
    struct tally *tally = tally_of(metrics, arena, call, now_ms / MINUTE_MS * MINUTE_MS);
    if (tally && throttled) {
        tally->throttles++;
    } else if (tally) {
        tally->invocations++;
        tally->errors += outcome->error.ptr != NULL;
        add_duration(tally, outcome->duration_ms);
    }
    lock_give(metrics->lock);
}

/* --- putting --- */

/* `ones` of so many calls: each is a datum of 1, the others of 0. */
static struct cloudwatch_metric_datum counted(struct arena *arena, const char *name, double ones, double calls)
{
    struct cloudwatch_statistic_set *set = ARENA_NEW(arena, struct cloudwatch_statistic_set);
    *set = (struct cloudwatch_statistic_set){ SOME(calls), SOME(ones), SOME(ones < calls ? 0 : 1), SOME(ones > 0 ? 1 : 0) };
    return (struct cloudwatch_metric_datum){ .metric_name = str_of(name), .unit = STR("Count"), .statistic_values = set };
}

static size_t data_of(struct arena *arena, struct tally *tally, struct cloudwatch_metric_datum *data)
{
    size_t count = 0;
    data[count++] = counted(arena, "Throttles", tally->throttles, tally->invocations + tally->throttles);
    if (tally->invocations > 0) {
        data[count++] = counted(arena, "Invocations", tally->invocations, tally->invocations);
        data[count++] = counted(arena, "Errors", tally->errors, tally->invocations);
        data[count++] = (struct cloudwatch_metric_datum){ .metric_name = STR("Duration"), .unit = STR("Milliseconds"),
                                                          .values = { tally->durations, tally->duration_count } };
    }
    if (tally->rest.sample_count.set) {
        data[count++] = (struct cloudwatch_metric_datum){ .metric_name = STR("Duration"), .unit = STR("Milliseconds"),
                                                          .statistic_values = &tally->rest };
    }
    return count;
}

static void put(struct metrics *metrics, struct tally *tally)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct cloudwatch_metric_datum data[2 * DATA];
    struct cloudwatch_dimension dimension = { STR("FunctionName"), tally->function };
    const size_t count = data_of(arena, tally, data);
    for (size_t i = 0; i < count; i++) {
        data[i].timestamp = (struct opt_time)SOME(tally->minute_ms);
        data[count + i] = data[i];
        data[count + i].dimensions = (struct cloudwatch_dimensions){ &dimension, 1 };
    }
    const struct cloudwatch_put_metric_data_in in = { .namespace = STR("AWS/Lambda"), .metric_data = { data, 2 * count } };
    const struct inside_call call = { .service = "cloudwatch", .operation = "PutMetricData", .in = &in, .account = tally->account,
                                      .region = tally->region, .principal = STR("lambda.amazonaws.com") };
    const void *answer = NULL;
    if (inside_call(&ctx, metrics->lambda->inside, &call, &answer).fault) {
        log_warn(&ctx, "metrics of a function can't be put", LOG_STR("function", tally->function), LOG_STR("reason", str_of(ctx.reason)));
    }
}

/* Under the lock, which it lets go meanwhile. */
static void flush(struct metrics *metrics)
{
    struct arena *arena = metrics->arena;
    struct map *tallies = metrics->tallies;
    size_t at = 0;
    struct str key = STR_NONE;
    void *tally = NULL;
    metrics->arena = arena_open();
    metrics->tallies = map_open();
    lock_give(metrics->lock);
    while (map_next(tallies, &at, &key, &tally)) {
        put(metrics, tally);
    }
    map_close(tallies, NULL);
    arena_close(arena);
    lock_take(metrics->lock);
}

static void run(void *self)
{
    struct metrics *metrics = self;
    lock_take(metrics->lock);
    while (!metrics->stopping) {
        if (map_count(metrics->tallies) == 0) {
            lock_wait(metrics->lock, -1);
            continue;
        }
        const int64_t start_us = clock_monotonic_us();
        for (int64_t left = GATHER_MS; !metrics->stopping && left > 0; left = GATHER_MS - (clock_monotonic_us() - start_us) / 1000) {
            lock_wait(metrics->lock, left);
        }
        flush(metrics);
    }
    flush(metrics);
    lock_give(metrics->lock);
}

void metrics_open(struct lambda *lambda)
{
    struct metrics *metrics = memory_new(sizeof(*metrics));
    metrics->lambda = lambda;
    metrics->lock = lock_open();
    metrics->arena = arena_open();
    metrics->tallies = map_open();
    lambda->metrics = metrics;
    metrics->thread = thread_start("lambda-metrics", run, metrics);
}

void metrics_stop(struct metrics *metrics)
{
    if (metrics == NULL || metrics->thread == NULL) {
        return;
    }
    lock_take(metrics->lock);
    metrics->stopping = true;
    lock_signal(metrics->lock);
    lock_give(metrics->lock);
    thread_join(metrics->thread);
    metrics->thread = NULL;
}

void metrics_close(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    map_close(metrics->tallies, NULL);
    arena_close(metrics->arena);
    lock_free(metrics->lock);
    memory_free(metrics);
}
