#include "app/deliverer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"

enum { FIRST_RETRY_MS = 5000, LAST_RETRY_MS = 15 * 60000 };
#define KEPT_MS ((int64_t)90 * 24 * 3600 * 1000)

struct deliverer {
    struct deliverer_options options;
    struct store_conn *db; /* of the thread */
    struct thread *thread;
    struct lock *lock; /* of stopping */
    bool stopping;
};

/* What one look took, by channel: the items of channels[i] stand together. */
struct round {
    struct ctx ctx;
    struct deliverer *deliverer;
    struct delivery *deliveries;
    size_t count;
    size_t counts[DELIVERER_CHANNELS_MAX + 1]; /* the last: of no channel */
    const struct journal_entry *entries; /* of chores */
};

bool deliverer_stopping(void *self)
{
    struct deliverer *deliverer = self;
    lock_take(deliverer->lock);
    const bool stopping = deliverer->stopping;
    lock_give(deliverer->lock);
    return stopping;
}

static int64_t pause_after(int64_t tries)
{
    const int64_t doublings = tries < 8 ? tries : 8;
    const int64_t pause = (int64_t)FIRST_RETRY_MS << doublings;
    return pause < LAST_RETRY_MS ? pause : LAST_RETRY_MS;
}

static struct err note(struct ctx *ctx, struct store_conn *db, const struct delivery *delivery)
{
    if (delivery->outcome == DELIVERY_HELD) {
        return store_outbox_hold(ctx, db, delivery->item.id, delivery->until_ms);
    }
    return delivery->outcome == DELIVERY_LATER
               ? store_outbox_retry(ctx, db, delivery->item.id, ctx->now_ms + pause_after(delivery->item.tries))
               : store_outbox_done(ctx, db, delivery->item.id);
}

static struct err settle(void *argument, struct store_conn *db)
{
    struct round *round = argument;
    const struct deliverer_options *options = &round->deliverer->options;
    const struct delivery *at = round->deliveries;
    for (size_t i = 0; i < options->channel_count; i++) {
        const struct deliverer_channel *channel = &options->channels[i];
        if (channel->settle && round->counts[i] > 0) {
            TRY(channel->settle(channel->self, &round->ctx, db, at, round->counts[i]));
        }
        at += round->counts[i];
    }
    for (size_t i = 0; i < round->count; i++) {
        TRY(note(&round->ctx, db, &round->deliveries[i]));
    }
    return ERR_OK;
}

static bool is_for(const struct deliverer_channel *channel, struct str topic)
{
    struct str rest = STR_NONE;
    return str_equal(str_cut(topic, '/', &rest), channel->name);
}

static size_t channel_of(const struct deliverer_options *options, struct str topic)
{
    size_t i = 0;
    while (i < options->channel_count && !is_for(&options->channels[i], topic)) {
        i++;
    }
    return i;
}

static struct round sort_out(struct deliverer *deliverer, struct ctx *ctx, const struct outbox_item *items, size_t count)
{
    struct round round = { .ctx = *ctx, .deliverer = deliverer };
    round.deliveries = ARENA_ARRAY(ctx->arena, struct delivery, count);
    for (size_t channel = 0; channel <= deliverer->options.channel_count; channel++) {
        for (size_t i = 0; i < count; i++) {
            if (channel_of(&deliverer->options, items[i].topic) == channel) {
                round.deliveries[round.count++] = (struct delivery){ .item = items[i] };
                round.counts[channel]++;
            }
        }
    }
    return round;
}

static void give_up(struct ctx *ctx, struct delivery *delivery, bool nobodys)
{
    if (delivery->outcome == DELIVERY_LATER && (nobodys || ctx->now_ms - delivery->item.created_ms > KEPT_MS)) {
        delivery->outcome = DELIVERY_NEVER;
        log_error(NULL, "not delivered and given up", LOG_STR("topic", delivery->item.topic),
                  LOG_INT("id", delivery->item.id), LOG_INT("tries", delivery->item.tries));
    }
}

