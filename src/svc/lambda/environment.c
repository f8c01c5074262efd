#include "base/json.h"
#include "svc/lambda/function.h"
#include "wire/codec.h"

enum { VARIABLES_MAX = 4096 }; /* spec: Lambda developer guide, quotas */

static struct str about(struct ctx *ctx, const struct function_name *name)
{
    return str_format(ctx->arena, "lambda:environment:%" STR_FMT ":%" STR_FMT ":%" STR_FMT, STR_ARG(name->account), STR_ARG(name->region),
                      STR_ARG(name->name));
}

/* spec: Lambda developer guide, reserved environment variables. */
static bool is_reserved(struct str key)
{
    static const char *const reserved[] = {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    };
    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        if (str_equal(key, str_of(reserved[i]))) {
            return true;
        }
    }
    return false;
}

static struct err check_variables(struct request *rq, const struct lambda_environment_variables *variables)
{
    struct text used = text_new(rq->ctx.arena);
    size_t size = 0;
    for (size_t i = 0; i < variables->count; i++) {
        const struct lambda_environment_variables_entry *one = &variables->items[i];
        size += one->key.len + one->value.len;
        if (is_reserved(one->key)) {
            text_add(&used, used.len ? STR(", ") : STR(""));
            text_add(&used, one->key);
        }
        if (memchr(one->value.ptr, '\0', one->value.len)) {
            return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Environment variables can't hold a NUL byte");
        }
    }
    if (used.len > 0) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Lambda was unable to configure your environment variables because the environment variables you have provided "
                    "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: %"
                    STR_FMT, STR_ARG(text_str(&used)));
    }
    return size <= VARIABLES_MAX ? ERR_OK : fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
        "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the "
        "4KB limit.");
}

struct err environment_seal(struct request *rq, const struct function_name *name, struct str kms_key_arn,
                            const struct lambda_environment_variables *variables, struct str *out)
{
    TRY(check_variables(rq, variables));
    const struct lambda_environment holder = { .variables = *variables };
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, LAMBDA_SHAPE_ENVIRONMENT, &holder);
    struct str plain = json_done(&w);
    if (kms_key_arn.len > 0) {
        return fail(&rq->ctx, &LAMBDA_KMS_NOT_FOUND_EXCEPTION, "Yagura can't seal environments by KMS keys yet: leave KMSKeyArn out");
    }
    *out = vault_seal(&rq->ctx, rq->vault, about(&rq->ctx, name), plain);
    return ERR_OK;
}

static struct err open_sealed(struct ctx *ctx, const struct vault *vault, const struct function_name *name, struct str sealed,
                              const struct lambda_environment **out)
{
    struct str plain = STR_NONE;
    void *value = NULL;
    if (!vault_unseal(ctx, vault, about(ctx, name), sealed, &plain)) {
        return fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "the function's environment can't be opened with this server's root key");
    }
    TRY(wire_json_read(ctx, LAMBDA_SHAPE_ENVIRONMENT, plain, &value));
    *out = value;
    return ERR_OK;
}

struct err environment_open(struct request *rq, const struct function_name *name, struct str kms_key_arn, struct str sealed,
                            const struct lambda_environment_response **out)
{
    const struct lambda_environment *opened = NULL;
    (void)kms_key_arn;
    *out = NULL;
    if (sealed.ptr == NULL) {
        return ERR_OK;
    }
    TRY(open_sealed(&rq->ctx, rq->vault, name, sealed, &opened));
    struct lambda_environment_response *made = ARENA_NEW(rq->ctx.arena, struct lambda_environment_response);
    made->variables = opened->variables;
    *out = made;
    return ERR_OK;
}

struct err lambda_load(struct ctx *ctx, struct store_conn *db, const struct vault *vault, const struct lambda_call *call,
                       struct lambda_image *out)
{
    const struct function_name name = { call->account, call->region, call->name, STR_NONE };
    const struct lambda_rows rows = { ctx, db, call->account, call->region };
    struct function_row row = { .number = 0 };
    bool found = false;
    TRY(rows_function_get(rows, call->name, call->number, &row, &found));
    if (!found) {
        return name_missing(ctx, &name);
    }
    *out = (struct lambda_image){ .config = row.config, .code = row.code };
    if (row.environment.ptr) {
        const struct lambda_environment *opened = NULL;
        TRY(open_sealed(ctx, vault, &name, row.environment, &opened));
        out->variables = opened->variables;
    }
    for (size_t i = 0; i < row.config.layers.count && i < COUNT_OF(out->layers); i++) {
        TRY(layer_digest(ctx, db, row.config.layers.items[i].arn, &out->layer_accounts[i], &out->layers[i]));
        out->layer_count++;
    }
    return ERR_OK;
}
