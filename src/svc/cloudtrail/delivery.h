/* delivery.h - from the journal to the bucket: log files and signed digests of every trail.
 *
 * A pass plans how far a trail's next files reach, and commits that; writes the files, whose names and bytes follow from the
 * plan alone; then commits that they are there. Killed anywhere it does the same again over the same names: every event
 * stands in exactly one file. A digest's name, bytes and signature follow from the rows in the same way.
 *
 * Objects leave by a sink: app says where to. */
#ifndef YAGURA_SVC_CLOUDTRAIL_DELIVERY_H
#define YAGURA_SVC_CLOUDTRAIL_DELIVERY_H

#include "crypto/vault.h"
#include "store/journal.h"
#include "store/writer.h"

struct trail_object {
    struct str account, region; /* of the trail */
    struct str trail_arn;
    struct str bucket, key;
    struct str body;            /* gzip */
    struct str kms_key;         /* absent: none */
    struct str signature;       /* hex; of a digest, else absent: metadata "signature" and "signature-algorithm" */
    struct str backfilled;      /* of a backfill digest, when it was made: metadata "backfill-generation-timestamp" */
};

struct trail_log_event {
    int64_t at_ms;
    struct str text;
};

/* One batch for a stream of a log group, which is made when it isn't there. */
struct trail_log {
    struct str account, region; /* of the trail */
    struct str trail_arn, role_arn, group_arn, stream;
    const struct trail_log_event *events;
    size_t count;
};

/* Faults carry AWS's code of what is wrong (NoSuchBucket, AccessDenied …), which the trail's status then shows. */
struct trail_sink {
    struct err (*put)(void *self, struct ctx *ctx, const struct trail_object *object);
    struct err (*log)(void *self, struct ctx *ctx, const struct trail_log *log);
    void *self;
};

struct delivery_options {
    struct journal *journal;
    struct store_writer *writer;
    const struct vault *vault;
    struct str home_account;
    int64_t interval_ms, digest_ms;
    int64_t insight_ms; /* a period of Insights: a minute as a rule */
    struct trail_sink sink;
    /* The organisation of an account, absent if none. Within a transaction. */
    struct err (*organization_of)(struct ctx *ctx, struct store_conn *db, struct str account, struct str *id);
    bool (*stopping)(void *self); /* NULL: never */
    void *self;
};

/* One pass over all trails; db is for reading. *again: there is more to do at once. What goes wrong with one trail is in its
 * status and doesn't hold up others; a fault is the store's or the journal's. */
struct err delivery_pass(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options, bool *again);
/* The place of the journal before which no trail needs anything. */
struct err delivery_place(struct ctx *ctx, struct store_conn *db, struct journal *journal, journal_place *out);

#endif
