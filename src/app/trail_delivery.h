/* trail_delivery.h - the thread that writes log files and digests of all trails (svc/cloudtrail/delivery.h), and lets go of
 * what the journal no longer needs to hold. */
#ifndef YAGURA_APP_TRAIL_DELIVERY_H
#define YAGURA_APP_TRAIL_DELIVERY_H

#include "app/audit_stream.h"
#include "app/inside.h"
#include "crypto/vault.h"

struct trail_delivery_options {
    struct journal *journal;
    struct audit_stream *stream;
    struct store *store;
    struct store_writer *writer;
    const struct vault *vault;
    struct str home_account;
    int64_t interval_ms, digest_ms, insight_ms;
};

struct trail_delivery;

struct err trail_delivery_open(struct ctx *ctx, const struct trail_delivery_options *options, struct trail_delivery **out);
void trail_delivery_start(struct trail_delivery *delivery, struct inside *inside); /* by which it calls other services */
/* Ends the thread and frees it; before stream, writer and journal. NULL is allowed. */
void trail_delivery_close(struct trail_delivery *delivery);

#endif
