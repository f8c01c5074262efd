#include "svc/cloudwatch/query.h"

enum { CHAIN_MAX = 50 };

#define REFUSE(ctx, format, id) fail((ctx), &CLOUDWATCH_VALIDATION_EXCEPTION, format, STR_ARG(id))

static struct err prepare_metric(struct ctx *ctx, const struct cloudwatch_metric_stat *stat, struct query *query)
{
    query->period_s = stat->period.v;
    if (!cloudwatch_period_ok(query->period_s)) {
        return REFUSE(ctx, "The parameter MetricDataQueries.member.%" STR_FMT ".MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.",
                      query->item->id);
    }
    if (!statistic_parse(stat->stat, &query->statistic)) {
        return REFUSE(ctx, "The value %" STR_FMT " for parameter MetricStat.Stat is not supported.", stat->stat);
    }
    if (stat->metric->namespace.ptr == NULL || stat->metric->metric_name.ptr == NULL) {
        return REFUSE(ctx, "The metric of %" STR_FMT " needs Namespace and MetricName.", query->item->id);
    }
    query->metric = cloudwatch_metric_of(ctx->arena, stat->metric->namespace, stat->metric->metric_name, stat->metric->dimensions).id;
    return ERR_OK;
}

static struct err prepare_expression(struct ctx *ctx, struct query *query)
{
    struct str reason = STR_NONE;
    if (str_equal_nocase(str_slice(query->item->expression, 0, 6), STR("select"))) {
        return REFUSE(ctx, "%" STR_FMT ": Metrics Insights queries are not implemented by Yagura yet.", query->item->id);
    }
    query->node = math_parse(ctx->arena, query->item->expression, &reason);
    query->period_s = query->item->period.set ? query->item->period.v : 0;
    return query->node ? ERR_OK : fail(ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "%" STR_FMT, STR_ARG(reason));
}

/* spec: MetricDataQuery, Id: it starts with a lowercase letter; letters, numbers and underscores follow. */
static bool id_ok(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.ptr[i];
        const bool lower = c >= 'a' && c <= 'z';
        const bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!lower && (i == 0 || !other)) {
            return false;
        }
    }
    return id.len > 0;
}

static struct query *find_query(const struct queries *queries, struct str id)
{
    for (size_t i = 0; i < queries->count; i++) {
        if (str_equal(queries->items[i].item->id, id)) {
            return &queries->items[i];
        }
    }
    return NULL;
}

static struct err prepare(struct ctx *ctx, const struct cloudwatch_metric_data_query *item, struct queries *out)
{
    struct query *query = &out->items[out->count];
    if (!id_ok(item->id)) {
        return REFUSE(ctx, "The value %" STR_FMT " for parameter Id is invalid: it must start with a lowercase letter, and letters, "
                           "numbers and underscores may follow.", item->id);
    }
    if (find_query(out, item->id)) {
        return REFUSE(ctx, "The id %" STR_FMT " is given twice.", item->id);
    }
    if ((item->metric_stat == NULL) == (item->expression.ptr == NULL)) {
        return REFUSE(ctx, "%" STR_FMT " needs either MetricStat or Expression.", item->id);
    }
    query->item = item;
    TRY(item->metric_stat ? prepare_metric(ctx, item->metric_stat, query) : prepare_expression(ctx, query));
    out->count++;
    return ERR_OK;
}

struct naming {
    const struct queries *queries;
    int64_t period_s;
    struct str missing;
};

static void check_name(void *argument, struct str id)
{
    struct naming *naming = argument;
    const struct query *query = find_query(naming->queries, id);
    if (query == NULL && !str_equal_nocase(id, STR("REPEAT")) && !str_equal_nocase(id, STR("LINEAR"))) {
        naming->missing = id;
    }
    if (query && query->period_s > naming->period_s) {
        naming->period_s = query->period_s;
    }
}

int64_t query_period(const struct queries *queries)
{
    int64_t period_s = 0;
    for (size_t i = 0; i < queries->count; i++) {
        period_s = queries->items[i].period_s > period_s ? queries->items[i].period_s : period_s;
    }
    return period_s > 0 ? period_s : 60;
}

