/* sources_command.c - yagura sources: what was read from where, server or not. */
#include "app/commands.h"
#include "app/data.h"
#include "app/source_table.h"
#include "base/clock.h"

static struct err print_sources(struct ctx *ctx, const struct settings *settings, bool gaps)
{
    struct store *store = NULL;
    struct store_conn *db = NULL;
    struct err err = data_connect(ctx, settings->data, settings->store, &store, &db);
    if (!err.fault) {
        err = gaps ? source_table_gaps(ctx, db, settings->format, stdout) : source_table_print(ctx, db, settings->format, stdout);
    }
    data_disconnect(store, db);
    return err;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { 0 };
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    const struct path_list *words = &settings.arguments;
    const bool gaps = words->count == 1 && str_equal(words->items[0], STR("gaps"));
    if (words->count > 0 && !gaps) {
        fprintf(stderr, "yagura sources: the only word it takes is gaps\n");
        return 2;
    }
    return print_sources(&ctx, &settings, gaps).fault ? command_failed(command, &ctx) : 0;
}

const struct command COMMAND_SOURCES = {
    .name = "sources",
    .summary = "show what was read from each source of logs, its lag, gaps and trouble",
    .usage = "yagura sources [gaps] [options]",
    .examples = "  yagura sources\n  yagura sources gaps          per account, region and type of log\n"
                "  yagura sources --format json\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT,
    .run = run,
};
