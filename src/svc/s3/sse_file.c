/* sse_file.c - a spooled body, sealed where it lies: one thread digests, one seals and writes, the disk takes what is done. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/queue.h"
#include "svc/s3/sse.h"

enum { BLOCK = 4 * SEGMENT_SIZE, FLUSH = 16 * BLOCK, APART = 4 * 1024 * 1024 };

/* How far the pass has come: nothing beyond may be overwritten. */
struct passing {
    const struct sse_pass *pass;
    struct str plain;
    struct lock *lock;
    size_t passed;
};

static void pass_one(struct passing *passing, size_t at)
{
    const struct str block = str_slice(passing->plain, at, BLOCK);
    passing->pass->block(passing->pass->self, block);
    lock_take(passing->lock);
    passing->passed = at + block.len;
    lock_signal(passing->lock);
    lock_give(passing->lock);
}

static void pass_all(void *argument)
{
    struct passing *passing = argument;
    for (size_t at = 0; at < passing->plain.len; at += BLOCK) {
        pass_one(passing, at);
    }
}

static void wait_for_pass(struct passing *passing, size_t upto)
{
    lock_take(passing->lock);
    while (passing->passed < upto) {
        lock_wait(passing->lock, -1);
    }
    lock_give(passing->lock);
}

static bool write_at(int fd, struct str bytes, size_t at)
{
    while (bytes.len > 0) {
        const ssize_t written = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        at += (size_t)written;
        bytes = str_from(bytes, (size_t)written);
    }
    return true;
}

/* Where the system can't, the last flush does it all. What fails for want of room or by the disk may be told but once: here. */
static bool send_to_disk(int fd, size_t from, size_t size)
{
    return sync_file_range(fd, (off_t)from, (off_t)size, SYNC_FILE_RANGE_WRITE) == 0 || errno == ENOSYS || errno == EINVAL || errno == ESPIPE;
}

/* Only what is sealed is sent to the disk; that it arrived is for the one who links the file to see. */
static bool seal_blocks(struct sealer *sealer, int fd, struct passing *passing, bool apart, unsigned char *block)
{
    size_t at = 0;
    do { /* nothing at all is a segment too */
        const struct str plain = str_slice(passing->plain, at, BLOCK);
        if (passing->pass && !apart) {
            passing->pass->block(passing->pass->self, plain);
        }
        sealer_seal(sealer, at, plain, block);
        if (apart) {
            wait_for_pass(passing, at + plain.len);
        }
        if (!write_at(fd, (struct str){ (const char *)block, plain.len }, at)) {
            return false;
        }
        at += BLOCK;
        if (at % FLUSH == 0 && !send_to_disk(fd, at - FLUSH, FLUSH)) {
            return false;
        }
    } while (at < passing->plain.len);
    return write_at(fd, sealer_rest(sealer), passing->plain.len);
}

static bool seal_all(const struct sse *sse, int fd, struct str plain, const struct sse_pass *pass)
{
    const bool apart = pass && plain.len >= APART;
    struct passing passing = { .pass = pass, .plain = plain, .lock = apart ? lock_open() : NULL };
    struct thread *thread = apart ? thread_start("digest", pass_all, &passing) : NULL;
    struct sealer *sealer = sealer_open(sse->key, plain.len);
    unsigned char *block = memory_new(BLOCK);
    const bool done = seal_blocks(sealer, fd, &passing, apart, block);
    const int why = errno;
    memory_free(block);
    sealer_close(sealer);
    if (apart) {
        thread_join(thread);
        lock_free(passing.lock);
    }
    errno = why;
    return done;
}

struct err sse_seal_file(struct ctx *ctx, const struct sse *sse, int fd, struct str plain, const struct sse_pass *pass, struct str *sealed)
{
    const size_t size = segments_file_size(plain.len);
    if (!seal_all(sse, fd, plain, pass)) {
        return fail(ctx, &FAULT_IO, "a body can't be sealed: %s", strerror(errno));
    }
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return fail(ctx, &FAULT_IO, "a body can't be sealed: %s", strerror(errno));
    }
    *sealed = (struct str){ map, size };
    return ERR_OK;
}

void sse_unmap(struct str sealed)
{
    munmap((void *)(uintptr_t)sealed.ptr, sealed.len);
}