struct err query_prepare(struct ctx *ctx, struct cloudwatch_metric_data_queries in, struct queries *out)
{
    if (in.count == 0 || in.count > QUERIES_MAX) {
        return fail(ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "The parameter MetricDataQueries must have 1 to %d members.", QUERIES_MAX);
    }
    *out = (struct queries){ ARENA_ARRAY(ctx->arena, struct query, in.count), 0 };
    for (size_t i = 0; i < in.count; i++) {
        TRY(prepare(ctx, &in.items[i], out));
    }
    for (size_t i = 0; i < out->count; i++) {
        struct naming naming = { out, 0, STR_NONE };
        if (out->items[i].node == NULL) {
            continue;
        }
        math_names(out->items[i].node, check_name, &naming);
        if (naming.missing.ptr) {
            return REFUSE(ctx, "Error in expression: undefined variable %" STR_FMT, naming.missing);
        }
        if (out->items[i].period_s == 0) {
            out->items[i].period_s = naming.period_s > 0 ? naming.period_s : query_period(out);
        }
    }
    return ERR_OK;
}

bool query_returns(const struct query *query)
{
    return !query->item->return_data.set || query->item->return_data.v;
}

struct running {
    const struct rows *rows;
    struct queries *queries;
    int64_t start_ms, end_ms, period_s;
    int depth;
    struct err err;
};

static void run_query(struct running *running, struct query *query);

static struct window window_of(const struct running *running, const struct query *query)
{
    return running->period_s > 0 ? (struct window){ running->start_ms, running->end_ms, running->period_s * 1000 }
                                 : cloudwatch_window(running->start_ms, running->end_ms, query->period_s);
}

static bool find_value(void *argument, struct str id, struct math_value *out, int64_t *period_s)
{
    struct running *running = argument;
    struct query *query = find_query(running->queries, id);
    if (query == NULL || query->state == QUERY_UNDER_WAY) {
        return false;
    }
    run_query(running, query);
    *out = query->value;
    *period_s = query->period_s;
    return running->err.fault == NULL;
}

static struct math_value all_metrics(void *argument, struct str part)
{
    struct running *running = argument;
    struct queries *queries = running->queries;
    struct math_value out = { .kind = MATH_LIST, .items = ARENA_ARRAY(running->rows->ctx->arena, struct series, queries->count) };
    for (size_t i = 0; i < queries->count; i++) {
        struct query *query = &queries->items[i];
        if (query->node == NULL && (part.len == 0 || str_search(query->item->id, part) != STR_MISSING)) {
            run_query(running, query);
            if (running->err.fault) {
                break;
            }
            out.items[out.count++] = query->value.items[0];
        }
    }
    return out;
}

static struct err run_metric(struct running *running, struct query *query)
{
    struct series *series = ARENA_NEW(running->rows->ctx->arena, struct series);
    query->value = (struct math_value){ .kind = MATH_SERIES, .items = series, .count = 1 };
    return cloudwatch_metric_series(running->rows, query->metric, query->item->metric_stat->unit, window_of(running, query),
                                    &query->statistic, series);
}

static struct err run_expression(struct running *running, struct query *query)
{
    struct ctx *ctx = running->rows->ctx;
    struct str reason = STR_NONE;
    const struct math_scope scope = { running, find_value, all_metrics, window_of(running, query) };
    if (running->depth >= CHAIN_MAX) {
        return REFUSE(ctx, "Error in expression: %" STR_FMT " stands at the end of too long a chain of expressions", query->item->id);
    }
    running->depth++;
    const bool done = math_compute(ctx->arena, query->node, &scope, &query->value, &reason);
    running->depth--;
    TRY(running->err);
    return done ? ERR_OK : fail(ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "%" STR_FMT, STR_ARG(reason));
}

static void run_query(struct running *running, struct query *query)
{
    if (query->state != QUERY_NEW || running->err.fault) {
        return;
    }
    query->state = QUERY_UNDER_WAY;
    const struct err err = query->node ? run_expression(running, query) : run_metric(running, query);
    query->state = QUERY_DONE;
    if (err.fault) {
        running->err = err;
    }
}

struct err query_run(const struct rows *rows, struct queries *queries, int64_t start_ms, int64_t end_ms, int64_t period_s)
{
    struct running running = { .rows = rows, .queries = queries, .start_ms = start_ms, .end_ms = end_ms, .period_s = period_s };
    for (size_t i = 0; i < queries->count && !running.err.fault; i++) {
        run_query(&running, &queries->items[i]);
    }
    return running.err;
}
