/* lambda_stream.c - answers that are sent while they come. What came lies in a nameless file: a slow client holds no memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/lambda_parts.h"
#include "base/clock.h"
#include "base/json.h"
#include "wire/event_stream.h"

enum { PRELUDE_MAX = 65536, PRELUDE_END = 8 };
static const uint64_t STREAM_MAX = 209715200; /* spec: Lambda developer guide, response streaming: 200 MB */
#define PRELUDE_TYPE STR("application/vnd.awslambda.http-integration-response")

struct lambda_stream {
    struct lambda *lambda;
    struct arena *arena;     /* of the call and its outcome */
    struct ctx ctx;
    struct lambda_call call;
    struct afterwards_job job;
    bool framed;             /* as an event stream */
    struct lock *lock;       /* of what follows */
    int holders;             /* who runs it, and who reads it */
    int fd;
    uint64_t size;
    uint64_t skipped;        /* of the prelude */
    char type[128];
    bool begun, ended;
    bool broken;             /* it ends before its time */
    bool unread;             /* nobody wants it any more */
    struct err err;
    struct lambda_outcome outcome;
};

void stream_leave(struct lambda_stream *stream)
{
    lock_take(stream->lock);
    stream->unread = true;
    const bool last = --stream->holders == 0;
    lock_give(stream->lock);
    if (!last) {
        return;
    }
    close(stream->fd);
    lock_free(stream->lock);
    arena_close(stream->arena); /* the stream lies in it */
}

/* --- what comes --- */

static void append(struct lambda_stream *stream, struct str bytes)
{
    while (bytes.len > 0 && !stream->broken && !stream->unread) {
        const ssize_t written = pwrite(stream->fd, bytes.ptr, bytes.len, (off_t)stream->size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        stream->broken = written <= 0 || stream->size + (uint64_t)written > STREAM_MAX;
        stream->size += written > 0 ? (uint64_t)written : 0;
        bytes = str_from(bytes, written > 0 ? (size_t)written : 0);
    }
}

static void append_chunk(struct lambda_stream *stream, struct str piece)
{
    static const struct event_header headers[] = { { STR_INIT(":message-type"), STR_INIT("event") }, { STR_INIT(":event-type"), STR_INIT("PayloadChunk") },
                                                   { STR_INIT(":content-type"), STR_INIT("application/octet-stream") } };
    struct arena *arena = arena_open_secret();
    struct text message = text_new(arena);
    event_stream_add(&message, headers, COUNT_OF(headers), piece);
    append(stream, text_str(&message));
    arena_close(arena);
}

void stream_begin(struct lambda_stream *stream, struct str type)
{
    lock_take(stream->lock);
    if (!stream->begun) {
        snprintf(stream->type, sizeof(stream->type), "%" STR_FMT, STR_ARG(type));
    }
    stream->begun = true;
    lock_signal(stream->lock);
    lock_give(stream->lock);
}

void stream_take(struct lambda_stream *stream, struct str piece)
{
    lock_take(stream->lock);
    if (stream->framed) {
        append_chunk(stream, piece);
    } else {
        append(stream, piece);
    }
    lock_signal(stream->lock);
    lock_give(stream->lock);
}

/* --- running --- */

static void append_complete(struct lambda_stream *stream)
{
    const struct lambda_outcome *outcome = &stream->outcome;
    struct text message = text_new(stream->arena);
    struct json_writer w = json_writer_new(stream->arena);
    json_open_object(&w);
    if (outcome->error.ptr) {
        json_member_str(&w, STR("ErrorCode"), outcome->error);
        json_member_str(&w, STR("ErrorDetails"), outcome->payload);
    }
    if (outcome->tail.ptr) {
        json_member_str(&w, STR("LogResult"), str_base64(stream->arena, outcome->tail));
    }
    json_close_object(&w);
    event_stream_event(&message, STR("InvokeComplete"), json_done(&w));
    append(stream, text_str(&message));
}

static void finish(struct lambda_stream *stream)
{
    const bool failed = stream->outcome.error.ptr != NULL;
    if (stream->framed && !stream->begun && !failed) {
        append_chunk(stream, stream->outcome.payload);
    }
    if (stream->framed) {
        append_complete(stream);
    } else if (stream->begun) {
        stream->broken = stream->broken || failed;
    }
}

static void run(void *self)
{
    struct lambda_stream *stream = self;
    const struct err err = pool_invoke(stream->lambda, &stream->ctx, &stream->call, &stream->outcome);
    lock_take(stream->lock);
    stream->err = err;
    if (!err.fault) {
        finish(stream);
    }
    stream->ended = true;
    lock_signal(stream->lock);
    lock_give(stream->lock);
    stream_leave(stream);
}

/* --- how it begins --- */

/* Up to the eight NUL bytes; absent: they are not there yet. */
static struct str read_prelude(const struct lambda_stream *stream, struct arena *arena)
{
    const size_t size = stream->size < PRELUDE_MAX ? (size_t)stream->size : PRELUDE_MAX;
    char *bytes = arena_alloc(arena, size + 1);
    const ssize_t got = pread(stream->fd, bytes, size, 0);
    for (ssize_t at = 0; at + PRELUDE_END <= got; at++) {
        if (memcmp(bytes + at, "\0\0\0\0\0\0\0\0", PRELUDE_END) == 0) {
            return (struct str){ bytes, (size_t)at };
        }
    }
    return STR_NONE;
}

static bool has_prelude(const struct lambda_stream *stream)
{
    return str_starts(str_of(stream->type), PRELUDE_TYPE);
}

static bool has_head(const struct lambda_stream *stream)
{
    if (stream->ended || !stream->begun || stream->framed || !has_prelude(stream)) {
        return stream->ended || stream->begun;
    }
    struct arena *arena = arena_open_secret();
    const bool whole = stream->size >= PRELUDE_MAX || read_prelude(stream, arena).ptr;
    arena_close(arena);
    return whole;
}

static struct lambda_call copy_call(struct arena *arena, const struct lambda_call *call, struct lambda_stream *stream)
{
    struct lambda_call own = *call;
    struct str *texts[] = { &own.account, &own.region, &own.name, &own.arn, &own.revision, &own.request_id, &own.payload, &own.client_context };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = texts[i]->ptr ? str_copy(arena, *texts[i]) : STR_NONE;
    }
    own.stream = stream;
    return own;
}

