/* imds_command.c - yagura imds: EC2's instance metadata service for programs that expect one, with a role's credentials.
 *
 * It works on a data folder, beside a server or without one, and assumes the role as EC2 does: the role's trust policy must name
 * ec2.amazonaws.com. */
#include <signal.h>
#include <stdio.h>

#include "app/commands.h"
#include "app/root_key.h"
#include "app/data.h"
#include "app/imds.h"
#include "app/inside.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/queue.h"
#include "iam_model.h"
#include "sts_model.h"

enum { FRESH_MS = 900000, SESSION_S = 3600, TOKEN_MIN = 16, GRACE_MS = 1000 };

struct instance {
    struct settings settings;
    struct vault *vault;
    struct store *store;
    struct store_conn *db;
    struct inside *inside;
    struct imds_options options;
    struct imds *imds;
    struct net_server *net;
    struct lock *lock; /* of what follows */
    struct arena *arena;
    struct imds_credentials made;
};

/* Called as an account's root, or as EC2. */
static struct err call(struct ctx *ctx, struct instance *instance, const char *name, const char *operation, const void *in,
                       struct str principal, const void **out)
{
    return inside_call(ctx, instance->inside, &(const struct inside_call){
        .service = name, .operation = operation, .in = in, .account = instance->settings.account_id,
        .region = instance->settings.region, .principal = principal }, out);
}

static struct err assume(struct instance *instance)
{
    struct ctx ctx = ctx_new(instance->arena, clock_now_ms());
    const void *out = NULL;
    const struct sts_assume_role_in in = { .role_arn = instance->options.role_arn,
                                           .role_session_name = instance->options.instance_id,
                                           .duration_seconds = SOME(SESSION_S) };
    arena_reset(instance->arena);
    const struct err err = call(&ctx, instance, "sts", "AssumeRole", &in, STR("ec2.amazonaws.com"), &out);
    if (err.fault) {
        instance->made = (struct imds_credentials){ .expires_ms = 0 };
        return fail(&ctx, err.fault, "%s", ctx.reason);
    }
    const struct sts_credentials *made = ((const struct sts_assume_role_out *)out)->credentials;
    instance->made = (struct imds_credentials){ made->access_key_id, made->secret_access_key, made->session_token, ctx.now_ms,
                                               made->expiration.v };
    return ERR_OK;
}

static struct err credentials(void *self, struct ctx *ctx, struct imds_credentials *out)
{
    struct instance *instance = self;
    struct err err = ERR_OK;
    lock_take(instance->lock);
    if (instance->made.expires_ms - ctx->now_ms < FRESH_MS) {
        err = assume(instance);
    }
    *out = (struct imds_credentials){ str_copy(ctx->arena, instance->made.access_key_id),
                                      str_copy(ctx->arena, instance->made.secret_access_key),
                                      str_copy(ctx->arena, instance->made.token), instance->made.issued_ms, instance->made.expires_ms };
    lock_give(instance->lock);
    return err.fault ? fail(ctx, err.fault, "role %" STR_FMT " can't be assumed by ec2.amazonaws.com; its trust policy must name it",
                            STR_ARG(instance->options.role_arn))
                     : ERR_OK;
}

static struct err take_role(struct ctx *ctx, struct instance *instance, struct str name)
{
    const void *out = NULL;
    const struct iam_get_role_in in = { .role_name = name };
    TRY(call(ctx, instance, "iam", "GetRole", &in, STR_NONE, &out));
    const struct iam_role *role = ((const struct iam_get_role_out *)out)->role;
    instance->options.role_name = role->role_name;
    instance->options.role_arn = role->arn;
    return ERR_OK;
}

static struct err take_profile(struct ctx *ctx, struct instance *instance, struct str name)
{
    const void *out = NULL;
    const struct iam_get_instance_profile_in in = { .instance_profile_name = name };
    TRY(call(ctx, instance, "iam", "GetInstanceProfile", &in, STR_NONE, &out));
    const struct iam_instance_profile *profile = ((const struct iam_get_instance_profile_out *)out)->instance_profile;
    if (profile->roles.count == 0) {
        return fail(ctx, &FAULT_INVALID, "instance profile %" STR_FMT " holds no role", STR_ARG(name));
    }
    instance->options.profile_arn = profile->arn;
    instance->options.profile_id = profile->instance_profile_id;
    return take_role(ctx, instance, profile->roles.items[0].role_name);
}

