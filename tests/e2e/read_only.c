/* read_only.c - loaded before a program (LD_PRELOAD): the folder $READ_ONLY_FOLDER becomes read-only under it while the file
 * $READ_ONLY_WHILE exists. This is what Linux does to a file system after a disk error (ext4's errors=remount-ro): files that are open for
 * writing stay open, and every further write fails; no administrator's remount does that, it waits for the writers. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static bool inside(int folder, const char *path)
{
    char base[4096] = "", link[64];
    const char *guarded = getenv("READ_ONLY_FOLDER"), *file = getenv("READ_ONLY_WHILE");
    const int before = errno;
    bool is = false;
    if (guarded && file && access(file, F_OK) == 0) {
        if (path == NULL || path[0] != '/') {
            snprintf(link, sizeof(link), folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
            const ssize_t size = readlink(link, base, sizeof(base) - 1);
            base[size > 0 ? size : 0] = '\0';
            path = base;
        }
        is = strlen(path) >= strlen(guarded) && memcmp(path, guarded, strlen(guarded)) == 0;
    }
    errno = is ? EROFS : before;
    return is;
}

static bool is_writing(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
}

#define OPENING(name)                                              \
    int name(const char *path, int flags, ...)                     \
    {                                                              \
        va_list more;                                              \
        va_start(more, flags);                                     \
        const unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, unsigned) : 0; \
        va_end(more);                                              \
        return is_writing(flags) && inside(AT_FDCWD, path) ? -1 : REAL(name)(path, flags, mode); \
    }
#define OPENING_AT(name)                                           \
    int name(int folder, const char *path, int flags, ...)         \
    {                                                              \
        va_list more;                                              \
        va_start(more, flags);                                     \
        const unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, unsigned) : 0; \
        va_end(more);                                              \
        return is_writing(flags) && inside(folder, path) ? -1 : REAL(name)(folder, path, flags, mode); \
    }
#define GUARDED(type, name, parameters, arguments, folder, path)   \
    type name parameters { return inside(folder, path) ? -1 : REAL(name) arguments; }

OPENING(open)
OPENING(open64)
OPENING_AT(openat)
OPENING_AT(openat64)
GUARDED(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size), fd, NULL)
GUARDED(ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at), fd, NULL)
GUARDED(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t at), (fd, bytes, size, at), fd, NULL)
GUARDED(int, fsync, (int fd), (fd), fd, NULL)
GUARDED(int, fdatasync, (int fd), (fd), fd, NULL)
GUARDED(int, ftruncate, (int fd, off_t size), (fd, size), fd, NULL)
GUARDED(int, ftruncate64, (int fd, off64_t size), (fd, size), fd, NULL)
GUARDED(int, fchmod, (int fd, mode_t mode), (fd, mode), fd, NULL)
GUARDED(int, mkdir, (const char *path, mode_t mode), (path, mode), AT_FDCWD, path)
GUARDED(int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode), folder, path)
GUARDED(int, unlink, (const char *path), (path), AT_FDCWD, path)
GUARDED(int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags), folder, path)
GUARDED(int, rename, (const char *from, const char *to), (from, to), AT_FDCWD, to)
GUARDED(int, link, (const char *from, const char *to), (from, to), AT_FDCWD, to)
GUARDED(int, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), b, to)
