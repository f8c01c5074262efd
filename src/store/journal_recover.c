/* journal_recover.c - opening a journal: what a crash left behind, and which batches the store knows. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/random.h"
#include "store/checkpoint.h"
#include "store/journal_parts.h"

enum { CONTINUE_BELOW = 1 << 20 }; /* a shorter segment is gone on with */

static struct err io_failed(struct ctx *ctx, const char *verb, const char *what)
{
    return fail(ctx, &FAULT_IO, "cannot %s %s: %s", verb, what, io_reason(errno));
}

static struct err read_id(struct ctx *ctx, struct journal *journal)
{
    const char *path = str_format(ctx->arena, "%s/id", journal->folder).ptr;
    size_t got = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        const struct err err = file_read(ctx, file, 0, journal->id, 32, &got);
        close(file);
        TRY(err);
        return got == 32 ? ERR_OK : fail(ctx, &FAULT_IO, "%s is damaged", path);
    }
    const char *fresh = str_format(ctx->arena, "%s.new", path).ptr;
    file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return io_failed(ctx, "make", fresh);
    }
    snprintf(journal->id, sizeof(journal->id), "%s", random_hex(ctx, 32).ptr);
    const struct err err = file_write(ctx, file, 0, journal->id, 32);
    const bool synced = fsync(file) == 0;
    close(file);
    TRY(err);
    return synced && rename(fresh, path) == 0 ? ERR_OK : io_failed(ctx, "write", path);
}

static struct err list_segments(struct ctx *ctx, struct journal *journal, uint32_t *newest)
{
    DIR *folder = opendir(journal->folder);
    if (folder == NULL) {
        return io_failed(ctx, "open", journal->folder);
    }
    for (const struct dirent *entry = NULL; (entry = readdir(folder));) {
        int64_t number = 0;
        const struct str name = str_of(entry->d_name);
        if (name.len == 16 && str_ends(name, STR(".journal")) && str_to_int(str_slice(name, 0, 8), &number) && number > 0) {
            const uint32_t segment = (uint32_t)number;
            *newest = segment > *newest ? segment : *newest;
            journal->oldest = journal->oldest == 0 || segment < journal->oldest ? segment : journal->oldest;
        }
    }
    closedir(folder);
    return ERR_OK;
}

static struct err read_marks(struct ctx *ctx, struct journal *journal, struct store_conn *db, uint64_t *marks)
{
    for (unsigned lane = 0; lane < JOURNAL_LANES; lane++) {
        struct str value = STR_NONE;
        int64_t mark = 0;
        TRY(store_checkpoint_read(ctx, db, str_format(ctx->arena, "journal:%s:%u", journal->id, lane), &value));
        if (value.ptr && !str_to_int(value, &mark)) {
            return fail(ctx, &FAULT_IO, "the store's mark of the audit journal is damaged");
        }
        marks[lane] = (uint64_t)mark;
        const uint64_t counter = (uint64_t)mark >> LANE_BITS;
        journal->counter = counter > journal->counter ? counter : journal->counter;
    }
    return ERR_OK;
}

/* The end of what is whole; entries whose batch the store doesn't know are marked dead. index may be NULL. */
static struct err scan(struct ctx *ctx, struct journal *journal, uint32_t segment, const uint64_t *marks,
                       struct index *index, uint32_t *end)
{
    const char *path = segment_path(ctx->arena, journal, segment, "journal");
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? ERR_OK : io_failed(ctx, "open", path);
    }
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx inner = ctx_new(arena, ctx->now_ms);
    const off_t size = lseek(file, 0, SEEK_END);
    struct frame frame;
    struct str body = STR_NONE;
    bool whole = true;
    struct err err = ERR_OK;
    *end = SEGMENT_HEAD;
    while (!err.fault) {
        arena_reset(arena);
        err = frame_read(&inner, file, *end, (uint32_t)size, &frame, &body, &whole);
        if (err.fault || !whole) {
            break;
        }
        const uint64_t lane = frame.batch & ((1U << LANE_BITS) - 1);
        if (frame.batch && !frame.dead && (lane >= JOURNAL_LANES || frame.batch > marks[lane])) {
            const journal_place place = place_of(segment, *end);
            err = frame_kill(&inner, journal, &place, 1);
        }
        for (size_t i = 0; index && i < frame.key_count; i++) {
            uint64_t key = 0;
            memcpy(&key, body.ptr + i * sizeof(key), sizeof(key));
            keys_add(index, key, *end);
        }
        *end += (uint32_t)sizeof(frame) + frame.size;
    }
    close(file);
    return err.fault ? fail(ctx, err.fault, "%s", inner.reason) : ERR_OK;
}

/* Goes on in the newest segment when little stands in it. */
static struct err resume(struct ctx *ctx, struct journal *journal, uint32_t newest, uint32_t end)
{
    if (newest == 0 || end >= CONTINUE_BELOW) {
        memory_free(journal->index.items);
        journal->index = (struct index){ 0 };
        journal->segment = newest + 1;
        journal->durable = SEGMENT_HEAD;
        journal->oldest = journal->oldest ? journal->oldest : journal->segment;
        return segment_create(ctx, journal, journal->segment, &journal->file);
    }
    const char *path = segment_path(ctx->arena, journal, newest, "journal");
    journal->segment = newest;
    journal->durable = end;
    journal->file = open(path, O_RDWR | O_CLOEXEC);
    if (journal->file < 0 || ftruncate(journal->file, (off_t)end) != 0
        || pwrite(journal->file, SEGMENT_MAGIC, SEGMENT_HEAD, 0) != SEGMENT_HEAD || fdatasync(journal->file) != 0) {
        return io_failed(ctx, "write", path);
    }
    return ERR_OK;
}

struct err journal_recover(struct ctx *ctx, struct journal *journal, struct store *store)
{
    struct store_conn *db = NULL;
    uint64_t marks[JOURNAL_LANES] = { 0 };
    uint32_t newest = 0;
    uint32_t end = 0;
    if (mkdir(journal->folder, 0700) != 0 && errno != EEXIST) {
        return io_failed(ctx, "make", journal->folder);
    }
    TRY(read_id(ctx, journal));
    const bool clean = unlink(str_format(ctx->arena, "%s/clean", journal->folder).ptr) == 0;
    journal_sync_folder(journal);
    TRY(list_segments(ctx, journal, &newest));
    TRY(store_connect(ctx, store, &db));
    const struct err err = read_marks(ctx, journal, db, marks);
    store_disconnect(db);
    TRY(err);
    if (newest > 1 && !clean) { /* a batch may have begun before the newest one */
        TRY(scan(ctx, journal, newest - 1, marks, NULL, &end));
    }
    if (newest > 0) {
        TRY(scan(ctx, journal, newest, marks, &journal->index, &end));
    }
    TRY(resume(ctx, journal, newest, end));
    journal->index_durable = journal->index.count;
    journal->filling_segment = journal->segment;
    journal->filling_base = journal->durable;
    return ERR_OK;
}
