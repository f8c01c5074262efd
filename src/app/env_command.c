/* env_command.c - yagura env: shell lines that point AWS clients at the server of a data folder. */
#include <stdio.h>

#include "app/commands.h"
#include "app/data.h"
#include "app/root_key.h"
#include "base/clock.h"
#include "crypto/vault.h"
#include "net/client.h"
#include "svc/session.h"

#define SESSION_MS ((int64_t)3600 * 1000)

enum { CONNECT_MS = 1000, ANSWER_S = 2 };

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

/* The lines are right for when it runs again, so they are printed nevertheless. Over https a certificate of one's own would
 * look like nobody there. */
static void warn_when_nobody_answers(struct ctx *ctx, struct str endpoint, struct str data)
{
    struct net_client *client = net_client_open(&(struct net_client_options){ .connect_timeout_ms = CONNECT_MS, .idle_timeout_s = ANSWER_S });
    const struct http_request request = { .method = STR("GET"), .path = STR("/_yagura/health") };
    struct http_response response;
    if (str_starts(endpoint, STR("http://")) && net_client_call(ctx, client, endpoint, &request, -1, &response).fault) {
        fprintf(stderr, "yagura env: nothing answers at %" STR_FMT "; start the server again with: yagura serve --data %" STR_FMT "\n",
                STR_ARG(endpoint), STR_ARG(data));
    }
    net_client_close(client);
}

/* Whoever holds the data folder holds its root key, and with it every account: a session of root, sealed here, that the
 * server takes like any other. Organisation policies bind it as they bind a root. */
static struct err print_root(struct ctx *ctx, const struct settings *settings)
{
    struct vault *vault = NULL;
    int64_t number = 0;
    if (settings->account.len != 12 || !str_to_int(settings->account, &number) || number < 0) {
        return fail(ctx, &FAULT_INVALID, "--account takes 12 digits, not \"%" STR_FMT "\"; yagura accounts lists them",
                    STR_ARG(settings->account));
    }
    TRY(root_key_open(ctx, settings->data, settings->root_key, &vault));
    struct session session = {
        .principal = { .type = PRINCIPAL_ROOT, .account = settings->account, .id = settings->account,
                       .arn = str_format(ctx->arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(settings->account)),
                       .session_since_ms = ctx->now_ms },
        .expires_ms = ctx->now_ms + SESSION_MS,
    };
    const struct str token = session_seal(ctx, vault, &session);
    vault_close(vault);
    print_export("AWS_ACCESS_KEY_ID", session.principal.access_key);
    print_export("AWS_SECRET_ACCESS_KEY", session.secret);
    print_export("AWS_SESSION_TOKEN", token);
    puts("unset AWS_PROFILE");
    return ERR_OK;
}

static struct err print_administrator(struct ctx *ctx, const struct settings *settings)
{
    struct credentials credentials = { 0 };
    TRY(data_read_credentials(ctx, settings->data, &credentials));
    print_export("AWS_ACCESS_KEY_ID", credentials.access_key_id);
    print_export("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key);
    puts("unset AWS_SESSION_TOKEN AWS_PROFILE");
    return ERR_OK;
}

/* "127.0.0.1:4700" of "http://127.0.0.1:4700/", without its port. */
static struct str host_of(struct str endpoint)
{
    const size_t at = str_search(endpoint, STR("://"));
    struct str rest = STR_NONE;
    const struct str place = str_cut(at == STR_MISSING ? endpoint : str_from(endpoint, at + 3), '/', &rest);
    return str_cut(place, ':', &rest);
}

static bool is_address(struct str host)
{
    return str_find(host, '.') != STR_MISSING && host.ptr[host.len - 1] >= '0' && host.ptr[host.len - 1] <= '9';
}

/* S3 Control clients call ACCOUNT.HOST, a name that needs not resolve. */
static void print_hosts(struct str account, struct str endpoint)
{
    const struct str host = host_of(endpoint);
    printf("%" STR_FMT " %" STR_FMT ".localhost", STR_ARG(is_address(host) ? host : STR("127.0.0.1")), STR_ARG(account));
    if (!str_equal(host, STR("localhost"))) {
        printf(" %" STR_FMT ".%" STR_FMT, STR_ARG(account), STR_ARG(host));
    }
    putchar('\n');
}

static struct err print_environment(struct ctx *ctx, const struct settings *settings)
{
    struct str endpoint = STR_NONE;
    const struct err read = data_read(ctx, data_file(ctx->arena, settings->data, "endpoint"), &endpoint);
    if (err_is(read, &FAULT_MISSING)) {
        return fail(ctx, &FAULT_MISSING, "no server has started with its data in %" STR_FMT
                    " yet; start one with: yagura serve --data %" STR_FMT, STR_ARG(settings->data),
                    STR_ARG(settings->data));
    }
    TRY(read);
    if (settings->hosts) {
        print_hosts(settings->account.ptr ? settings->account : settings->account_id, str_trim(endpoint));
        return ERR_OK;
    }
    print_export("AWS_ENDPOINT_URL", str_trim(endpoint));
    print_export("AWS_REGION", settings->region);
    print_export("AWS_DEFAULT_REGION", settings->region);
    TRY(settings->account.ptr ? print_root(ctx, settings) : print_administrator(ctx, settings));
    warn_when_nobody_answers(ctx, str_trim(endpoint), settings->data);
    return ERR_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
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
    .examples = "  eval \"$(yagura env)\"\n  aws sts get-caller-identity\n  eval \"$(yagura env --account 222233334444)\"\n  yagura env --hosts | sudo tee -a /etc/hosts\n",
    .groups = SETTINGS_DATA | SETTINGS_WHERE | SETTINGS_ENV,
    .run = run,
};
