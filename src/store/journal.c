/* journal.c - appending, the one thread that writes and fsyncs, and batches under way. */
#include "store/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/checkpoint.h"
#include "store/journal_parts.h"

enum { BUFFER_KEPT = 4 << 20, ZEROS = 64 << 10, AHEAD_MAX = 1 << 20, PATIENCE_US = 2000, PACE_US = 20, PAUSE_MAX_US = 1000 };

static void bytes_add(struct bytes *bytes, const void *piece, size_t size)
{
    if (bytes->capacity - bytes->len < size) {
        while (bytes->capacity - bytes->len < size) {
            bytes->capacity = bytes->capacity ? bytes->capacity * 2 : 1 << 16;
        }
        bytes->ptr = memory_grow(bytes->ptr, bytes->capacity);
    }
    memcpy(bytes->ptr + bytes->len, piece, size);
    bytes->len += size;
}

static struct lane *lane_of(struct journal *journal, uint64_t batch)
{
    return batch ? &journal->lanes[batch & ((1U << LANE_BITS) - 1)] : NULL;
}

static void lane_note(struct lane *lane, journal_place place)
{
    if (lane->count == lane->capacity) {
        lane->capacity = lane->capacity ? lane->capacity * 2 : 64;
        lane->entries = memory_grow(lane->entries, lane->capacity * sizeof(*lane->entries));
    }
    lane->first = lane->count == 0 ? place : lane->first;
    lane->entries[lane->count++] = place;
}

/* Under the lock. */
static void append_one(struct journal *journal, uint64_t batch, const struct journal_entry *entry)
{
    struct frame frame = {
        .size = (uint32_t)(entry->key_count * sizeof(uint64_t) + entry->payload.len),
        .batch = batch,
        .key_count = (uint8_t)entry->key_count,
    };
    struct bytes *filling = &journal->filling;
    const size_t start = filling->len;
    const uint32_t offset = journal->filling_base + (uint32_t)start;
    bytes_add(filling, &frame, sizeof(frame));
    bytes_add(filling, entry->keys, entry->key_count * sizeof(uint64_t));
    bytes_add(filling, entry->payload.ptr, entry->payload.len);
    frame.check = frame_check(&frame, filling->ptr + start + sizeof(frame));
    memcpy(filling->ptr + start, &frame, sizeof(frame));
    for (size_t i = 0; i < entry->key_count; i++) {
        keys_add(&journal->index, entry->keys[i], offset);
    }
    struct lane *lane = lane_of(journal, batch);
    if (lane) {
        lane_note(lane, place_of(journal->filling_segment, offset));
    }
}

/* Under the lock. */
static void want(struct journal *journal)
{
    if (!journal->wanted && !journal->flushing) {
        lock_signal(journal->lock);
    }
    journal->wanted = true;
}

/* Under the lock. A thread with many slow calls at hand shall not keep those waiting that are done. */
static bool is_overdue(struct journal *journal)
{
    const int64_t now_us = clock_monotonic_us();
    if (journal->waits == NULL) {
        journal->since_us = now_us;
    }
    return now_us - journal->since_us > PATIENCE_US;
}

void journal_append(struct journal *journal, uint64_t batch, const struct journal_entry *entries, struct journal_wait *wait)
{
    lock_take(journal->lock);
    for (const struct journal_entry *entry = entries; entry; entry = entry->next) {
        append_one(journal, batch, entry);
    }
    if (wait) {
        if (!wait->patient || is_overdue(journal)) {
            want(journal);
        }
        wait->next = NULL;
        journal->waiting++;
        *journal->last_wait = wait;
        journal->last_wait = &wait->next;
    }
    lock_give(journal->lock);
}

void journal_flush(struct journal *journal)
{
    lock_take(journal->lock);
    if (journal->waits || journal->filling.len > 0) {
        want(journal);
    }
    lock_give(journal->lock);
}

/* What one flush takes along; made under the lock. */
struct flight {
    struct journal_wait *waits;
    size_t waiting;
    uint32_t segment, base;
    size_t index_count;
    bool rolls; /* the next one begins a new segment */
};

