#include "app/lambda_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/zip.h"
#include "crypto/hash.h"
#include "crypto/random.h"

static const uint64_t UNZIPPED_MAX = 262144000;
enum { LINK_MAX = 4096 };

/* Never through a link, never out of the folder, whatever stands there already. */
static int open_below(int folder, struct str path, uint64_t flags, uint64_t mode)
{
    char name[ZIP_NAME_MAX + 1];
    const struct open_how how = { .flags = flags | O_CLOEXEC, .mode = mode, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
    snprintf(name, sizeof(name), "%" STR_FMT, STR_ARG(path));
    return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

/* The folder of an entry, made where it lacks; -1 when something else stands in the way. */
static int open_parent(int root, struct str name, struct str *last)
{
    int folder = dup(root);
    struct str rest = name;
    for (struct str part = str_cut(rest, '/', &rest); folder >= 0 && rest.ptr; part = str_cut(rest, '/', &rest)) {
        char made[256];
        snprintf(made, sizeof(made), "%" STR_FMT, STR_ARG(part));
        if (mkdirat(folder, made, 0755) == 0) {
            (void)!fchmodat(folder, made, 0755, 0);
        }
        const int next = open_below(folder, part, O_RDONLY | O_DIRECTORY, 0);
        close(folder);
        folder = next;
    }
    const size_t slash = str_find_last(name, '/');
    *last = slash == STR_MISSING ? name : str_from(name, slash + 1);
    return folder;
}

static bool write_file(int folder, struct str name, const struct zip_entry *entry, const char *bytes)
{
    char path[256];
    snprintf(path, sizeof(path), "%" STR_FMT, STR_ARG(name));
    (void)unlinkat(folder, path, 0); /* a lower layer's */
    const int fd = open_below(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    const bool done = fd >= 0 && file_write_all(fd, (struct str){ bytes, (size_t)entry->size }) && fchmod(fd, entry->executable ? 0755 : 0644) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

/* A link may lead anywhere within the archive's own tree, not out of it. */
static bool stays_inside(struct str entry, struct str target)
{
    long depth = 0;
    struct str rest = entry;
    for (str_cut(rest, '/', &rest); rest.ptr; str_cut(rest, '/', &rest)) {
        depth++;
    }
    if (target.len == 0 || target.ptr[0] == '/' || memchr(target.ptr, '\0', target.len)) {
        return false;
    }
    rest = target;
    while (rest.ptr) {
        const struct str part = str_cut(rest, '/', &rest);
        depth += str_equal(part, STR("..")) ? -1 : part.len == 0 || str_equal(part, STR(".")) ? 0 : 1;
        if (depth < 0) {
            return false;
        }
    }
    return true;
}

static bool write_link(int folder, struct str name, const struct zip_entry *entry, const char *bytes)
{
    char path[256], target[LINK_MAX + 1];
    if (entry->size > LINK_MAX || !stays_inside(entry->name, (struct str){ bytes, (size_t)entry->size })) {
        return false;
    }
    snprintf(path, sizeof(path), "%" STR_FMT, STR_ARG(name));
    snprintf(target, sizeof(target), "%.*s", (int)entry->size, bytes);
    (void)unlinkat(folder, path, 0);
    return symlinkat(target, folder, path) == 0;
}

static bool write_entry(int root, const struct zip_entry *entry)
{
    struct str name = STR_NONE;
    const int folder = open_parent(root, entry->name, &name);
    bool done = false;
    if (folder < 0) {
        return false;
    }
    char path[256];
    snprintf(path, sizeof(path), "%" STR_FMT, STR_ARG(name));
    if (entry->kind == ZIP_FOLDER) {
        done = (mkdirat(folder, path, 0755) == 0 || errno == EEXIST) && fchmodat(folder, path, 0755, 0) == 0;
    } else {
        char *bytes = memory_grow(NULL, (size_t)entry->size + 1);
        done = zip_read(entry, bytes)
            && (entry->kind == ZIP_LINK ? write_link(folder, name, entry, bytes) : write_file(folder, name, entry, bytes));
        memory_free(bytes);
    }
    close(folder);
    return done;
}

static struct err unpack(struct ctx *ctx, struct str archive, const char *folder)
{
    struct zip zip = { NULL, 0, 0 };
    if (zip_open(ctx, archive, UNZIPPED_MAX, &zip).fault) {
        return (struct err){ &LAMBDA_INVALID_ZIP_FILE_EXCEPTION };
    }
    const int root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err err = root >= 0 ? ERR_OK : fail(ctx, &FAULT_IO, "cannot open %s: %s", folder, strerror(errno));
    for (size_t i = 0; i < zip.count && !err.fault; i++) {
        if (!write_entry(root, &zip.entries[i])) {
            err = fail(ctx, &LAMBDA_INVALID_ZIP_FILE_EXCEPTION, "Lambda could not unzip the deployment package: its entry \"%" STR_FMT
                       "\" is broken or leads out of the package.", STR_ARG(str_slice(zip.entries[i].name, 0, 200)));
        }
    }
    if (root >= 0) {
        close(root);
    }
    return err;
}

/* An entry below an open folder, whatever it is. Links are removed, not followed. */
static void remove_below(int folder, const char *name)
{
    const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; entries && (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0
            && unlinkat(dirfd(entries), entry->d_name, 0) != 0) {
            remove_below(dirfd(entries), entry->d_name);
        }
    }
    if (entries) {
        closedir(entries);
    } else if (fd >= 0) {
        close(fd);
    }
    (void)unlinkat(folder, name, AT_REMOVEDIR);
}

void code_remove(struct str folder)
{
    char path[ZIP_NAME_MAX];
    snprintf(path, sizeof(path), "%" STR_FMT, STR_ARG(folder));
    remove_below(AT_FDCWD, path);
}

static struct str name_of(struct ctx *ctx, const struct str *digests, size_t count)
{
    struct text all = text_new(ctx->arena);
    for (size_t i = 0; i < count; i++) {
        text_add(&all, digests[i]);
    }
    return count == 1 ? digests[0] : hash_hex(ctx->arena, HASH_SHA256, text_str(&all));
}

/* Made under another name and moved into place whole; where two make the same, the first one's stays. */
struct err code_folder(struct ctx *ctx, struct lambda *lambda, struct store_conn *db, const struct str *accounts, const struct str *digests,
                       size_t count, struct str *out)
{
    struct err err = ERR_OK;
    *out = str_format(ctx->arena, "%" STR_FMT "/unpacked/%" STR_FMT, STR_ARG(lambda->folder), STR_ARG(name_of(ctx, digests, count)));
    const char *place = str_cstr(ctx->arena, *out);
    if (access(place, F_OK) == 0) {
        return ERR_OK;
    }
    const struct str made = str_format(ctx->arena, "%s.%" STR_FMT, place, STR_ARG(random_hex(ctx, 16)));
    const char *folder = str_cstr(ctx->arena, made);
    if (mkdir(folder, 0755) != 0 || chmod(folder, 0755) != 0) {
        return fail(ctx, &FAULT_IO, "cannot make folder %s: %s", folder, strerror(errno));
    }
    for (size_t i = 0; i < count && !err.fault; i++) {
        struct str archive = STR_NONE;
        err = lambda_archive(ctx, db, accounts[i], digests[i], &archive);
        if (!err.fault) {
            err = archive.ptr ? unpack(ctx, archive, folder)
                              : fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "the code %" STR_FMT " is missing", STR_ARG(digests[i]));
        }
    }
    if (err.fault || rename(folder, place) != 0) {
        code_remove(made);
    }
    return err;
}
