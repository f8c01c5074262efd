/* backup_command.c - yagura backup and restore: one folder that holds all of a data folder, taken while it serves.
 *
 * The copy holds the root key and the administrator's credentials: whoever has it can read every secret in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/data.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/store.h"

static const char *const small_files[] = { "root.key", "root.sealed", "credentials" };

static struct err copy_small_files(struct ctx *ctx, struct str from, struct str to)
{
    for (size_t i = 0; i < COUNT_OF(small_files); i++) {
        const struct str source = data_file(ctx->arena, from, small_files[i]);
        if (data_exists(ctx, source)) {
            TRY(data_copy(ctx, source, data_file(ctx->arena, to, small_files[i]), 0600));
        }
    }
    return ERR_OK;
}

static struct err copy_whole(struct ctx *ctx, struct str from, struct str to)
{
    char buffer[1 << 16];
    const int in = open(from.ptr, O_RDONLY | O_CLOEXEC);
    if (in < 0 && errno == ENOENT) {
        return ERR_OK; /* let go of meanwhile */
    }
    const int out = in < 0 ? -1 : open(to.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool sound = out >= 0;
    ssize_t n = 0;
    while (sound && (n = read(in, buffer, sizeof(buffer))) > 0) {
        sound = write(out, buffer, (size_t)n) == n;
    }
    sound = sound && n == 0 && fsync(out) == 0;
    const struct err err = sound ? ERR_OK : fail(ctx, &FAULT_IO, "cannot copy %" STR_FMT ": %s", STR_ARG(from), strerror(errno));
    close(in);
    close(out);
    return err;
}

/* After the database: what the journal is ahead by is dropped when it is opened, what it lacks would be missing. Its mark of a
 * clean end and its keys stay behind: they are of the original. */
static struct err copy_audit(struct ctx *ctx, struct str from, struct str to)
{
    const struct str source = data_file(ctx->arena, from, "audit");
    const struct str copy = data_file(ctx->arena, to, "audit");
    DIR *folder = opendir(source.ptr);
    struct err err = ERR_OK;
    if (folder == NULL) {
        return errno == ENOENT ? ERR_OK : fail(ctx, &FAULT_IO, "cannot read %" STR_FMT ": %s", STR_ARG(source), strerror(errno));
    }
    if (mkdir(copy.ptr, 0700) != 0) {
        err = fail(ctx, &FAULT_IO, "cannot make %" STR_FMT ": %s", STR_ARG(copy), strerror(errno));
    }
    for (const struct dirent *entry = NULL; !err.fault && (entry = readdir(folder));) {
        const struct str name = str_of(entry->d_name);
        if (str_ends(name, STR(".journal")) || str_equal(name, STR("id"))) {
            err = copy_whole(ctx, data_file(ctx->arena, source, entry->d_name), data_file(ctx->arena, copy, entry->d_name));
        }
    }
    closedir(folder);
    return err;
}

/* --- blobs --- */

static void close_folder(DIR *const *folder)
{
    if (*folder) {
        closedir(*folder);
    }
}

/* A blob never changes, but it may have been looked at while it was still being written. */
static bool is_copied(struct str from, struct str to)
{
    struct stat original, copy;
    return stat(from.ptr, &original) == 0 && stat(to.ptr, &copy) == 0 && original.st_size == copy.st_size;
}

static struct err copy_blob(struct ctx *ctx, struct str from, struct str to)
{
    if (is_copied(from, to)) {
        return ERR_OK;
    }
    unlink(to.ptr);
    return copy_whole(ctx, from, to);
}

/* Every entry but hidden ones, of a folder that may be absent. */
static struct err each_entry(struct ctx *ctx, struct str from, struct str to, struct err (*work)(struct ctx *, struct str, struct str))
{
    DIR *const CLEANUP(close_folder) folder = opendir(from.ptr);
    if (folder == NULL) {
        return errno == ENOENT ? ERR_OK : fail(ctx, &FAULT_IO, "cannot read %" STR_FMT ": %s", STR_ARG(from), strerror(errno));
    }
    if (mkdir(to.ptr, 0700) != 0 && errno != EEXIST) {
        return fail(ctx, &FAULT_IO, "cannot make %" STR_FMT ": %s", STR_ARG(to), strerror(errno));
    }
    for (const struct dirent *entry = NULL; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            const struct arena_mark mark = arena_mark(ctx->arena);
            TRY(work(ctx, data_file(ctx->arena, from, entry->d_name), data_file(ctx->arena, to, entry->d_name)));
            arena_release(ctx->arena, mark);
        }
    }
    return ERR_OK;
}