static struct err take_container_token(struct ctx *ctx, struct instance *instance)
{
    struct str text = STR_NONE;
    if (instance->settings.container_token.ptr == NULL) {
        return ERR_OK;
    }
    TRY(data_read(ctx, instance->settings.container_token, &text));
    instance->options.container_token = str_trim(text);
    return instance->options.container_token.len >= TOKEN_MIN
               ? ERR_OK
               : fail(ctx, &FAULT_INVALID, "the token in %" STR_FMT " is shorter than %d characters",
                      STR_ARG(instance->settings.container_token), TOKEN_MIN);
}

static struct err open_all(struct ctx *ctx, struct instance *instance)
{
    const struct settings *settings = &instance->settings;
    struct imds_credentials first = { .expires_ms = 0 };
    TRY(data_connect(ctx, settings->data, settings->store, &instance->store, &instance->db));
    TRY(root_key_open(ctx, settings->data, settings->root_key, &instance->vault));
    instance->inside = inside_open(&(const struct inside_options){
        .store = instance->store, .vault = instance->vault, .home_account = settings->account_id, .region = settings->region });
    instance->options = (struct imds_options){
        .account = settings->account_id, .region = settings->region, .instance_id = settings->instance_id,
        .version1 = settings->version1, .credentials = credentials, .self = instance };
    TRY(settings->role.ptr ? take_role(ctx, instance, settings->role) : take_profile(ctx, instance, settings->instance_profile));
    TRY(take_container_token(ctx, instance));
    TRY(credentials(instance, ctx, &first));
    instance->imds = imds_open(&instance->options);
    return net_server_start(ctx, &(const struct net_options){ .listen = settings->listen, .context = instance->imds,
                                                              .handle = imds_handle, .hops = (unsigned)settings->hop_limit },
                            &instance->net);
}

static void close_all(struct instance *instance)
{
    if (instance->net) {
        net_server_stop(instance->net, GRACE_MS);
    }
    imds_close(instance->imds);
    inside_close(instance->inside);
    vault_close(instance->vault);
    data_disconnect(instance->store, instance->db);
    arena_close(instance->arena);
    lock_free(instance->lock);
}

static void show(struct ctx *ctx, const struct instance *instance)
{
    const struct str listen = instance->settings.listen;
    const size_t colon = str_find_last(listen, ':');
    const struct str host = colon == STR_MISSING ? listen : str_slice(listen, 0, colon);
    const struct str url = str_format(ctx->arena, "http://%" STR_FMT ":%u", STR_ARG(host), (unsigned)net_server_port(instance->net));
    printf("role %" STR_FMT " at %s\n  export AWS_EC2_METADATA_SERVICE_ENDPOINT=%s\n", STR_ARG(instance->options.role_arn), url.ptr, url.ptr);
    if (instance->options.container_token.ptr) {
        printf("  export AWS_CONTAINER_CREDENTIALS_FULL_URI=%s/credentials AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=%" STR_FMT "\n",
               url.ptr, STR_ARG(instance->settings.container_token));
    }
    fflush(stdout);
}

static int serve(const struct command *command, struct ctx *ctx, struct instance *instance)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    instance->lock = lock_open();
    instance->arena = arena_open_secret();
    int status = 0;
    if (open_all(ctx, instance).fault) {
        status = command_failed(command, ctx);
    } else {
        show(ctx, instance);
        sigwaitinfo(&signals, NULL);
    }
    close_all(instance);
    return status;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open_secret();
    struct ctx ctx = ctx_new(arena, clock_now_ms());
    struct instance *instance = ARENA_NEW(arena, struct instance);
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, &instance->settings, &status)) {
        return status;
    }
    if ((instance->settings.role.ptr == NULL) == (instance->settings.instance_profile.ptr == NULL)) {
        fprintf(stderr, "yagura imds: name a role or an instance profile: --role NAME or --instance-profile NAME\n");
        return 2;
    }
    return serve(command, &ctx, instance);
}

const struct command COMMAND_IMDS = {
    .name = "imds",
    .summary = "hand out a role's credentials as EC2's instance metadata service does",
    .usage = "yagura imds --role NAME | --instance-profile NAME [options]",
    .examples = "  yagura imds --role app &\n"
                "  AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1338 aws sts get-caller-identity\n"
                "  yagura imds --instance-profile web --listen 169.254.169.254:80      (as root, once the address is on an interface)\n"
                "  yagura imds --role app --container-token /run/app.token\n",
    .groups = SETTINGS_DATA | SETTINGS_WHERE | SETTINGS_IMDS,
    .run = run,
};
