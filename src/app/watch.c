#include "app/watch.h"

#include "app/judge.h"
#include "app/metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "ingest/follow.h"
#include "store/checkpoint.h"
#include "svc/guardduty/guardduty.h"

/* Findings of one look; beyond it new ids are dropped and logged. */
enum { WATCH_FINDINGS_MAX = 1 << 20, WATCH_RETRY_MS = 1000 };

struct watch {
    struct watch_options options;
    struct judge judge;
    struct judge fresh; /* loaded by watch_reload, taken over before the next look; engine NULL: none */
    struct reader *reader;
    struct follow *follow;
    struct findings *findings;
    struct reader_counts counted;
    struct lock *lock; /* of fresh and stopping */
    struct thread *thread;
    bool stopping;
};

static void emit(void *self, const struct finding *finding)
{
    findings_add(self, finding);
}

static void on_event(void *self, const struct event *ev)
{
    struct watch *watch = self;
    const struct engine_sink sink = { watch->findings, emit };
    engine_inspect(watch->judge.engine, ev, &sink);
    if (ev->at_ms > metric_get(METRIC_WATCH_LAST_MS)) {
        metric_set(METRIC_WATCH_LAST_MS, ev->at_ms);
    }
}

static void on_trouble(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    log_warn(NULL, "input skipped", LOG_STR("file", trouble->file), LOG_INT("offset", (int64_t)trouble->offset),
             LOG_STR("reason", str_of(trouble->reason)));
}

static void count(struct watch *watch)
{
    const struct reader_counts now = reader_counts(watch->reader);
    const struct reader_counts old = watch->counted;
    metric_add(METRIC_EVENTS, (int64_t)(now.records - old.records));
    metric_add(METRIC_EVENTS_DUPLICATE, (int64_t)(now.duplicates - old.duplicates));
    metric_add(METRIC_EVENTS_SKIPPED, (int64_t)(now.skipped - old.skipped));
    metric_add(METRIC_EVENT_BYTES, (int64_t)(now.bytes - old.bytes));
    watch->counted = now;
}

/* What one look found, on its way into the store. */
struct harvest {
    struct ctx ctx;
    struct str owner;
    const struct finding *findings;
    size_t count;
    struct str place;
};

static struct err store_harvest(void *argument, struct store_conn *db)
{
    struct harvest *harvest = argument;
    for (size_t i = 0; i < harvest->count; i++) {
        TRY(guardduty_record_finding(&harvest->ctx, db, harvest->owner, &harvest->findings[i]));
    }
    return store_checkpoint_write(&harvest->ctx, db, STR("watch"), harvest->place);
}

static bool is_stopping(struct watch *watch)
{
    lock_take(watch->lock);
    const bool stopping = watch->stopping;
    lock_give(watch->lock);
    return stopping;
}

/* Sleeps, but wakes for a stop. */
static void rest(struct watch *watch, int64_t ms)
{
    lock_take(watch->lock);
    if (!watch->stopping) {
        lock_wait(watch->lock, ms);
    }
    lock_give(watch->lock);
}

/* A store that is busy or full gets the same harvest again until it takes it, so that nothing is lost. */
static size_t keep_harvest(struct watch *watch)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct harvest harvest = { .ctx = ctx_new(arena, clock_now_ms()), .owner = watch->options.home_account };
    harvest.findings = findings_list(watch->findings, arena, &harvest.count);
    harvest.place = follow_state(watch->follow, arena);
    while (store_writer_wait(&harvest.ctx, watch->options.writer, store_harvest, &harvest).fault) {
        log_error(&harvest.ctx, "findings are not stored yet", LOG_STR("reason", str_of(harvest.ctx.reason)));
        if (is_stopping(watch)) {
            return 0;
        }
        rest(watch, WATCH_RETRY_MS);
    }
    metric_add(METRIC_FINDINGS, (int64_t)harvest.count);
    return harvest.count;
}

static void renew_findings(struct watch *watch)
{
    if (findings_dropped(watch->findings) > 0) {
        log_error(NULL, "too many findings at once; some were dropped",
                  LOG_INT("dropped", (int64_t)findings_dropped(watch->findings)));
    }
    findings_close(watch->findings);
    watch->findings = findings_open(WATCH_FINDINGS_MAX);
}

static void take_fresh_judge(struct watch *watch)
{
    lock_take(watch->lock);
    struct judge fresh = watch->fresh;
    watch->fresh = (struct judge){ 0 };
    lock_give(watch->lock);
    if (fresh.engine) {
        reader_use(watch->reader, &fresh.fields, fresh.projection);
        reader_want(watch->reader, engine_sources(fresh.engine));
        judge_close(&watch->judge);
        watch->judge = fresh;
    }
}

static void watch_run(void *argument)
{
    struct watch *watch = argument;
    const struct ingest_sink sink = { watch, on_event, on_trouble };
    bool first = true;
    while (!is_stopping(watch)) {
        take_fresh_judge(watch);
        const size_t files = follow_poll(watch->follow, clock_now_ms(), watch->reader, &sink);
        size_t found = 0;
        if (files > 0) {
            count(watch);
            found = keep_harvest(watch);
            renew_findings(watch);
        }
        if (first || found > 0) {
            watch->options.looked(watch->options.self, found);
            first = false;
        }
        rest(watch, watch->options.interval_ms);
    }
}

static struct err read_place(struct ctx *ctx, struct store *store, struct str *place)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, store, &db));
    const struct err err = store_checkpoint_read(ctx, db, STR("watch"), place);
    store_disconnect(db);
    return err;
}

struct err watch_start(struct ctx *ctx, const struct watch_options *options, struct watch **out)
{
    struct str place = STR_NONE;
    struct judge judge = { 0 };
    TRY(read_place(ctx, options->store, &place));
    TRY(judge_open(ctx, options->rules, options->intel, &judge));
    struct watch *watch = memory_new(sizeof(*watch));
    watch->options = *options;
    watch->judge = judge;
    watch->reader = reader_open(&judge.fields, judge.projection);
    reader_want(watch->reader, engine_sources(judge.engine));
    watch->follow = follow_open(options->paths->items, options->paths->count, place);
    watch->findings = findings_open(WATCH_FINDINGS_MAX);
    watch->lock = lock_open();
    watch->thread = thread_start("watch", watch_run, watch);
    *out = watch;
    return ERR_OK;
}

struct err watch_reload(struct ctx *ctx, struct watch *watch)
{
    struct judge fresh = { 0 };
    TRY(judge_open(ctx, watch->options.rules, watch->options.intel, &fresh));
    lock_take(watch->lock);
    struct judge unused = watch->fresh;
    watch->fresh = fresh;
    lock_give(watch->lock);
    judge_close(&unused);
    return ERR_OK;
}

void watch_stop(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    lock_take(watch->lock);
    watch->stopping = true;
    lock_signal(watch->lock);
    lock_give(watch->lock);
    thread_join(watch->thread);
    reader_close(watch->reader);
    follow_close(watch->follow);
    findings_close(watch->findings);
    judge_close(&watch->judge);
    judge_close(&watch->fresh);
    lock_free(watch->lock);
    memory_free(watch);
}