/* Bodies on their way in are nobody's yet. */
static struct err copy_hour(struct ctx *ctx, struct str from, struct str to)
{
    return str_ends(from, STR("/incoming")) ? ERR_OK : each_entry(ctx, from, to, copy_blob);
}

static struct err copy_blobs(struct ctx *ctx, struct str from, struct str to)
{
    return each_entry(ctx, data_file(ctx->arena, from, "blobs"), data_file(ctx->arena, to, "blobs"), copy_hour);
}

static struct err remove_one(struct ctx *ctx, struct str path, struct str unused)
{
    (void)ctx;
    (void)unused;
    unlink(path.ptr);
    return ERR_OK;
}

static struct err remove_hour(struct ctx *ctx, struct str path, struct str unused)
{
    TRY(each_entry(ctx, path, unused, remove_one));
    rmdir(path.ptr);
    return ERR_OK;
}

static void remove_blobs(struct ctx *ctx, struct str folder)
{
    const struct str blobs = data_file(ctx->arena, folder, "blobs");
    if (!each_entry(ctx, blobs, blobs, remove_hour).fault) {
        rmdir(blobs.ptr);
    }
}

static void remove_audit(struct ctx *ctx, struct str folder)
{
    const struct str audit = data_file(ctx->arena, folder, "audit");
    DIR *opened = opendir(audit.ptr);
    for (const struct dirent *entry = NULL; opened && (entry = readdir(opened));) {
        if (entry->d_name[0] != '.') {
            unlink(data_file(ctx->arena, audit, entry->d_name).ptr);
        }
    }
    if (opened) {
        closedir(opened);
    }
    rmdir(audit.ptr);
}

/* Written last: a folder without it is a backup that did not finish. */
static struct err write_manifest(struct ctx *ctx, struct str folder)
{
    struct json_writer w = json_writer_new(ctx->arena);
    json_open_object(&w);
    json_member_str(&w, STR("yagura"), STR(YAGURA_VERSION));
    json_member_str(&w, STR("takenAt"), clock_format_iso8601(ctx->arena, ctx->now_ms));
    json_close_object(&w);
    text_add_char(&w.text, '\n');
    return data_write(ctx, data_file(ctx->arena, folder, "manifest.json"), json_done(&w), 0600);
}

/* What a failure left behind must not pass for data. */
static void remove_copies(struct ctx *ctx, struct str folder)
{
    static const char *const names[] = { "yagura.db", "root.key", "root.sealed", "credentials" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        unlink(data_file(ctx->arena, folder, names[i]).ptr);
    }
    remove_audit(ctx, folder);
    remove_blobs(ctx, folder);
}

/* SQLite would make a database that isn't there, and an empty copy of it. */
static struct err require(struct ctx *ctx, struct str folder, const char *name)
{
    const struct str path = data_file(ctx->arena, folder, name);
    return data_exists(ctx, path) ? ERR_OK : fail(ctx, &FAULT_MISSING, "there is no %" STR_FMT, STR_ARG(path));
}

static struct err copy_database(struct ctx *ctx, struct str url, struct str to)
{
    struct store *store = NULL;
    TRY(store_open(ctx, url, &store));
    const struct err err = store_backup(ctx, store, to);
    store_close(store);
    return err;
}

static struct err fill_backup(struct ctx *ctx, const struct settings *settings, struct str to)
{
    const struct str url = data_store_url(ctx->arena, settings->data, settings->store);
    TRY(copy_blobs(ctx, settings->data, to)); /* before: objects may be deleted meanwhile that the database's copy still has */
    TRY(copy_database(ctx, url, data_file(ctx->arena, to, "yagura.db")));
    TRY(copy_blobs(ctx, settings->data, to)); /* and those that came since; what has no row goes at the copy's first start */
    TRY(copy_small_files(ctx, settings->data, to));
    TRY(copy_audit(ctx, settings->data, to));
    return write_manifest(ctx, to);
}

