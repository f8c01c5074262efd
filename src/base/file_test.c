#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/queue.h"
#include "tests/test.h"

enum { SIZE = 1 << 20 };

struct sending {
    int fd;
    struct str bytes;
    bool done;
};

static void send(void *argument)
{
    struct sending *sending = argument;
    sending->done = file_write_all(sending->fd, sending->bytes);
    close(sending->fd);
}

/* A pipe takes 64 KiB at a time. */
TEST(all_is_written_though_each_write_takes_a_part)
{
    int ends[2];
    size_t got = 0;
    char *bytes = arena_alloc(arena, SIZE);
    static char part[4096];
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    struct sending sending = { ends[1], { bytes, SIZE }, false };
    struct thread *thread = thread_start("send", send, &sending);
    for (ssize_t n = 1; n > 0; got += n > 0 ? (size_t)n : 0) {
        n = read(ends[0], part, sizeof(part));
    }
    thread_join(thread);
    close(ends[0]);
    CHECK(sending.done);
    CHECK_INT(got, SIZE);
}

TEST(what_cannot_be_written_is_told)
{
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    CHECK(full >= 0 && file_write_all(full, STR("")));
    CHECK(!file_write_all(full, STR("x")) && errno == ENOSPC);
    close(full);
}
