#include "svc/s3/outflow.h"

#include <unistd.h>

#include "base/clock.h"
#include "crypto/secret.h"
#include "store/blob.h"
#include "svc/s3/sealed_stream.h"

/* Bytes that lie in memory. */
struct memory_source {
    struct arena *arena;
    struct str bytes;
};

static int64_t read_memory(void *self, uint64_t at, char *out, size_t max)
{
    const struct memory_source *source = self;
    const struct str rest = str_slice(source->bytes, (size_t)at, max);
    memcpy(out, rest.ptr, rest.len);
    return (int64_t)rest.len;
}

static void close_memory(void *self)
{
    const struct memory_source *source = self;
    arena_close(source->arena);
}

static struct http_stream stream_of_memory(struct str bytes)
{
    struct arena *arena = arena_open();
    struct memory_source *source = ARENA_NEW(arena, struct memory_source);
    *source = (struct memory_source){ .arena = arena, .bytes = str_copy(arena, bytes) };
    return (struct http_stream){ .size = bytes.len, .read = read_memory, .close = close_memory, .self = source };
}

/* Blobs one behind the other. Each is opened when its turn comes, so that an object of 10,000 parts needs one file at a time. */
struct chain {
    struct arena *arena;
    struct blob_store *store;
    struct object_part *parts;
    size_t count, index; /* index: of the part that is open */
    uint64_t part_from;  /* where it begins, counted as `at` is */
    uint64_t first;      /* bytes of the first part that aren't wanted */
    unsigned char *key;  /* NULL: they aren't sealed */
    struct http_stream open;
    bool is_open;
};

static void close_open(struct chain *chain)
{
    if (chain->is_open) {
        http_stream_close(&chain->open);
        chain->is_open = false;
    }
}

static struct err open_part(struct ctx *ctx, struct chain *chain, const struct object_part *part, uint64_t from, uint64_t size)
{
    return chain->key ? sealed_stream(ctx, chain->store, part, chain->key, from, size, &chain->open)
                      : blob_stream(ctx, chain->store, part->blob, from, size, &chain->open);
}

/* The answer's bytes come in order: forward only. */
static bool seek(struct chain *chain, uint64_t at)
{
    while (chain->index < chain->count) {
        const struct object_part *part = &chain->parts[chain->index];
        const uint64_t skipped = chain->index == 0 ? chain->first : 0;
        const uint64_t size = (uint64_t)part->size - skipped;
        if (at < chain->part_from + size) {
            struct ctx ctx = ctx_new(chain->arena, clock_now_ms());
            chain->is_open = chain->is_open || !open_part(&ctx, chain, part, skipped, size).fault;
            return chain->is_open;
        }
        close_open(chain);
        chain->part_from += size;
        chain->index++;
    }
    return false;
}

static int64_t read_chain(void *self, uint64_t at, char *out, size_t max)
{
    struct chain *chain = self;
    if (at < chain->part_from || !seek(chain, at)) {
        return -1;
    }
    return http_stream_read(&chain->open, at - chain->part_from, out, max);
}

static void close_chain(void *self)
{
    struct chain *chain = self;
    close_open(chain);
    secret_free(chain->key, SEGMENTS_KEY_SIZE);
    arena_close(chain->arena);
}

static struct http_stream stream_of_parts(struct blob_store *store, const struct object_part *parts, size_t count,
                                          const struct sse *sse, uint64_t first, uint64_t size)
{
    struct arena *arena = arena_open();
    struct chain *chain = ARENA_NEW(arena, struct chain);
    *chain = (struct chain){ .arena = arena, .store = store, .parts = ARENA_ARRAY(arena, struct object_part, count), .count = count,
                             .first = first };
    if (sse) {
        chain->key = secret_new(SEGMENTS_KEY_SIZE);
        memcpy(chain->key, sse->key, SEGMENTS_KEY_SIZE);
    }
    for (size_t i = 0; i < count; i++) {
        chain->parts[i] = (struct object_part){ .size = parts[i].size, .blob = str_copy(arena, parts[i].blob) };
    }
    return (struct http_stream){ .size = size, .read = read_chain, .close = close_chain, .self = chain };
}

/* Which part holds the byte at `at`, and where within it; the number of parts where none does. */
static size_t part_at(const struct object_row *row, int64_t at, int64_t *within)
{
    size_t i = 0;
    while (i < row->part_count && at >= row->parts[i].size) {
        at -= row->parts[i].size;
        i++;
    }
    *within = at;
    return i;
}

/* A small object's bytes; ptr never NULL. */
static struct err body_of_row(struct request *rq, const struct object_row *row, const struct sse *sse, struct str *plain)
{
    *plain = sse ? sse_unseal_bytes(rq->ctx.arena, sse, row->body, row->size) : row->body.ptr ? row->body : STR("");
    return plain->ptr ? ERR_OK : fail(&rq->ctx, &FAULT_INTERNAL, "the stored object was changed and can't be read");
}

