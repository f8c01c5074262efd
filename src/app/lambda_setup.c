#include "app/lambda_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/data.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "kms_model.h"
#include "sts_model.h"

enum { CREDENTIAL_SECONDS = 3600 };

enum runtime_kind { RUNTIME_UNKNOWN, RUNTIME_PYTHON, RUNTIME_NODE, RUNTIME_PROVIDED };

static enum runtime_kind kind_of(struct str runtime)
{
    return str_starts(runtime, STR("python3")) ? RUNTIME_PYTHON
        : str_starts(runtime, STR("nodejs")) ? RUNTIME_NODE
        : str_starts(runtime, STR("provided")) ? RUNTIME_PROVIDED : RUNTIME_UNKNOWN;
}

static bool is_program(const char *path)
{
    return access(path, X_OK) == 0;
}

/* The very version when the host has it, else the host's usual one. NULL: none. */
static const char *interpreter(struct ctx *ctx, struct str runtime)
{
    const char *exact = str_cstr(ctx->arena, runtime);
    const char *const names[] = { exact, kind_of(runtime) == RUNTIME_PYTHON ? "python3" : "node", "nodejs" };
    static const char *const folders[] = { "/usr/local/bin", "/usr/bin" };
    for (size_t i = 0; i < (kind_of(runtime) == RUNTIME_PYTHON ? 2 : COUNT_OF(names)); i++) {
        for (size_t j = 0; j < COUNT_OF(folders); j++) {
            const char *path = str_cstr(ctx->arena, str_format(ctx->arena, "%s/%s", folders[j], names[i]));
            if (is_program(path)) {
                return path;
            }
        }
    }
    return NULL;
}

struct err setup_check_runtime(void *self, struct ctx *ctx, struct str runtime)
{
    const enum runtime_kind kind = kind_of(runtime);
    (void)self;
    if (kind == RUNTIME_UNKNOWN) {
        return fail(ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Yagura runs python3.x, nodejs* and provided.* functions; %" STR_FMT
                    " can only come as a bootstrap of your own under provided.al2023", STR_ARG(runtime));
    }
    if (kind != RUNTIME_PROVIDED && interpreter(ctx, runtime) == NULL) {
        return fail(ctx, &LAMBDA_INVALID_RUNTIME_EXCEPTION, "%" STR_FMT " needs an interpreter that this host lacks: install the Debian "
                    "package %s", STR_ARG(runtime), kind == RUNTIME_PYTHON ? "python3" : "nodejs");
    }
    return ERR_OK;
}

static struct err make_folder(struct ctx *ctx, struct str path, mode_t mode)
{
    const char *name = str_cstr(ctx->arena, path);
    if (mkdir(name, mode) != 0 && errno != EEXIST) {
        return fail(ctx, &FAULT_IO, "cannot make folder %s: %s", name, strerror(errno));
    }
    return chmod(name, mode) == 0 ? ERR_OK : fail(ctx, &FAULT_IO, "cannot change folder %s: %s", name, strerror(errno));
}

/* What runs the host's interpreters lies in a folder that every sandbox sees. */
struct err setup_folders(struct ctx *ctx, struct lambda *lambda)
{
    static const char *const folders[] = { "", "/root", "/runtime", "/empty", "/unpacked", "/scratch" };
    code_remove(str_format(ctx->arena, "%" STR_FMT "/unpacked", STR_ARG(lambda->folder)));
    code_remove(str_format(ctx->arena, "%" STR_FMT "/scratch", STR_ARG(lambda->folder)));
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        const mode_t mode = i == 0 ? 0700 : 0755; /* functions, who are nobody here, see what lies in it by way of mounts */
        TRY(make_folder(ctx, str_format(ctx->arena, "%" STR_FMT "%s", STR_ARG(lambda->folder), folders[i]), mode));
    }
    TRY(data_write(ctx, str_format(ctx->arena, "%" STR_FMT "/runtime/bootstrap.py", STR_ARG(lambda->folder)), LAMBDA_BOOTSTRAP_PY, 0644));
    return data_write(ctx, str_format(ctx->arena, "%" STR_FMT "/runtime/bootstrap.mjs", STR_ARG(lambda->folder)), LAMBDA_BOOTSTRAP_MJS, 0644);
}

static void put(struct arena *arena, struct setup *setup, const char *name, struct str value)
{
    if (setup->environment_count + 1 < COUNT_OF(setup->environment)) {
        setup->environment[setup->environment_count++] = str_cstr(arena, str_format(arena, "%s=%" STR_FMT, name, STR_ARG(value)));
    }
}

