/* feed.h - what a thread of app does for log groups: shows new events to their filters, exports them, sweeps what is gone.
 *
 * Reading, finding and making stand here; app calls the other services. Blocks may be sealed: app has KMS open the keys that a
 * batch needs, as logs.REGION.amazonaws.com. Events are shown to subscriptions at least once, and counted by
 * metric filters once: what they count is stored in the transaction that says that the batch is done. */
#ifndef YAGURA_SVC_LOGS_FEED_H
#define YAGURA_SVC_LOGS_FEED_H

#include "logs_model.h"
#include "svc/logs/block.h"
#include "svc/logs/rows.h"

/* A group whose filters have something to look at. */
struct logs_feed {
    struct str account, region;
    int64_t group, next_block;
};
struct err logs_feed_due(struct ctx *ctx, struct store_conn *db, size_t max, struct logs_feed *feeds, size_t *count);
/* Within write transactions: taken for a while, so that no other server works at it; done up to next_block. *first: nobody had done it. */
struct err logs_feed_take(struct ctx *ctx, struct store_conn *db, const struct logs_feed *feed, bool *mine);
struct err logs_feed_done(struct ctx *ctx, struct store_conn *db, const struct logs_feed *feed, int64_t next_block, bool *first);

struct logs_batch_key {
    int64_t number;
    struct str sealed;
    struct str plain; /* app's: what KMS made of it */
};
struct logs_batch {
    struct group group;
    struct str arn; /* the group's, without ":*" */
    struct blocks blocks;
    int64_t next_block;
    struct logs_batch_key *keys;
    size_t key_count;
    struct items metric_filters, subscriptions;
};
/* Reading. No blocks: the group is gone, or there is nothing new. */
struct err logs_batch_read(struct ctx *ctx, struct store_conn *db, const struct logs_feed *feed, struct logs_batch *out);

/* What one metric filter found: for PutMetricData. */
struct logs_metric_datum {
    int64_t minute_ms;
    const struct logs_dimensions_entry *dimensions; /* with their values */
    size_t dimension_count;
    double sum, minimum, maximum, count;
};
struct logs_metric_report {
    const struct logs_metric_transformation *transformation;
    struct logs_metric_datum *data;
    size_t count;
};
struct err logs_batch_metrics(struct ctx *ctx, const struct logs_batch *batch, const struct item *filter, struct logs_metric_report *out);

/* What one subscription filter sends: documents {"awslogs":{"data":"..."}}, of one stream each. */
struct logs_messages {
    const struct logs_subscription_filter *filter;
    struct str function, role; /* where to; role absent: as the service */
    struct str account, region; /* the function's */
    struct str *items;
    size_t count;
};
struct err logs_batch_messages(struct ctx *ctx, struct store_conn *db, const struct logs_batch *batch, const struct item *filter,
                               struct logs_messages *out);

/* Within a write transaction: takes away some of what was deleted or has expired. *more: there is more to take. */
struct err logs_sweep_due(struct ctx *ctx, struct store_conn *db, bool *due);
struct err logs_sweep(struct ctx *ctx, struct store_conn *db, bool *more);

#endif