static struct flight take_off(struct journal *journal)
{
    const struct bytes empty = journal->writing;
    struct flight flight = {
        .waits = journal->waits,
        .waiting = journal->waiting,
        .segment = journal->filling_segment,
        .base = journal->filling_base,
        .index_count = journal->index.count,
    };
    journal->writing = journal->filling;
    journal->filling = empty;
    journal->filling.len = 0;
    journal->waits = NULL;
    journal->waiting = 0;
    journal->last_wait = &journal->waits;
    journal->filling_base += (uint32_t)journal->writing.len;
    flight.rolls = journal->filling_base >= JOURNAL_SEGMENT;
    if (flight.rolls) {
        journal->sealed = journal->index;
        journal->index = (struct index){ 0 };
        journal->filling_segment++;
        journal->filling_base = SEGMENT_HEAD;
    }
    journal->flushing = true;
    return flight;
}

/* A file that grows must have its size and blocks written down at each fsync: zeros, which are no frame, stand where the next
 * entries will. A disk that has no room for them is no reason to fail. */
static void stretch(struct journal *journal, uint32_t end)
{
    static const char zeros[ZEROS];
    const uint32_t ahead = end < ZEROS ? ZEROS : end < AHEAD_MAX ? end : AHEAD_MAX;
    const uint32_t goal = end + ahead < JOURNAL_SEGMENT ? end + ahead : JOURNAL_SEGMENT;
    if (end < journal->stretched) {
        return;
    }
    ssize_t written = 0;
    for (uint32_t at = end; at < goal && written >= 0; at += (uint32_t)written) {
        const size_t left = goal - at;
        written = pwrite(journal->file, zeros, left < ZEROS ? left : ZEROS, (off_t)at);
        journal->stretched = written > 0 ? at + (uint32_t)written : journal->stretched;
    }
}

static struct err write_flight(struct ctx *ctx, struct journal *journal, const struct flight *flight)
{
    if (journal->segment != flight->segment) {
        int file = -1;
        TRY(segment_create(ctx, journal, flight->segment, &file));
        close(journal->file);
        lock_take(journal->lock);
        journal->file = file;
        journal->segment = flight->segment;
        journal->durable = SEGMENT_HEAD;
        journal->index_durable = 0;
        journal->stretched = 0;
        lock_give(journal->lock);
    }
    const uint32_t end = flight->base + (uint32_t)journal->writing.len;
    TRY(file_write(ctx, journal->file, flight->base, journal->writing.ptr, journal->writing.len));
    stretch(journal, end);
    if (flight->rolls && ftruncate(journal->file, (off_t)end) != 0) {
        return fail(ctx, &FAULT_IO, "cannot write the audit journal: %s", io_reason(errno));
    }
    if (journal->writing.len > 0 && fdatasync(journal->file) != 0) {
        return fail(ctx, &FAULT_IO, "cannot write the audit journal: %s", io_reason(errno));
    }
    return ERR_OK;
}

/* Nothing after what is durable exists: what waits fails as well. Writing goes on in a new segment, since after a failed
 * fsync nobody knows what stands on the disk. Under the lock. */
static struct journal_wait *crash_land(struct journal *journal, struct flight *flight)
{
    struct journal_wait *more = journal->waits;
    if (flight->rolls) {
        memory_free(journal->index.items);
        journal->index = journal->sealed;
        journal->sealed = (struct index){ 0 };
    }
    journal->index.count = journal->index_durable;
    journal->filling.len = 0;
    journal->waits = NULL;
    journal->waiting = 0;
    journal->last_wait = &journal->waits;
    journal->filling_segment = journal->segment;
    journal->filling_base = journal->durable;
    if (ftruncate(journal->file, (off_t)journal->durable) == 0 && journal->durable > SEGMENT_HEAD) {
        journal->index.count = 0;
        journal->filling_segment = journal->segment + 1;
        journal->filling_base = SEGMENT_HEAD;
    }
    flight->rolls = false;
    journal->stretched = 0;
    journal->failures++;
    return more;
}

static void tell(struct journal_wait *wait, struct err err, const char *reason)
{
    while (wait) {
        struct journal_wait *next = wait->next; /* done may be the end of it */
        wait->done(wait->self, err, reason);
        wait = next;
    }
}

