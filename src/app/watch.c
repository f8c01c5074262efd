#include "app/watch.h"

#include "app/judge.h"
#include "app/learned.h"
#include "app/metrics.h"
#include "app/usage.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "ingest/follow.h"
#include "match/sigma.h"
#include "store/checkpoint.h"
#include "svc/guardduty/guardduty.h"

/* Findings of one look; beyond it new ids are dropped and logged. */
enum { WATCH_FINDINGS_MAX = 1 << 20, WATCH_RETRY_MS = 1000, WATCH_BATCHES_MAX = 64 };

struct watch {
    struct watch_options options;
    struct judge judge;
    struct learned learned;
    bool unstored; /* something was learned that will be read again */
    struct known known;
    struct known fresh_known; /* given by watch_use_known; intel NULL: none */
    struct judge fresh; /* loaded by watch_reload, taken over before the next look; engine NULL: none */
    uint64_t rules_known, rules_seen; /* stamps: as last told of, and as last looked at */
    struct reader *reader;
    struct follow *follow;
    struct inflate *in; /* of batches */
    struct findings *findings;
    struct usage *usage;
    struct reader_counts counted;
    int64_t newest_ms; /* event time, of the item at hand */
    struct lock *lock; /* of fresh, stopping and the batches that wait */
    struct watch_batch *first, **last;
    size_t waiting;
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
    usage_count(watch->usage, ev);
    watch->newest_ms = ev->at_ms > watch->newest_ms ? ev->at_ms : watch->newest_ms;
    watch->learned.changed = true;
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

/* What was read since the last call. */
static struct watch_counts count(struct watch *watch)
{
    const struct reader_counts now = reader_counts(watch->reader);
    const struct reader_counts old = watch->counted;
    const struct watch_counts new = {
        .records = (int64_t)(now.records - old.records),
        .duplicates = (int64_t)(now.duplicates - old.duplicates),
        .skipped = (int64_t)(now.skipped - old.skipped),
        .bytes = (int64_t)(now.bytes - old.bytes),
        .newest_ms = watch->newest_ms,
    };
    metric_add(METRIC_EVENTS, new.records);
    metric_add(METRIC_EVENTS_DUPLICATE, new.duplicates);
    metric_add(METRIC_EVENTS_SKIPPED, new.skipped);
    metric_add(METRIC_EVENT_BYTES, new.bytes);
    metric_set(METRIC_EVICTIONS, (int64_t)engine_counts(watch->judge.engine).evictions);
    metric_set(METRIC_FORGOTTEN, (int64_t)learn_counts(watch->learned.learn).forgotten);
    watch->counted = now;
    watch->newest_ms = 0;
    return new;
}

/* What one look found, on its way into the store. */
struct harvest {
    struct ctx ctx;
    struct str owner;
    const struct finding *findings;
    size_t count;
    const struct guardduty_usage *usage;
    size_t usage_count;
    struct str place;                /* of the follower, when it is what read */
    const struct watch_batch *batch; /* else */
};

static struct err store_harvest(void *argument, struct store_conn *db)
{
    struct harvest *harvest = argument;
    for (size_t i = 0; i < harvest->count; i++) {
        TRY(guardduty_record_finding(&harvest->ctx, db, harvest->owner, &harvest->findings[i]));
    }
    TRY(guardduty_record_usage(&harvest->ctx, db, harvest->owner, harvest->usage, harvest->usage_count));
    if (harvest->batch) {
        return harvest->batch->mark(harvest->batch->self, &harvest->ctx, db);
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

/* A store that is busy or full gets the same harvest again until it takes it, so that nothing is lost. What another server
 * has stored meanwhile (STORE_CONFLICT) is not ours to store any more. */
static struct err keep_harvest(struct watch *watch, const struct watch_batch *batch, struct ctx *ctx, size_t *found)
{
    struct harvest harvest = { .ctx = *ctx, .owner = watch->options.home_account, .batch = batch };
    if (batch && batch->owner.ptr) {
        harvest.owner = batch->owner;
    }
    harvest.findings = findings_list(watch->findings, ctx->arena, &harvest.count);
    harvest.usage = usage_list(watch->usage, ctx->arena, watch->options.home_account, watch->options.home_region,
                               &harvest.usage_count);
    harvest.place = batch ? STR_NONE : follow_state(watch->follow, ctx->arena);
    *found = 0;
    for (;;) {
        harvest.ctx.now_ms = clock_now_ms();
        const struct err err = store_writer_wait(&harvest.ctx, watch->options.writer, store_harvest, &harvest);
        *ctx = harvest.ctx;
        if (err.fault == NULL) {
            metric_add(METRIC_FINDINGS, (int64_t)harvest.count);
            *found = harvest.count;
            return ERR_OK;
        }
        if (err_is(err, &STORE_CONFLICT) || is_stopping(watch)) {
            watch->unstored = watch->unstored || !err_is(err, &STORE_CONFLICT);
            return err;
        }
        log_error(ctx, "findings are not stored yet", LOG_STR("reason", str_of(ctx->reason)));
        rest(watch, WATCH_RETRY_MS);
    }
}

static struct err mark_learned(void *argument, struct store_conn *db)
{
    struct watch *watch = argument;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    return learned_mark(&ctx, db, &watch->learned);
}

/* Between harvests: whatever was learned by now is stored as read. */
static void save_learned(struct watch *watch, bool at_once)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    if (watch->unstored || !learned_save(&ctx, &watch->learned, at_once)) {
        return;
    }
    const struct err err = store_writer_wait(&ctx, watch->options.writer, mark_learned, watch);
    learned_settle(&watch->learned, err.fault == NULL);
}

static void renew_findings(struct watch *watch)
{
    if (findings_dropped(watch->findings) > 0) {
        log_error(NULL, "too many findings at once; some were dropped",
                  LOG_INT("dropped", (int64_t)findings_dropped(watch->findings)));
    }
    findings_close(watch->findings);
    watch->findings = findings_open(WATCH_FINDINGS_MAX);
    usage_clear(watch->usage);
}

/* One that does not take the records of a batch that was not stored for repeats when they come again. */
static void renew_reader(struct watch *watch)
{
    reader_close(watch->reader);
    watch->reader = reader_open(&watch->judge.fields, watch->judge.projection);
    reader_want(watch->reader, engine_sources(watch->judge.engine));
    watch->counted = (struct reader_counts){ 0 };
}

static void take_fresh_known(struct watch *watch)
{
    lock_take(watch->lock);
    struct known fresh = watch->fresh_known;
    watch->fresh_known = (struct known){ 0 };
    lock_give(watch->lock);
    if (fresh.intel) {
        engine_use_intel(watch->judge.engine, fresh.intel);
        engine_use_interfaces(watch->judge.engine, fresh.interfaces);
        reader_want(watch->reader, engine_sources(watch->judge.engine));
        known_close(&watch->known);
        watch->known = fresh;
    }
}

static void take_fresh_judge(struct watch *watch)
{
    lock_take(watch->lock);
    struct judge fresh = watch->fresh;
    watch->fresh = (struct judge){ 0 };
    lock_give(watch->lock);
    if (fresh.engine) {
        engine_use_intel(fresh.engine, watch->known.intel);
        engine_use_interfaces(fresh.engine, watch->known.interfaces);
        reader_use(watch->reader, &fresh.fields, fresh.projection);
        reader_want(watch->reader, engine_sources(fresh.engine));
        judge_close(&watch->judge);
        watch->judge = fresh;
    }
}

static size_t look(struct watch *watch, const struct ingest_sink *sink)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    size_t found = 0;
    if (follow_poll(watch->follow, ctx.now_ms, watch->reader, sink) == 0) {
        return 0;
    }
    count(watch);
    if (keep_harvest(watch, NULL, &ctx, &found).fault) {
        log_error(&ctx, "what was read is not stored and will be read again", LOG_STR("reason", str_of(ctx.reason)));
    }
    renew_findings(watch);
    return found;
}

static size_t judge_batch(struct watch *watch, struct watch_batch *batch, const struct ingest_sink *sink)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    size_t found = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct watch_item *item = &batch->items[i];
        if (item->file >= 0) {
            inflate_start(watch->in, item->file);
        } else {
            inflate_start_bytes(watch->in, item->text);
        }
        reader_read(watch->reader, item->name, watch->in, sink);
        item->counts = count(watch);
    }
    const struct err err = keep_harvest(watch, batch, &ctx, &found);
    renew_findings(watch);
    if (err.fault) {
        renew_reader(watch);
    }
    batch->done(batch->self, err, err.fault ? ctx.reason : "");
    return found;
}

