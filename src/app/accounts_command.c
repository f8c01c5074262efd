/* accounts_command.c - yagura accounts: the accounts that an organisation of this server knows. */
#include <stdio.h>

#include "app/commands.h"
#include "app/data.h"
#include "app/table.h"
#include "base/clock.h"
#include "svc/organizations/organizations.h"

static struct table table_of(struct ctx *ctx, const struct organizations_known *accounts, size_t count)
{
    struct table table = table_new(ctx->arena);
    table_column(&table, "account", false);
    table_column(&table, "name", false);
    table_column(&table, "status", false);
    table_column(&table, "email", false);
    table_column(&table, "path", false);
    for (size_t i = 0; i < count; i++) {
        table_cell(&table, accounts[i].account);
        table_cell(&table, accounts[i].name);
        table_cell(&table, accounts[i].status);
        table_cell(&table, accounts[i].email);
        table_cell(&table, accounts[i].path);
    }
    return table;
}

static struct err list(struct ctx *ctx, const struct settings *settings, struct organizations_known **accounts,
                       size_t *count)
{
    struct store *store = NULL;
    struct store_conn *db = NULL;
    struct err err = data_connect(ctx, settings->data, settings->store, &store, &db);
    if (!err.fault) {
        err = organizations_accounts_known(ctx, db, accounts, count);
    }
    data_disconnect(store, db);
    return err;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { 0 };
    struct organizations_known *accounts = NULL;
    size_t count = 0;
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    if (list(&ctx, &settings, &accounts, &count).fault) {
        return command_failed(command, &ctx);
    }
    struct table table = table_of(&ctx, accounts, count);
    if (!table_print(&table, settings.format, stdout)) {
        fputs("yagura accounts: --format is table, json, ndjson or csv\n", stderr);
        return 2;
    }
    if (count == 0) {
        fputs("There is no organisation yet; make one with: aws organizations create-organization\n", stderr);
    }
    return 0;
}

const struct command COMMAND_ACCOUNTS = {
    .name = "accounts",
    .summary = "list the accounts of this server's organisations",
    .usage = "yagura accounts [options]",
    .examples = "  yagura accounts\n  eval \"$(yagura env --account 222233334444)\"     be root there for an hour\n",
    .groups = SETTINGS_DATA | SETTINGS_FORMAT,
    .run = run,
};
