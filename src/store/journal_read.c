/* journal_read.c - reading the journal: from a place on, by key, and waiting for more. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/journal_parts.h"

/* Under the lock: where the first entry stands that isn't durable or whose batch is under way. */
static journal_place settled(const struct journal *journal)
{
    journal_place end = place_of(journal->segment, journal->durable);
    for (size_t i = 0; i < JOURNAL_LANES; i++) {
        const struct lane *lane = &journal->lanes[i];
        end = lane->count > 0 && lane->first < end ? lane->first : end;
    }
    return end;
}

journal_place journal_end(struct journal *journal)
{
    lock_take(journal->lock);
    const journal_place end = settled(journal);
    lock_give(journal->lock);
    return end;
}

bool journal_wait_beyond(struct journal *journal, journal_place place, int64_t wait_ms)
{
    lock_take(journal->tail);
    if (!journal->woken && journal_end(journal) <= place) {
        lock_wait(journal->tail, wait_ms);
    }
    lock_give(journal->tail);
    return journal_end(journal) > place;
}

void journal_wake(struct journal *journal)
{
    lock_take(journal->tail);
    journal->woken = true;
    lock_signal(journal->tail);
    lock_give(journal->tail);
}

void journal_tell_readers(struct journal *journal)
{
    lock_take(journal->tail);
    lock_signal(journal->tail);
    lock_give(journal->tail);
}

static struct err open_segment(struct ctx *ctx, const struct journal *journal, uint32_t segment, int *file)
{
    const char *path = segment_path(ctx->arena, journal, segment, "journal");
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file >= 0 || errno == ENOENT) {
        return ERR_OK;
    }
    return fail(ctx, &FAULT_IO, "cannot open %s: %s", path, strerror(errno));
}

static void take(const struct frame *frame, struct str body, journal_place at, struct journal_found *entry)
{
    const size_t keys = frame->key_count * sizeof(uint64_t);
    *entry = (struct journal_found){ str_from(body, keys), at, at + sizeof(*frame) + frame->size };
}

struct batch_read {
    struct journal_found *entries;
    size_t max, bytes_max, count, bytes;
};

/* A piece of a segment, in the arena: many frames a call to the system. */
enum { BLOCK = 256 * 1024 };

struct block {
    int file;
    uint32_t end;   /* of what may be read */
    uint32_t start;
    struct str bytes;
};

/* size bytes at an offset; absent where they don't all stand. */
static struct err block_get(struct ctx *ctx, struct block *block, uint32_t at, size_t size, struct str *out)
{
    *out = STR_NONE;
    if (at > block->end || size > block->end - at) {
        return ERR_OK;
    }
    if (at < block->start || at - block->start + size > block->bytes.len) {
        const size_t left = block->end - at;
        const size_t most = size > BLOCK ? size : BLOCK;
        const size_t wanted = left < most ? left : most;
        char *bytes = arena_alloc_raw(ctx->arena, wanted + 1);
        size_t got = 0;
        TRY(file_read(ctx, block->file, at, bytes, wanted, &got));
        block->start = at;
        block->bytes = (struct str){ bytes, got };
    }
    if (at - block->start + size <= block->bytes.len) {
        *out = (struct str){ block->bytes.ptr + (at - block->start), size };
    }
    return ERR_OK;
}

static struct err next_frame(struct ctx *ctx, struct block *block, uint32_t at, struct frame *frame, struct str *body,
                             bool *whole)
{
    struct str head = STR_NONE;
    *whole = false;
    TRY(block_get(ctx, block, at, sizeof(*frame), &head));
    if (head.ptr == NULL) {
        return ERR_OK;
    }
    memcpy(frame, head.ptr, sizeof(*frame));
    if (!frame_is_sane(frame)) {
        return ERR_OK;
    }
    TRY(block_get(ctx, block, at + (uint32_t)sizeof(*frame), frame->size, body));
    *whole = body->ptr && frame_check(frame, body->ptr) == frame->check;
    return ERR_OK;
}

/* Within one segment up to `end`; *at moves on. */
static struct err read_segment(struct ctx *ctx, int file, uint32_t segment, uint32_t end, uint32_t *at,
                               struct batch_read *batch, bool *full)
{
    struct block block = { .file = file, .end = end };
    struct frame frame;
    struct str body = STR_NONE;
    bool whole = true;
    for (;;) {
        *full = batch->count == batch->max || batch->bytes >= batch->bytes_max;
        if (*full) {
            return ERR_OK;
        }
        TRY(next_frame(ctx, &block, *at, &frame, &body, &whole));
        if (!whole) {
            return ERR_OK;
        }
        if (!frame.dead) {
            take(&frame, body, place_of(segment, *at), &batch->entries[batch->count++]);
            batch->bytes += body.len;
        }
        *at += (uint32_t)sizeof(frame) + frame.size;
    }
}

