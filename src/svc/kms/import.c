/* import.c - key material made elsewhere: wrapped under a key of ours for the way, with or without an end.
 *
 * The import token holds the private half of the wrapping key, sealed; so nothing waits in the store for an import that may
 * never come.
 *
 * spec: KMS developer guide, "Importing key material in AWS KMS keys"; API reference, ImportKeyMaterial. */
#include "svc/kms/import.h"

#include "base/json.h"
#include "crypto/hmac.h"
#include "svc/kms/kms.h"
#include "svc/kms/material.h"

enum { TOKEN_HOURS = 24, TOKEN_MAX = 8192, EXPIRES_DAYS_MAX = 365 };
#define HOUR_MS INT64_C(3600000)

static struct err need_external(struct request *rq, struct str reference, struct key *key)
{
    TRY(key_find(rq, reference, key));
    if (str_equal(key->origin, STR("EXTERNAL"))) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "%" STR_FMT " origin is %" STR_FMT
                " which is not valid for this operation.", STR_ARG(key->arn), STR_ARG(key->origin));
}

static struct str about(struct request *rq, const struct key *key)
{
    return str_format(rq->ctx.arena, "kms:import:%" STR_FMT, STR_ARG(key->arn));
}

/* {"algorithm": …, "until": milliseconds, "key": base64 of private DER} */
static struct str make_token(struct request *rq, const struct key *key, struct str algorithm, int64_t until_ms, struct str der)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_object(&w);
    json_member_str(&w, STR("algorithm"), algorithm);
    json_member_int(&w, STR("until"), until_ms);
    json_member_str(&w, STR("key"), str_base64(rq->ctx.arena, der));
    json_close_object(&w);
    return vault_seal(&rq->ctx, rq->vault, about(rq, key), json_done(&w));
}

static struct err check_wrapping(struct request *rq, const struct key *key, struct str algorithm, struct str spec)
{
    const bool known = str_starts(algorithm, STR("RSAES_OAEP_SHA_")) || str_starts(algorithm, STR("RSA_AES_KEY_WRAP_SHA_"));
    if (!known || str_equal(spec, STR("SM2"))) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "Wrapping by %" STR_FMT " under %" STR_FMT
                    " is not offered: use RSAES_OAEP_SHA_256 or RSA_AES_KEY_WRAP_SHA_256 under RSA_2048, RSA_3072 or RSA_4096",
                    STR_ARG(algorithm), STR_ARG(spec));
    }
    const bool rsa_material = key->spec->form == FORM_PAIR && key->spec->kind <= PKEY_RSA_4096;
    if (rsa_material && str_starts(algorithm, STR("RSAES"))) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "RSA key material is too long for %" STR_FMT
                    "; use RSA_AES_KEY_WRAP_SHA_256", STR_ARG(algorithm));
    }
    return ERR_OK;
}

struct err kms_get_parameters_for_import(struct request *rq, const struct kms_get_parameters_for_import_in *in,
                                         struct kms_get_parameters_for_import_out *out)
{
    struct key key = { .id = STR_NONE };
    const int64_t until_ms = rq->ctx.now_ms + TOKEN_HOURS * HOUR_MS;
    TRY(need_external(rq, in->key_id, &key));
    TRY(key_judge(rq, &key, NEED_NOT_LEAVING));
    TRY(check_wrapping(rq, &key, in->wrapping_algorithm, in->wrapping_key_spec));
    struct pkey *wrapping = pkey_new(spec_find(in->wrapping_key_spec)->kind);
    out->public_key = pkey_public_der(rq->ctx.arena, wrapping);
    out->import_token = make_token(rq, &key, in->wrapping_algorithm, until_ms, pkey_private_der(rq->ctx.arena, wrapping));
    pkey_close(wrapping);
    out->key_id = key.arn;
    out->parameters_valid_to = (struct opt_time)SOME(until_ms);
    return ERR_OK;
}

