/* log_exports.h - export tasks of log groups, one after the other: PREFIX/TASK/STREAM/000000.gz in a bucket of S3.
 *
 * Objects are put as logs.REGION.amazonaws.com, for which the bucket's policy must speak. A task that a kill cut short begins anew. */
#ifndef YAGURA_APP_LOG_EXPORTS_H
#define YAGURA_APP_LOG_EXPORTS_H

#include "app/log_feeds.h"

struct log_exports;

struct err log_exports_open(struct ctx *ctx, const struct log_feeds_options *options, struct log_exports **out);
void log_exports_start(struct log_exports *exports);
void log_exports_close(struct log_exports *exports); /* cuts the task under way short; NULL is allowed */

#endif
