/* s3.h - all that the outside sees of S3: the service, and what app does for it at start and from time to time. */
#ifndef YAGURA_SVC_S3_S3_H
#define YAGURA_SVC_S3_S3_H

#include "store/blob.h"
#include "svc/request.h"

extern const struct service S3;

#define S3_EVENT "s3.event" /* name of the channel of the outbox: svc/s3/notify.h */

/* Whether a row names the blob: for blob_sweep. */
struct err s3_blob_known(struct ctx *ctx, struct store_conn *db, struct str id, bool *out);
/* Blobs that nobody has used for a while: up to max of them, into ctx->arena, within a read transaction; and once their files
 * are gone, within a write transaction. */
struct err s3_blobs_free(struct ctx *ctx, struct store_conn *db, size_t max, struct str *ids, size_t *count);
struct err s3_blob_forget(struct ctx *ctx, struct store_conn *db, struct str id);

/* Buckets whose accesses are logged, by name: the next one beyond `after`; bucket absent: none. Within a read transaction. */
struct s3_logging {
    struct str bucket, account, region, target, prefix;
    bool partitioned, by_event_time;
};
struct err s3_logging_next(struct ctx *ctx, struct store_conn *db, struct str after, struct s3_logging *out);
struct str s3_owner_id(struct arena *arena, struct str account); /* canonical */

#endif
