/* journal_segment.c - bytes of the journal on disk: frames in segments, and the sorted keys beside each full one. */
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/random.h"
#include "store/journal_parts.h"

static const char INDEX_MAGIC[8] = "yagurak1";

struct index_head {
    char magic[8];
    uint32_t segment_size;
    uint32_t count;
};

static struct err io_failed(struct ctx *ctx, const char *verb, const char *what)
{
    return fail(ctx, &FAULT_IO, "cannot %s %s: %s", verb, what, io_reason(errno));
}

const char *segment_path(struct arena *arena, const struct journal *journal, uint32_t segment, const char *suffix)
{
    return str_format(arena, "%s/%08u.%s", journal->folder, (unsigned)segment, suffix).ptr;
}

struct err file_read(struct ctx *ctx, int file, uint64_t offset, void *out, size_t size, size_t *got)
{
    char *at = out;
    *got = 0;
    while (*got < size) {
        const ssize_t n = pread(file, at + *got, size - *got, (off_t)(offset + *got));
        if (n == 0) {
            return ERR_OK;
        }
        if (n < 0 && errno != EINTR) {
            return io_failed(ctx, "read", "the audit journal");
        }
        *got += n > 0 ? (size_t)n : 0;
    }
    return ERR_OK;
}

struct err file_write(struct ctx *ctx, int file, uint64_t offset, const void *bytes, size_t size)
{
    const char *at = bytes;
    for (size_t done = 0; done < size;) {
        const ssize_t n = pwrite(file, at + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno != EINTR) {
            return io_failed(ctx, "write", "the audit journal");
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return ERR_OK;
}

void journal_sync_folder(const struct journal *journal)
{
    const int fd = open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

struct err segment_create(struct ctx *ctx, const struct journal *journal, uint32_t segment, int *file)
{
    const char *path = segment_path(ctx->arena, journal, segment, "journal");
    *file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (*file < 0) {
        return io_failed(ctx, "make", path);
    }
    const struct err err = file_write(ctx, *file, 0, SEGMENT_MAGIC, SEGMENT_HEAD);
    if (err.fault || fdatasync(*file) != 0) {
        close(*file);
        *file = -1;
        return err.fault ? err : io_failed(ctx, "write", path);
    }
    journal_sync_folder(journal);
    return ERR_OK;
}

uint32_t frame_check(const struct frame *frame, const char *body)
{
    uint32_t check = libdeflate_crc32(0, &frame->batch, sizeof(frame->batch));
    check = libdeflate_crc32(check, &frame->key_count, sizeof(frame->key_count));
    return libdeflate_crc32(check, body, frame->size);
}

bool frame_is_sane(const struct frame *frame)
{
    return frame->size <= FRAME_SIZE_MAX && frame->key_count <= JOURNAL_KEYS_MAX
        && frame->size >= frame->key_count * sizeof(uint64_t);
}

struct err frame_read(struct ctx *ctx, int file, uint32_t offset, uint32_t end, struct frame *frame, struct str *body,
                      bool *whole)
{
    size_t got = 0;
    *whole = false;
    if (offset > end || end - offset < sizeof(*frame)) {
        return ERR_OK;
    }
    TRY(file_read(ctx, file, offset, frame, sizeof(*frame), &got));
    if (got != sizeof(*frame) || !frame_is_sane(frame) || frame->size > end - offset - sizeof(*frame)) {
        return ERR_OK;
    }
    char *bytes = arena_alloc_raw(ctx->arena, frame->size + 1);
    TRY(file_read(ctx, file, offset + sizeof(*frame), bytes, frame->size, &got));
    *whole = got == frame->size && frame_check(frame, bytes) == frame->check;
    *body = (struct str){ bytes, frame->size };
    return ERR_OK;
}

struct err frame_kill(struct ctx *ctx, const struct journal *journal, const journal_place *places, size_t count)
{
    static const uint8_t dead = 1;
    int file = -1;
    struct err err = ERR_OK;
    for (size_t i = 0; i < count && !err.fault; i++) {
        const bool same = i > 0 && place_segment(places[i]) == place_segment(places[i - 1]);
        if (!same) {
            if (file >= 0 && fdatasync(file) != 0) {
                err = io_failed(ctx, "write", "the audit journal");
            }
            if (file >= 0) {
                close(file);
            }
            const char *path = segment_path(ctx->arena, journal, place_segment(places[i]), "journal");
            file = open(path, O_RDWR | O_CLOEXEC);
            err = file < 0 ? io_failed(ctx, "open", path) : err;
        }
        if (!err.fault) {
            err = file_write(ctx, file, place_offset(places[i]) + offsetof(struct frame, dead), &dead, 1);
        }
    }
    if (file >= 0) {
        if (!err.fault && fdatasync(file) != 0) {
            err = io_failed(ctx, "write", "the audit journal");
        }
        close(file);
    }
    return err;
}

void keys_add(struct index *index, uint64_t key, uint64_t offset)
{
    if (index->count == index->capacity) {
        index->capacity = index->capacity ? index->capacity * 2 : 1024;
        index->items = memory_grow(index->items, index->capacity * sizeof(*index->items));
    }
    index->items[index->count++] = (struct index_item){ key, offset };
}

/* By key, in four passes of 16 bits; each keeps the order before it, so that offsets of one key stay in order. Comparing would
 * cost a good part of what a call may cost. */
static void sort_keys(struct index *index)
{
    enum { DIGITS = 1 << 16, PASSES = 4 };
    struct index_item *from = index->items;
    struct index_item *to = memory_new(index->count * sizeof(*to) + 1);
    uint32_t *starts = memory_new(DIGITS * sizeof(*starts));
    for (int pass = 0; pass < PASSES; pass++) {
        memset(starts, 0, DIGITS * sizeof(*starts));
        for (size_t i = 0; i < index->count; i++) {
            starts[from[i].key >> (16 * pass) & (DIGITS - 1)]++;
        }
        for (size_t digit = 0, sum = 0; digit < DIGITS; digit++) {
            const size_t here = starts[digit];
            starts[digit] = (uint32_t)sum;
            sum += here;
        }
        for (size_t i = 0; i < index->count; i++) {
            to[starts[from[i].key >> (16 * pass) & (DIGITS - 1)]++] = from[i];
        }
        struct index_item *swap = from;
        from = to;
        to = swap;
    }
    memory_free(starts);
    memory_free(to); /* the passes are even: the items are where they were */
}

static int by_key(const struct index_item *a, const struct index_item *b)
{
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

struct err keys_save(struct ctx *ctx, const struct journal *journal, uint32_t segment, uint32_t size, struct index *index)
{
    const char *path = segment_path(ctx->arena, journal, segment, "keys");
    const char *fresh = segment_path(ctx->arena, journal, segment, random_hex(ctx, 16).ptr); /* two may make it at once */
    struct index_head head = { .segment_size = size, .count = (uint32_t)index->count };
    memcpy(head.magic, INDEX_MAGIC, sizeof(head.magic));
    sort_keys(index);
    const int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return io_failed(ctx, "make", fresh);
    }
    struct err err = file_write(ctx, file, 0, &head, sizeof(head));
    if (!err.fault) {
        err = file_write(ctx, file, sizeof(head), index->items, index->count * sizeof(*index->items));
    }
    const bool synced = fdatasync(file) == 0;
    close(file);
    TRY(err);
    return synced && rename(fresh, path) == 0 ? ERR_OK : io_failed(ctx, "write", path);
}

/* From the segment's frames. */
static struct err keys_build(struct ctx *ctx, const struct journal *journal, uint32_t segment, int file, uint32_t size)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx inner = ctx_new(arena, ctx->now_ms);
    struct index index = { 0 };
    struct frame frame;
    struct str body = STR_NONE;
    bool whole = true;
    struct err err = ERR_OK;
    for (uint32_t at = SEGMENT_HEAD; whole && !err.fault; at += (uint32_t)sizeof(frame) + frame.size) {
        arena_reset(arena);
        err = frame_read(&inner, file, at, size, &frame, &body, &whole);
        for (size_t i = 0; whole && !err.fault && i < frame.key_count; i++) {
            uint64_t key = 0;
            memcpy(&key, body.ptr + i * sizeof(key), sizeof(key));
            keys_add(&index, key, at);
        }
    }
    if (!err.fault) {
        err = keys_save(&inner, journal, segment, size, &index);
    }
    memory_free(index.items);
    return err.fault ? fail(ctx, err.fault, "%s", inner.reason) : ERR_OK;
}

static struct err index_item_at(struct ctx *ctx, int file, size_t number, struct index_item *item)
{
    size_t got = 0;
    TRY(file_read(ctx, file, sizeof(struct index_head) + number * sizeof(*item), item, sizeof(*item), &got));
    return got == sizeof(*item) ? ERR_OK : fail(ctx, &FAULT_IO, "the audit journal's keys end early");
}

static struct err search(struct ctx *ctx, int file, size_t total, uint32_t segment, struct index_item below,
                         journal_place *places, size_t max, size_t *count)
{
    struct index_item item;
    size_t low = 0;
    for (size_t high = total; low < high;) { /* the first that is not below */
        const size_t middle = low + (high - low) / 2;
        TRY(index_item_at(ctx, file, middle, &item));
        if (by_key(&item, &below) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low > 0 && *count < max; low--) {
        TRY(index_item_at(ctx, file, low - 1, &item));
        if (item.key != below.key) {
            break;
        }
        places[(*count)++] = place_of(segment, (uint32_t)item.offset);
    }
    return ERR_OK;
}

static struct err find_in(struct ctx *ctx, struct journal *journal, uint32_t segment, int data, struct index_item below,
                          journal_place *places, size_t max, size_t *count)
{
    const off_t size = lseek(data, 0, SEEK_END);
    const char *path = segment_path(ctx->arena, journal, segment, "keys");
    for (int attempt = 0; attempt < 2; attempt++) {
        struct index_head head = { .count = 0 };
        size_t got = 0;
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file >= 0) {
            struct err err = file_read(ctx, file, 0, &head, sizeof(head), &got);
            const bool fits = got == sizeof(head) && memcmp(head.magic, INDEX_MAGIC, sizeof(head.magic)) == 0
                && head.segment_size == (uint32_t)size;
            if (!err.fault && fits) {
                err = search(ctx, file, head.count, segment, below, places, max, count);
            }
            close(file);
            if (err.fault || fits) {
                return err;
            }
        }
        TRY(keys_build(ctx, journal, segment, data, (uint32_t)size));
    }
    return fail(ctx, &FAULT_IO, "%s does not fit its segment", path);
}

struct err keys_find(struct ctx *ctx, struct journal *journal, uint32_t segment, uint64_t key, uint32_t before,
                      journal_place *places, size_t max, size_t *count)
{
    const char *path = segment_path(ctx->arena, journal, segment, "journal");
    const int data = open(path, O_RDONLY | O_CLOEXEC);
    if (data < 0) {
        return errno == ENOENT ? ERR_OK : io_failed(ctx, "open", path); /* trimmed meanwhile */
    }
    const struct err err = find_in(ctx, journal, segment, data, (struct index_item){ key, before }, places, max, count);
    close(data);
    return err;
}
