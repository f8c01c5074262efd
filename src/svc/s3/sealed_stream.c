#include "svc/s3/sealed_stream.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct sealed {
    char *map;
    size_t map_size;
    uint64_t from, size;
    struct segments *segments;
};

static void close_sealed(void *self)
{
    struct sealed *sealed = self;
    segments_close(sealed->segments);
    munmap(sealed->map, sealed->map_size);
    memory_free(sealed);
}

/* Ends with a segment where it can, so that none is unsealed twice. */
static int64_t read_sealed(void *self, uint64_t at, char *out, size_t max)
{
    const struct sealed *sealed = self;
    const uint64_t from = sealed->from + at;
    const uint64_t left = sealed->size - at;
    const uint64_t whole = max > SEGMENT_SIZE ? (from + max) / SEGMENT_SIZE * SEGMENT_SIZE - from : max;
    const size_t take = (size_t)(left < whole ? left : whole);
    return segments_read(sealed->segments, from, take, (unsigned char *)out) ? (int64_t)take : -1;
}

static struct err map_blob(struct ctx *ctx, struct blob_store *store, struct str id, size_t size, char **out)
{
    struct stat stat = { .st_size = 0 };
    int fd = -1;
    TRY(blob_fd(ctx, store, id, &fd));
    const bool whole = fstat(fd, &stat) == 0 && (uint64_t)stat.st_size >= size;
    void *map = whole ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    close(fd);
    if (map == MAP_FAILED) {
        return fail(ctx, &FAULT_IO, "blob %" STR_FMT " can't be read: %s", STR_ARG(id), whole ? strerror(errno) : "it is cut short");
    }
    *out = map;
    return ERR_OK;
}

struct err sealed_stream(struct ctx *ctx, struct blob_store *store, const struct object_part *part, const unsigned char key[SEGMENTS_KEY_SIZE],
                         uint64_t from, uint64_t size, struct http_stream *out)
{
    const size_t map_size = segments_file_size((uint64_t)part->size);
    char *map = NULL;
    TRY(map_blob(ctx, store, part->blob, map_size, &map));
    struct sealed *sealed = memory_new(sizeof(*sealed));
    *sealed = (struct sealed){ .map = map, .map_size = map_size, .from = from, .size = size,
                               .segments = segments_open(key, (const unsigned char *)map, (uint64_t)part->size) };
    *out = (struct http_stream){ .size = size, .read = read_sealed, .close = close_sealed, .self = sealed };
    return ERR_OK;
}

static struct err read_blob(struct ctx *ctx, struct blob_store *store, struct str id, unsigned char *out, size_t size)
{
    int fd = -1;
    TRY(blob_fd(ctx, store, id, &fd));
    const ssize_t got = pread(fd, out, size, 0);
    const bool whole = got >= 0 && (size_t)got == size;
    const struct err err = whole ? ERR_OK : fail(ctx, &FAULT_IO, "blob %" STR_FMT " can't be read: %s", STR_ARG(id),
                                                 got < 0 ? strerror(errno) : "it is cut short");
    close(fd);
    return err;
}

/* A whole part opens where it lies. */
struct err sealed_bytes(struct ctx *ctx, struct blob_store *store, const struct object_part *part, const unsigned char key[SEGMENTS_KEY_SIZE],
                        uint64_t from, uint64_t size, struct str *out)
{
    const uint64_t plain = (uint64_t)part->size;
    const size_t file_size = segments_file_size(plain);
    unsigned char *file = arena_alloc_raw(ctx->arena, file_size);
    TRY(read_blob(ctx, store, part->blob, file, file_size));
    unsigned char *bytes = size == plain ? file : arena_alloc_raw(ctx->arena, size);
    struct segments *segments = segments_open(key, file, plain);
    const bool opened = segments_read(segments, from, size, bytes);
    segments_close(segments);
    *out = (struct str){ (const char *)bytes, size };
    return opened ? ERR_OK : fail(ctx, &FAULT_IO, "an object's bytes were changed and can't be read");
}
