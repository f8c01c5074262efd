#include "svc/s3/outflow.h"

#include "base/clock.h"
#include "store/blob.h"

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

/* The answer's bytes come in order: forward only. */
static bool seek(struct chain *chain, uint64_t at)
{
    while (chain->index < chain->count) {
        const struct object_part *part = &chain->parts[chain->index];
        const uint64_t skipped = chain->index == 0 ? chain->first : 0;
        const uint64_t size = (uint64_t)part->size - skipped;
        if (at < chain->part_from + size) {
            struct ctx ctx = ctx_new(chain->arena, clock_now_ms());
            chain->is_open = chain->is_open || !blob_stream(&ctx, chain->store, part->blob, skipped, size, &chain->open).fault;
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
    arena_close(chain->arena);
}

static struct http_stream stream_of_parts(struct blob_store *store, const struct object_part *parts, size_t count, uint64_t first,
                                          uint64_t size)
{
    struct arena *arena = arena_open();
    struct chain *chain = ARENA_NEW(arena, struct chain);
    *chain = (struct chain){ .arena = arena, .store = store, .parts = ARENA_ARRAY(arena, struct object_part, count), .count = count,
                             .first = first };
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

struct err outflow_open(struct request *rq, const struct object_row *row, int64_t from, int64_t size, struct http_stream *out)
{
    int64_t within = 0;
    const size_t first = part_at(row, from, &within);
    if (first == row->part_count) {
        *out = stream_of_memory(str_slice(row->body, (size_t)from, (size_t)size));
        return ERR_OK;
    }
    const struct object_part *part = &row->parts[first];
    if (within + size <= part->size) {
        return blob_stream(&rq->ctx, rq->blobs, part->blob, (uint64_t)within, (uint64_t)size, out);
    }
    *out = stream_of_parts(rq->blobs, part, row->part_count - first, (uint64_t)within, (uint64_t)size);
    return ERR_OK;
}

struct err outflow(struct request *rq, const struct object_row *row, int64_t from, int64_t size, struct str *body)
{
    if (row->part_count == 0 || size == 0) {
        *body = str_slice(row->body.ptr ? row->body : STR(""), (size_t)from, (size_t)size);
        return ERR_OK;
    }
    struct http_stream *stream = ARENA_NEW(rq->ctx.arena, struct http_stream);
    TRY(outflow_open(rq, row, from, size, stream));
    rq->extra.stream = stream;
    return ERR_OK;
}
