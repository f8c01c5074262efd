#include "crypto/secret.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"

static void warn_once(void)
{
    static atomic_bool warned;
    if (!atomic_exchange(&warned, true)) {
        struct ctx ctx = ctx_new(NULL, 0);
        log_warn(&ctx, "keys cannot be locked in memory; raise the memlock limit");
    }
}

void *secret_new(size_t size)
{
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        abort();
    }
    if (mlock(page, size) != 0) {
        warn_once();
    }
    madvise(page, size, MADV_DONTDUMP);
    madvise(page, size, MADV_WIPEONFORK);
    return page;
}

void secret_free(void *piece, size_t size)
{
    if (piece) {
        memory_wipe(piece, size);
        munmap(piece, size);
    }
}

/* No mapping of any kind goes into a core: keys pass through stacks and buffers of libraries as well. */
static void empty_cores(void)
{
    const int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        const ssize_t wrote = write(fd, "0", 1);
        (void)wrote; /* an old kernel: the next line still keeps cores away */
        close(fd);
    }
}

void secret_process(void)
{
    empty_cores();
    if (!HAS_LEAK_CHECK) {
        prctl(PR_SET_DUMPABLE, 0);
    }
}
