#include "svc/kms/key.h"

#include "svc/kms/faults.h"
#include "svc/kms/rows.h"

bool key_is_state(const struct key *key, const char *state)
{
    return str_equal(key->state, str_of(state));
}

static struct err refuse(struct request *rq, const struct fault *fault, const struct key *key, const char *what)
{
    return fail(&rq->ctx, fault, "%" STR_FMT " %s", STR_ARG(key->arn), what);
}

static bool is_leaving(const struct key *key)
{
    return key_is_state(key, "PendingDeletion") || key_is_state(key, "PendingReplicaDeletion");
}

/* spec: KMS developer guide, the table of "Key states of AWS KMS keys" and its notes [1] to [5]. */
struct err key_judge(struct request *rq, const struct key *key, enum need need)
{
    if (need == NEED_EXISTS || key_is_state(key, "Enabled")) {
        return ERR_OK;
    }
    if (is_leaving(key)) {
        return refuse(rq, &KMS_KMS_INVALID_STATE_EXCEPTION, key, "is pending deletion.");
    }
    if (need == NEED_NOT_LEAVING) {
        return ERR_OK;
    }
    if (key_is_state(key, "PendingImport")) {
        return refuse(rq, &KMS_KMS_INVALID_STATE_EXCEPTION, key, "is pending import.");
    }
    if (need == NEED_SETTLED) {
        return ERR_OK;
    }
    if (key_is_state(key, "Unavailable")) {
        return refuse(rq, &KMS_KMS_INVALID_STATE_EXCEPTION, key, "is unavailable because the associated custom key store is"
                      " not connected.");
    }
    return refuse(rq, &KMS_DISABLED_EXCEPTION, key, "is disabled.");
}

struct err key_need(struct request *rq, struct str reference, enum need need, struct key *out)
{
    TRY(key_find(rq, reference, out));
    return key_judge(rq, out, need);
}

struct err key_judge_usage(struct request *rq, const struct key *key, enum usage usage)
{
    if (key->usage == usage) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &KMS_INVALID_KEY_USAGE_EXCEPTION, "%" STR_FMT " key usage is %s which is not valid for %s.",
                STR_ARG(key->arn), usage_name(key->usage), rq->operation->name);
}

struct err key_use(struct request *rq, struct str reference, enum usage usage, struct key *out)
{
    TRY(key_need(rq, reference, NEED_USABLE, out));
    return key_judge_usage(rq, out, usage);
}

struct err key_algorithm(struct request *rq, const struct key *key, struct str name, const struct algorithm **out)
{
    *out = algorithm_find(name);
    if (algorithm_fits(*out, key->spec) && (*out)->usage == key->usage) {
        return ERR_OK;
    }
    if (str_equal(name, STR("ED25519_PH_SHA_512")) && str_equal(spec_name(key->spec), STR("ECC_NIST_EDWARDS25519"))) {
        return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION,
                    "This server's crypto library has no Ed25519ph; sign with ED25519_SHA_512 and MessageType RAW.");
    }
    return fail(&rq->ctx, &KMS_INVALID_KEY_USAGE_EXCEPTION, "Algorithm %" STR_FMT " is incompatible with key spec %s.",
                STR_ARG(name), key->spec->name);
}

struct err key_refuse_managed(struct request *rq, const struct key *key)
{
    if (!str_equal(key->account, rq->account)) {
        return fail(&rq->ctx, &KMS_ACCESS_DENIED, "%s is for keys of the caller's own account: %" STR_FMT, rq->operation->name,
                    STR_ARG(key->arn));
    }
    if (str_equal(key->manager, STR("CUSTOMER"))) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "The operation is not supported for AWS managed keys: %"
                STR_FMT, STR_ARG(key->arn));
}

struct err key_dry_run(struct request *rq, struct opt_bool asked)
{
    if (!asked.v) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &KMS_DRY_RUN_OPERATION_EXCEPTION,
                "The request would have succeeded, but the DryRun option is set.");
}