static void deliver(struct round *round)
{
    const struct deliverer_options *options = &round->deliverer->options;
    struct delivery *at = round->deliveries;
    for (size_t i = 0; i < options->channel_count; i++) {
        const struct deliverer_channel *channel = &options->channels[i];
        if (round->counts[i] > 0) {
            channel->deliver(channel->self, &round->ctx, round->deliverer->db, at, round->counts[i]);
        }
        at += round->counts[i];
    }
    for (size_t i = 0; i < round->count; i++) {
        give_up(&round->ctx, &round->deliveries[i], &round->deliveries[i] >= at);
    }
    round->ctx.now_ms = clock_now_ms();
}

static struct err work(void *argument, struct store_conn *db)
{
    struct round *round = argument;
    return round->deliverer->options.work(round->deliverer->options.self, &round->ctx, db, &round->entries);
}

static struct err do_due_work(struct deliverer *deliverer, struct ctx *ctx)
{
    bool due = false;
    if (deliverer->options.due == NULL) {
        return ERR_OK;
    }
    TRY(deliverer->options.due(deliverer->options.self, ctx, deliverer->db, &due));
    if (!due) {
        return ERR_OK;
    }
    struct round round = { .ctx = *ctx, .deliverer = deliverer };
    const struct err err = store_writer_wait_recorded(&round.ctx, deliverer->options.writer, work, &round, &round.entries);
    *ctx = round.ctx;
    return err;
}

/* *more: there may be more right away. */
static struct err look(struct deliverer *deliverer, struct ctx *ctx, bool *more)
{
    struct outbox_item *items = ARENA_ARRAY(ctx->arena, struct outbox_item, DELIVERER_BATCH);
    size_t count = 0;
    *more = false;
    TRY(do_due_work(deliverer, ctx));
    TRY(store_outbox_due(ctx, deliverer->db, DELIVERER_BATCH, items, &count));
    if (count == 0) {
        return ERR_OK;
    }
    struct round round = sort_out(deliverer, ctx, items, count);
    deliver(&round);
    const struct err err = store_writer_wait(&round.ctx, deliverer->options.writer, settle, &round);
    *ctx = round.ctx;
    *more = count == DELIVERER_BATCH && !err.fault;
    return err;
}

static void rest(struct deliverer *deliverer)
{
    lock_take(deliverer->lock);
    if (!deliverer->stopping) {
        lock_wait(deliverer->lock, deliverer->options.interval_ms);
    }
    lock_give(deliverer->lock);
}

static void run(void *argument)
{
    struct deliverer *deliverer = argument;
    while (!deliverer_stopping(deliverer)) {
        struct arena *arena CLEANUP(arena_cleanup) = arena_open();
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        bool more = false;
        if (look(deliverer, &ctx, &more).fault && !deliverer_stopping(deliverer)) {
            log_warn(NULL, "the outbox can't be worked on", LOG_STR("reason", str_of(ctx.reason)));
        }
        if (!more) {
            rest(deliverer);
        }
    }
}

struct err deliverer_open(struct ctx *ctx, const struct deliverer_options *options, struct deliverer **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct deliverer *deliverer = memory_new(sizeof(*deliverer));
    deliverer->options = *options;
    deliverer->db = db;
    deliverer->lock = lock_open();
    *out = deliverer;
    return ERR_OK;
}

void deliverer_start(struct deliverer *deliverer)
{
    deliverer->thread = thread_start("deliverer", run, deliverer);
}

void deliverer_close(struct deliverer *deliverer)
{
    if (deliverer == NULL) {
        return;
    }
    lock_take(deliverer->lock);
    deliverer->stopping = true;
    lock_signal(deliverer->lock);
    lock_give(deliverer->lock);
    if (deliverer->thread) {
        thread_join(deliverer->thread);
    }
    store_disconnect(deliverer->db);
    lock_free(deliverer->lock);
    memory_free(deliverer);
}
