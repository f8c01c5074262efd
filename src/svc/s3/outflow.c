#include "svc/s3/outflow.h"

#include "store/blob.h"

/* Which part holds the byte at `at`, and where within it. */
static const struct object_part *part_at(const struct object_row *row, int64_t at, int64_t *within)
{
    for (size_t i = 0; i < row->part_count; i++) {
        if (at < row->parts[i].size) {
            *within = at;
            return &row->parts[i];
        }
        at -= row->parts[i].size;
    }
    return NULL;
}

struct err outflow(struct request *rq, const struct object_row *row, int64_t from, int64_t size, struct str *body)
{
    int64_t within = 0;
    const struct object_part *part = part_at(row, from, &within);
    if (part == NULL) {
        *body = str_slice(row->body, (size_t)from, (size_t)size);
        return ERR_OK;
    }
    struct http_stream *stream = ARENA_NEW(rq->ctx.arena, struct http_stream);
    TRY(blob_stream(&rq->ctx, rq->blobs, part->blob, (uint64_t)within, (uint64_t)size, stream));
    rq->extra.stream = stream;
    return ERR_OK;
}
