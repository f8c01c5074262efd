/* cipher.c - Encrypt, Decrypt and ReEncrypt.
 *
 * spec: KMS developer guide, "Encryption context"; API reference, Decrypt: of a symmetric key the ciphertext itself says
 * which key it is; a KeyId that is given must be the same. */
#include "svc/kms/context.h"
#include "svc/kms/faults.h"
#include "svc/kms/material.h"
#include "svc/kms/usage.h"

enum { CONTEXT_MAX = 8192 };

const struct fault KMS_NOT_AUTHORIZED = { "NotAuthorizedException", NULL, NULL, 400 };
const struct fault KMS_ACCESS_DENIED = { "AccessDeniedException", NULL, NULL, 400 };

static struct err context_of(struct request *rq, const struct kms_encryption_context_type *context, struct str *out)
{
    *out = kms_blob_context(rq->ctx.arena, context);
    return out->len <= CONTEXT_MAX
        ? ERR_OK
        : fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "The encryption context is longer than %d bytes", CONTEXT_MAX);
}

struct err cipher_seal(struct request *rq, const struct key *key, const struct kms_encryption_context_type *context,
                       struct str plain, struct str *out)
{
    const struct material *material = NULL;
    struct str about = STR_NONE;
    TRY(context_of(rq, context, &about));
    TRY(material_take(rq, key, key->material, &material));
    const struct blob names = { .account = key->account, .key = key->id, .material = key->material };
    unsigned char *bytes = kms_blob_begin(rq->ctx.arena, &names, plain.len, out);
    const struct str bound = kms_blob_bound(rq->ctx.arena, str_slice(*out, 0, BLOB_HEAD), about);
    const struct err err = material_seal_bytes(rq, material, bytes + BLOB_HEAD, bound, plain,
                                               bytes + BLOB_HEAD + AEAD_NONCE_SIZE);
    material_give(material);
    return err;
}

static struct err refuse_context(struct request *rq, const struct kms_encryption_context_type *context)
{
    return context->count == 0
        ? ERR_OK
        : fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "EncryptionContext is not supported for asymmetric keys");
}

static struct err encrypt_pair(struct request *rq, const struct key *key, const struct algorithm *algorithm,
                               struct str plain, struct str *out)
{
    const bool rsa = key->spec->kind <= PKEY_RSA_4096;
    if (rsa && plain.len > spec_oaep_room(key->spec, algorithm)) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Algorithm %s and key spec %s cannot encrypt data larger than %zu bytes.",
                    algorithm->name, key->spec->name, spec_oaep_room(key->spec, algorithm));
    }
    const struct material *material = NULL;
    TRY(material_take(rq, key, key->material, &material));
    const bool done = pkey_encrypt(rq->ctx.arena, material->pkey, algorithm->digest, plain, out);
    material_give(material);
    return done ? ERR_OK : fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "The plaintext can't be encrypted with this key");
}

/* What both Encrypt and the second half of ReEncrypt do. */
static struct err encrypt(struct request *rq, const struct key *key, struct str name,
                          const struct kms_encryption_context_type *context, struct str plain, struct opt_bool dry_run,
                          struct str *out)
{
    const struct algorithm *algorithm = NULL;
    TRY(key_algorithm(rq, key, name, &algorithm));
    const bool symmetric = key->spec->form == FORM_SYMMETRIC;
    if (!symmetric) {
        TRY(refuse_context(rq, context));
    }
    TRY(key_dry_run(rq, dry_run));
    return symmetric ? cipher_seal(rq, key, context, plain, out) : encrypt_pair(rq, key, algorithm, plain, out);
}

static struct str or_symmetric(struct str algorithm)
{
    return algorithm.ptr ? algorithm : STR("SYMMETRIC_DEFAULT");
}

struct err kms_encrypt(struct request *rq, const struct kms_encrypt_in *in, struct kms_encrypt_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(key_use(rq, in->key_id, USAGE_ENCRYPT, &key));
    out->encryption_algorithm = or_symmetric(in->encryption_algorithm);
    TRY(encrypt(rq, &key, out->encryption_algorithm, &in->encryption_context, in->plaintext, in->dry_run,
                &out->ciphertext_blob));
    out->key_id = key.arn;
    kms_usage_note(rq, &key);
    return ERR_OK;
}

static struct err invalid_ciphertext(struct request *rq)
{
    return fail(&rq->ctx, &KMS_INVALID_CIPHERTEXT_EXCEPTION, "%s", "");
}

static struct err incorrect_key(struct request *rq)
{
    return fail(&rq->ctx, &KMS_INCORRECT_KEY_EXCEPTION,
                "The key ID in the request does not identify a CMK that can perform this operation.");
}

/* The first half of ReEncrypt is the same as Decrypt. */
struct sealed {
    struct str reference; /* KeyId, or absent */
    struct str algorithm;
    struct str bytes;
    const struct kms_encryption_context_type *context;
    struct opt_bool dry_run;
};

/* spec: AWS tells no more than this of a key that a ciphertext names and the caller can't reach. */
static struct err unreachable_key(struct request *rq)
{
    return fail(&rq->ctx, &KMS_ACCESS_DENIED, "The ciphertext refers to a customer master key that does not exist, does not exist"
                " in this region, or you are not allowed to access.");
}