static void add_algorithms(struct request *rq, const struct key *key, struct kms_key_metadata *out)
{
    size_t count = 0;
    struct str *names = spec_algorithms(rq->ctx.arena, key->spec, key->usage, &count);
    switch (key->usage) {
    case USAGE_ENCRYPT:
        out->encryption_algorithms.items = names;
        out->encryption_algorithms.count = count;
        break;
    case USAGE_SIGN:
        out->signing_algorithms.items = names;
        out->signing_algorithms.count = count;
        break;
    case USAGE_MAC:
        out->mac_algorithms.items = names;
        out->mac_algorithms.count = count;
        break;
    case USAGE_AGREE:
    case USAGES:
        out->key_agreement_algorithms.items = names;
        out->key_agreement_algorithms.count = count;
        break;
    }
}

static struct str none_if_empty(struct str s)
{
    return s.len ? s : STR_NONE;
}

struct kms_key_metadata key_metadata(struct request *rq, const struct key *key)
{
    const bool symmetric = key->spec->form == FORM_SYMMETRIC;
    const bool waits_for_replicas = key_is_state(key, "PendingReplicaDeletion");
    const struct str spec = spec_name(key->spec);
    struct kms_key_metadata out = {
        .aws_account_id = key->account,
        .key_id = key->id,
        .arn = key->arn,
        .creation_date = SOME(key->created_ms),
        .enabled = SOME(key_is_state(key, "Enabled")),
        .description = key->description,
        .key_usage = str_of(usage_name(key->usage)),
        .key_state = key->state,
        .origin = key->origin,
        .custom_key_store_id = none_if_empty(key->store),
        .key_manager = key->manager,
        .key_spec = spec,
        .customer_master_key_spec = str_equal(spec, STR("ECC_NIST_EDWARDS25519")) ? STR_NONE : spec,
        .multi_region = SOME(key->multi_region.len > 0),
        .current_key_material_id = symmetric ? none_if_empty(key->material) : STR_NONE,
        .expiration_model = key_is_state(key, "PendingImport") ? STR_NONE : none_if_empty(key->expiration),
    };
    if (key->expires_ms && out.expiration_model.ptr) {
        out.valid_to = (struct opt_time)SOME(key->expires_ms);
    }
    if (key->deletion_ms && !waits_for_replicas) {
        out.deletion_date = (struct opt_time)SOME(key->deletion_ms);
    }
    if (waits_for_replicas) {
        out.pending_deletion_window_in_days = (struct opt_int)SOME((int32_t)key->deletion_days);
    }
    add_algorithms(rq, key, &out);
    return out;
}

static struct kms_multi_region_key region_of(const struct key *key)
{
    return (struct kms_multi_region_key){ .arn = key->arn, .region = key->region };
}

struct err key_metadata_whole(struct request *rq, const struct key *key, struct kms_key_metadata *out)
{
    struct key *keys = NULL;
    size_t count = 0;
    *out = key_metadata(rq, key);
    if (key->multi_region.len == 0) {
        return ERR_OK;
    }
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_key_regions(&rows, key->id, &keys, &count));
    struct kms_multi_region_configuration *regions = ARENA_NEW(rq->ctx.arena, struct kms_multi_region_configuration);
    struct kms_multi_region_key *primary = ARENA_NEW(rq->ctx.arena, struct kms_multi_region_key);
    struct kms_multi_region_key *replicas = ARENA_ARRAY(rq->ctx.arena, struct kms_multi_region_key, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(keys[i].multi_region, STR("PRIMARY"))) {
            *primary = region_of(&keys[i]);
        } else {
            replicas[regions->replica_keys.count++] = region_of(&keys[i]);
        }
    }
    regions->multi_region_key_type = key->multi_region;
    regions->primary_key = primary;
    regions->replica_keys.items = replicas;
    out->multi_region_configuration = regions;
    return ERR_OK;
}
