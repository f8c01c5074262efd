/* secret.c - a secret's own life: made, described, changed, deleted, restored. */
#include "svc/secretsmanager/secret.h"

#include "crypto/random.h"
#include "svc/secretsmanager/guard.h"
#include "svc/secretsmanager/secretsmanager.h"

enum { SUFFIX_SIZE = 6, WINDOW_MIN = 7, WINDOW_MAX = 30 };

const struct service SECRETSMANAGER = { .model = &SECRETSMANAGER_MODEL, .guard = secretsmanager_guard };
const struct fault SECRETSMANAGER_ACCESS_DENIED = { "AccessDeniedException", NULL, "Message", 400 };

static struct err attach_first_value(struct request *rq, struct secret *secret, struct str token, struct value value,
                                     struct str *version)
{
    bool added = false;
    if (value.bytes.ptr == NULL) {
        return ERR_OK;
    }
    TRY(secret_version_add(rq, secret, token, value, version, &added));
    return secret_stage_move(rq, secret, STAGE_CURRENT, *version);
}

/* The name is taken: the same call over again succeeds, anything else doesn't. */
static struct err taken(struct request *rq, const struct secret *there, const struct secretsmanager_create_secret_in *in,
                        struct value value, struct secretsmanager_create_secret_out *out)
{
    bool exists = false;
    bool same = false;
    if (there->deleted_ms > 0) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "You can't create this secret because a secret with this name is already scheduled for deletion.");
    }
    if (in->client_request_token.ptr && value.bytes.ptr) {
        TRY(secret_version_is_same(rq, there, in->client_request_token, value, &exists, &same));
    }
    if (!same) {
        return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_EXISTS_EXCEPTION,
                    "The operation failed because the secret %" STR_FMT " already exists.", STR_ARG(in->name));
    }
    out->arn = there->arn;
    out->name = there->name;
    out->version_id = in->client_request_token;
    return ERR_OK;
}

struct err secretsmanager_create_secret(struct request *rq, const struct secretsmanager_create_secret_in *in,
                                        struct secretsmanager_create_secret_out *out)
{
    const struct rows rows = secret_rows_here(rq);
    struct secret there = { .name = STR_NONE };
    struct value value = { .text = false };
    bool found = false;
    TRY(secret_name_judge(rq, in->name));
    TRY(secret_value_given(rq, in->secret_string, in->secret_binary, &value));
    TRY(secret_row_secret_by_name(&rows, in->name, &there, &found));
    if (found) {
        return taken(rq, &there, in, value, out);
    }
    if (in->cross_account_primary_arn.ptr) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION, "Replicas across accounts aren't offered by this server.");
    }
    const struct str letters = STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    struct secret secret = {
        .account = rq->account,
        .region = rq->region,
        .name = in->name,
        .arn = secret_arn(rq, rq->account, rq->region, in->name, random_alphabet(&rq->ctx, letters, SUFFIX_SIZE)),
        .description = in->description,
        .kms_key = in->kms_key_id.len > 0 ? in->kms_key_id : STR_NONE,
        .kind = in->type,
        .created_ms = rq->ctx.now_ms,
        .changed_ms = rq->ctx.now_ms,
        .tagged = in->tags.count > 0,
    };
    TRY(secret_row_secret_insert(&rows, &secret));
    TRY(secret_tags_put(rq, &secret, in->tags));
    TRY(attach_first_value(rq, &secret, in->client_request_token, value, &out->version_id));
    TRY(secret_replicas_add(rq, &secret, in->add_replica_regions, in->force_overwrite_replica_secret.v));
    TRY(secret_replicas_out(rq, &secret, &out->replication_status));
    out->arn = secret.arn;
    out->name = secret.name;
    return ERR_OK;
}

struct err secretsmanager_describe_secret(struct request *rq, const struct secretsmanager_describe_secret_in *in,
                                          struct secretsmanager_describe_secret_out *out)
{
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_EXISTS, &secret));
    TRY(secret_tags_out(rq, &secret, &out->tags));
    TRY(secret_stages_map(rq, &secret, &out->version_ids_to_stages));
    TRY(secret_replicas_out(rq, &secret, &out->replication_status));
    out->arn = secret.arn;
    out->name = secret.name;
    out->type = secret.kind;
    out->description = secret.description;
    out->kms_key_id = secret.kms_key;
    out->rotation_enabled = (struct opt_bool){ .set = secret.function.ptr != NULL, .v = secret.rotates };
    out->rotation_lambda_arn = secret.function;
    out->rotation_rules = secret_rules_out(rq, &secret);
    out->last_rotated_date = secret_time_or_none(secret.rotated_ms);
    out->last_changed_date = secret_time_or_none(secret.changed_ms);
    out->last_accessed_date = secret_time_or_none(secret_accessed_day(&secret, STR_NONE, secret.accessed_ms));
    out->deleted_date = secret_time_or_none(secret.deleted_ms);
    out->next_rotation_date = secret_time_or_none(secret.rotates ? secret.closes_ms : 0);
    out->owning_service = secret.owner;
    out->created_date = secret_time_or_none(secret.created_ms);
    out->primary_region = secret.primary_region;
    return ERR_OK;
}

/* spec: user guide: a new key seals the versions with AWSCURRENT, AWSPENDING and AWSPREVIOUS anew. */
static struct err seal_anew(struct request *rq, const struct secret *before, const struct secret *after)
{
    const struct str stages[] = { STAGE_CURRENT, STAGE_PENDING, STAGE_PREVIOUS };
    const struct rows rows = secret_rows(rq, after);
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        struct version version = { .id = STR_NONE };
        struct str plain = STR_NONE;
        bool found = false;
        TRY(secret_row_version_of_stage(&rows, after->arn, stages[i], &version, &found));
        if (found && version.value.ptr) {
            TRY(secret_unseal_version(rq, before, &version, &plain));
            TRY(secret_seal_version(rq, after, plain, &version));
            TRY(secret_row_version_put(&rows, after->arn, &version));
        }
    }
    return ERR_OK;
}