/* STS wants two characters at least: AWS adds this to shorter names. */
static struct str session_name(struct ctx *ctx, const struct lambda_image *image)
{
    const struct str name = image->config.function_name;
    return name.len > 1 ? name : str_format(ctx->arena, "%" STR_FMT "@lambda_function", STR_ARG(name));
}

/* The rights of the function's role: Lambda assumes it, as its trust policy must allow. */
static struct err put_credentials(struct ctx *ctx, struct lambda *lambda, const struct lambda_image *image, struct environment *environment,
                                  struct setup *setup)
{
    const struct sts_assume_role_in in = { .role_arn = image->config.role, .role_session_name = session_name(ctx, image),
                                           .duration_seconds = SOME(CREDENTIAL_SECONDS) };
    const struct inside_call call = { .service = "sts", .operation = "AssumeRole", .in = &in, .account = environment->account,
                                      .region = environment->region, .principal = STR("lambda.amazonaws.com") };
    const void *out = NULL;
    if (inside_call(ctx, lambda->inside, &call, &out).fault) {
        return fail(ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "The role defined for the function cannot be assumed by Lambda.");
    }
    const struct sts_credentials *credentials = ((const struct sts_assume_role_out *)out)->credentials;
    environment->access_key = str_copy(environment->arena, credentials->access_key_id);
    environment->session_token = str_copy(environment->arena, credentials->session_token);
    put(ctx->arena, setup, "AWS_ACCESS_KEY_ID", credentials->access_key_id);
    put(ctx->arena, setup, "AWS_SECRET_ACCESS_KEY", credentials->secret_access_key);
    put(ctx->arena, setup, "AWS_SESSION_TOKEN", credentials->session_token);
    return ERR_OK;
}

struct decryption {
    struct ctx *ctx;
    struct inside_call call;
    struct inside *inside;
};

static struct err decrypt(void *self, const struct kms_decrypt_in *in, const struct kms_decrypt_out **out)
{
    struct decryption *decryption = self;
    const void *answer = NULL;
    decryption->call.in = in;
    TRY(inside_call(decryption->ctx, decryption->inside, &decryption->call, &answer));
    *out = answer;
    return ERR_OK;
}

/* With the rights of the function's role. */
static struct err open_environment(struct ctx *ctx, struct lambda *lambda, const struct environment *environment, struct lambda_image *image)
{
    struct decryption decryption = { ctx, {
        .service = "kms", .operation = "Decrypt", .account = environment->account, .region = environment->region,
        .principal = STR("lambda.amazonaws.com"), .role_arn = image->config.role, .session_name = session_name(ctx, image) }, lambda->inside };
    struct str plain = STR_NONE;
    if (image->sealed.ptr == NULL) {
        return ERR_OK;
    }
    const struct err err = lambda_decrypt(ctx, image->config.function_arn, image->sealed, decrypt, &decryption, &plain);
    if (err.fault) {
        char why[sizeof(ctx->reason)];
        memcpy(why, ctx->reason, sizeof(why));
        return fail(ctx, &LAMBDA_KMS_ACCESS_DENIED_EXCEPTION, "Lambda was unable to decrypt the environment variables because KMS access was "
                    "denied. Please check the function's KMS key settings. KMS Exception: %s KMS Message: %.500s", err.fault->code, why);
    }
    return lambda_variables(ctx, plain, &image->variables);
}

