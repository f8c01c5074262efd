/* data_key.c - data keys and pairs, in plain and sealed under a symmetric key; random bytes. */
#include "crypto/random.h"
#include "svc/kms/context.h"
#include "svc/kms/faults.h"
#include "svc/kms/material.h"
#include "svc/kms/usage.h"

static struct err need_symmetric(struct request *rq, struct str reference, struct key *key)
{
    TRY(key_use(rq, reference, USAGE_ENCRYPT, key));
    if (key->spec->form == FORM_SYMMETRIC) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &KMS_INVALID_KEY_USAGE_EXCEPTION, "%" STR_FMT " key spec is %s which is not valid for %s.",
                STR_ARG(key->arn), key->spec->name, rq->operation->name);
}

static struct err data_key_size(struct request *rq, struct str spec, struct opt_int bytes, size_t *out)
{
    if ((spec.ptr != NULL) == bytes.set) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Please specify either number of bytes or key spec.");
    }
    *out = bytes.set ? (size_t)bytes.v : str_equal(spec, STR("AES_128")) ? 16 : 32;
    return ERR_OK;
}

static struct str random_of(struct request *rq, size_t size)
{
    unsigned char *bytes = arena_alloc_raw(rq->ctx.arena, size);
    random_bytes(bytes, size);
    return (struct str){ (const char *)bytes, size };
}

struct err kms_generate_data_key(struct request *rq, const struct kms_generate_data_key_in *in,
                                 struct kms_generate_data_key_out *out)
{
    struct key key = { .id = STR_NONE };
    size_t size = 0;
    TRY(kms_usage_no_recipient(rq, in->recipient));
    TRY(data_key_size(rq, in->key_spec, in->number_of_bytes, &size));
    TRY(need_symmetric(rq, in->key_id, &key));
    TRY(key_dry_run(rq, in->dry_run));
    out->plaintext = random_of(rq, size);
    TRY(cipher_seal(rq, &key, &in->encryption_context, out->plaintext, &out->ciphertext_blob));
    out->key_id = key.arn;
    out->key_material_id = key.material;
    kms_usage_note(rq, &key);
    return ERR_OK;
}

struct err kms_generate_data_key_without_plaintext(struct request *rq,
                                                   const struct kms_generate_data_key_without_plaintext_in *in,
                                                   struct kms_generate_data_key_without_plaintext_out *out)
{
    struct key key = { .id = STR_NONE };
    size_t size = 0;
    TRY(data_key_size(rq, in->key_spec.ptr || in->number_of_bytes.set ? in->key_spec : STR("AES_256"), in->number_of_bytes,
                      &size));
    TRY(need_symmetric(rq, in->key_id, &key));
    TRY(key_dry_run(rq, in->dry_run));
    TRY(cipher_seal(rq, &key, &in->encryption_context, random_of(rq, size), &out->ciphertext_blob));
    out->key_id = key.arn;
    out->key_material_id = key.material;
    kms_usage_note(rq, &key);
    return ERR_OK;
}

/* A pair of the asked kind, and its private half sealed. */
struct made_pair {
    struct key key;
    struct str private_key, public_key, sealed;
};

static struct err make_pair(struct request *rq, struct str reference, struct str spec_asked,
                            const struct kms_encryption_context_type *context, struct opt_bool dry_run, struct made_pair *out)
{
    const struct spec *spec = spec_find(spec_asked);
    if (spec == NULL) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION,
                    "KeyPairSpec %" STR_FMT " is not offered here: it needs OpenSSL 3.5", STR_ARG(spec_asked));
    }
    TRY(need_symmetric(rq, reference, &out->key));
    TRY(key_dry_run(rq, dry_run));
    struct pkey *pair = pkey_new(spec->kind);
    out->private_key = pkey_private_der(rq->ctx.arena, pair);
    out->public_key = pkey_public_der(rq->ctx.arena, pair);
    pkey_close(pair);
    TRY(cipher_seal(rq, &out->key, context, out->private_key, &out->sealed));
    kms_usage_note(rq, &out->key);
    return ERR_OK;
}

struct err kms_generate_data_key_pair(struct request *rq, const struct kms_generate_data_key_pair_in *in,
                                      struct kms_generate_data_key_pair_out *out)
{
    struct made_pair pair = { .sealed = STR_NONE };
    TRY(kms_usage_no_recipient(rq, in->recipient));
    TRY(make_pair(rq, in->key_id, in->key_pair_spec, &in->encryption_context, in->dry_run, &pair));
    out->private_key_plaintext = pair.private_key;
    out->private_key_ciphertext_blob = pair.sealed;
    out->public_key = pair.public_key;
    out->key_id = pair.key.arn;
    out->key_pair_spec = in->key_pair_spec;
    out->key_material_id = pair.key.material;
    return ERR_OK;
}

struct err kms_generate_data_key_pair_without_plaintext(struct request *rq,
                                                        const struct kms_generate_data_key_pair_without_plaintext_in *in,
                                                        struct kms_generate_data_key_pair_without_plaintext_out *out)
{
    struct made_pair pair = { .sealed = STR_NONE };
    TRY(make_pair(rq, in->key_id, in->key_pair_spec, &in->encryption_context, in->dry_run, &pair));
    out->private_key_ciphertext_blob = pair.sealed;
    out->public_key = pair.public_key;
    out->key_id = pair.key.arn;
    out->key_pair_spec = in->key_pair_spec;
    out->key_material_id = pair.key.material;
    return ERR_OK;
}

struct err kms_generate_random(struct request *rq, const struct kms_generate_random_in *in, struct kms_generate_random_out *out)
{
    TRY(kms_usage_no_recipient(rq, in->recipient));
    if (!in->number_of_bytes.set) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "NumberOfBytes is required.");
    }
    if (in->custom_key_store_id.ptr) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION,
                    "Random bytes come from this server; leave CustomKeyStoreId out");
    }
    out->plaintext = random_of(rq, (size_t)in->number_of_bytes.v);
    return ERR_OK;
}
