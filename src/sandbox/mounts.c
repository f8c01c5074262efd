#include "sandbox/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATH_SIZE = 4200, ROOT_FILES = 4096 };

static bool in_root(const struct plan *plan, const char *path, char out[PATH_SIZE])
{
    return snprintf(out, PATH_SIZE, "%s%s", plan->root, path) < PATH_SIZE;
}

/* All folders of a path below the root. */
static void make_folders(const struct plan *plan, const char *path)
{
    char full[PATH_SIZE];
    if (!in_root(plan, path, full)) {
        return;
    }
    for (char *slash = full + strlen(plan->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    mkdir(full, 0755);
}

/* The flags of a mount that was made outside can't be taken off in here, and must be named again. */
static unsigned long locked_flags(const char *path)
{
    struct statvfs known;
    if (statvfs(path, &known) != 0) {
        return 0;
    }
    return (known.f_flag & ST_NOSUID ? MS_NOSUID : 0UL) | (known.f_flag & ST_NODEV ? MS_NODEV : 0UL)
        | (known.f_flag & ST_NOEXEC ? MS_NOEXEC : 0UL) | (known.f_flag & ST_NOATIME ? MS_NOATIME : 0UL)
        | (known.f_flag & ST_NODIRATIME ? MS_NODIRATIME : 0UL) | (known.f_flag & ST_RELATIME ? MS_RELATIME : 0UL);
}

static bool bind_read_only(const struct plan *plan, const char *from, const char *to)
{
    char full[PATH_SIZE];
    make_folders(plan, to);
    return in_root(plan, to, full) && mount(from, full, NULL, MS_BIND | MS_REC, NULL) == 0
        && mount(NULL, full, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | locked_flags(full), NULL) == 0;
}

/* A file or device of the host at the same place; what the host lacks is left out. */
static void bind_node(const struct plan *plan, const char *path)
{
    char full[PATH_SIZE];
    struct stat known;
    if (stat(path, &known) != 0 || !in_root(plan, path, full)) {
        return;
    }
    if (S_ISDIR(known.st_mode)) {
        (void)bind_read_only(plan, path, path);
        return;
    }
    const int fd = open(full, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (fd >= 0) {
        close(fd);
        (void)mount(path, full, NULL, MS_BIND, NULL);
    }
}

/* /bin and /lib are links on most systems and folders on some. */
static bool bring_system(const struct plan *plan, const char *path)
{
    char full[PATH_SIZE], target[PATH_SIZE];
    struct stat known;
    if (lstat(path, &known) != 0) {
        return true;
    }
    if (!S_ISLNK(known.st_mode)) {
        return bind_read_only(plan, path, path);
    }
    const ssize_t size = readlink(path, target, sizeof(target) - 1);
    if (size <= 0 || !in_root(plan, path, full)) {
        return false;
    }
    target[size] = '\0';
    return symlink(target, full) == 0;
}

static void write_file(const struct plan *plan, const char *path, const char *text)
{
    char full[PATH_SIZE];
    const int fd = in_root(plan, path, full) ? open(full, O_CREAT | O_WRONLY | O_CLOEXEC | O_TRUNC, 0644) : -1;
    if (fd >= 0) {
        if (write(fd, text, strlen(text)) < 0) {
            _exit(1);
        }
        fchmod(fd, 0644);
        close(fd);
    }
}

static bool mount_temporary(const struct plan *plan)
{
    char full[PATH_SIZE], options[96];
    make_folders(plan, "/tmp");
    snprintf(options, sizeof(options), "mode=1777,size=%llu,nr_inodes=%d", (unsigned long long)plan->numbers.temporary, 65536);
    return in_root(plan, "/tmp", full) && mount("tmpfs", full, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

static bool mount_processes(const struct plan *plan)
{
    char full[PATH_SIZE];
    make_folders(plan, "/proc");
    return in_root(plan, "/proc", full) && mount("proc", full, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

static void bring_devices(const struct plan *plan)
{
    static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
    static const char *const links[][2] = { { "/proc/self/fd", "/dev/fd" }, { "/proc/self/fd/0", "/dev/stdin" },
                                            { "/proc/self/fd/1", "/dev/stdout" }, { "/proc/self/fd/2", "/dev/stderr" } };
    char full[PATH_SIZE];
    make_folders(plan, "/dev");
    for (size_t i = 0; i < COUNT_OF(devices); i++) {
        bind_node(plan, devices[i]);
    }
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        if (in_root(plan, links[i][1], full) && symlink(links[i][0], full) != 0) {
            _exit(1);
        }
    }
}

static void bring_settings(const struct plan *plan)
{
    static const char *const settings[] = { "/etc/ssl", "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf",
                                            "/etc/ld.so.conf.d", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf",
                                            "/etc/ca-certificates", "/etc/pki", "/etc/services", "/etc/protocols" };
    make_folders(plan, "/etc");
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        bind_node(plan, settings[i]);
    }
    write_file(plan, "/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nsandbox:x:993:990::/tmp:/sbin/nologin\n");
    write_file(plan, "/etc/group", "root:x:0:\nsandbox:x:990:\n");
    if (plan->numbers.host_network) {
        bind_node(plan, "/etc/resolv.conf");
    }
    for (size_t i = 0; i < plan->file_count; i++) {
        write_file(plan, plan->file_path[i], plan->file_text[i]);
    }
}

static bool fill_root(const struct plan *plan)
{
    static const char *const system[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };
    for (size_t i = 0; i < COUNT_OF(system); i++) {
        if (!bring_system(plan, system[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < plan->bind_count; i++) {
        if (!bind_read_only(plan, plan->bind_from[i], plan->bind_to[i])) {
            return false;
        }
    }
    bring_devices(plan);
    bring_settings(plan);
    return mount_processes(plan) && mount_temporary(plan);
}

bool inside_mount(const struct plan *plan)
{
    char options[64];
    snprintf(options, sizeof(options), "mode=0755,size=1m,nr_inodes=%d", ROOT_FILES);
    umask(022);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
        || mount("tmpfs", plan->root, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) {
        return false;
    }
    if (!fill_root(plan)) {
        const int why = errno;
        umount2(plan->root, MNT_DETACH);
        errno = why;
        return false;
    }
    /* spec: pivot_root(2), "pivot_root(".", ".")": the old root comes to lie on the new one and is then taken off. */
    return chdir(plan->root) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0
        && chdir("/") == 0
        && mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) == 0;
}

/* The path of a folder by an own descriptor, which the program inherits. */
static bool by_descriptor(const char *folder, char out[32])
{
    const int fd = open(folder, O_PATH | O_DIRECTORY);
    snprintf(out, 32, "/proc/self/fd/%d", fd);
    return fd >= 0;
}

void inside_translate(struct plan *plan)
{
    static char temporary[48] = "TMPDIR=";
    char path[32];
    for (size_t i = 0; i < plan->bind_count; i++) {
        if (by_descriptor(plan->bind_from[i], path)) {
            plan_replace(plan, plan->bind_to[i], path);
        }
    }
    if (by_descriptor(plan->scratch, path) && plan->environment_count < SANDBOX_WORDS_MAX) {
        snprintf(temporary, sizeof(temporary), "TMPDIR=%s", path);
        plan->environment[plan->environment_count++] = temporary;
    }
}
