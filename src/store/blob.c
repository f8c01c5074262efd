#include "store/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/queue.h"
#include "crypto/random.h"

enum { HOUR_DIGITS = 10, NAME_DIGITS = 32, ID_SIZE = HOUR_DIGITS + 1 + NAME_DIGITS, DAY_MS = 24 * 60 * 60 * 1000 };

/* The folder of one hour, and who waits for its entries to be durable: one fsync serves all that were made before it. */
struct hour {
    char name[HOUR_DIGITS + 1];
    int fd;
    size_t users;
    uint64_t asked, synced;
    bool syncing, broken;
};

struct blob_store {
    char *folder; /* blobs/ */
    char *spool;
    int fd;
    struct lock *lock;
    struct hour *hour; /* where new ones go */
    const struct blob_remote *remote; /* NULL: they lie in the folder */
};

static struct err broken(struct ctx *ctx, const char *what, struct str id)
{
    return fail(ctx, &FAULT_IO, "blob %" STR_FMT " can't be %s: %s", STR_ARG(id), what, io_reason(errno));
}

static char *kept(const char *text)
{
    char *copy = memory_new(strlen(text) + 1);
    memcpy(copy, text, strlen(text));
    return copy;
}

struct err blob_open(struct ctx *ctx, struct str folder, struct blob_store **out)
{
    const char *path = str_cstr(ctx->arena, folder);
    const char *spool = str_format(ctx->arena, "%s/incoming", path).ptr;
    const bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
    const bool both = made && (mkdir(spool, 0700) == 0 || errno == EEXIST);
    const int fd = both ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0) {
        return fail(ctx, &FAULT_IO, "cannot use %s for objects: %s", path, io_reason(errno));
    }
    struct blob_store *store = memory_new(sizeof(*store));
    *store = (struct blob_store){ .folder = kept(path), .spool = kept(spool), .fd = fd, .lock = lock_open() };
    *out = store;
    return ERR_OK;
}

static void close_hour(struct hour *hour)
{
    close(hour->fd);
    memory_free(hour);
}

void blob_use_remote(struct blob_store *store, const struct blob_remote *remote)
{
    store->remote = remote;
}

bool blob_is_remote(const struct blob_store *store)
{
    return store->remote != NULL;
}

void blob_close(struct blob_store *store)
{
    if (store == NULL) {
        return;
    }
    if (store->hour) {
        close_hour(store->hour);
    }
    close(store->fd);
    lock_free(store->lock);
    memory_free(store->folder);
    memory_free(store->spool);
    memory_free(store);
}

struct str blob_spool(const struct blob_store *store)
{
    return str_of(store->spool);
}

struct err blob_spool_file(struct ctx *ctx, const struct blob_store *store, int *fd)
{
    *fd = open(store->spool, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) { /* not this file system's: a name that goes at once */
        const char *path = str_format(ctx->arena, "%s/copy-%" STR_FMT, store->spool, STR_ARG(random_hex(ctx, NAME_DIGITS))).ptr;
        *fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        unlink(path);
    }
    return *fd < 0 ? fail(ctx, &FAULT_IO, "cannot make a file in %s: %s", store->spool, io_reason(errno)) : ERR_OK;
}

/* --- hours --- */

static struct hour *open_hour(struct blob_store *store, const char *name)
{
    const bool made = mkdirat(store->fd, name, 0700) == 0;
    if (!made && errno != EEXIST) {
        return NULL;
    }
    const int fd = openat(store->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (made && fsync(store->fd) != 0)) {
        return NULL;
    }
    struct hour *hour = memory_new(sizeof(*hour));
    snprintf(hour->name, sizeof(hour->name), "%s", name);
    hour->fd = fd;
    return hour;
}

static void give_hour(struct blob_store *store, struct hour *hour)
{
    lock_take(store->lock);
    const bool last = --hour->users == 0 && hour != store->hour;
    lock_give(store->lock);
    if (last) {
        close_hour(hour);
    }
}

static void name_hour(int64_t now_ms, char name[HOUR_DIGITS + 1])
{
    const struct civil_time t = clock_civil(now_ms);
    snprintf(name, HOUR_DIGITS + 1, "%04u%02u%02u%02u", (unsigned)t.year % 10000U, (unsigned)t.month % 100U, (unsigned)t.day % 100U,
             (unsigned)t.hour % 100U);
}