static struct watch_batch *next_batch(struct watch *watch)
{
    lock_take(watch->lock);
    struct watch_batch *batch = watch->stopping ? NULL : watch->first;
    if (batch) {
        watch->first = batch->next;
        watch->last = watch->first ? watch->last : &watch->first;
        watch->waiting--;
    }
    lock_give(watch->lock);
    return batch;
}

/* Until something happens or it is time to look at the followed paths again. */
static void wait_for_work(struct watch *watch, int64_t next_look_ms)
{
    const int64_t left_ms = next_look_ms - clock_monotonic_us() / 1000;
    lock_take(watch->lock);
    if (!watch->stopping && watch->first == NULL && left_ms > 0) {
        lock_wait(watch->lock, left_ms);
    }
    lock_give(watch->lock);
}

static void watch_run(void *argument)
{
    struct watch *watch = argument;
    const struct ingest_sink sink = { .self = watch, .event = on_event, .trouble = on_trouble };
    bool first = true;
    int64_t next_look_ms = 0;
    while (!is_stopping(watch)) {
        size_t found = 0;
        take_fresh_known(watch);
        take_fresh_judge(watch);
        if (clock_monotonic_us() / 1000 >= next_look_ms) { /* many batches are no reason to walk the folders for each */
            found = look(watch, &sink);
            next_look_ms = clock_monotonic_us() / 1000 + watch->options.interval_ms;
        }
        struct watch_batch *batch = next_batch(watch);
        if (batch) {
            found += judge_batch(watch, batch, &sink);
        }
        if (first || found > 0) {
            watch->options.looked(watch->options.self, found);
            first = false;
        }
        save_learned(watch, false);
        wait_for_work(watch, next_look_ms);
    }
    save_learned(watch, true);
}

