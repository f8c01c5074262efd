/* log_feeds.h - new log events on their way to metric filters and subscriptions, and what is gone on its way out.
 *
 * One thread looks for groups whose filters have something new (svc/logs/feed.h), puts figures into CloudWatch for the account,
 * and invokes functions as logs.amazonaws.com, or with a destination's role. What could not be handed over for a passing reason
 * is tried again; events reach a function at least once. */
#ifndef YAGURA_APP_LOG_FEEDS_H
#define YAGURA_APP_LOG_FEEDS_H

#include "app/inside.h"

struct log_feeds_options {
    struct store *store;
    struct store_writer *writer;
    struct inside *inside;
};

struct log_feeds;

struct err log_feeds_open(struct ctx *ctx, const struct log_feeds_options *options, struct log_feeds **out);
void log_feeds_start(struct log_feeds *feeds);
void log_feeds_close(struct log_feeds *feeds); /* waits for what is under way; NULL is allowed */

#endif
