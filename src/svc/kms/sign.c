/* sign.c - signatures and message authentication codes, agreement, and public keys.
 *
 * spec: KMS API reference, Sign: a RAW message is digested here, a DIGEST must be as long as the algorithm's. */
#include "crypto/equal.h"
#include "crypto/hmac.h"
#include "svc/kms/faults.h"
#include "svc/kms/material.h"
#include "svc/kms/usage.h"

static bool is_digest(struct str type)
{
    return str_equal(type, STR("DIGEST"));
}

static struct err check_message(struct request *rq, const struct key *key, const struct algorithm *algorithm,
                                struct str message, struct str type)
{
    const size_t size = pkey_digest_size(algorithm->digest);
    if (str_equal(type, STR("EXTERNAL_MU"))) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "MessageType EXTERNAL_MU is only for ML_DSA_SHAKE_256, not for %s.",
                    algorithm->name);
    }
    if (is_digest(type) && key->spec->kind == PKEY_ED25519) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Algorithm %s signs whole messages: MessageType must be RAW.",
                    algorithm->name);
    }
    if (is_digest(type) && message.len != size) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "Digest is invalid length for algorithm %s.", algorithm->name);
    }
    return ERR_OK;
}

static struct pkey_scheme scheme_of(const struct algorithm *algorithm)
{
    return (struct pkey_scheme){ .digest = algorithm->digest, .padding = algorithm->padding };
}

struct err kms_sign(struct request *rq, const struct kms_sign_in *in, struct kms_sign_out *out)
{
    struct key key = { .id = STR_NONE };
    const struct algorithm *algorithm = NULL;
    const struct material *material = NULL;
    TRY(key_use(rq, in->key_id, USAGE_SIGN, &key));
    TRY(key_algorithm(rq, &key, in->signing_algorithm, &algorithm));
    TRY(check_message(rq, &key, algorithm, in->message, in->message_type));
    TRY(key_dry_run(rq, in->dry_run));
    TRY(material_take(rq, &key, key.material, &material));
    const bool done = pkey_sign(rq->ctx.arena, material->pkey, scheme_of(algorithm), in->message,
                                is_digest(in->message_type), &out->signature);
    material_give(material);
    out->key_id = key.arn;
    out->signing_algorithm = in->signing_algorithm;
    kms_usage_note(rq, &key);
    return done ? ERR_OK : fail(&rq->ctx, &KMS_KMS_INTERNAL_EXCEPTION, "The message can't be signed");
}

struct err kms_verify(struct request *rq, const struct kms_verify_in *in, struct kms_verify_out *out)
{
    struct key key = { .id = STR_NONE };
    const struct algorithm *algorithm = NULL;
    const struct material *material = NULL;
    TRY(key_use(rq, in->key_id, USAGE_SIGN, &key));
    TRY(key_algorithm(rq, &key, in->signing_algorithm, &algorithm));
    TRY(check_message(rq, &key, algorithm, in->message, in->message_type));
    TRY(key_dry_run(rq, in->dry_run));
    TRY(material_take(rq, &key, key.material, &material));
    const bool valid = pkey_verify(material->pkey, scheme_of(algorithm), in->message, is_digest(in->message_type),
                                   in->signature);
    material_give(material);
    kms_usage_note(rq, &key);
    if (!valid) {
        return fail(&rq->ctx, &KMS_KMS_INVALID_SIGNATURE_EXCEPTION, "%s", "");
    }
    out->key_id = key.arn;
    out->signature_valid = (struct opt_bool)SOME(true);
    out->signing_algorithm = in->signing_algorithm;
    return ERR_OK;
}

static struct err mac_of(struct request *rq, struct str reference, struct str name, struct str message,
                         struct opt_bool dry_run, struct key *key, struct str *out)
{
    const struct algorithm *algorithm = NULL;
    const struct material *material = NULL;
    TRY(key_use(rq, reference, USAGE_MAC, key));
    TRY(key_algorithm(rq, key, name, &algorithm));
    TRY(key_dry_run(rq, dry_run));
    TRY(material_take(rq, key, key->material, &material));
    unsigned char *mac = arena_alloc_raw(rq->ctx.arena, HMAC_SIZE_MAX);
    *out = (struct str){ (const char *)mac, hmac_of(algorithm->digest, material->secret, message, mac) };
    material_give(material);
    kms_usage_note(rq, key);
    return ERR_OK;
}

