/* findings_command.c - yagura findings: what a data folder holds, server or not. */
#include "app/commands.h"
#include "app/data.h"
#include "app/findings_hidden.h"
#include "app/findings_table.h"
#include "app/findings_types.h"
#include "base/clock.h"

enum { FINDINGS_LIMIT = 1000 };

enum question { ASK_FINDINGS, ASK_TYPES, ASK_HIDDEN, ASK_ACKNOWLEDGE, ASK_NOTHING_KNOWN };

static enum question question_of(const struct path_list *words)
{
    if (words->count == 0) {
        return ASK_FINDINGS;
    }
    if (words->count == 2 && str_equal(words->items[0], STR("acknowledge"))) {
        return ASK_ACKNOWLEDGE;
    }
    if (words->count > 1) {
        return ASK_NOTHING_KNOWN;
    }
    return str_equal(words->items[0], STR("types"))    ? ASK_TYPES
           : str_equal(words->items[0], STR("hidden")) ? ASK_HIDDEN
                                                       : ASK_NOTHING_KNOWN;
}

static struct err answer(struct ctx *ctx, const struct settings *settings, enum question question, struct store_conn *db,
                         size_t *shown)
{
    if (question == ASK_ACKNOWLEDGE) {
        return findings_hidden_acknowledge(ctx, db, settings->account_id, settings->arguments.items[1], settings->reason);
    }
    if (question == ASK_HIDDEN) {
        return findings_hidden_print(ctx, db, settings->account_id, settings->format, stdout, shown);
    }
    return findings_table_print(ctx, db, settings->account_id, STR_NONE, settings->format, FINDINGS_LIMIT, stdout, shown);
}

static struct err ask(struct ctx *ctx, const struct settings *settings, enum question question, size_t *shown)
{
    struct store *store = NULL;
    struct store_conn *db = NULL;
    struct err err = data_connect(ctx, settings->data, settings->store, &store, &db);
    if (!err.fault) {
        err = answer(ctx, settings, question, db, shown);
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
    const enum question question = question_of(&settings.arguments);
    if (question == ASK_NOTHING_KNOWN) {
        fprintf(stderr, "yagura findings: say nothing more, or types, hidden or acknowledge FILTER; see yagura findings --help\n");
        return 2;
    }
    if (question == ASK_ACKNOWLEDGE && settings.reason.len == 0) {
        fprintf(stderr, "yagura findings: acknowledge needs --reason TEXT\n");
        return 2;
    }
    if (question == ASK_TYPES) {
        return findings_types_print(&ctx, settings.format, stdout).fault ? command_failed(command, &ctx) : 0;
    }
    size_t shown = 0;
    if (ask(&ctx, &settings, question, &shown).fault) {
        return command_failed(command, &ctx);
    }
    return shown > 0 ? 1 : 0;
}

const struct command COMMAND_FINDINGS = {
    .name = "findings",
    .summary = "list the findings in a data folder, newest first, the types there are, or what filters hide",
    .usage = "yagura findings [types | hidden | acknowledge FILTER] [options]",
    .examples = "  yagura findings\n"
                "  yagura findings --format csv > findings.csv\n"
                "  yagura findings types                 every finding type: source, ATT&CK technique, state, what raises it\n"
                "  yagura findings types --format json\n"
                "  yagura findings hidden                archiving filters that can hide high or critical findings\n"
                "  yagura findings acknowledge quiet --reason 'penetration test until June'\n"
                "\nA type's state is active, or what it waits for: a list (yagura intel), history (--warm-up), or an agent whose events are\n"
                "read (Falco, Tetragon, auditd, malware scanners).\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT | SETTINGS_WHERE | SETTINGS_REASON,
    .run = run,
};
