/* trail_delivery.h - the thread that writes log files and digests of all trails (svc/cloudtrail/delivery.h), and lets go of
 * what the journal no longer needs to hold.
 *
 * Buckets are folders below DATA/buckets until there is S3: DATA/buckets/BUCKET/KEY, and what S3 keeps as metadata of an
 * object beside it in KEY.metadata.json. */
#ifndef YAGURA_APP_TRAIL_DELIVERY_H
#define YAGURA_APP_TRAIL_DELIVERY_H

#include "app/audit_stream.h"
#include "crypto/vault.h"

struct trail_delivery_options {
    struct journal *journal;
    struct audit_stream *stream;
    struct store *store;
    struct store_writer *writer;
    const struct vault *vault;
    struct str home_account;
    struct str data; /* folder */
    int64_t interval_ms, digest_ms, insight_ms;
};

struct trail_delivery;

struct err trail_delivery_open(struct ctx *ctx, const struct trail_delivery_options *options, struct trail_delivery **out);
void trail_delivery_start(struct trail_delivery *delivery);
/* Ends the thread and frees it; before stream, writer and journal. NULL is allowed. */
void trail_delivery_close(struct trail_delivery *delivery);

#endif