struct err journal_read(struct ctx *ctx, struct journal *journal, journal_place from, struct journal_found *entries,
                        size_t max, size_t bytes_max, size_t *count, journal_place *next)
{
    lock_take(journal->lock);
    const journal_place end = settled(journal);
    const uint32_t oldest = journal->oldest;
    lock_give(journal->lock);
    struct batch_read batch = { .entries = entries, .max = max, .bytes_max = bytes_max };
    uint32_t segment = place_segment(from);
    uint32_t at = place_offset(from);
    if (segment < oldest) {
        segment = oldest;
        at = SEGMENT_HEAD;
    }
    at = at < SEGMENT_HEAD ? SEGMENT_HEAD : at;
    bool full = false;
    while (!full && place_of(segment, at) < end) {
        int file = -1;
        TRY(open_segment(ctx, journal, segment, &file));
        const bool last = segment == place_segment(end);
        struct err err = ERR_OK;
        if (file >= 0) {
            err = read_segment(ctx, file, segment, last ? place_offset(end) : UINT32_MAX, &at, &batch, &full);
            close(file);
        }
        TRY(err);
        if (full || last) {
            break;
        }
        segment++;
        at = SEGMENT_HEAD;
    }
    *count = batch.count;
    *next = place_of(segment, at);
    return ERR_OK;
}

/* Under the lock. */
static void find_newest(const struct journal *journal, uint64_t key, journal_place before, journal_place *places, size_t max,
                        size_t *count)
{
    for (size_t i = journal->index.count; i > 0 && *count < max; i--) {
        const struct index_item *item = &journal->index.items[i - 1];
        const journal_place place = place_of(journal->filling_segment, (uint32_t)item->offset);
        const bool twice = *count > 0 && places[*count - 1] == place;
        if (item->key == key && place < before && !twice) {
            places[(*count)++] = place;
        }
    }
}

struct err journal_find(struct ctx *ctx, struct journal *journal, uint64_t key, journal_place before, journal_place *places,
                        size_t max, size_t *count)
{
    *count = 0;
    lock_take(journal->lock);
    const journal_place end = settled(journal);
    before = before == 0 || before > end ? end : before;
    const uint32_t newest = journal->filling_segment;
    const uint32_t oldest = journal->oldest;
    if (place_segment(before) == newest) {
        find_newest(journal, key, before, places, max, count);
    }
    lock_give(journal->lock);
    for (uint32_t segment = place_segment(before); segment >= oldest && segment > 0 && *count < max; segment--) {
        if (segment < newest) {
            const uint32_t below = segment == place_segment(before) ? place_offset(before) : UINT32_MAX;
            TRY(keys_find(ctx, journal, segment, key, below, places, max, count));
        }
    }
    return ERR_OK;
}

struct err journal_get(struct ctx *ctx, struct journal *journal, journal_place at, struct journal_found *entry)
{
    struct frame frame;
    struct str body = STR_NONE;
    bool whole = false;
    int file = -1;
    TRY(open_segment(ctx, journal, place_segment(at), &file));
    if (file >= 0) {
        const struct err err = frame_read(ctx, file, place_offset(at), UINT32_MAX, &frame, &body, &whole);
        close(file);
        TRY(err);
    }
    if (!whole || frame.dead) {
        return fail(ctx, &FAULT_MISSING, "the entry is no longer there");
    }
    take(&frame, body, at, entry);
    return ERR_OK;
}

struct err journal_trim(struct ctx *ctx, struct journal *journal, journal_place before, int64_t written_before_ms)
{
    for (;;) {
        lock_take(journal->lock);
        const uint32_t segment = journal->oldest;
        const bool whole = segment < journal->segment && segment < place_segment(before);
        lock_give(journal->lock);
        struct stat status;
        const char *path = segment_path(ctx->arena, journal, segment, "journal");
        if (!whole) {
            return ERR_OK;
        }
        if (stat(path, &status) == 0) {
            if ((int64_t)status.st_mtime * 1000 >= written_before_ms) {
                return ERR_OK;
            }
            if (unlink(path) != 0) {
                return fail(ctx, &FAULT_IO, "cannot remove %s: %s", path, strerror(errno));
            }
        }
        unlink(segment_path(ctx->arena, journal, segment, "keys"));
        lock_take(journal->lock);
        journal->oldest = segment + 1;
        lock_give(journal->lock);
    }
}
