/* env_command.c - yagura env: shell lines that point AWS clients at the server of a data folder. */
#include <stdio.h>

#include "app/commands.h"
#include "app/data.h"

/* Single quotes, so that no byte of the value means anything to the shell. */
static void print_export(const char *name, struct str value)
{
    printf("export %s='", name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\'') {
            fputs("'\\''", stdout);
        } else {
            putchar(value.ptr[i]);
        }
    }
    puts("'");
}

static struct err print_environment(struct ctx *ctx, const struct settings *settings)
{
    struct credentials credentials = { 0 };
    struct str endpoint = STR_NONE;
    const struct err read = data_read(ctx, data_file(ctx->arena, settings->data, "endpoint"), &endpoint);
    if (err_is(read, &FAULT_MISSING)) {
        return fail(ctx, &FAULT_MISSING, "no server has started with its data in %" STR_FMT
                    " yet; start one with: yagura serve --data %" STR_FMT, STR_ARG(settings->data),
                    STR_ARG(settings->data));
    }
    TRY(read);
    TRY(data_read_credentials(ctx, settings->data, &credentials));
    print_export("AWS_ENDPOINT_URL", str_trim(endpoint));
    print_export("AWS_REGION", settings->region);
    print_export("AWS_DEFAULT_REGION", settings->region);
    print_export("AWS_ACCESS_KEY_ID", credentials.access_key_id);
    print_export("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key);
    puts("unset AWS_SESSION_TOKEN AWS_PROFILE");
    return ERR_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, 0);
    struct settings settings = { 0 };
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &settings, &status)) {
        return status;
    }
    return print_environment(&ctx, &settings).fault ? command_failed(command, &ctx) : 0;
}

const struct command COMMAND_ENV = {
    .name = "env",
    .summary = "print shell lines that point aws, boto3 and other AWS clients at the server",
    .usage = "yagura env [options]",
    .examples = "  eval \"$(yagura env)\"\n  aws sts get-caller-identity\n",
    .groups = SETTINGS_DATA | SETTINGS_WHERE,
    .run = run,
};
