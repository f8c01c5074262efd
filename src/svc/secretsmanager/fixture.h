/* fixture.h - a request with stand-ins for KMS and Lambda behind its door, for the tests of this folder. */
#ifndef YAGURA_SVC_SECRETSMANAGER_FIXTURE_H
#define YAGURA_SVC_SECRETSMANAGER_FIXTURE_H

#include "crypto/random.h"
#include "kms_model.h"
#include "svc/door.h"
#include "svc/secretsmanager/secret.h"
#include "svc/secretsmanager/secretsmanager.h"
#include "svc/service_test.h"

static const struct fault FIXTURE_DENIED = { "AccessDeniedException", NULL, NULL, 400 };
static const struct fault FIXTURE_BAD_CIPHERTEXT = { "InvalidCiphertextException", NULL, NULL, 400 };

static bool fixture_kms_denies;
static bool fixture_lambda_denies;

/* The context as text: what a ciphertext of ours ends with. */
static inline struct str fixture_context(struct request *rq, struct kms_encryption_context_type context)
{
    struct text text = text_new(rq->ctx.arena);
    for (size_t i = 0; i < context.count; i++) {
        text_add_format(&text, "%" STR_FMT "=%" STR_FMT ";", STR_ARG(context.items[i].key), STR_ARG(context.items[i].value));
    }
    return text_str(&text);
}

static inline struct err fixture_generate(struct request *rq, const struct kms_generate_data_key_in *in, const void **out)
{
    struct kms_generate_data_key_out *made = ARENA_NEW(rq->ctx.arena, struct kms_generate_data_key_out);
    const struct str key = random_hex(&rq->ctx, 32);
    made->plaintext = key;
    made->key_id = in->key_id;
    made->ciphertext_blob = str_format(rq->ctx.arena, "%" STR_FMT "%" STR_FMT, STR_ARG(key),
                                       STR_ARG(fixture_context(rq, in->encryption_context)));
    *out = made;
    return ERR_OK;
}

static inline struct err fixture_decrypt(struct request *rq, const struct kms_decrypt_in *in, const void **out)
{
    struct kms_decrypt_out *opened = ARENA_NEW(rq->ctx.arena, struct kms_decrypt_out);
    if (!str_equal(str_from(in->ciphertext_blob, 32), fixture_context(rq, in->encryption_context))) {
        return (struct err){ &FIXTURE_BAD_CIPHERTEXT };
    }
    opened->plaintext = str_slice(in->ciphertext_blob, 0, 32);
    *out = opened;
    return ERR_OK;
}

static inline struct err fixture_call(struct request *rq, const struct door_call *call, const void **out)
{
    static const char invoked[1];
    const bool lambda = strcmp(call->service, "lambda") == 0;
    if (lambda ? fixture_lambda_denies : fixture_kms_denies) {
        return (struct err){ &FIXTURE_DENIED };
    }
    if (lambda) {
        *out = invoked;
        return ERR_OK;
    }
    return strcmp(call->operation, "Decrypt") == 0 ? fixture_decrypt(rq, call->in, out) : fixture_generate(rq, call->in, out);
}

static struct door fixture_door = { .call = fixture_call };

static inline struct request fixture_request(struct store_test *test, struct arena *arena)
{
    struct request rq = test_request(test, arena, &SECRETSMANAGER_MODEL);
    rq.door = &fixture_door;
    rq.operation = &SECRETSMANAGER_MODEL.operations[0];
    fixture_kms_denies = fixture_lambda_denies = false;
    return rq;
}


static inline struct err fixture_sound(struct request *rq, const char *operation, struct err err, const void *out)
{
    if (!err.fault) {
        test_sound(rq, operation, out);
    }
    return err;
}

static inline struct err fixture_create(struct request *rq, const char *name, const char *value, struct secretsmanager_create_secret_out *out)
{
    const struct secretsmanager_create_secret_in in = { .name = str_of(name), .secret_string = str_of(value) };
    memset(out, 0, sizeof(*out));
    return fixture_sound(rq, "CreateSecret", secretsmanager_create_secret(rq, &in, out), out);
}

static inline struct err fixture_put(struct request *rq, struct secretsmanager_put_secret_value_in in, struct str *version)
{
    struct secretsmanager_put_secret_value_out out = { .arn = STR_NONE };
    const struct err err = fixture_sound(rq, "PutSecretValue", secretsmanager_put_secret_value(rq, &in, &out), &out);
    *version = out.version_id;
    return err;
}

static inline struct err fixture_get(struct request *rq, struct secretsmanager_get_secret_value_in in, struct str *value)
{
    struct secretsmanager_get_secret_value_out out = { .arn = STR_NONE };
    const struct err err = fixture_sound(rq, "GetSecretValue", secretsmanager_get_secret_value(rq, &in, &out), &out);
    *value = out.secret_string;
    return err;
}

/* The version a stage sits on; absent: none. */
static inline struct str fixture_at(struct request *rq, struct str secret, struct str stage)
{
    const struct rows rows = secret_rows_here(rq);
    struct version version = { .id = STR_NONE };
    bool found = false;
    CHECK_OK(secret_row_version_of_stage(&rows, secret, stage, &version, &found));
    return found ? version.id : STR_NONE;
}

#endif
