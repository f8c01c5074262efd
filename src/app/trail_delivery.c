#include "app/trail_delivery.h"

#include "app/authorise.h"
#include "app/trail_sink.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "svc/cloudtrail/insight.h"
#include "organizations_model.h"
#include "svc/organization_policies.h"

enum { LOOK_MAX_MS = 1000, TRIM_MS = 60000 };
#define KEPT_MS ((int64_t)90 * 24 * 60 * 60 * 1000) /* spec: LookupEvents reaches back 90 days */

struct trail_delivery {
    struct trail_delivery_options options;
    struct store_conn *db;
    struct insights *insights;
    struct inside *inside;
    struct thread *thread;
    struct lock *lock; /* of stopping */
    bool stopping;
};

static struct err organization_of(struct ctx *ctx, struct store_conn *db, struct str account, struct str *id)
{
    struct organization_facts facts = { .member = false };
    const struct service *organizations = authorise_service(&ORGANIZATIONS_MODEL);
    TRY(organizations->organization(ctx, db, account, &facts));
    *id = facts.member ? facts.id : STR_NONE;
    return ERR_OK;
}

static bool is_stopping(void *self)
{
    struct trail_delivery *delivery = self;
    lock_take(delivery->lock);
    const bool stopping = delivery->stopping;
    lock_give(delivery->lock);
    return stopping;
}

static void rest(struct trail_delivery *delivery, int64_t ms)
{
    lock_take(delivery->lock);
    if (!delivery->stopping) {
        lock_wait(delivery->lock, ms);
    }
    lock_give(delivery->lock);
}

static void trim(struct ctx *ctx, struct trail_delivery *delivery)
{
    journal_place place = 0;
    struct err err = delivery_place(ctx, delivery->db, delivery->options.journal, &place);
    const journal_place seen = audit_stream_place(delivery->options.stream);
    if (!err.fault) {
        err = journal_trim(ctx, delivery->options.journal, seen < place ? seen : place, ctx->now_ms - KEPT_MS);
    }
    if (err.fault) {
        log_warn(ctx, "old segments of the audit journal stay", LOG_STR("reason", str_of(ctx->reason)));
    }
}

static void run(void *argument)
{
    struct trail_delivery *delivery = argument;
    const struct trail_delivery_options *options = &delivery->options;
    const struct delivery_options pass = {
        .journal = options->journal, .writer = options->writer, .vault = options->vault,
        .home_account = options->home_account, .interval_ms = options->interval_ms, .digest_ms = options->digest_ms,
        .insight_ms = options->insight_ms,
        .sink = { .put = trail_sink_put, .log = trail_sink_log, .self = delivery->inside }, .organization_of = organization_of, .stopping = is_stopping, .self = delivery,
    };
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    const int64_t look_ms = options->interval_ms < LOOK_MAX_MS * 4 ? options->interval_ms / 4 : LOOK_MAX_MS;
    int64_t trimmed_us = clock_monotonic_us();
    while (!is_stopping(delivery)) {
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        bool again = false;
        if (delivery_pass(&ctx, delivery->db, &pass, &again).fault) {
            log_error(&ctx, "no trail can be delivered now", LOG_STR("reason", str_of(ctx.reason)));
        }
        if (insights_pass(&ctx, delivery->db, &pass, delivery->insights, &again).fault) {
            log_warn(&ctx, "Insights have to wait", LOG_STR("reason", str_of(ctx.reason)));
        }
        if (clock_monotonic_us() - trimmed_us > (int64_t)TRIM_MS * 1000) {
            trim(&ctx, delivery);
            trimmed_us = clock_monotonic_us();
        }
        if (!again) {
            rest(delivery, look_ms);
        }
        arena_reset(arena);
    }
}

struct err trail_delivery_open(struct ctx *ctx, const struct trail_delivery_options *options, struct trail_delivery **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct trail_delivery *delivery = memory_new(sizeof(*delivery));
    delivery->options = *options;
    delivery->db = db;
    delivery->insights = insights_open();
    delivery->lock = lock_open();
    *out = delivery;
    return ERR_OK;
}

void trail_delivery_start(struct trail_delivery *delivery, struct inside *inside)
{
    delivery->inside = inside;
    delivery->thread = thread_start("trails", run, delivery);
}

void trail_delivery_close(struct trail_delivery *delivery)
{
    if (delivery == NULL) {
        return;
    }
    if (delivery->thread) {
        lock_take(delivery->lock);
        delivery->stopping = true;
        lock_signal(delivery->lock);
        lock_give(delivery->lock);
        thread_join(delivery->thread);
    }
    insights_close(delivery->insights);
    store_disconnect(delivery->db);
    lock_free(delivery->lock);
    memory_free(delivery);
}
