/* source_stream.c - records that come by themselves: lines of standard input, and syslog. */
#include <errno.h>
#include <unistd.h>

#include "app/source_parts.h"
#include "base/clock.h"
#include "wire/syslog.h"

enum { BATCH_BYTES = 1 << 20, LINE_MAX = 32 << 20, PIECE = 64 * 1024, WAIT_MS = 200 };

/* What is submitted at once. */
struct stream_batch {
    struct watch_item item;
    int64_t messages; /* of syslog; of standard input the batch is one */
};

static struct err mark(void *self, struct ctx *ctx, struct store_conn *db)
{
    const struct source *source = self;
    const struct watch_counts *counts = &source->stream->item.counts;
    TRY(store_source_count(ctx, db, source->id, &(struct store_source_counts){
        .objects = source->stream->messages, .bytes = (int64_t)source->stream->item.text.len, .records = counts->records,
        .skipped = counts->skipped, .newest_ms = counts->newest_ms }));
    return store_source_looked(ctx, db, source->id, STR_NONE);
}

static struct err submit(struct ctx *ctx, struct source *source, struct str text, int64_t messages)
{
    struct stream_batch *stream = ARENA_NEW(ctx->arena, struct stream_batch);
    *stream = (struct stream_batch){ { .name = source->uri.name, .file = -1, .text = text }, messages };
    struct watch_batch batch = { .items = &stream->item, .count = 1, .mark = mark };
    source->stream = stream;
    return text.len > 0 ? source_submit(ctx, source, &batch) : ERR_OK;
}

/* Adds what can be read; *ended: there will be no more. */
static struct err read_piece(struct ctx *ctx, struct text *text, bool *ended)
{
    char *piece = arena_alloc_raw(ctx->arena, PIECE);
    const ssize_t got = read(STDIN_FILENO, piece, PIECE);
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
        return fail(ctx, &FAULT_IO, "standard input can't be read");
    }
    *ended = got == 0;
    text_add(text, (struct str){ piece, got > 0 ? (size_t)got : 0 });
    if (str_starts(text_str(text), STR("\x1F\x8B")) || str_starts(text_str(text), STR("\x28\xB5\x2F\xFD"))) {
        return fail(ctx, &FAULT_INVALID, "standard input takes lines, not compressed bytes: unpack them before");
    }
    return ERR_OK;
}

/* Whole lines, as many as there are by the time the input pauses, and the rest behind them for next time. */
static struct err read_lines(struct ctx *ctx, struct text *text, bool *ended, size_t *whole)
{
    *whole = 0;
    for (int64_t wait_ms = WAIT_MS; !*ended && text->len < LINE_MAX; wait_ms = 0) {
        if (!net_readable(STDIN_FILENO, wait_ms) || (*whole > 0 && text->len >= BATCH_BYTES)) {
            break;
        }
        const struct arena_mark piece = arena_mark(ctx->arena);
        TRY(read_piece(ctx, text, ended));
        arena_release(ctx->arena, piece);
        const size_t end = str_find_last(text_str(text), '\n');
        *whole = end == STR_MISSING ? 0 : end + 1;
    }
    *whole = *ended || text->len >= LINE_MAX ? text->len : *whole;
    return ERR_OK;
}

struct err source_input(struct ctx *ctx, struct source *source)
{
    struct arena *arenas[2] = { arena_open(), arena_open() }; /* the lines at hand, and where their rest moves to */
    struct arena *pieces = arena_open();
    struct text text = text_new(arenas[0]);
    struct err err = ERR_OK;
    bool ended = false;
    for (size_t turn = 1; !err.fault && !(ended && text.len == 0) && !source_stopping(source); turn ^= 1) {
        size_t whole = 0;
        struct ctx inner = ctx_new(pieces, clock_now_ms());
        err = read_lines(&inner, &text, &ended, &whole);
        if (!err.fault) {
            err = submit(&inner, source, str_slice(text_str(&text), 0, whole), 1);
        }
        memcpy(ctx->reason, inner.reason, sizeof(ctx->reason));
        struct text rest = text_new(arenas[turn]);
        text_add(&rest, str_from(text_str(&text), whole));
        arena_reset(arenas[turn ^ 1]);
        arena_reset(pieces);
        text = rest;
    }
    arena_close(pieces);
    arena_close(arenas[0]);
    arena_close(arenas[1]);
    return err;
}

struct messages {
    struct text text;
    int64_t count;
};

static void take(void *self, struct str message)
{
    struct messages *messages = self;
    text_add(&messages->text, syslog_payload(message));
    text_add_char(&messages->text, '\n');
    messages->count++;
}

struct err source_syslog(struct ctx *ctx, struct source *source)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    while (!source_stopping(source)) {
        struct ctx inner = ctx_new(arena, clock_now_ms());
        struct messages messages = { text_new(arena), 0 };
        net_syslog_wait(source->syslog, WAIT_MS, take, &messages);
        const struct err err = submit(&inner, source, text_str(&messages.text), messages.count);
        if (err.fault) {
            return fail(ctx, err.fault, "%s", inner.reason);
        }
        arena_reset(arena);
    }
    return ERR_OK;
}
