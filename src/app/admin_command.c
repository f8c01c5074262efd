/* admin_command.c - yagura admin: what is done to a data folder whose server is stopped. */
#include <stdio.h>
#include <sys/stat.h>

#include "app/commands.h"
#include "app/data.h"
#include "app/root_key.h"
#include "base/clock.h"
#include "crypto/secret.h"
#include "schema.h"

static struct err replace(struct ctx *ctx, const struct settings *settings, struct vault **vault, struct store_conn *db)
{
    int64_t changed = 0;
    TRY(root_key_settle(ctx, settings, db, vault));
    const struct str to = settings->to.ptr ? settings->to : settings->root_key;
    TRY(root_key_replace(ctx, settings, db, *vault, to, &changed));
    printf("The root key is new; %lld values were sealed under it.\n"
           "Sessions and import tokens made under the old one are void. Backups hold the old one: make a new backup.\n",
           (long long)changed);
    return ERR_OK;
}

static struct err with_store(struct ctx *ctx, const struct settings *settings, struct vault **vault)
{
    struct store *store = NULL;
    struct store_conn *db = NULL;
    TRY(store_open(ctx, data_store_url(ctx->arena, settings->data, settings->store), &store));
    struct err err = store_migrate(ctx, store, SCHEMA_STEPS, SCHEMA_STEP_COUNT);
    err = err.fault ? err : store_connect(ctx, store, &db);
    err = err.fault ? err : replace(ctx, settings, vault, db);
    store_disconnect(db);
    store_close(store);
    return err;
}

static struct err rotate_root_key(struct ctx *ctx, const struct settings *settings)
{
    struct data_folder folder = { .lock = -1 };
    struct vault *vault = NULL;
    if (!data_exists(ctx, data_file(ctx->arena, settings->data, "credentials"))) {
        return fail(ctx, &FAULT_MISSING, "%" STR_FMT " is not a data folder of Yagura; name one with --data",
                    STR_ARG(settings->data));
    }
    TRY(data_open(ctx, settings->data, &folder));
    struct err err = root_key_open(ctx, settings->data, settings->root_key, &vault);
    err = err.fault ? err : with_store(ctx, settings, &vault);
    vault_close(vault);
    data_close(&folder);
    return err;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct settings settings = { 0 };
    int status = 0;
    secret_process();
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    if (settings.arguments.count != 1 || !str_equal(settings.arguments.items[0], STR("rotate-root-key"))) {
        fprintf(stderr, "yagura admin: say what to do: %s\n", command->usage);
        return 2;
    }
    umask(077);
    return rotate_root_key(&ctx, &settings).fault ? command_failed(command, &ctx) : 0;
}

const struct command COMMAND_ADMIN = {
    .name = "admin",
    .summary = "replace the root key of a data folder whose server is stopped",
    .usage = "yagura admin rotate-root-key [options]",
    .examples = "  yagura admin rotate-root-key --data /var/lib/yagura\n"
                "  yagura admin rotate-root-key --to passphrase:/root/passphrase      from a file to a passphrase\n"
                "  yagura admin rotate-root-key --root-key credential:old --to credential:new\n",
    .groups = SETTINGS_DATA | SETTINGS_ROOT | SETTINGS_ADMIN,
    .run = run,
};
