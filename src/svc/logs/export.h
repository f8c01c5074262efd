/* export.h - export tasks: a group's events of a time, written to a bucket.
 *
 * A task is a row that app's thread works off: it reads with feed.h, and writes as logs.REGION.amazonaws.com. */
#ifndef YAGURA_SVC_LOGS_EXPORT_H
#define YAGURA_SVC_LOGS_EXPORT_H

#include "svc/logs/search.h"

struct logs_export {
    struct str account, region;
    int64_t group;
    struct str stream_prefix; /* absent: all streams */
    const struct logs_export_task *task;
};

/* The oldest task that waits, of any account. Reading. */
struct err logs_export_next(struct ctx *ctx, struct store_conn *db, struct logs_export *out, bool *found);
/* Within a write transaction. RUNNING, COMPLETED, FAILED; *cancelled: it was meanwhile, which stays. */
struct err logs_export_mark(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, struct str code, struct str message,
                            bool *cancelled);

/* Reading: the group with all its keys, which app has opened; *found false: the group was deleted. Its streams by name. One page of
 * a stream's lines, from *at on. */
struct err logs_export_open(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, struct logs_batch *out, bool *found);
struct err logs_export_streams(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, struct streams *out);
struct err logs_export_page(struct ctx *ctx, struct store_conn *db, const struct logs_export *export, const struct logs_batch *opened,
                            const struct stream *stream, struct place *at, struct text *lines, bool *more);

#endif
