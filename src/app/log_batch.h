/* log_batch.h - a batch of log events handed to its filters: calls of KMS, Lambda and CloudWatch. */
#ifndef YAGURA_APP_LOG_BATCH_H
#define YAGURA_APP_LOG_BATCH_H

#include "app/inside.h"
#include "svc/logs/feed.h"

/* Has KMS open the keys that the batch needs. One that it refuses stays closed, and its blocks unread. */
void log_batch_open_keys(struct ctx *ctx, struct inside *inside, struct logs_batch *batch);
/* False: a function could not be reached for a passing reason, and the batch should come again. */
bool log_batch_send(struct ctx *ctx, struct inside *inside, struct store_conn *db, const struct logs_batch *batch);
void log_batch_count(struct ctx *ctx, struct inside *inside, const struct logs_batch *batch);

#endif