struct err kms_generate_mac(struct request *rq, const struct kms_generate_mac_in *in, struct kms_generate_mac_out *out)
{
    struct key key = { .id = STR_NONE };
    TRY(mac_of(rq, in->key_id, in->mac_algorithm, in->message, in->dry_run, &key, &out->mac));
    out->key_id = key.arn;
    out->mac_algorithm = in->mac_algorithm;
    return ERR_OK;
}

struct err kms_verify_mac(struct request *rq, const struct kms_verify_mac_in *in, struct kms_verify_mac_out *out)
{
    struct key key = { .id = STR_NONE };
    struct str mac = STR_NONE;
    TRY(mac_of(rq, in->key_id, in->mac_algorithm, in->message, in->dry_run, &key, &mac));
    if (!crypto_equal(mac, in->mac)) {
        return fail(&rq->ctx, &KMS_KMS_INVALID_MAC_EXCEPTION, "%s", "");
    }
    out->key_id = key.arn;
    out->mac_valid = (struct opt_bool)SOME(true);
    out->mac_algorithm = in->mac_algorithm;
    return ERR_OK;
}

struct err kms_derive_shared_secret(struct request *rq, const struct kms_derive_shared_secret_in *in,
                                    struct kms_derive_shared_secret_out *out)
{
    struct key key = { .id = STR_NONE };
    const struct algorithm *algorithm = NULL;
    const struct material *material = NULL;
    TRY(kms_usage_no_recipient(rq, in->recipient));
    TRY(key_use(rq, in->key_id, USAGE_AGREE, &key));
    TRY(key_algorithm(rq, &key, in->key_agreement_algorithm, &algorithm));
    TRY(key_dry_run(rq, in->dry_run));
    TRY(material_take(rq, &key, key.material, &material));
    const bool agreed = pkey_agree(rq->ctx.arena, material->pkey, in->public_key, &out->shared_secret);
    material_give(material);
    kms_usage_note(rq, &key);
    if (!agreed) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "PublicKey must be a DER-encoded X.509 public key on the curve of %s",
                    key.spec->name);
    }
    out->key_id = key.arn;
    out->key_agreement_algorithm = in->key_agreement_algorithm;
    out->key_origin = key.origin;
    return ERR_OK;
}

static void copy_algorithms(const struct kms_key_metadata *metadata, struct kms_get_public_key_out *out)
{
    out->encryption_algorithms = metadata->encryption_algorithms;
    out->signing_algorithms = metadata->signing_algorithms;
    out->key_agreement_algorithms = metadata->key_agreement_algorithms;
}

struct err kms_get_public_key(struct request *rq, const struct kms_get_public_key_in *in, struct kms_get_public_key_out *out)
{
    struct key key = { .id = STR_NONE };
    const struct material *material = NULL;
    TRY(key_need(rq, in->key_id, NEED_SETTLED, &key));
    if (key.spec->form != FORM_PAIR) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "%" STR_FMT " is not an asymmetric key", STR_ARG(key.arn));
    }
    TRY(material_take(rq, &key, key.material, &material));
    out->public_key = pkey_public_der(rq->ctx.arena, material->pkey);
    material_give(material);
    const struct kms_key_metadata metadata = key_metadata(rq, &key);
    out->key_id = key.arn;
    out->key_spec = metadata.key_spec;
    out->customer_master_key_spec = metadata.customer_master_key_spec;
    out->key_usage = metadata.key_usage;
    copy_algorithms(&metadata, out);
    return ERR_OK;
}

/* spec: KMS API reference: ML-KEM only. */
static struct err need_ml_kem(struct request *rq)
{
    return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "ML-KEM is not offered here: it needs OpenSSL 3.5");
}

struct err kms_encapsulate(struct request *rq, const struct kms_encapsulate_in *in, struct kms_encapsulate_out *out)
{
    struct key key = { .id = STR_NONE };
    (void)out;
    TRY(key_find(rq, in->key_id, &key));
    return need_ml_kem(rq);
}

struct err kms_decapsulate(struct request *rq, const struct kms_decapsulate_in *in, struct kms_decapsulate_out *out)
{
    struct key key = { .id = STR_NONE };
    (void)out;
    TRY(key_find(rq, in->key_id, &key));
    return need_ml_kem(rq);
}
