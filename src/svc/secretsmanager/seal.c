/* seal.c - envelope encryption: each version under a data key of its own, which KMS enciphers.
 *
 * spec: user guide, "Secret encryption and decryption in AWS Secrets Manager": GenerateDataKey and Decrypt as the caller, with
 * SecretARN and SecretVersionId as encryption context. */
#include "svc/secretsmanager/secret.h"

#include "crypto/envelope.h"
#include "kms_model.h"
#include "svc/door.h"

#define DEFAULT_KEY STR("alias/aws/secretsmanager")

static struct str about_version(struct request *rq, const struct secret *secret, struct str version)
{
    return str_format(rq->ctx.arena, "secretsmanager:%" STR_FMT ":%" STR_FMT, STR_ARG(secret->arn), STR_ARG(version));
}

static struct kms_encryption_context_type context_of(struct request *rq, const struct secret *secret, struct str version)
{
    struct kms_encryption_context_type_entry *pairs = ARENA_ARRAY(rq->ctx.arena, struct kms_encryption_context_type_entry, 2);
    pairs[0] = (struct kms_encryption_context_type_entry){ STR("SecretARN"), secret->arn };
    pairs[1] = (struct kms_encryption_context_type_entry){ STR("SecretVersionId"), version };
    return (struct kms_encryption_context_type){ pairs, 2 };
}

/* KMS's refusal in Secrets Manager's words. */
static struct err refused(struct request *rq, struct err err, const struct fault *fault, const char *what)
{
    const struct str why = str_format(rq->ctx.arena, "%s", rq->ctx.reason);
    const char *code = err.fault->code;
    if (strcmp(code, "AccessDeniedException") == 0) {
        return fail(&rq->ctx, &SECRETSMANAGER_ACCESS_DENIED, "Access to KMS is not allowed");
    }
    if (err.fault->http >= 500) {
        return err;
    }
    return fail(&rq->ctx, fault,
                "Secrets Manager can't %s the protected secret text using the provided KMS key. Check that the KMS key is available,"
                " enabled, and not in an invalid state. (%s: %" STR_FMT ")",
                what, code, STR_ARG(why));
}

struct err secret_seal_version(struct request *rq, const struct secret *secret, struct str plain, struct version *version)
{
    const struct str key = secret->kms_key.ptr ? secret->kms_key : DEFAULT_KEY;
    const struct kms_generate_data_key_in in = {
        .key_id = key, .key_spec = STR("AES_256"), .encryption_context = context_of(rq, secret, version->id) };
    const struct door_call call = { .service = "kms", .operation = "GenerateDataKey", .in = &in, .region = secret->region };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    if (err.fault) {
        return refused(rq, err, &SECRETSMANAGER_ENCRYPTION_FAILURE, "encrypt");
    }
    const struct kms_generate_data_key_out *made = answer;
    version->kms_key = secret->kms_key.ptr ? made->key_id : STR_NONE;
    version->data_key = made->ciphertext_blob;
    version->value = envelope_seal(&rq->ctx, made->plaintext, about_version(rq, secret, version->id), plain);
    return ERR_OK;
}

struct err secret_unseal_version(struct request *rq, const struct secret *secret, const struct version *version, struct str *plain)
{
    const struct kms_decrypt_in in = { .ciphertext_blob = version->data_key, .encryption_context = context_of(rq, secret, version->id) };
    const struct door_call call = { .service = "kms", .operation = "Decrypt", .in = &in, .region = secret->region };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    if (err.fault) {
        return refused(rq, err, &SECRETSMANAGER_DECRYPTION_FAILURE, "decrypt");
    }
    const struct kms_decrypt_out *opened = answer;
    return envelope_open(&rq->ctx, opened->plaintext, about_version(rq, secret, version->id), version->value, plain)
               ? ERR_OK
               : fail(&rq->ctx, &SECRETSMANAGER_DECRYPTION_FAILURE, "The stored secret value was changed and can't be read.");
}