static void flush(struct ctx *ctx, struct journal *journal, struct flight flight)
{
    struct journal_wait *more = NULL;
    struct index sealed = { 0 };
    const struct err err = write_flight(ctx, journal, &flight);
    const uint32_t size = flight.base + (uint32_t)journal->writing.len;
    lock_take(journal->lock);
    if (err.fault) {
        more = crash_land(journal, &flight);
    } else {
        journal->durable = size;
        journal->index_durable = flight.rolls ? 0 : flight.index_count;
    }
    if (flight.rolls) {
        sealed = journal->sealed;
        journal->sealed = (struct index){ 0 };
    }
    journal->flushing = false;
    lock_give(journal->lock);
    journal_tell_readers(journal);
    tell(flight.waits, err, ctx->reason);
    tell(more, err, ctx->reason);
    if (flight.rolls && keys_save(ctx, journal, flight.segment, size, &sealed).fault) {
        ctx->reason[0] = '\0'; /* it is made again when it is asked for */
    }
    memory_free(sealed.items);
    if (journal->writing.capacity > BUFFER_KEPT) { /* after a burst; only this thread has it now */
        memory_free(journal->writing.ptr);
        journal->writing = (struct bytes){ NULL, 0, 0 };
    }
}

/* Under load the next flush waits until as many may have come again: each fsync costs what several calls cost. */
static void pause_after(size_t waiting, int64_t started_us)
{
    const int64_t pause_us = waiting * PACE_US < PAUSE_MAX_US ? (int64_t)waiting * PACE_US : PAUSE_MAX_US;
    const int64_t left_us = started_us + pause_us - clock_monotonic_us();
    if (left_us > 0) {
        clock_sleep_us(left_us);
    }
}

static void work(void *argument)
{
    struct journal *journal = argument;
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    for (;;) {
        struct ctx ctx = ctx_new(arena, clock_now_ms());
        lock_take(journal->lock);
        while (!journal->wanted && !journal->closing) {
            lock_wait(journal->lock, -1);
        }
        journal->wanted = false;
        if (journal->filling.len == 0 && journal->waits == NULL) {
            const bool closing = journal->closing;
            lock_give(journal->lock);
            if (closing) {
                return;
            }
            continue;
        }
        const struct flight flight = take_off(journal);
        lock_give(journal->lock);
        const int64_t started_us = clock_monotonic_us();
        flush(&ctx, journal, flight);
        pause_after(flight.waiting, started_us);
        arena_reset(arena);
    }
}

struct err journal_open(struct ctx *ctx, struct str folder, struct store *store, struct journal **out)
{
    struct journal *journal = memory_new(sizeof(*journal));
    char *path = memory_new(folder.len + 1);
    memcpy(path, folder.ptr, folder.len);
    journal->folder = path;
    journal->file = -1;
    journal->lock = lock_open();
    journal->tail = lock_open();
    journal->last_wait = &journal->waits;
    const struct err err = journal_recover(ctx, journal, store);
    if (err.fault) {
        journal_close(journal);
        return err;
    }
    journal->thread = thread_start("journal", work, journal);
    *out = journal;
    return ERR_OK;
}

static bool is_settled(const struct journal *journal)
{
    bool settled = true;
    for (size_t i = 0; i < JOURNAL_LANES; i++) {
        settled = settled && journal->lanes[i].count == 0;
    }
    return settled;
}

static void mark_clean(const struct journal *journal)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    const int file = open(str_format(arena, "%s/clean", journal->folder).ptr, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) {
        close(file);
    }
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->thread) {
        lock_take(journal->lock);
        journal->closing = true;
        lock_signal(journal->lock);
        lock_give(journal->lock);
        thread_join(journal->thread);
        if (is_settled(journal)) {
            mark_clean(journal);
        }
    }
    if (journal->file >= 0) {
        if (ftruncate(journal->file, (off_t)journal->durable) != 0) {
            log_warn(NULL, "the audit journal keeps the room that it took ahead", LOG_STR("reason", str_of(strerror(errno))));
        }
        close(journal->file);
    }
    for (size_t i = 0; i < JOURNAL_LANES; i++) {
        memory_free(journal->lanes[i].entries);
    }
    memory_free(journal->index.items);
    memory_free(journal->sealed.items);
    memory_free(journal->filling.ptr);
    memory_free(journal->writing.ptr);
    lock_free(journal->lock);
    lock_free(journal->tail);
    char *path = NULL;
    memcpy(&path, &journal->folder, sizeof(path));
    memory_free(path);
    memory_free(journal);
}