static struct err backup(struct ctx *ctx, const struct settings *settings)
{
    const struct str to = settings->arguments.items[0];
    if (!data_has_root_key(ctx, settings->data)) {
        return fail(ctx, &FAULT_MISSING, "%" STR_FMT " is not a data folder of Yagura; name one with --data",
                    STR_ARG(settings->data));
    }
    if (settings->store.ptr == NULL) {
        TRY(require(ctx, settings->data, "yagura.db"));
    }
    if (mkdir(str_cstr(ctx->arena, to), 0700) != 0) {
        return fail(ctx, &FAULT_IO, "cannot make the folder %" STR_FMT ": %s", STR_ARG(to), strerror(errno));
    }
    const struct err err = fill_backup(ctx, settings, to);
    if (err.fault) {
        remove_copies(ctx, to);
        rmdir(str_cstr(ctx->arena, to));
    }
    return err;
}

static struct err fill_folder(struct ctx *ctx, struct str from, struct str to)
{
    TRY(copy_small_files(ctx, from, to));
    TRY(copy_audit(ctx, from, to));
    TRY(copy_blobs(ctx, from, to));
    return copy_database(ctx, str_format(ctx->arena, "sqlite:%" STR_FMT "/yagura.db", STR_ARG(from)),
                         data_file(ctx->arena, to, "yagura.db"));
}

static struct err restore(struct ctx *ctx, const struct settings *settings)
{
    const struct str from = settings->arguments.items[0];
    if (!data_exists(ctx, data_file(ctx->arena, from, "manifest.json"))) {
        return fail(ctx, &FAULT_MISSING, "%" STR_FMT " is not a finished backup (it has no manifest.json)",
                    STR_ARG(from));
    }
    TRY(require(ctx, from, "yagura.db"));
    TRY(data_has_root_key(ctx, from) ? ERR_OK : require(ctx, from, "root.key"));
    if (data_exists(ctx, data_file(ctx->arena, settings->data, "yagura.db"))
        || data_has_root_key(ctx, settings->data)) {
        return fail(ctx, &FAULT_IO, "%" STR_FMT " holds data already; restore into a new folder with --data",
                    STR_ARG(settings->data));
    }
    struct data_folder folder = { .lock = -1 };
    TRY(data_open(ctx, settings->data, &folder));
    const struct err err = fill_folder(ctx, from, settings->data);
    if (err.fault) {
        remove_copies(ctx, settings->data);
    }
    data_close(&folder);
    return err;
}

static int run_with(const struct command *command, int argc, char **argv,
                    struct err (*work)(struct ctx *, const struct settings *))
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { 0 };
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    if (settings.arguments.count != 1) {
        fprintf(stderr, "yagura %s: name one folder: %s\n", command->name, command->usage);
        return 2;
    }
    umask(077); /* the database's copy too is for the owner alone */
    return work(&ctx, &settings).fault ? command_failed(command, &ctx) : 0;
}

static int run_backup(const struct command *command, int argc, char **argv)
{
    return run_with(command, argc, argv, backup);
}

static int run_restore(const struct command *command, int argc, char **argv)
{
    return run_with(command, argc, argv, restore);
}

const struct command COMMAND_BACKUP = {
    .name = "backup",
    .summary = "copy a data folder consistently, also while its server runs",
    .usage = "yagura backup FOLDER [options]",
    .examples = "  yagura backup /backups/monday\n"
                "\nobjects' bytes are in it, unless serve --blobs keeps them in another S3, which has to keep its own copies\n",
    .groups = SETTINGS_DATA,
    .run = run_backup,
};

const struct command COMMAND_RESTORE = {
    .name = "restore",
    .summary = "make a new data folder from a backup",
    .usage = "yagura restore FOLDER [options]",
    .examples = "  yagura restore /backups/monday --data ./restored\n  yagura serve --data ./restored\n",
    .groups = SETTINGS_DATA,
    .run = run_restore,
};
