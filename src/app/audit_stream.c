#include "app/audit_stream.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/scan.h"
#include "store/checkpoint.h"
#include "svc/guardduty/guardduty.h"

/* Calls are gathered for a moment: each look costs a transaction, whose fsync would be in the way of theirs. */
enum { ENTRIES = 4096, BYTES = 8 << 20, WAIT_MS = 60000, GATHER_MS = 150, TROUBLE_MS = 1000, PAIRS = 32, SUBMIT_AGAIN_MS = 50 };
#define CHECKPOINT STR("audit")

struct audit_stream {
    struct audit_stream_options options;
    struct store_conn *db;
    struct projection *projection; /* of what tells whose an entry is */
    uint16_t account, region, category;
    struct scan *scan;
    struct thread *thread;
    struct lock *lock;     /* of all below */
    bool stopping;
    struct watch *own;
    journal_place place;   /* read up to here */
    journal_place stored;  /* and noted */
    bool answered;
    struct err result;
};

static bool is_stopping(struct audit_stream *stream)
{
    lock_take(stream->lock);
    const bool stopping = stream->stopping;
    lock_give(stream->lock);
    return stopping;
}

static void rest(struct audit_stream *stream, int64_t ms)
{
    lock_take(stream->lock);
    if (!stream->stopping) {
        lock_wait(stream->lock, ms);
    }
    lock_give(stream->lock);
}

/* Where a batch ends, stored with what it found. */
struct piece {
    struct audit_stream *stream;
    journal_place next;
};

static struct err write_place(struct ctx *ctx, struct store_conn *db, journal_place place)
{
    return store_checkpoint_write(ctx, db, CHECKPOINT, str_format(ctx->arena, "%llu", (unsigned long long)place));
}

static struct err mark(void *self, struct ctx *ctx, struct store_conn *db)
{
    const struct piece *piece = self;
    return write_place(ctx, db, piece->next);
}

static void done(void *self, struct err result, const char *reason)
{
    struct audit_stream *stream = ((struct piece *)self)->stream;
    (void)reason;
    lock_take(stream->lock);
    stream->result = result;
    stream->answered = true;
    lock_signal(stream->lock);
    lock_give(stream->lock);
}

/* Which accounts and Regions are watched, asked once a batch. */
struct watched {
    struct str account, region;
    bool yes;
};

static struct err is_watched(struct ctx *ctx, struct audit_stream *stream, struct watched *known, size_t *count,
                             struct str payload, struct str *owner, bool *out)
{
    size_t used = 0;
    *owner = STR_NONE;
    *out = false;
    if (!scan_document(stream->scan, payload, &used)) {
        return ERR_OK;
    }
    const struct str account = scan_text(ctx->arena, scan_get(stream->scan, stream->account));
    const struct str region = scan_text(ctx->arena, scan_get(stream->scan, stream->region));
    const struct str category = scan_text(ctx->arena, scan_get(stream->scan, stream->category));
    *owner = account;
    if (!str_equal(category, STR("Management")) && !str_equal(category, STR("Data"))) {
        return ERR_OK; /* Insights, and what others tell by PutAuditEvents, are no calls */
    }
    for (size_t i = 0; i < *count; i++) {
        if (str_equal(known[i].account, account) && str_equal(known[i].region, region)) {
            *out = known[i].yes;
            return ERR_OK;
        }
    }
    if (account.ptr == NULL || region.ptr == NULL) {
        return ERR_OK;
    }
    TRY(guardduty_watches(ctx, stream->db, account, region, out));
    if (*count < PAIRS) {
        known[(*count)++] = (struct watched){ account, region, *out };
    }
    return ERR_OK;
}

/* Records of one account that are judged together, up to the first of another. */
struct run {
    struct str records; /* {"Records": [...]} of those that somebody watches; absent: none */
    struct str owner;
    size_t used;        /* entries looked at */
};

static struct err choose(struct ctx *ctx, struct audit_stream *stream, const struct journal_found *entries, size_t count,
                         struct run *out)
{
    struct watched known[PAIRS];
    size_t pairs = 0;
    struct text text = text_new(ctx->arena);
    *out = (struct run){ .used = count };
    TRY(store_begin(ctx, stream->db, STORE_READ));
    struct err err = ERR_OK;
    for (size_t i = 0; i < count && !err.fault; i++) {
        bool watched = false;
        struct str owner = STR_NONE;
        err = is_watched(ctx, stream, known, &pairs, entries[i].payload, &owner, &watched);
        if (watched && text.len > 0 && !str_equal(owner, out->owner)) {
            out->used = i;
            break;
        }
        if (watched) {
            out->owner = owner;
            text_add(&text, text.len ? STR(",") : STR("{\"Records\":["));
            text_add(&text, entries[i].payload);
        }
    }
    store_rollback(stream->db);
    TRY(err);
    if (text.len > 0) {
        text_add(&text, STR("]}"));
        out->records = text_str(&text);
    }
    return ERR_OK;
}

static struct err need_watch(struct ctx *ctx, struct audit_stream *stream, struct watch **out)
{
    *out = stream->options.watch ? stream->options.watch : stream->own;
    if (*out) {
        return ERR_OK;
    }
    struct watch *watch = NULL;
    TRY(stream->options.open(stream->options.self, ctx, &watch));
    lock_take(stream->lock);
    stream->own = watch;
    const bool stopping = stream->stopping;
    lock_give(stream->lock);
    if (stopping) {
        return fail(ctx, &FAULT_UNAVAILABLE, "the server is stopping");
    }
    watch_start(watch);
    *out = watch;
    return ERR_OK;
}

