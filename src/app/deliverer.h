/* deliverer.h - drains the outbox: what must leave the house goes out by the channel of its topic, and comes again until it
 * has arrived.
 *
 * A topic is NAME or NAME/REST; the channel is chosen by NAME, and REST says to whom (one item per destination, so that
 * each has its own retries). One thread looks for what is due, hands each channel what lies there for it, oldest first, and
 * notes what came of it through the store's writer. Delivery is at least once: after a kill an item may go out again.
 *
 * DELIVERY_LATER comes again after 5 s, 10 s, ... up to 15 minutes; items older than 90 days are given up and logged, and so
 * is what no channel takes: an outbox that nobody drains grows without bound. */
#ifndef YAGURA_APP_DELIVERER_H
#define YAGURA_APP_DELIVERER_H

#include "store/writer.h"

enum delivery_outcome { DELIVERY_LATER, DELIVERY_DONE, DELIVERY_NEVER, DELIVERY_HELD };

struct delivery {
    struct outbox_item item;
    enum delivery_outcome outcome; /* set by deliver; LATER at first */
    int64_t until_ms;              /* of HELD: it was not its turn yet, which counts as no try */
};

enum { DELIVERER_BATCH = 256, DELIVERER_CHANNELS_MAX = 16 };

struct deliverer_channel {
    struct str name;
    /* Tries to deliver up to DELIVERER_BATCH items, in ctx's arena, and sets their outcomes; logs what went wrong. db is the
     * thread's own, for reading. May block: other channels wait meanwhile, so time-outs should be short. */
    void (*deliver)(void *self, struct ctx *ctx, struct store_conn *db, struct delivery *deliveries, size_t count);
    /* Within the transaction that notes the outcomes. NULL: nothing to add. */
    struct err (*settle)(void *self, struct ctx *ctx, struct store_conn *db, const struct delivery *deliveries,
                         size_t count);
    void *self;
};

struct deliverer_options {
    struct store *store;
    struct store_writer *writer;
    const struct deliverer_channel *channels; /* at most DELIVERER_CHANNELS_MAX; must outlive it */
    size_t channel_count;
    int64_t interval_ms; /* between looks at an empty outbox */
    /* Before each look; due says on the thread's own connection whether there is work, work then does it in a write
     * transaction, perhaps again. NULL: none. */
    struct err (*due)(void *self, struct ctx *ctx, struct store_conn *db, bool *out);
    struct err (*work)(void *self, struct ctx *ctx, struct store_conn *db, const struct journal_entry **entries); /* on record */
    void *self;
};

struct deliverer;

struct err deliverer_open(struct ctx *ctx, const struct deliverer_options *options, struct deliverer **out);
void deliverer_start(struct deliverer *deliverer);
/* Whether it is stopping: for a channel's calls that take long (net_client_options). */
bool deliverer_stopping(void *deliverer);
/* Ends the thread and frees it. NULL is allowed. */
void deliverer_close(struct deliverer *deliverer);

#endif