/* NULL: it can't be made. */
static struct hour *take_hour(struct blob_store *store, int64_t now_ms)
{
    char name[HOUR_DIGITS + 1];
    name_hour(now_ms, name);
    lock_take(store->lock);
    if (store->hour == NULL || strcmp(store->hour->name, name) != 0) {
        struct hour *next = open_hour(store, name);
        struct hour *before = next ? store->hour : NULL;
        store->hour = next ? next : store->hour;
        if (before && before->users == 0) {
            close_hour(before);
        }
    }
    struct hour *hour = store->hour;
    if (hour) {
        hour->users++;
    }
    lock_give(store->lock);
    return hour;
}

/* Once this returns true, all entries made before the call are durable. */
static bool sync_hour(struct blob_store *store, struct hour *hour)
{
    lock_take(store->lock);
    const uint64_t mine = ++hour->asked;
    while (hour->synced < mine && !hour->broken) {
        if (hour->syncing) {
            lock_wait(store->lock, -1);
            continue;
        }
        const uint64_t upto = hour->asked;
        hour->syncing = true;
        lock_give(store->lock);
        const bool done = fsync(hour->fd) == 0;
        lock_take(store->lock);
        hour->syncing = false;
        hour->synced = done ? upto : hour->synced;
        hour->broken = !done;
        lock_signal(store->lock);
    }
    const bool done = hour->synced >= mine;
    hour->broken = false;
    lock_give(store->lock);
    return done;
}

/* --- ids --- */

