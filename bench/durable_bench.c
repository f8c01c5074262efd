/* durable_bench.c - files written durably one after the other, as plainly as it goes: durable_bench FOLDER BYTES SECONDS.
 *
 * Each is written under another name, flushed, renamed, and its folder flushed. Prints files a second. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t = { 0 };
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static void write_one(int folder, const char *bytes, size_t size)
{
    const int fd = openat(folder, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0, "open");
    for (size_t done = 0; done < size;) {
        const ssize_t wrote = write(fd, bytes + done, size - done);
        must(wrote > 0, "write");
        done += (size_t)wrote;
    }
    must(fsync(fd) == 0, "fsync");
    close(fd);
    must(renameat(folder, "new", folder, "kept") == 0, "rename");
    must(fsync(folder) == 0, "fsync of the folder");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("durable_bench FOLDER BYTES SECONDS\n", stderr);
        return 2;
    }
    const size_t size = strtoul(argv[2], NULL, 10);
    const double seconds = strtod(argv[3], NULL);
    const int folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(folder >= 0, argv[1]);
    char *bytes = malloc(size + 1);
    must(bytes != NULL, "memory");
    memset(bytes, 'x', size);
    const double begun = now();
    size_t count = 0;
    for (; now() - begun < seconds || count == 0; count++) {
        write_one(folder, bytes, size);
    }
    printf("%.2f\n", (double)count / (now() - begun));
    free(bytes);
    return 0;
}
