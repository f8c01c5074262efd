/* sse_file.c - a spooled body, sealed where it lies. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svc/s3/sse.h"

struct err sse_seal_file(struct ctx *ctx, const struct sse *sse, int fd, uint64_t plain, struct str *sealed)
{
    const size_t size = segments_file_size(plain);
    if (ftruncate(fd, (off_t)size) != 0) {
        return fail(ctx, &FAULT_IO, "a body can't be sealed: %s", strerror(errno));
    }
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return fail(ctx, &FAULT_IO, "a body can't be sealed: %s", strerror(errno));
    }
    segments_seal(sse->key, map, plain);
    *sealed = (struct str){ map, size };
    return ERR_OK;
}

void sse_unmap(struct str sealed)
{
    munmap((void *)(uintptr_t)sealed.ptr, sealed.len);
}