struct err outflow_open(struct request *rq, const struct object_row *row, const struct sse *sse, int64_t from, int64_t size,
                        struct http_stream *out)
{
    struct str plain = STR_NONE;
    int64_t within = 0;
    const size_t first = part_at(row, from, &within);
    if (first == row->part_count) {
        TRY(body_of_row(rq, row, sse, &plain));
        *out = stream_of_memory(str_slice(plain, (size_t)from, (size_t)size));
        return ERR_OK;
    }
    const struct object_part *part = &row->parts[first];
    if (within + size <= part->size) {
        return sse ? sealed_stream(&rq->ctx, rq->blobs, part, sse->key, (uint64_t)within, (uint64_t)size, out)
                   : blob_stream(&rq->ctx, rq->blobs, part->blob, (uint64_t)within, (uint64_t)size, out);
    }
    *out = stream_of_parts(rq->blobs, part, row->part_count - first, sse, (uint64_t)within, (uint64_t)size);
    return ERR_OK;
}

/* What is asked of an object. */
struct outflow {
    struct object_row row;
    struct sse sse;
    bool sealed;
    int64_t from, size;
};

enum { BLOCK = 256 * 1024, AT_ONCE = 256 * 1024 };

static struct err pour(struct request *rq, const struct http_stream *source, int fd)
{
    char *block = arena_alloc_raw(rq->ctx.arena, BLOCK);
    for (uint64_t at = 0; at < source->size;) {
        const int64_t got = http_stream_read(source, at, block, BLOCK);
        if (got <= 0 || pwrite(fd, block, (size_t)got, (off_t)at) != got) {
            return fail(&rq->ctx, &FAULT_IO, "an object can't be fetched into the data folder: is the disk full?");
        }
        at += (uint64_t)got;
    }
    return ERR_OK;
}

/* From another S3 on a thread that may wait, into a file of ours: the network's threads only ever read what is here. */
static struct err fetch(void *self, struct request *rq, void *out)
{
    const struct outflow *asked = self;
    struct http_stream source = { .size = 0 };
    struct http_stream *stream = ARENA_NEW(rq->ctx.arena, struct http_stream);
    (void)out;
    TRY(blob_spool_file(&rq->ctx, rq->blobs, &stream->fd));
    struct err err = outflow_open(rq, &asked->row, asked->sealed ? &asked->sse : NULL, asked->from, asked->size, &source);
    if (!err.fault) {
        err = pour(rq, &source, stream->fd);
        http_stream_close(&source);
    }
    if (err.fault) {
        close(stream->fd);
        return err;
    }
    stream->size = source.size;
    rq->extra.stream = stream;
    return ERR_OK;
}

/* What has to be unsealed and isn't large is read at once: less work than piece by piece. */
static struct err read_at_once(struct request *rq, const struct http_stream *stream, struct str *body)
{
    char *bytes = arena_alloc_raw(rq->ctx.arena, (size_t)stream->size);
    size_t done = 0;
    for (int64_t got = 1; got > 0 && done < stream->size; done += got > 0 ? (size_t)got : 0) {
        got = http_stream_read(stream, done, bytes + done, (size_t)stream->size - done);
    }
    http_stream_close(stream);
    *body = (struct str){ bytes, done };
    return done == stream->size ? ERR_OK : fail(&rq->ctx, &FAULT_IO, "an object's bytes can't be read, or were changed");
}

struct err outflow(struct request *rq, const struct object_row *row, const struct sse *sse, int64_t from, int64_t size, struct str *body)
{
    if (row->part_count == 0) {
        TRY(body_of_row(rq, row, sse, body));
        *body = str_slice(*body, (size_t)from, (size_t)size);
        return ERR_OK;
    }
    if (size == 0) {
        *body = STR("");
        return ERR_OK;
    }
    if (blob_is_remote(rq->blobs)) {
        struct outflow *asked = ARENA_NEW(rq->ctx.arena, struct outflow);
        *asked = (struct outflow){ .row = *row, .sealed = sse != NULL, .from = from, .size = size };
        asked->sse = sse ? *sse : asked->sse;
        rq->after = (struct after){ fetch, asked };
        return ERR_OK;
    }
    if (sse && row->part_count == 1 && row->parts[0].size <= AT_ONCE) {
        return sealed_bytes(&rq->ctx, rq->blobs, &row->parts[0], sse->key, (uint64_t)from, (uint64_t)size, body);
    }
    struct http_stream *stream = ARENA_NEW(rq->ctx.arena, struct http_stream);
    TRY(outflow_open(rq, row, sse, from, size, stream));
    if (stream->read && size <= AT_ONCE) {
        return read_at_once(rq, stream, body);
    }
    rq->extra.stream = stream;
    return ERR_OK;
}