bool watch_submit(struct watch *watch, struct watch_batch *batch)
{
    lock_take(watch->lock);
    const bool taken = !watch->stopping && watch->waiting < WATCH_BATCHES_MAX;
    if (taken) {
        batch->next = NULL;
        *watch->last = batch;
        watch->last = &batch->next;
        watch->waiting++;
        lock_signal(watch->lock);
    }
    lock_give(watch->lock);
    return taken;
}

static struct err read_place(struct ctx *ctx, struct store *store, struct str *place)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, store, &db));
    const struct err err = store_checkpoint_read(ctx, db, STR("watch"), place);
    store_disconnect(db);
    return err;
}

static uint64_t stamp_rules(const struct watch_options *options)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    uint64_t stamp = options->mapping.ptr ? match_sigma_stamp(&ctx, str_cstr(arena, options->mapping)) : 0;
    for (size_t i = 0; i < options->rules->count; i++) {
        stamp = stamp * 31 + match_sigma_stamp(&ctx, str_cstr(arena, options->rules->items[i]));
    }
    return stamp;
}

bool watch_rules_changed(struct watch *watch)
{
    const uint64_t stamp = stamp_rules(&watch->options);
    const bool rests = stamp == watch->rules_seen;
    const bool changed = rests && stamp != watch->rules_known;
    watch->rules_seen = stamp;
    watch->rules_known = rests ? stamp : watch->rules_known;
    return changed;
}

struct err watch_open(struct ctx *ctx, const struct watch_options *options, struct watch **out)
{
    struct str place = STR_NONE;
    struct judge judge = { 0 };
    struct learned learned = { 0 };
    TRY(read_place(ctx, options->store, &place));
    const uint64_t stamp = stamp_rules(options); /* before they are read */
    TRY(learned_open(ctx, options->store, options->data, &learned));
    const struct err err = judge_open(ctx, options->rules, options->mapping, options->known.intel, learned.learn, &judge);
    if (err.fault) {
        learned_close(&learned);
        return err;
    }
    engine_use_interfaces(judge.engine, options->known.interfaces);
    engine_set_home(judge.engine, options->home_account, options->home_region);
    struct watch *watch = memory_new(sizeof(*watch));
    watch->options = *options;
    watch->known = options->known;
    watch->rules_known = watch->rules_seen = stamp;
    watch->judge = judge;
    watch->learned = learned;
    watch->reader = reader_open(&judge.fields, judge.projection);
    reader_want(watch->reader, engine_sources(judge.engine));
    watch->follow = follow_open(options->paths->items, options->paths->count, place);
    watch->findings = findings_open(WATCH_FINDINGS_MAX);
    watch->usage = usage_open();
    watch->in = inflate_open();
    watch->lock = lock_open();
    watch->last = &watch->first;
    *out = watch;
    return ERR_OK;
}

void watch_start(struct watch *watch)
{
    watch->thread = thread_start("watch", watch_run, watch);
}

struct err watch_reload(struct ctx *ctx, struct watch *watch)
{
    struct judge fresh = { 0 };
    TRY(judge_open(ctx, watch->options.rules, watch->options.mapping, NULL, watch->learned.learn, &fresh));
    engine_set_home(fresh.engine, watch->options.home_account, watch->options.home_region);
    lock_take(watch->lock);
    struct judge unused = watch->fresh;
    watch->fresh = fresh;
    lock_give(watch->lock);
    judge_close(&unused);
    return ERR_OK;
}

void watch_use_known(struct watch *watch, const struct known *known)
{
    lock_take(watch->lock);
    struct known unused = watch->fresh_known;
    watch->fresh_known = *known;
    lock_signal(watch->lock);
    lock_give(watch->lock);
    known_close(&unused);
}

void watch_stop(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    lock_take(watch->lock);
    watch->stopping = true;
    lock_signal(watch->lock);
    struct watch_batch *batch = watch->first;
    watch->first = NULL;
    lock_give(watch->lock);
    while (batch) {
        struct watch_batch *next = batch->next; /* done may be the end of the batch */
        batch->done(batch->self, (struct err){ &FAULT_UNAVAILABLE }, "the server is stopping");
        batch = next;
    }
    if (watch->thread) {
        thread_join(watch->thread);
        watch->thread = NULL;
    }
}

void watch_close(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    reader_close(watch->reader);
    inflate_close(watch->in);
    follow_close(watch->follow);
    findings_close(watch->findings);
    usage_close(watch->usage);
    judge_close(&watch->judge);
    judge_close(&watch->fresh);
    learned_close(&watch->learned);
    known_close(&watch->known);
    known_close(&watch->fresh_known);
    lock_free(watch->lock);
    memory_free(watch);
}
