/* create.c - CreateKey, and the making of any key. */
#include "crypto/random.h"
#include "svc/kms/authority.h"
#include "svc/kms/kms.h"
#include "svc/kms/material.h"
#include "svc/kms/store.h"
#include "svc/kms/tag.h"

struct str key_default_policy(struct request *rq, struct str account)
{
    return str_format(rq->ctx.arena,
                      "{\n  \"Version\" : \"2012-10-17\",\n  \"Id\" : \"key-default-1\",\n  \"Statement\" : [ {\n"
                      "    \"Sid\" : \"Enable IAM User Permissions\",\n    \"Effect\" : \"Allow\",\n    \"Principal\" : {\n"
                      "      \"AWS\" : \"arn:aws:iam::%" STR_FMT ":root\"\n    },\n    \"Action\" : \"kms:*\",\n"
                      "    \"Resource\" : \"*\"\n  } ]\n}",
                      STR_ARG(account));
}

struct err key_make(struct request *rq, struct key *key)
{
    key->arn = str_format(rq->ctx.arena, "arn:aws:kms:%" STR_FMT ":%" STR_FMT ":key/%" STR_FMT, STR_ARG(key->region),
                          STR_ARG(key->account), STR_ARG(key->id));
    if (str_equal(key->origin, STR("AWS_KMS"))) {
        key->material = random_hex(&rq->ctx, 64);
        TRY(material_store(rq, key, material_random(rq, key->spec),
                           &(struct material_row){ .id = key->material, .state = STR("CURRENT") }));
    }
    const struct rows rows = kms_rows_of(rq, key);
    return kms_rows_key_insert(&rows, key);
}

static struct err invalid(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "%s", words);
}

static bool needs_other_library(struct str spec)
{
    return str_starts(spec, STR("ML_"));
}

static struct err choose_spec(struct request *rq, const struct kms_create_key_in *in, struct key *key)
{
    const struct str old = in->customer_master_key_spec;
    if (in->key_spec.ptr && old.ptr) {
        return invalid(rq, "You cannot specify KeySpec and CustomerMasterKeySpec in the same request."
                           " CustomerMasterKeySpec is deprecated.");
    }
    const struct str name = in->key_spec.ptr ? in->key_spec : old.ptr ? old : STR("SYMMETRIC_DEFAULT");
    key->spec = spec_find(name);
    if (key->spec == NULL) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "KeySpec %" STR_FMT " is not offered here%s",
                    STR_ARG(name), needs_other_library(name) ? ": it needs OpenSSL 3.5" : "");
    }
    if (in->key_usage.ptr == NULL && key->spec->form != FORM_SYMMETRIC) {
        return invalid(rq, "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
    }
    key->usage = USAGE_ENCRYPT;
    const bool known = in->key_usage.ptr == NULL || usage_find(in->key_usage, &key->usage);
    if (!known || (key->spec->usages & 1U << key->usage) == 0) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "KeyUsage %" STR_FMT " is not compatible with KeySpec %" STR_FMT,
                    STR_ARG(in->key_usage), STR_ARG(name));
    }
    return ERR_OK;
}

static struct err choose_origin(struct request *rq, const struct kms_create_key_in *in, struct key *key)
{
    key->origin = in->origin.ptr ? in->origin : STR("AWS_KMS");
    key->state = STR("Enabled");
    if (str_equal(key->origin, STR("EXTERNAL"))) {
        key->state = STR("PendingImport");
    } else if (str_equal(key->origin, STR("EXTERNAL_KEY_STORE")) || in->xks_key_id.ptr) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION,
                    "External key stores are not offered here; use a custom key store of type AWS_CLOUDHSM, which is a PKCS#11"
                    " token.");
    }
    const bool in_store = str_equal(key->origin, STR("AWS_CLOUDHSM"));
    if (in_store != (in->custom_key_store_id.ptr != NULL)) {
        return invalid(rq, "CustomKeyStoreId and Origin AWS_CLOUDHSM go together");
    }
    if (in_store && (key->spec->form != FORM_SYMMETRIC || in->multi_region.v)) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION,
                    "Keys in custom key stores are symmetric encryption keys of one Region.");
    }
    key->store = in->custom_key_store_id;
    return ERR_OK;
}

static struct str new_id(struct request *rq, bool several_regions)
{
    return several_regions ? str_format(rq->ctx.arena, "mrk-%" STR_FMT, STR_ARG(random_hex(&rq->ctx, 32)))
                           : random_uuid(&rq->ctx);
}

struct err kms_create_key(struct request *rq, const struct kms_create_key_in *in, struct kms_create_key_out *out)
{
    struct key key = {
        .account = rq->account,
        .region = rq->region,
        .id = new_id(rq, in->multi_region.v),
        .manager = STR("CUSTOMER"),
        .description = in->description.ptr ? in->description : STR(""),
        .policy = in->policy.ptr ? in->policy : key_default_policy(rq, rq->account),
        .created_ms = rq->ctx.now_ms,
        .multi_region = in->multi_region.v ? STR("PRIMARY") : STR(""),
        .primary_region = in->multi_region.v ? rq->region : STR(""),
    };
    TRY(choose_spec(rq, in, &key));
    TRY(choose_origin(rq, in, &key));
    TRY(kms_tag_check(rq, in->tags.items, in->tags.count, 0));
    TRY(authority_check_policy(rq, &key, key.policy, in->bypass_policy_lockout_safety_check.v));
    if (key.store.ptr) {
        TRY(store_make_key(rq, &key));
    }
    TRY(key_make(rq, &key));
    TRY(kms_tag_put(rq, &key, in->tags.items, in->tags.count));

    struct kms_key_metadata *metadata = ARENA_NEW(rq->ctx.arena, struct kms_key_metadata);
    TRY(key_metadata_whole(rq, &key, metadata));
    out->key_metadata = metadata;
    return ERR_OK;
}