static struct lambda_stream *stream_new(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, bool framed)
{
    struct arena *arena = arena_open_secret();
    struct lambda_stream *stream = ARENA_NEW(arena, struct lambda_stream);
    *stream = (struct lambda_stream){ .lambda = lambda, .arena = arena, .ctx = ctx_new(arena, ctx->now_ms), .framed = framed, .holders = 2,
                                      .lock = lock_open() };
    stream->ctx.request_id = str_copy(arena, call->request_id);
    stream->call = copy_call(arena, call, stream);
    stream->job = (struct afterwards_job){ run, stream };
    stream->fd = open(str_cstr(arena, lambda->folder), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return stream;
}

struct err stream_open(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, bool framed, struct lambda_stream **out)
{
    struct lambda_stream *stream = stream_new(ctx, lambda, call, framed);
    if (stream->fd < 0 || !afterwards_push(lambda->streams, &stream->job)) {
        const bool full = stream->fd >= 0;
        stream_leave(stream);
        stream_leave(stream);
        return full ? fail(ctx, &LAMBDA_TOO_MANY_REQUESTS_EXCEPTION, "Rate Exceeded.")
                    : fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "the data folder takes no file for the answer");
    }
    lock_take(stream->lock);
    while (!has_head(stream)) {
        lock_wait(stream->lock, -1);
    }
    const struct err err = stream->err;
    lock_give(stream->lock);
    if (err.fault) { /* its thread is done: the reason is nobody else's */
        memcpy(ctx->reason, stream->ctx.reason, sizeof(ctx->reason));
        stream_leave(stream);
        return err;
    }
    *out = stream;
    return ERR_OK;
}

bool stream_head(struct lambda_stream *stream, struct arena *arena, struct str *prelude, struct str *type, struct lambda_outcome *outcome)
{
    lock_take(stream->lock);
    const bool begun = stream->begun;
    *prelude = begun && has_prelude(stream) ? read_prelude(stream, arena) : STR_NONE;
    stream->skipped = prelude->ptr ? prelude->len + PRELUDE_END : 0;
    *type = str_copy(arena, str_of(stream->type));
    if (!begun) {
        *outcome = (struct lambda_outcome){ .payload = str_copy(arena, stream->outcome.payload),
                                            .error = stream->outcome.error.ptr ? str_copy(arena, stream->outcome.error) : STR_NONE };
    }
    lock_give(stream->lock);
    return begun;
}

/* --- being read --- */

static int64_t read_body(void *self, uint64_t at, char *out, size_t max)
{
    struct lambda_stream *stream = self;
    lock_take(stream->lock);
    const uint64_t place = at + stream->skipped;
    const uint64_t left = stream->size > place ? stream->size - place : 0;
    const bool over = stream->ended || stream->broken, broken = stream->broken;
    lock_give(stream->lock);
    if (left > 0) {
        const ssize_t got = pread(stream->fd, out, left < max ? (size_t)left : max, (off_t)place);
        return got > 0 ? got : -1;
    }
    return !over ? 0 : broken ? -1 : HTTP_STREAM_END;
}

static void close_body(void *self)
{
    stream_leave(self);
}

struct http_stream stream_body(struct lambda_stream *stream)
{
    return (struct http_stream){ .size = HTTP_STREAM_ENDLESS, .read = read_body, .close = close_body, .self = stream };
}

struct err stream_invoke(void *self, struct ctx *ctx, const struct lambda_call *call, struct http_stream *out)
{
    struct lambda_stream *stream = NULL;
    TRY(stream_open(ctx, self, call, true, &stream));
    *out = stream_body(stream);
    return ERR_OK;
}