/* spec: Lambda developer guide, defined runtime environment variables. */
static void put_variables(struct ctx *ctx, const struct lambda_image *image, struct environment *environment, struct setup *setup)
{
    struct arena *arena = ctx->arena;
    put(arena, setup, "_HANDLER", image->config.handler);
    put(arena, setup, "_X_AMZN_TRACE_ID", STR(""));
    put(arena, setup, "AWS_REGION", environment->region);
    put(arena, setup, "AWS_DEFAULT_REGION", environment->region);
    put(arena, setup, "AWS_EXECUTION_ENV", str_format(arena, "AWS_Lambda_%" STR_FMT, STR_ARG(image->config.runtime)));
    put(arena, setup, "AWS_LAMBDA_FUNCTION_NAME", environment->function);
    put(arena, setup, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str_format(arena, "%d", (int)image->config.memory_size.v));
    put(arena, setup, "AWS_LAMBDA_FUNCTION_VERSION", environment->version);
    put(arena, setup, "AWS_LAMBDA_INITIALIZATION_TYPE", environment->made_ahead ? STR("provisioned-concurrency") : STR("on-demand"));
    put(arena, setup, "AWS_LAMBDA_LOG_GROUP_NAME", environment->group);
    put(arena, setup, "AWS_LAMBDA_LOG_STREAM_NAME", environment->stream);
    put(arena, setup, "AWS_LAMBDA_RUNTIME_API", STR("127.0.0.1:{port:0}"));
    put(arena, setup, "AWS_ENDPOINT_URL", STR("http://127.0.0.1:{port:1}"));
    put(arena, setup, "LAMBDA_TASK_ROOT", STR("/var/task"));
    put(arena, setup, "LAMBDA_RUNTIME_DIR", STR("/var/runtime"));
    put(arena, setup, "LANG", STR("C.UTF-8"));
    put(arena, setup, "TZ", STR(":UTC"));
    put(arena, setup, "PATH", STR("/usr/local/bin:/usr/bin:/bin:/opt/bin"));
    put(arena, setup, "LD_LIBRARY_PATH", STR("/var/task:/var/task/lib:/opt/lib"));
    put(arena, setup, "PYTHONDONTWRITEBYTECODE", STR("1"));
    put(arena, setup, "NODE_PATH", STR("/opt/nodejs/node_modules:/var/runtime/node_modules:/var/task"));
    put(arena, setup, "YAGURA_LAYER_PATHS", str_format(arena, "/opt/python:/opt/python/lib/%" STR_FMT "/site-packages",
                                                       STR_ARG(image->config.runtime)));
    for (size_t i = 0; i < image->variables.count; i++) {
        put(arena, setup, str_cstr(arena, image->variables.items[i].key), image->variables.items[i].value);
    }
}

/* spec: Lambda developer guide, wrapper scripts: it is given the command that would have run. NULL: none. */
static const char *exec_wrapper(struct arena *arena, const struct lambda_image *image)
{
    for (size_t i = 0; i < image->variables.count; i++) {
        if (str_equal(image->variables.items[i].key, STR("AWS_LAMBDA_EXEC_WRAPPER")) && image->variables.items[i].value.len > 0) {
            return str_cstr(arena, image->variables.items[i].value);
        }
    }
    return NULL;
}

static struct err choose_program(struct ctx *ctx, struct lambda *lambda, const struct lambda_image *image, struct str code, struct str layers,
                                 struct environment *environment, struct setup *setup)
{
    const enum runtime_kind kind = kind_of(image->config.runtime);
    TRY(setup_check_runtime(lambda, ctx, image->config.runtime));
    if (kind == RUNTIME_PROVIDED) {
        const bool own = is_program(str_cstr(ctx->arena, str_format(ctx->arena, "%" STR_FMT "/bootstrap", STR_ARG(code))));
        const bool layer = is_program(str_cstr(ctx->arena, str_format(ctx->arena, "%" STR_FMT "/bootstrap", STR_ARG(layers))));
        setup->arguments[0] = !own && layer ? "/opt/bootstrap" : "/var/task/bootstrap";
        return ERR_OK;
    }
    if (lambda->network.open) { /* others on this host could ask its Runtime API */
        environment->token = str_copy(environment->arena, random_hex(ctx, 32));
        put(ctx->arena, setup, "YAGURA_RUNTIME_TOKEN", environment->token);
    }
    const char *wrapper = exec_wrapper(ctx->arena, image);
    const size_t first = wrapper ? 1 : 0;
    setup->arguments[0] = wrapper;
    setup->arguments[first] = interpreter(ctx, image->config.runtime);
    setup->arguments[first + 1] = kind == RUNTIME_PYTHON ? "/var/runtime/bootstrap.py" : "/var/runtime/bootstrap.mjs";
    return ERR_OK;
}

/* spec: Lambda developer guide, runtime versions: "python:3.12.v1" of python3.12, "nodejs:20.v1" of nodejs20.x. */
static struct str init_line(struct arena *arena, const struct lambda_image *image)
{
    static const struct str families[] = { STR_INIT("python"), STR_INIT("nodejs"), STR_INIT("provided") };
    const struct lambda_runtime_version_config *version = image->config.runtime_version_config;
    struct str family = STR_NONE, number = image->config.runtime;
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        family = str_starts(image->config.runtime, families[i]) ? families[i] : family;
    }
    number = str_from(number, family.len);
    number = str_starts(number, STR(".")) ? str_from(number, 1) : number;
    number = str_ends(number, STR(".x")) ? str_slice(number, 0, number.len - 2) : number;
    return str_format(arena, "INIT_START Runtime Version: %" STR_FMT ":%" STR_FMT ".v1\tRuntime Version ARN: %" STR_FMT, STR_ARG(family),
                      STR_ARG(number), STR_ARG(version ? version->runtime_version_arn : STR("")));
}