static struct err change_key(struct request *rq, struct secret *secret, struct str key)
{
    const struct secret before = *secret;
    secret->kms_key = key.len > 0 ? key : STR_NONE;
    return str_equal(before.kms_key, secret->kms_key) ? ERR_OK : seal_anew(rq, &before, secret);
}

static struct err new_current(struct request *rq, struct secret *secret, struct str token, struct value value, struct str *version)
{
    bool exists = false;
    bool same = false;
    bool added = false;
    if (token.ptr) {
        TRY(secret_version_is_same(rq, secret, token, value, &exists, &same));
    }
    if (exists && !same) {
        return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_EXISTS_EXCEPTION,
                    "The operation failed because the secret version %" STR_FMT " already exists.", STR_ARG(token));
    }
    if (same) {
        *version = token;
        return ERR_OK;
    }
    TRY(secret_version_add(rq, secret, token, value, version, &added));
    TRY(secret_stage_move(rq, secret, STAGE_CURRENT, *version));
    secret_rotation_put_off(rq, secret);
    return ERR_OK;
}

struct err secretsmanager_update_secret(struct request *rq, const struct secretsmanager_update_secret_in *in,
                                        struct secretsmanager_update_secret_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct value value = { .text = false };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    TRY(secret_value_given(rq, in->secret_string, in->secret_binary, &value));
    secret.description = in->description.ptr ? in->description : secret.description;
    secret.kind = in->type.ptr ? in->type : secret.kind;
    if (in->kms_key_id.ptr) {
        TRY(change_key(rq, &secret, in->kms_key_id));
    }
    if (value.bytes.ptr) {
        TRY(new_current(rq, &secret, in->client_request_token, value, &out->version_id));
    }
    out->arn = secret.arn;
    out->name = secret.name;
    return secret_save(rq, &secret);
}

static struct err judge_window(struct request *rq, const struct secretsmanager_delete_secret_in *in)
{
    const int64_t days = in->recovery_window_in_days.v;
    if (in->recovery_window_in_days.set && in->force_delete_without_recovery.v) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    }
    if (in->recovery_window_in_days.set && (days < WINDOW_MIN || days > WINDOW_MAX)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    }
    return ERR_OK;
}

/* spec: DeleteSecret: a secret with replicas can't go, and a replica goes by RemoveRegionsFromReplication. */
static struct err judge_deletion(struct request *rq, const struct secret *secret)
{
    const struct rows rows = secret_rows(rq, secret);
    struct replicas replicas = { NULL, 0 };
    if (secret_is_replica(secret)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "Operation not permitted on a replica secret. Call must be made in primary secret's region.");
    }
    TRY(secret_row_replicas(&rows, secret->arn, &replicas));
    if (replicas.count > 0) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "You can't delete secret %" STR_FMT " that still has replica regions.", STR_ARG(secret->name));
    }
    return ERR_OK;
}

static struct err schedule_deletion(struct request *rq, struct secret *secret, struct opt_long days)
{
    const struct rows rows = secret_rows(rq, secret);
    if (secret->deleted_ms > 0) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "You can't perform this operation on the secret because it was already scheduled for deletion.");
    }
    secret->deleted_ms = rq->ctx.now_ms + (days.set ? days.v : WINDOW_MAX) * DAY_MS;
    TRY(secret_row_rotation_delete(&rows, secret->arn));
    return secret_row_secret_update(&rows, secret);
}

struct err secretsmanager_delete_secret(struct request *rq, const struct secretsmanager_delete_secret_in *in,
                                        struct secretsmanager_delete_secret_out *out)
{
    struct secret secret = { .name = STR_NONE };
    const bool force = in->force_delete_without_recovery.v;
    bool found = false;
    TRY(judge_window(rq, in));
    TRY(secret_look(rq, in->secret_id, &secret, &found));
    /* spec: DeleteSecret: with ForceDeleteWithoutRecovery one that isn't there is no error. */
    if (!found && force) {
        out->name = str_starts(in->secret_id, STR("arn:")) ? STR_NONE : in->secret_id;
        out->arn = out->name.ptr ? STR_NONE : in->secret_id;
        out->deletion_date = secret_time_or_none(rq->ctx.now_ms);
        return ERR_OK;
    }
    TRY(secret_need(rq, in->secret_id, NEED_EXISTS, &secret));
    TRY(judge_deletion(rq, &secret));
    if (force) {
        const struct rows rows = secret_rows(rq, &secret);
        secret.deleted_ms = rq->ctx.now_ms;
        TRY(secret_row_secret_delete(&rows, secret.arn));
    } else {
        TRY(schedule_deletion(rq, &secret, in->recovery_window_in_days));
    }
    out->arn = secret.arn;
    out->name = secret.name;
    out->deletion_date = secret_time_or_none(secret.deleted_ms);
    return ERR_OK;
}

struct err secretsmanager_restore_secret(struct request *rq, const struct secretsmanager_restore_secret_in *in,
                                         struct secretsmanager_restore_secret_out *out)
{
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_EXISTS, &secret));
    const struct rows rows = secret_rows(rq, &secret);
    secret.deleted_ms = 0;
    TRY(secret_row_secret_update(&rows, &secret));
    out->arn = secret.arn;
    out->name = secret.name;
    return ERR_OK;
}