static struct err judge(struct ctx *ctx, struct audit_stream *stream, const struct run *run, journal_place next)
{
    struct watch *watch = NULL;
    struct watch_item item = { .name = STR("audit journal"), .file = -1, .text = run->records };
    struct piece piece = { stream, next };
    struct watch_batch batch = { .items = &item, .count = 1, .owner = run->owner, .mark = mark, .done = done, .self = &piece };
    TRY(need_watch(ctx, stream, &watch));
    stream->answered = false;
    while (!watch_submit(watch, &batch)) {
        if (is_stopping(stream)) {
            return fail(ctx, &FAULT_UNAVAILABLE, "the server is stopping");
        }
        rest(stream, SUBMIT_AGAIN_MS);
    }
    lock_take(stream->lock);
    while (!stream->answered) {
        lock_wait(stream->lock, -1);
    }
    lock_give(stream->lock);
    return stream->result;
}

static void settle(struct audit_stream *stream, journal_place place, bool stored)
{
    lock_take(stream->lock);
    stream->place = place;
    stream->stored = stored ? place : stream->stored;
    lock_give(stream->lock);
}

static struct err note_run(void *argument, struct store_conn *db)
{
    struct audit_stream *stream = argument;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    return write_place(&ctx, db, stream->place);
}

/* What nobody watched is noted as read now and then. */
static void note(struct ctx *ctx, struct audit_stream *stream)
{
    if (stream->place != stream->stored
        && !store_writer_wait(ctx, stream->options.writer, note_run, stream).fault) {
        settle(stream, stream->place, true);
    }
}

static struct err step(struct ctx *ctx, struct audit_stream *stream, bool *full)
{
    struct journal_found *entries = ARENA_ARRAY(ctx->arena, struct journal_found, ENTRIES);
    journal_place next = stream->place;
    size_t count = 0;
    TRY(journal_read(ctx, stream->options.journal, stream->place, entries, ENTRIES, BYTES, &count, &next));
    *full = count == ENTRIES;
    for (size_t done = 0; done < count && !is_stopping(stream);) {
        struct run run = { .used = 0 };
        TRY(choose(ctx, stream, entries + done, count - done, &run));
        done += run.used;
        const journal_place reached = done == count ? next : entries[done - 1].after;
        if (run.records.ptr) {
            TRY(judge(ctx, stream, &run, reached));
        }
        settle(stream, reached, run.records.ptr != NULL);
    }
    if (count == 0) {
        settle(stream, next, false);
    }
    return ERR_OK;
}

static void run(void *argument)
{
    struct audit_stream *stream = argument;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    int64_t noted_us = clock_monotonic_us();
    bool full = false;
    while (!is_stopping(stream)) {
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        const bool more = journal_wait_beyond(stream->options.journal, stream->place, WAIT_MS);
        if (more && !full) {
            rest(stream, GATHER_MS);
        }
        if (more && !is_stopping(stream) && step(&ctx, stream, &full).fault && !is_stopping(stream)) {
            log_error(&ctx, "calls of this server are not judged yet", LOG_STR("reason", str_of(ctx.reason)));
            rest(stream, TROUBLE_MS);
        }
        if (clock_monotonic_us() - noted_us > (int64_t)WAIT_MS * 1000) {
            note(&ctx, stream);
            noted_us = clock_monotonic_us();
        }
        arena_reset(arena);
    }
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    note(&ctx, stream);
}

/* A journal that nobody has read from begins at its end. */
static struct err read_place(struct ctx *ctx, struct audit_stream *stream)
{
    struct str value = STR_NONE;
    int64_t place = 0;
    TRY(store_checkpoint_read(ctx, stream->db, CHECKPOINT, &value));
    /* Beyond the end: a journal that is no more, of data put back from a backup without it. */
    const bool known = value.ptr && str_to_int(value, &place) && (journal_place)place <= journal_end(stream->options.journal);
    stream->place = known ? (journal_place)place : journal_end(stream->options.journal);
    stream->stored = known ? stream->place : 0;
    return ERR_OK;
}

struct err audit_stream_open(struct ctx *ctx, const struct audit_stream_options *options, struct audit_stream **out)
{
    struct store_conn *db = NULL;
    TRY(store_connect(ctx, options->store, &db));
    struct audit_stream *stream = memory_new(sizeof(*stream));
    stream->options = *options;
    stream->db = db;
    stream->lock = lock_open();
    struct projection_builder *paths = projection_begin();
    stream->account = projection_slot(paths, STR("recipientAccountId"));
    stream->region = projection_slot(paths, STR("awsRegion"));
    stream->category = projection_slot(paths, STR("eventCategory"));
    stream->projection = projection_end(paths);
    stream->scan = scan_open(stream->projection);
    *out = stream;
    return read_place(ctx, stream);
}

void audit_stream_start(struct audit_stream *stream)
{
    stream->thread = thread_start("audit", run, stream);
}

void audit_stream_stop(struct audit_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    lock_take(stream->lock);
    stream->stopping = true;
    struct watch *own = stream->own;
    lock_signal(stream->lock);
    lock_give(stream->lock);
    journal_wake(stream->options.journal);
    watch_stop(own);
}

void audit_stream_close(struct audit_stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->thread) {
        thread_join(stream->thread);
    }
    watch_close(stream->own);
    store_disconnect(stream->db);
    scan_close(stream->scan);
    projection_free(stream->projection);
    lock_free(stream->lock);
    memory_free(stream);
}

journal_place audit_stream_place(struct audit_stream *stream)
{
    lock_take(stream->lock);
    const journal_place place = stream->stored;
    lock_give(stream->lock);
    return place;
}
