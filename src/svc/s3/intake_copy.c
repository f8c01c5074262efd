/* intake_copy.c - the bytes of an object that is there already, taken in once more. */
#include <sys/mman.h>
#include <unistd.h>

#include "svc/s3/copy.h"

enum { COPY_BLOCK = 256 * 1024 };

static struct err broken(struct request *rq)
{
    return fail(&rq->ctx, &FAULT_IO, "the source of a copy can't be read or written");
}

/* Into the file, and past the digests. */
static struct err pour(struct request *rq, const struct http_stream *source, int fd, struct intake_digest *digest)
{
    char *block = arena_alloc_raw(rq->ctx.arena, COPY_BLOCK);
    for (uint64_t at = 0; at < source->size;) {
        const int64_t got = http_stream_read(source, at, block, COPY_BLOCK);
        if (got <= 0 || pwrite(fd, block, (size_t)got, (off_t)at) != got) {
            return broken(rq);
        }
        intake_digest_add(digest, (struct str){ block, (size_t)got });
        at += (uint64_t)got;
    }
    return ERR_OK;
}

static struct err keep(struct request *rq, struct intake *intake, int fd)
{
    const size_t size = (size_t)intake->size;
    if (intake->size <= INTAKE_INLINE_MAX) {
        char *bytes = arena_alloc_raw(rq->ctx.arena, size + 1);
        return pread(fd, bytes, size, 0) == (ssize_t)size ? intake_store(rq, intake, (struct str){ bytes, size }, -1) : broken(rq);
    }
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return broken(rq);
    }
    const struct err err = intake_store(rq, intake, (struct str){ map, size }, fd);
    munmap(map, size);
    return err;
}

struct err intake_copy(struct request *rq, struct intake *intake, const struct http_stream *source)
{
    struct intake_digest digest = intake_digest_begin(intake);
    int fd = -1;
    struct err err = blob_spool_file(&rq->ctx, rq->blobs, &fd);
    if (!err.fault) {
        err = pour(rq, source, fd, &digest);
    }
    http_stream_close(source);
    if (!err.fault) {
        intake_digest_end(&digest, rq->ctx.arena, intake);
        intake_veil(rq, intake);
        err = keep(rq, intake, fd);
    }
    if (fd >= 0) {
        close(fd);
    }
    return err;
}