/* spec: PKCS #11, CKM_RSA_AES_KEY_WRAP: an AES key under RSA-OAEP, then the material under it by RFC 5649. */
bool import_unwrap(struct arena *arena, const struct pkey *wrapping, struct str algorithm, struct str wrapped, struct str *plain)
{
    const enum pkey_digest digest = str_ends(algorithm, STR("_1")) ? PKEY_SHA1 : PKEY_SHA256;
    if (str_starts(algorithm, STR("RSAES"))) {
        return pkey_decrypt(arena, wrapping, digest, STR_NONE, wrapped, plain);
    }
    static const size_t sizes[] = { [PKEY_RSA_2048] = 256, [PKEY_RSA_3072] = 384, [PKEY_RSA_4096] = 512 };
    const size_t head = sizes[pkey_kind(wrapping)];
    struct str key = STR_NONE;
    return wrapped.len > head && pkey_decrypt(arena, wrapping, digest, STR_NONE, str_slice(wrapped, 0, head), &key)
        && key_unwrap(arena, key, str_from(wrapped, head), plain);
}

static struct err invalid_token(struct request *rq)
{
    return fail(&rq->ctx, &KMS_INVALID_IMPORT_TOKEN_EXCEPTION, "The import token is not one of this key");
}

static struct err open_token(struct request *rq, const struct key *key, struct str token, struct str wrapped, struct str *plain)
{
    struct str text = STR_NONE;
    struct str der = STR_NONE;
    int64_t until_ms = 0;
    if (token.len > TOKEN_MAX || !vault_unseal(&rq->ctx, rq->vault, about(rq, key), token, &text)) {
        return invalid_token(rq);
    }
    const struct json *json = json_parse(rq->ctx.arena, text, NULL);
    const struct str algorithm = json_text(json_get(json, STR("algorithm")));
    if (algorithm.ptr == NULL || !json_int(json_get(json, STR("until")), &until_ms)
        || !str_unbase64(rq->ctx.arena, json_text(json_get(json, STR("key"))), &der)) {
        return invalid_token(rq);
    }
    if (until_ms <= rq->ctx.now_ms) {
        return fail(&rq->ctx, &KMS_EXPIRED_IMPORT_TOKEN_EXCEPTION, "The import token has expired; ask for another");
    }
    struct pkey *wrapping = pkey_of_private(der);
    const bool opened = wrapping && import_unwrap(rq->ctx.arena, wrapping, algorithm, wrapped, plain);
    pkey_close(wrapping);
    return opened && material_fits(key->spec, *plain)
        ? ERR_OK
        : fail(&rq->ctx, &KMS_INVALID_CIPHERTEXT_EXCEPTION, "%s", "");
}

static struct err read_expiry(struct request *rq, const struct kms_import_key_material_in *in, int64_t *out)
{
    const bool lasts = str_equal(in->expiration_model, STR("KEY_MATERIAL_DOES_NOT_EXPIRE"));
    *out = 0;
    if (lasts) {
        return in->valid_to.set ? fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION,
                                       "A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
                                : ERR_OK;
    }
    if (!in->valid_to.set) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION,
                    "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES");
    }
    if (in->valid_to.v <= rq->ctx.now_ms || in->valid_to.v > rq->ctx.now_ms + EXPIRES_DAYS_MAX * 24 * HOUR_MS) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "ValidTo must be within the next %d days", EXPIRES_DAYS_MAX);
    }
    *out = in->valid_to.v;
    return ERR_OK;
}

/* Where material goes: it was there before, is the key's first, or waits for a rotation. */
static struct err place(struct request *rq, const struct key *key, const struct kms_import_key_material_in *in,
                        struct material_row *row)
{
    struct material_row *materials = NULL;
    size_t count = 0;
    const struct rows rows = kms_rows_of(rq, key);
    const bool fresh = str_equal(in->import_type, STR("NEW_KEY_MATERIAL"));
    TRY(kms_rows_materials(&rows, key->id, &materials, &count));
    for (size_t i = 0; i < count; i++) {
        if (str_equal(materials[i].id, row->id)) {
            const struct material_row new = *row;
            *row = materials[i];
            row->expires_ms = new.expires_ms;
            row->description = new.description.ptr ? new.description : row->description;
            return ERR_OK;
        }
    }
    if (count > 0 && (!fresh || key->spec->form != FORM_SYMMETRIC)) {
        return fail(&rq->ctx, &KMS_INCORRECT_KEY_MATERIAL_EXCEPTION, "The key material is not the one this key had before%s",
                    key->spec->form == FORM_SYMMETRIC ? "; ImportType NEW_KEY_MATERIAL brings it new one" : "");
    }
    row->position = count ? materials[count - 1].position + 1 : 0;
    row->state = count ? STR("PENDING_ROTATION") : STR("CURRENT");
    for (size_t i = 0; i < count; i++) {
        if (str_equal(materials[i].state, STR("PENDING_ROTATION"))) {
            return fail(&rq->ctx, &KMS_KMS_INVALID_STATE_EXCEPTION, "%" STR_FMT " has material that waits for its rotation",
                        STR_ARG(key->arn));
        }
    }
    return ERR_OK;
}

