/* findings_command.c - yagura findings: what a data folder holds, server or not. */
#include "app/commands.h"
#include "app/data.h"
#include "app/findings_table.h"
#include "app/findings_types.h"
#include "base/clock.h"

enum { FINDINGS_LIMIT = 1000 };

static struct err print_findings(struct ctx *ctx, const struct settings *settings, size_t *shown)
{
    if (!data_exists(ctx, data_file(ctx->arena, settings->data, "root.key"))) {
        return fail(ctx, &FAULT_MISSING, "%" STR_FMT " is not a data folder of Yagura; name one with --data",
                    STR_ARG(settings->data));
    }
    struct store *store = NULL;
    struct store_conn *db = NULL;
    TRY(store_open(ctx, data_store_url(ctx->arena, settings->data, settings->store), &store));
    struct err err = store_connect(ctx, store, &db);
    if (!err.fault) {
        err = findings_table_print(ctx, db, settings->account_id, STR_NONE, settings->format, FINDINGS_LIMIT, stdout,
                                   shown);
    }
    store_disconnect(db);
    store_close(store);
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
    if (words->count > 0 && (words->count > 1 || !str_equal(words->items[0], STR("types")))) {
        fprintf(stderr, "yagura findings: say nothing more, or types; see yagura findings --help\n");
        return 2;
    }
    if (words->count > 0) {
        return findings_types_print(&ctx, settings.format, stdout).fault ? command_failed(command, &ctx) : 0;
    }
    size_t shown = 0;
    if (print_findings(&ctx, &settings, &shown).fault) {
        return command_failed(command, &ctx);
    }
    return shown > 0 ? 1 : 0;
}

const struct command COMMAND_FINDINGS = {
    .name = "findings",
    .summary = "list the findings in a data folder, newest first, or the types there are",
    .usage = "yagura findings [types] [options]",
    .examples = "  yagura findings\n"
                "  yagura findings --format csv > findings.csv\n"
                "  yagura findings types                 every finding type: source, ATT&CK technique, state, what raises it\n"
                "  yagura findings types --format json\n"
                "\nA type's state is active, or what it waits for: a list (--lists), history (--warm-up), or an agent whose events are\n"
                "read (Falco, Tetragon, auditd, malware scanners).\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT | SETTINGS_WHERE,
    .run = run,
};
