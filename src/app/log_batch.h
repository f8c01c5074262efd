/* log_batch.h - a batch of log events handed to its filters: calls of KMS and Lambda, counts for CloudWatch. */
#ifndef YAGURA_APP_LOG_BATCH_H
#define YAGURA_APP_LOG_BATCH_H

#include "app/inside.h"
#include "cloudwatch_model.h"
#include "svc/logs/feed.h"

/* Has KMS open the keys that the batch needs. One that it refuses stays closed, and its blocks unread. */
void log_batch_open_keys(struct ctx *ctx, struct inside *inside, struct logs_batch *batch);
/* False: a function could not be reached for a passing reason, and the batch should come again. */
bool log_batch_send(struct ctx *ctx, struct inside *inside, struct store_conn *db, const struct logs_batch *batch);

/* What metric filters found: a PutMetricData of each. */
struct log_count {
    const struct logs_batch *batch;
    const struct item *filter;
    struct cloudwatch_put_metric_data_in in;
};
struct log_counts {
    struct log_count *items;
    size_t count;
};
struct log_counts log_batch_counts(struct ctx *ctx, const struct logs_batch *batch);
/* Within a write transaction. What CloudWatch refuses is told and left out. */
struct err log_counts_put(struct ctx *ctx, struct store_conn *db, const struct log_counts *counts);


#endif