/* A key is usable while all of its material is there; the first expiry ends that. */
static struct err settle(struct request *rq, struct key *key)
{
    struct material_row *materials = NULL;
    size_t count = 0;
    bool whole = false;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_materials(&rows, key->id, &materials, &count));
    key->expires_ms = 0;
    whole = count > 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t expires_ms = materials[i].sealed.ptr ? materials[i].expires_ms : 0;
        whole = whole && (materials[i].sealed.ptr != NULL || str_equal(materials[i].state, STR("PENDING_ROTATION")));
        key->expires_ms = expires_ms && (key->expires_ms == 0 || expires_ms < key->expires_ms) ? expires_ms : key->expires_ms;
    }
    key->expiration = key->expires_ms ? STR("KEY_MATERIAL_EXPIRES") : STR("KEY_MATERIAL_DOES_NOT_EXPIRE");
    if (key_is_state(key, "PendingImport") && whole) {
        key->state = STR("Enabled");
    } else if (!whole && (key_is_state(key, "Enabled") || key_is_state(key, "Disabled"))) {
        key->state = STR("PendingImport");
    }
    return kms_rows_key_update(&rows, key);
}

struct err kms_import_key_material(struct request *rq, const struct kms_import_key_material_in *in,
                                   struct kms_import_key_material_out *out)
{
    struct key key = { .id = STR_NONE };
    struct str plain = STR_NONE;
    struct material_row row = { .description = in->key_material_description };
    TRY(need_external(rq, in->key_id, &key));
    TRY(key_judge(rq, &key, NEED_NOT_LEAVING));
    TRY(read_expiry(rq, in, &row.expires_ms));
    TRY(open_token(rq, &key, in->import_token, in->encrypted_key_material, &plain));
    row.id = material_id_of(rq, &key, plain);
    if (in->key_material_id.ptr && !str_equal(in->key_material_id, row.id)) {
        return fail(&rq->ctx, &KMS_INCORRECT_KEY_MATERIAL_EXCEPTION, "The key material is not %" STR_FMT,
                    STR_ARG(in->key_material_id));
    }
    TRY(place(rq, &key, in, &row));
    TRY(material_store(rq, &key, plain, &row));
    if (str_equal(row.state, STR("CURRENT"))) {
        key.material = row.id;
    }
    out->key_id = key.arn;
    out->key_material_id = key.spec->form == FORM_SYMMETRIC ? row.id : STR_NONE;
    return settle(rq, &key);
}

struct err import_drop(struct request *rq, struct key *key, struct material_row *row)
{
    const struct rows rows = kms_rows_of(rq, key);
    row->sealed = STR_NONE;
    row->expires_ms = 0;
    TRY(kms_rows_material_put(&rows, key->id, row));
    material_forget(key, row->id);
    return settle(rq, key);
}

struct err kms_delete_imported_key_material(struct request *rq, const struct kms_delete_imported_key_material_in *in,
                                            struct kms_delete_imported_key_material_out *out)
{
    struct key key = { .id = STR_NONE };
    struct material_row row = { .id = STR_NONE };
    bool found = false;
    TRY(need_external(rq, in->key_id, &key));
    const struct str id = in->key_material_id.ptr ? in->key_material_id : key.material;
    const struct rows rows = kms_rows_of(rq, &key);
    TRY(kms_rows_material_find(&rows, key.id, id, &row, &found));
    if (!found && in->key_material_id.ptr) {
        return fail(&rq->ctx, &KMS_NOT_FOUND_EXCEPTION, "Key material %" STR_FMT " is none of %" STR_FMT, STR_ARG(id),
                    STR_ARG(key.arn));
    }
    out->key_id = key.arn;
    out->key_material_id = key.spec->form == FORM_SYMMETRIC && id.len ? id : STR_NONE;
    return found ? import_drop(rq, &key, &row) : ERR_OK;
}
