/* query.h - metrics and expressions over them, computed together: GetMetricData, and alarms. */
#ifndef YAGURA_SVC_CLOUDWATCH_QUERY_H
#define YAGURA_SVC_CLOUDWATCH_QUERY_H

#include "svc/cloudwatch/math.h"
#include "svc/cloudwatch/metric.h"

enum { QUERIES_MAX = 500 };

enum query_state { QUERY_NEW, QUERY_UNDER_WAY, QUERY_DONE };
struct query {
    const struct cloudwatch_metric_data_query *item;
    struct statistic statistic;   /* of a metric */
    struct str metric;            /* its id */
    const struct math_node *node; /* of an expression; else NULL */
    int64_t period_s;
    enum query_state state;
    struct math_value value;      /* once it has run */
};
struct queries {
    struct query *items;
    size_t count;
};

/* Judges them all; the fault is ValidationException. */
struct err query_prepare(struct ctx *ctx, struct cloudwatch_metric_data_queries in, struct queries *out);
/* Whether its series are asked for. */
bool query_returns(const struct query *query);
/* The longest period of all. */
int64_t query_period(const struct queries *queries);
/* Fills in the value of each. period_s 0: each has its own, from start_ms rounded down; else windows are cut exactly there. */
struct err query_run(const struct rows *rows, struct queries *queries, int64_t start_ms, int64_t end_ms, int64_t period_s);

#endif
