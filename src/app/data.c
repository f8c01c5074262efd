#include "app/data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

enum { SMALL_FILE_MAX = 1 << 20 };

struct str data_file(struct arena *arena, struct str folder, const char *name)
{
    return str_format(arena, "%" STR_FMT "/%s", STR_ARG(folder), name);
}

struct str data_store_url(struct arena *arena, struct str folder, struct str url)
{
    return url.ptr ? url : str_format(arena, "sqlite:%" STR_FMT "/yagura.db", STR_ARG(folder));
}

static struct err io_failed(struct ctx *ctx, const char *doing, struct str path)
{
    return fail(ctx, &FAULT_IO, "cannot %s %" STR_FMT ": %s", doing, STR_ARG(path), io_reason(errno));
}

static struct err make_folders(struct ctx *ctx, struct str path)
{
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/') {
            continue;
        }
        if (mkdir(str_cstr(ctx->arena, str_slice(path, 0, i)), 0700) != 0 && errno != EEXIST) {
            return io_failed(ctx, "make the folder", path);
        }
    }
    return ERR_OK;
}

struct err data_open(struct ctx *ctx, struct str path, struct data_folder *out)
{
    TRY(make_folders(ctx, path));
    const struct str lock = data_file(ctx->arena, path, "lock");
    const int fd = open(lock.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return io_failed(ctx, "open", lock);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return fail(ctx, &FAULT_UNAVAILABLE, "another yagura serve is using %" STR_FMT
                    "; stop it first, or choose another folder with --data", STR_ARG(path));
    }
    *out = (struct data_folder){ path, fd };
    return ERR_OK;
}

void data_close(struct data_folder *folder)
{
    if (folder->lock >= 0) {
        close(folder->lock);
        folder->lock = -1;
    }
}

bool data_exists(struct ctx *ctx, struct str path)
{
    return access(str_cstr(ctx->arena, path), F_OK) == 0;
}

bool data_has_root_key(struct ctx *ctx, struct str folder)
{
    return data_exists(ctx, data_file(ctx->arena, folder, "root.key"))
        || data_exists(ctx, data_file(ctx->arena, folder, "root.sealed"));
}

static void sync_folder_of(struct ctx *ctx, struct str path)
{
    const size_t slash = str_find_last(path, '/');
    const struct str folder = slash == STR_MISSING ? STR(".") : str_slice(path, 0, slash + 1);
    const int fd = open(str_cstr(ctx->arena, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

struct err data_write(struct ctx *ctx, struct str path, struct str bytes, unsigned mode)
{
    const struct str fresh = str_format(ctx->arena, "%" STR_FMT ".new", STR_ARG(path));
    const int fd = open(fresh.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) {
        return io_failed(ctx, "write", path);
    }
    const bool written = fchmod(fd, (mode_t)mode) == 0 && file_write_all(fd, bytes) && fsync(fd) == 0;
    close(fd);
    if (!written || rename(fresh.ptr, str_cstr(ctx->arena, path)) != 0) {
        const struct err err = io_failed(ctx, "write", path);
        unlink(fresh.ptr);
        return err;
    }
    sync_folder_of(ctx, path);
    return ERR_OK;
}

struct err data_read(struct ctx *ctx, struct str path, struct str *bytes)
{
    const int fd = open(str_cstr(ctx->arena, path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? fail(ctx, &FAULT_MISSING, "there is no %" STR_FMT, STR_ARG(path))
                               : io_failed(ctx, "read", path);
    }
    char *buffer = arena_alloc_raw(ctx->arena, SMALL_FILE_MAX + 1);
    size_t size = 0;
    ssize_t n = 0;
    while (size < SMALL_FILE_MAX && (n = read(fd, buffer + size, SMALL_FILE_MAX - size)) > 0) {
        size += (size_t)n;
    }
    close(fd);
    if (n < 0 || size == SMALL_FILE_MAX) {
        return fail(ctx, &FAULT_IO, "cannot read %" STR_FMT ": %s", STR_ARG(path),
                    n < 0 ? strerror(errno) : "it is larger than 1 MiB");
    }
    buffer[size] = '\0';
    *bytes = (struct str){ buffer, size };
    return ERR_OK;
}

struct err data_copy(struct ctx *ctx, struct str from, struct str to, unsigned mode)
{
    struct str bytes = STR_NONE;
    TRY(data_read(ctx, from, &bytes));
    return data_write(ctx, to, bytes, mode);
}

struct err data_write_credentials(struct ctx *ctx, struct str folder, const struct credentials *credentials)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("accessKeyId"), credentials->access_key_id);
    json_member_str(&w, STR("secretAccessKey"), credentials->secret_access_key);
    json_close_object(&w);
    text_add_char(&w.text, '\n');
    return data_write(ctx, data_file(ctx->arena, folder, "credentials"), json_done(&w), 0600);
}

struct err data_read_credentials(struct ctx *ctx, struct str folder, struct credentials *credentials)
{
    const struct str path = data_file(ctx->arena, folder, "credentials");
    struct str text = STR_NONE;
    TRY(data_read(ctx, path, &text));
    const struct json *tree = json_parse(ctx->arena, text, NULL);
    *credentials = (struct credentials){
        json_text(json_get(tree, STR("accessKeyId"))),
        json_text(json_get(tree, STR("secretAccessKey"))),
    };
    if (credentials->access_key_id.ptr == NULL || credentials->secret_access_key.ptr == NULL) {
        return fail(ctx, &FAULT_IO, "%" STR_FMT " is not a credentials file", STR_ARG(path));
    }
    return ERR_OK;
}

struct err data_connect(struct ctx *ctx, struct str folder, struct str url, struct store **store, struct store_conn **db)
{
    if (!data_has_root_key(ctx, folder)) {
        return fail(ctx, &FAULT_MISSING, "%" STR_FMT " is not a data folder of Yagura; name one with --data", STR_ARG(folder));
    }
    TRY(store_open(ctx, data_store_url(ctx->arena, folder, url), store));
    return store_connect(ctx, *store, db);
}

void data_disconnect(struct store *store, struct store_conn *db)
{
    store_disconnect(db);
    store_close(store);
}
