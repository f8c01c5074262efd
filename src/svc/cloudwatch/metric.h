/* metric.h - a metric by its name, and its data put and read. */
#ifndef YAGURA_SVC_CLOUDWATCH_METRIC_H
#define YAGURA_SVC_CLOUDWATCH_METRIC_H

#include "cloudwatch_model.h"
#include "svc/cloudwatch/rows.h"
#include "svc/cloudwatch/series.h"
#include "svc/cloudwatch/statistic.h"

struct rows cloudwatch_rows(struct request *rq);
struct metric cloudwatch_metric_of(struct arena *arena, struct str namespace, struct str name, struct cloudwatch_dimensions dimensions);
/* The other way round. */
struct cloudwatch_dimensions cloudwatch_metric_dimensions(struct arena *arena, const struct metric *metric);

/* Adds a sample set to the metric's data of a level; the metric's row must have been touched in this transaction. */
struct err cloudwatch_metric_add(const struct rows *rows, struct str metric, struct str unit, int level, const struct datum *datum);
/* A sample set for each period of the window that has data. unit absent: all units together. arena: theirs. */
struct err cloudwatch_metric_data(const struct rows *rows, struct arena *arena, struct str metric, struct str unit, struct window window,
                                  struct data *out);
struct err cloudwatch_metric_series(const struct rows *rows, struct str metric, struct str unit, struct window window,
                                    const struct statistic *statistic, struct series *out);
/* spec: GetMetricStatistics, StartTime: it is rounded down to the minute, or to a shorter period. */
struct window cloudwatch_window(int64_t start_ms, int64_t end_ms, int64_t period_s);
/* spec: a period is 1, 5, 10, 20, 30 or a multiple of 60 seconds. */
bool cloudwatch_period_ok(int64_t period_s);

/* Data that have grown old: into the next level, or away. At most so many rows; *more tells whether there are others. */
struct err cloudwatch_roll_due(struct ctx *ctx, struct store_conn *db, bool *due);
struct err cloudwatch_roll(struct ctx *ctx, struct store_conn *db);

/* A place in a list, sealed. */
struct str cloudwatch_page_token(struct request *rq, struct str place);
struct err cloudwatch_page_place(struct request *rq, struct str token, struct str *place);

#endif