uint64_t journal_begin(struct journal *journal, unsigned lane)
{
    lock_take(journal->lock);
    const uint64_t batch = ++journal->counter << LANE_BITS | lane;
    journal->lanes[lane].batch = batch;
    journal->lanes[lane].count = 0;
    journal->lanes[lane].first = 0;
    journal->lanes[lane].failures = journal->failures;
    lock_give(journal->lock);
    return batch;
}

static struct str mark_name(struct arena *arena, const struct journal *journal, uint64_t batch)
{
    return str_format(arena, "journal:%s:%u", journal->id, (unsigned)(batch & ((1U << LANE_BITS) - 1)));
}

struct err journal_mark(struct ctx *ctx, struct store_conn *db, struct journal *journal, uint64_t batch)
{
    return store_checkpoint_write(ctx, db, mark_name(ctx->arena, journal, batch),
                                  str_format(ctx->arena, "%lld", (long long)batch));
}

struct sync_wait {
    struct journal_wait wait;
    struct ctx *ctx;
    struct lock *lock;
    struct err result;
    bool finished;
};

static void sync_done(void *self, struct err result, const char *reason)
{
    struct sync_wait *sync = self;
    lock_take(sync->lock);
    sync->result = result;
    sync->finished = true;
    if (result.fault) {
        snprintf(sync->ctx->reason, sizeof(sync->ctx->reason), "%s", reason);
    }
    lock_signal(sync->lock);
    lock_give(sync->lock);
}

struct err journal_sync(struct ctx *ctx, struct journal *journal, uint64_t batch)
{
    struct sync_wait sync = { .ctx = ctx, .lock = lock_open() };
    sync.wait = (struct journal_wait){ .done = sync_done, .self = &sync };
    journal_append(journal, 0, NULL, &sync.wait);
    lock_take(sync.lock);
    while (!sync.finished) {
        lock_wait(sync.lock, -1);
    }
    lock_give(sync.lock);
    lock_free(sync.lock);
    TRY(sync.result);
    lock_take(journal->lock);
    const bool lost = batch && lane_of(journal, batch)->failures != journal->failures;
    lock_give(journal->lock);
    return lost ? fail(ctx, &FAULT_IO, "the audit journal could not be written") : ERR_OK;
}

/* Whether the store knows the batch. */
static struct err ask(struct ctx *ctx, struct store_conn *db, const struct journal *journal, uint64_t batch, bool *known)
{
    struct str value = STR_NONE;
    int64_t mark = 0;
    TRY(store_begin(ctx, db, STORE_READ));
    const struct err err = store_checkpoint_read(ctx, db, mark_name(ctx->arena, journal, batch), &value);
    store_rollback(db);
    TRY(err);
    *known = value.ptr && str_to_int(value, &mark) && (uint64_t)mark == batch;
    return ERR_OK;
}

/* Only the lane's own thread changes its entries, and no more of them come now. Those that never became durable are gone. */
static struct err drop(struct ctx *ctx, struct journal *journal, const struct lane *lane)
{
    lock_take(journal->lock);
    const journal_place end = place_of(journal->segment, journal->durable);
    lock_give(journal->lock);
    size_t count = 0;
    while (count < lane->count && lane->entries[count] < end) {
        count++;
    }
    return frame_kill(ctx, journal, lane->entries, count);
}

struct err journal_settle(struct ctx *ctx, struct store_conn *db, struct journal *journal, uint64_t batch, bool committed)
{
    struct lane *lane = lane_of(journal, batch);
    bool kept = committed;
    if (!committed && lane->count > 0) {
        if (journal_sync(ctx, journal, 0).fault) {
            ctx->reason[0] = '\0'; /* either way nothing of the batch is on its way any more */
        }
        TRY(ask(ctx, db, journal, batch, &kept));
    }
    if (!kept && lane->count > 0) {
        TRY(drop(ctx, journal, lane));
    }
    lock_take(journal->lock);
    *lane = (struct lane){ .entries = lane->entries, .capacity = lane->capacity };
    lock_give(journal->lock);
    journal_tell_readers(journal);
    return ERR_OK;
}