static void choose_network(struct lambda *lambda, struct setup *setup)
{
    const struct network *network = &lambda->network;
    const bool open = network->open;
    setup->listens[LAMBDA_LISTENER_RUNTIME] = (struct sandbox_listen){ "127.0.0.1", open ? 0 : LAMBDA_RUNTIME_PORT };
    setup->listens[LAMBDA_LISTENER_ENDPOINT] = (struct sandbox_listen){ "127.0.0.1", open ? 0 : lambda->endpoint_port };
    setup->options.listen_count = LAMBDA_LISTENERS;
    for (size_t i = 0; !open && i < network->count; i++) {
        setup->listens[setup->options.listen_count++] =
            (struct sandbox_listen){ network->destinations[i].address, network->destinations[i].port };
    }
    setup->options.host_network = open;
}

static struct err load_image(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct lambda_image *image,
                             struct str *code, struct str *layers)
{
    struct worker *worker = worker_here(inside_workers(lambda->inside));
    TRY(worker_connect(ctx, worker));
    TRY(store_begin(ctx, worker->db, STORE_READ));
    struct err err = lambda_load(ctx, worker->db, lambda->options.vault, call, image);
    if (!err.fault) {
        err = code_folder(ctx, lambda, worker->db, &call->account, &image->code, 1, code);
    }
    *layers = str_format(ctx->arena, "%" STR_FMT "/empty", STR_ARG(lambda->folder));
    if (!err.fault && image->layer_count > 0) {
        err = code_folder(ctx, lambda, worker->db, image->layer_accounts, image->layers, image->layer_count, layers);
    }
    store_rollback(worker->db);
    return err;
}

static struct str stream_name(struct ctx *ctx, struct str version)
{
    const struct civil_time now = clock_civil(ctx->now_ms);
    return str_format(ctx->arena, "%04lld/%02d/%02d/[%" STR_FMT "]%" STR_FMT, (long long)now.year, now.month, now.day, STR_ARG(version),
                      STR_ARG(random_hex(ctx, 32)));
}

struct err setup_prepare(struct ctx *ctx, struct lambda *lambda, const struct lambda_call *call, struct environment *environment, struct setup *out)
{
    struct lambda_image image = { .code = STR_NONE };
    struct str code = STR_NONE, layers = STR_NONE;
    struct arena *arena = ctx->arena;
    TRY(load_image(ctx, lambda, call, &image, &code, &layers));
    environment->version = str_copy(environment->arena, image.config.version);
    environment->group = str_copy(environment->arena, image.config.logging_config ? image.config.logging_config->log_group : STR(""));
    environment->stream = str_copy(environment->arena, stream_name(ctx, image.config.version));
    environment->init_line = init_line(environment->arena, &image);
    TRY(open_environment(ctx, lambda, environment, &image));
    TRY(choose_program(ctx, lambda, &image, code, layers, environment, out));
    put_variables(ctx, &image, environment, out);
    TRY(put_credentials(ctx, lambda, &image, environment, out));
    choose_network(lambda, out);
    const struct str scratch = str_format(arena, "%" STR_FMT "/scratch/%u", STR_ARG(lambda->folder), (unsigned)environment->slot);
    TRY(make_folder(ctx, scratch, 0700));
    out->binds[0] = (struct sandbox_bind){ str_cstr(arena, code), "/var/task" };
    out->binds[1] = (struct sandbox_bind){ str_cstr(arena, layers), "/opt" };
    out->binds[2] = (struct sandbox_bind){ str_cstr(arena, str_format(arena, "%" STR_FMT "/runtime", STR_ARG(lambda->folder))), "/var/runtime" };
    out->files[0] = (struct sandbox_file){ "/etc/hosts", lambda->network.hosts };
    struct sandbox_options *options = &out->options;
    options->helper = "/proc/self/exe";
    options->arguments = out->arguments;
    options->environment = out->environment;
    options->folder = "/var/task";
    options->root = str_cstr(arena, str_format(arena, "%" STR_FMT "/root", STR_ARG(lambda->folder)));
    options->scratch = str_cstr(arena, scratch);
    options->binds = out->binds;
    options->bind_count = 3;
    options->files = out->files;
    options->file_count = 1;
    options->listens = out->listens;
    options->memory = (uint64_t)image.config.memory_size.v << 20;
    options->temporary = (uint64_t)(image.config.ephemeral_storage ? image.config.ephemeral_storage->size.v : 512) << 20;
    options->processes = 1024;
    return ERR_OK;
}
