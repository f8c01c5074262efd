/* reconcile_command.c - yagura reconcile: what of a bucket or folder of logs was not read, named and read once. */
#include <stdio.h>

#include "app/commands.h"
#include "app/data.h"
#include "app/reconcile.h"
#include "app/table.h"
#include "base/clock.h"

enum { STATUS_WHOLE = 0, STATUS_GAPS = 1, STATUS_USAGE = 2, STATUS_OPEN = 3, WRITER_QUEUE = 64 };

static bool print(struct ctx *ctx, const struct settings *settings, const struct reconcile *found)
{
    struct table table = table_new(ctx->arena);
    static const char *const columns[] = { "gap", "bytes", "read", "object", "trouble" };
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        table_column(&table, columns[i], i == 1);
    }
    for (size_t i = 0; i < found->count; i++) {
        const struct reconcile_gap *gap = &found->gaps[i];
        table_cell(&table, str_of(gap->what));
        table_cell(&table, str_format(ctx->arena, "%lld", (long long)gap->size));
        table_cell(&table, gap->filled ? STR("now") : STR("no"));
        table_cell(&table, gap->name);
        table_cell(&table, gap->trouble.ptr ? gap->trouble : STR(""));
    }
    const bool people = str_equal(settings->format, STR("table"));
    if (!(people && found->count == 0) && !table_print(&table, settings->format, stdout)) {
        return false;
    }
    if (people) {
        size_t filled = 0;
        for (size_t i = 0; i < found->count; i++) {
            filled += found->gaps[i].filled;
        }
        printf("%lld objects of logs, %zu gaps, %zu of them read now\n", (long long)found->objects, found->count, filled);
    }
    return true;
}

static int status_of(const struct settings *settings, const struct reconcile *found)
{
    for (size_t i = 0; i < found->count && !settings->dry_run; i++) {
        if (!found->gaps[i].filled) {
            return STATUS_OPEN;
        }
    }
    return found->count > 0 ? STATUS_GAPS : STATUS_WHOLE;
}

static struct err reconcile(struct ctx *ctx, const struct settings *settings, struct str where, struct reconcile *found)
{
    struct data_folder folder = { .lock = -1 };
    struct store_conn *db = NULL;
    struct reconcile_options options = { .settings = settings, .where = where };
    options.alone = !settings->dry_run && !data_open(ctx, settings->data, &folder).fault;
    struct err err = data_connect(ctx, settings->data, settings->store, &options.store, &db);
    if (!err.fault && !settings->dry_run) {
        err = store_writer_open(ctx, options.store, WRITER_QUEUE, 1, &options.writer);
    }
    if (!err.fault) {
        err = str_starts(where, STR("s3://")) ? reconcile_bucket(ctx, &options, found) : reconcile_folder(ctx, &options, found);
    }
    store_writer_close(options.writer);
    data_disconnect(options.store, db);
    data_close(&folder);
    return err;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings *settings = ARENA_NEW(arena, struct settings);
    struct reconcile found = { .count = 0 };
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, settings, &status)) {
        return status;
    }
    if (settings->arguments.count != 1) {
        fprintf(stderr, "yagura reconcile: say which bucket or folder: yagura reconcile s3://BUCKET/PREFIX, or yagura reconcile PATH\n");
        return STATUS_USAGE;
    }
    if (reconcile(&ctx, settings, settings->arguments.items[0], &found).fault) {
        return command_failed(command, &ctx);
    }
    return print(&ctx, settings, &found) ? status_of(settings, &found) : STATUS_USAGE;
}

const struct command COMMAND_RECONCILE = {
    .name = "reconcile",
    .summary = "compare a bucket or folder of logs with what was read, name every gap and read it once",
    .usage = "yagura reconcile s3://BUCKET/PREFIX|PATH [options]\n"
             "status: 0 no gap, 1 gaps, all of them read now (or not tried: --dry-run), 3 some still open, 4 failure",
    .examples = "  yagura reconcile s3://trail-bucket/AWSLogs/\n"
                "  yagura reconcile --dry-run s3://trail-bucket/AWSLogs/?region=eu-west-1     name the gaps, read nothing\n"
                "  yagura reconcile 's3://trail/?endpoint=http://127.0.0.1:4700'              a bucket of Yagura itself\n"
                "  yagura reconcile logs/                                                     by the path that serve --watch has\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT | SETTINGS_RECONCILE,
    .run = run,
};