/* The key that the ciphertext names; with a KeyId, that one must be the same. */
static struct err key_of_blob(struct request *rq, const struct sealed *in, struct blob *blob, struct key *key)
{
    bool found = false;
    const bool readable = kms_blob_read(rq->ctx.arena, in->bytes, blob);
    if (in->reference.ptr) {
        TRY(key_find(rq, in->reference, key));
        if (key->usage != USAGE_ENCRYPT || key->spec->form != FORM_SYMMETRIC) {
            return incorrect_key(rq);
        }
        if (!readable) {
            return invalid_ciphertext(rq);
        }
        return str_equal(blob->key, key->id) && str_equal(blob->account, key->account) ? ERR_OK : incorrect_key(rq);
    }
    if (!readable) {
        return invalid_ciphertext(rq);
    }
    const struct str arn = str_format(rq->ctx.arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":key/%" STR_FMT,
                                      STR_ARG(rq->region), STR_ARG(blob->account), STR_ARG(blob->key));
    TRY(key_look(rq, arn, key, &found));
    return found ? ERR_OK : unreachable_key(rq);
}

static struct err decrypt_symmetric(struct request *rq, const struct sealed *in, struct key *key, struct str *plain,
                                    struct str *material_id)
{
    struct blob blob = { .key = STR_NONE };
    const struct material *material = NULL;
    struct str about = STR_NONE;
    TRY(key_of_blob(rq, in, &blob, key));
    TRY(key_judge(rq, key, NEED_USABLE));
    TRY(context_of(rq, in->context, &about));
    TRY(key_dry_run(rq, in->dry_run));
    const struct err taken = material_take(rq, key, blob.material, &material);
    if (taken.fault) {
        return key->store.len ? taken : invalid_ciphertext(rq);
    }
    const struct str bound = kms_blob_bound(rq->ctx.arena, blob.head, about);
    unsigned char *out = arena_alloc(rq->ctx.arena, blob.sealed.len);
    bool opened = false;
    *plain = (struct str){ (const char *)out, blob.sealed.len - AEAD_TAG_SIZE };
    const struct err err = material_open_bytes(rq, material, (const unsigned char *)blob.nonce.ptr, bound, blob.sealed, out,
                                               &opened);
    material_give(material);
    *material_id = blob.material;
    TRY(err);
    return opened ? ERR_OK : invalid_ciphertext(rq);
}

static struct err decrypt_pair(struct request *rq, const struct sealed *in, struct key *key, struct str *plain)
{
    const struct algorithm *algorithm = NULL;
    const struct material *material = NULL;
    if (in->reference.ptr == NULL) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "KeyId is required when the ciphertext was encrypted under an"
                    " asymmetric KMS key.");
    }
    TRY(key_find(rq, in->reference, key));
    TRY(key_judge(rq, key, NEED_USABLE));
    if (key->usage != USAGE_ENCRYPT || key->spec->form != FORM_PAIR) {
        return incorrect_key(rq);
    }
    TRY(key_algorithm(rq, key, in->algorithm, &algorithm));
    TRY(refuse_context(rq, in->context));
    TRY(key_dry_run(rq, in->dry_run));
    TRY(material_take(rq, key, key->material, &material));
    const bool opened = pkey_decrypt(rq->ctx.arena, material->pkey, algorithm->digest, STR_NONE, in->bytes, plain);
    material_give(material);
    return opened ? ERR_OK : invalid_ciphertext(rq);
}

static struct err decrypt(struct request *rq, const struct sealed *in, struct key *key, struct str *plain,
                          struct str *material_id)
{
    if (in->bytes.ptr == NULL) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "1 validation error detected: Value at 'ciphertextBlob' failed to satisfy"
                    " constraint: Member must not be null");
    }
    *material_id = STR_NONE;
    return str_equal(in->algorithm, STR("SYMMETRIC_DEFAULT")) ? decrypt_symmetric(rq, in, key, plain, material_id)
                                                              : decrypt_pair(rq, in, key, plain);
}

struct err kms_decrypt(struct request *rq, const struct kms_decrypt_in *in, struct kms_decrypt_out *out)
{
    struct key key = { .id = STR_NONE };
    const struct sealed sealed = { in->key_id, or_symmetric(in->encryption_algorithm), in->ciphertext_blob,
                                   &in->encryption_context, in->dry_run };
    TRY(kms_usage_no_recipient(rq, in->recipient));
    TRY(decrypt(rq, &sealed, &key, &out->plaintext, &out->key_material_id));
    out->key_id = key.arn;
    out->encryption_algorithm = sealed.algorithm;
    kms_usage_note(rq, &key);
    return ERR_OK;
}

struct err kms_re_encrypt(struct request *rq, const struct kms_re_encrypt_in *in, struct kms_re_encrypt_out *out)
{
    struct key from = { .id = STR_NONE };
    struct key to = { .id = STR_NONE };
    struct str plain = STR_NONE;
    const struct sealed sealed = { in->source_key_id, or_symmetric(in->source_encryption_algorithm), in->ciphertext_blob,
                                   &in->source_encryption_context, { .set = false } };
    TRY(key_use(rq, in->destination_key_id, USAGE_ENCRYPT, &to));
    TRY(decrypt(rq, &sealed, &from, &plain, &out->source_key_material_id));
    out->source_encryption_algorithm = sealed.algorithm;
    out->destination_encryption_algorithm = or_symmetric(in->destination_encryption_algorithm);
    TRY(encrypt(rq, &to, out->destination_encryption_algorithm, &in->destination_encryption_context, plain, in->dry_run,
                &out->ciphertext_blob));
    out->source_key_id = from.arn;
    out->key_id = to.arn;
    out->destination_key_material_id = to.spec->form == FORM_SYMMETRIC ? to.material : STR_NONE;
    kms_usage_note(rq, &to);
    return ERR_OK;
}
