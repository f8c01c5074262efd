#include "base/json.h"
#include "kms_model.h"
#include "svc/door.h"
#include "svc/lambda/function.h"
#include "wire/codec.h"

enum { VARIABLES_MAX = 4096, KMS_PIECE = 4096 }; /* spec: Lambda developer guide, quotas */

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
    struct json_writer measured = json_writer_new(rq->ctx.arena);
    json_open_object(&measured);
    for (size_t i = 0; i < variables->count; i++) {
        const struct lambda_environment_variables_entry *one = &variables->items[i];
        json_member_str(&measured, one->key, one->value);
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
    json_close_object(&measured);
    const struct str text = json_done(&measured);
    return text.len <= VARIABLES_MAX ? ERR_OK : fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
        "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the "
        "4KB limit. String measured: %" STR_FMT, STR_ARG(text));
}

/* spec: Lambda developer guide, "Securing environment variables": the function's ARN is the encryption context. */
static struct kms_encryption_context_type context_of(struct ctx *ctx, struct str arn)
{
    struct kms_encryption_context_type_entry *entry = ARENA_NEW(ctx->arena, struct kms_encryption_context_type_entry);
    *entry = (struct kms_encryption_context_type_entry){ STR("aws:lambda:FunctionArn"), arn };
    return (struct kms_encryption_context_type){ entry, 1 };
}

static struct str plain_arn(struct ctx *ctx, const struct function_name *name)
{
    const struct function_name plain = { name->account, name->region, name->name, STR_NONE };
    return name_arn(ctx, &plain);
}

static struct err encrypt(struct request *rq, const struct function_name *name, struct str key, struct str plain, struct str *out)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_array(&w);
    for (size_t at = 0; at < plain.len; at += KMS_PIECE) {
        const struct kms_encrypt_in in = { .key_id = key, .plaintext = str_slice(plain, at, KMS_PIECE),
                                           .encryption_context = context_of(&rq->ctx, plain_arn(&rq->ctx, name)) };
        const struct door_call call = { .service = "kms", .operation = "Encrypt", .in = &in, .as = DOOR_AS_CALLER };
        const void *answer = NULL;
        if (door_call(rq, &call, &answer).fault) {
            char why[sizeof(rq->ctx.reason)];
            memcpy(why, rq->ctx.reason, sizeof(why));
            return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Lambda was unable to configure access to your environment "
                        "variables because the KMS key is invalid for use. Please check your KMS permissions. KMS Message: %.500s", why);
        }
        json_str(&w, str_base64(rq->ctx.arena, ((const struct kms_encrypt_out *)answer)->ciphertext_blob));
    }
    json_close_array(&w);
    *out = json_done(&w);
    return ERR_OK;
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
        TRY(encrypt(rq, name, kms_key_arn, plain, &plain));
    }
    *out = vault_seal(&rq->ctx, rq->vault, about(&rq->ctx, name), plain);
    return ERR_OK;
}

/* JSON of the variables, or, where a KMS key seals them, a list of ciphertexts. */
static struct err unseal(struct ctx *ctx, const struct vault *vault, const struct function_name *name, struct str sealed, struct str *out)
{
    return vault_unseal(ctx, vault, about(ctx, name), sealed, out) ? ERR_OK
        : fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "the function's environment can't be opened with this server's root key");
}

struct err lambda_decrypt(struct ctx *ctx, struct str arn, struct str ciphertexts,
                          struct err (*decrypt)(void *self, const struct kms_decrypt_in *in, const struct kms_decrypt_out **out), void *self,
                          struct str *out)
{
    const struct json *list = json_parse(ctx->arena, ciphertexts, NULL);
    struct text plain = text_new(ctx->arena);
    for (const struct json *one = list ? list->child : NULL; one; one = one->next) {
        struct kms_decrypt_in in = { .encryption_context = context_of(ctx, arn) };
        const struct kms_decrypt_out *answer = NULL;
        if (!str_unbase64(ctx->arena, json_text(one), &in.ciphertext_blob)) {
            return fail(ctx, &LAMBDA_SERVICE_EXCEPTION, "the function's environment is broken");
        }
        TRY(decrypt(self, &in, &answer));
        text_add(&plain, answer->plaintext);
    }
    *out = text_str(&plain);
    return ERR_OK;
}

struct err lambda_variables(struct ctx *ctx, struct str plain, struct lambda_environment_variables *out)
{
    void *value = NULL;
    TRY(wire_json_read(ctx, LAMBDA_SHAPE_ENVIRONMENT, plain, &value));
    *out = ((const struct lambda_environment *)value)->variables;
    return ERR_OK;
}

static struct err decrypt_as_caller(void *self, const struct kms_decrypt_in *in, const struct kms_decrypt_out **out)
{
    const struct door_call call = { .service = "kms", .operation = "Decrypt", .in = in, .as = DOOR_AS_CALLER };
    const void *answer = NULL;
    TRY(door_call(self, &call, &answer));
    *out = answer;
    return ERR_OK;
}

/* Who may see the function but not use its key is told so in place of the variables. */
static void show_refusal(struct request *rq, struct err err, struct lambda_environment_response *out)
{
    struct lambda_environment_error *error = ARENA_NEW(rq->ctx.arena, struct lambda_environment_error);
    *error = (struct lambda_environment_error){ str_of(err.fault->code),
        str_format(rq->ctx.arena, "Lambda was unable to decrypt your environment variables because the KMS access was denied. Please check "
                   "your KMS permissions. KMS Exception: %s KMS Message: %s", err.fault->code, rq->ctx.reason) };
    out->error = error;
}

struct err environment_open(struct request *rq, const struct function_name *name, struct str kms_key_arn, struct str sealed,
                            const struct lambda_environment_response **out)
{
    struct str plain = STR_NONE;
    *out = NULL;
    if (sealed.ptr == NULL) {
        return ERR_OK;
    }
    struct lambda_environment_response *made = ARENA_NEW(rq->ctx.arena, struct lambda_environment_response);
    *out = made;
    TRY(unseal(&rq->ctx, rq->vault, name, sealed, &plain));
    if (kms_key_arn.len > 0) {
        const struct err err = lambda_decrypt(&rq->ctx, plain_arn(&rq->ctx, name), plain, decrypt_as_caller, rq, &plain);
        if (err.fault) {
            show_refusal(rq, err, made);
            return ERR_OK;
        }
    }
    return lambda_variables(&rq->ctx, plain, &made->variables);
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
        struct str plain = STR_NONE;
        TRY(unseal(ctx, vault, &name, row.environment, &plain));
        if (row.config.kms_key_arn.len > 0) {
            out->sealed = plain;
        } else {
            TRY(lambda_variables(ctx, plain, &out->variables));
        }
    }
    for (size_t i = 0; i < row.config.layers.count && i < COUNT_OF(out->layers); i++) {
        TRY(layer_digest(ctx, db, row.config.layers.items[i].arn, &out->layer_accounts[i], &out->layers[i]));
        out->layer_count++;
    }
    return ERR_OK;
}