/* HOUR-NAME, and nothing that could lead anywhere else. */
static bool is_id(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        const char c = id.ptr[i];
        const bool digit = c >= '0' && c <= '9';
        if (i == HOUR_DIGITS ? c != '-' : !digit && !(i > HOUR_DIGITS && c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return id.len == ID_SIZE;
}

struct path {
    char text[ID_SIZE + 1];
};

static struct path path_of(struct str id)
{
    struct path path = { "" };
    memcpy(path.text, id.ptr, ID_SIZE);
    path.text[HOUR_DIGITS] = '/';
    return path;
}

/* --- one blob --- */

/* A nameless file gets its name; one that can't (its name was taken away) is copied. */
static bool link_file(struct hour *hour, const char *name, int fd, struct str bytes)
{
    char self[32];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, hour->fd, name, AT_SYMLINK_FOLLOW) == 0) {
        return ftruncate(fd, (off_t)bytes.len) == 0 && fsync(fd) == 0;
    }
    const int copy = openat(hour->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool done = copy >= 0 && file_write_all(copy, bytes) && fsync(copy) == 0;
    if (copy >= 0) {
        close(copy);
    }
    return done;
}

static bool write_file(struct hour *hour, const char *name, struct str bytes)
{
    const int fd = openat(hour->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool done = fd >= 0 && file_write_all(fd, bytes) && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

static struct err put_remote(struct ctx *ctx, struct blob_store *store, struct str bytes, struct str *id)
{
    char hour[HOUR_DIGITS + 1];
    name_hour(ctx->now_ms, hour);
    *id = str_format(ctx->arena, "%s-%s", hour, random_hex(ctx, NAME_DIGITS).ptr);
    return store->remote->put(store->remote->self, ctx, *id, bytes);
}

/* The name comes before the bytes are synced: one journal commit of the file system then holds both. Only a row makes it an
 * object, so nobody sees it half-written. */
struct err blob_put(struct ctx *ctx, struct blob_store *store, struct str bytes, int fd, struct str *id)
{
    if (store->remote) {
        return put_remote(ctx, store, bytes, id);
    }
    const struct str name = random_hex(ctx, NAME_DIGITS);
    struct hour *hour = take_hour(store, ctx->now_ms);
    if (hour == NULL) {
        return broken(ctx, "given a folder", name);
    }
    *id = str_format(ctx->arena, "%s-%" STR_FMT, hour->name, STR_ARG(name));
    const bool written = (fd >= 0 ? link_file(hour, name.ptr, fd, bytes) : write_file(hour, name.ptr, bytes)) && sync_hour(store, hour);
    const struct err err = written ? ERR_OK : broken(ctx, "written", *id);
    if (!written) {
        unlinkat(hour->fd, name.ptr, 0);
    }
    give_hour(store, hour);
    return err;
}

/* Into a nameless file: a copy for one reader. */
static struct err fetch(struct ctx *ctx, struct blob_store *store, struct str id, int *fd)
{
    TRY(blob_spool_file(ctx, store, fd));
    const struct err err = store->remote->get(store->remote->self, ctx, id, *fd);
    if (err.fault) {
        close(*fd);
        *fd = -1;
    }
    return err;
}

struct err blob_fd(struct ctx *ctx, struct blob_store *store, struct str id, int *fd)
{
    if (!is_id(id)) {
        return fail(ctx, &FAULT_INTERNAL, "not the id of a blob: %" STR_FMT, STR_ARG(id));
    }
    if (store->remote) {
        return fetch(ctx, store, id, fd);
    }
    *fd = openat(store->fd, path_of(id).text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return *fd < 0 ? broken(ctx, "opened", id) : ERR_OK;
}

struct err blob_stream(struct ctx *ctx, struct blob_store *store, struct str id, uint64_t offset, uint64_t size,
                       struct http_stream *out)
{
    int fd = -1;
    TRY(blob_fd(ctx, store, id, &fd));
    *out = (struct http_stream){ .size = size, .fd = fd, .offset = offset };
    return ERR_OK;
}

struct err blob_remove(struct ctx *ctx, struct blob_store *store, struct str id)
{
    if (!is_id(id)) {
        return fail(ctx, &FAULT_INTERNAL, "not the id of a blob: %" STR_FMT, STR_ARG(id));
    }
    if (store->remote) {
        return store->remote->remove(store->remote->self, ctx, id);
    }
    const struct path path = path_of(id);
    return unlinkat(store->fd, path.text, 0) == 0 || errno == ENOENT ? ERR_OK : broken(ctx, "removed", id);
}

/* --- what a crash left --- */

struct sweep {
    struct blob_store *store;
    struct err (*known)(void *self, struct ctx *ctx, struct str id, bool *out);
    void *self;
    size_t *removed;
};

static struct err sweep_one(struct ctx *ctx, struct sweep *sweep, const char *hour, const char *name)
{
    const struct arena_mark mark = arena_mark(ctx->arena);
    const struct str id = str_format(ctx->arena, "%s-%s", hour, name);
    bool known = true;
    if (is_id(id)) {
        TRY(sweep->known(sweep->self, ctx, id, &known));
    }
    if (!known) {
        TRY(blob_remove(ctx, sweep->store, id));
        (*sweep->removed)++;
    }
    arena_release(ctx->arena, mark);
    return ERR_OK;
}

/* Another server may be about to name it: only what is a day old is nobody's. */
static struct err sweep_remote(void *self, struct ctx *ctx, struct str id)
{
    struct sweep *sweep = self;
    char day_ago[HOUR_DIGITS + 1];
    bool known = true;
    name_hour(ctx->now_ms - DAY_MS, day_ago);
    if (is_id(id) && str_compare(str_slice(id, 0, HOUR_DIGITS), str_of(day_ago)) < 0) {
        TRY(sweep->known(sweep->self, ctx, id, &known));
    }
    *sweep->removed += !known;
    return known ? ERR_OK : blob_remove(ctx, sweep->store, id);
}

static void close_folder(DIR *const *folder)
{
    if (*folder) {
        closedir(*folder);
    }
}

static struct err sweep_hour(struct ctx *ctx, struct sweep *sweep, const char *hour)
{
    const int fd = openat(sweep->store->fd, hour, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const CLEANUP(close_folder) folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        return broken(ctx, "looked for in its folder", str_of(hour));
    }
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            TRY(sweep_one(ctx, sweep, hour, entry->d_name));
        }
    }
    unlinkat(sweep->store->fd, hour, AT_REMOVEDIR); /* stays unless it is empty */
    return ERR_OK;
}

struct err blob_sweep(struct ctx *ctx, struct blob_store *store,
                      struct err (*known)(void *self, struct ctx *ctx, struct str id, bool *out), void *self, size_t *removed)
{
    struct sweep sweep = { store, known, self, removed };
    *removed = 0;
    if (store->remote) {
        return store->remote->list(store->remote->self, ctx, sweep_remote, &sweep);
    }
    DIR *const CLEANUP(close_folder) folder = opendir(store->folder);
    if (folder == NULL) {
        return fail(ctx, &FAULT_IO, "cannot read %s: %s", store->folder, io_reason(errno));
    }
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        int64_t hour = 0;
        if (strlen(entry->d_name) == HOUR_DIGITS && str_to_int(str_of(entry->d_name), &hour)) {
            TRY(sweep_hour(ctx, &sweep, entry->d_name));
        }
    }
    return ERR_OK;
}
