/* value.c - what is secret: versions made with a value, and values read. */
#include "svc/secretsmanager/secret.h"

#include "crypto/equal.h"
#include "crypto/random.h"
#include "svc/door.h"
#include "svc/secretsmanager/snapshot.h"

enum { VALUE_MAX = 65536, VERSIONS_MAX = 100, BATCH_DEFAULT = 20 };

struct err secret_value_given(struct request *rq, struct str text, struct str binary, struct value *out)
{
    if (text.ptr && binary.ptr) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "You can't specify both a binary secret value and a string secret value in the same secret.");
    }
    *out = (struct value){ .bytes = text.ptr ? text : binary, .text = text.ptr != NULL };
    if (out->bytes.len > VALUE_MAX) {
        return fail(&rq->ctx, &SECRETSMANAGER_VALIDATION_EXCEPTION,
                    "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or"
                    " equal to 65536",
                    out->text ? "secretString" : "secretBinary");
    }
    return ERR_OK;
}

struct err secret_version_read(struct request *rq, const struct secret *secret, const struct version *version, struct value *out)
{
    out->text = version->text;
    return secret_unseal_version(rq, secret, version, &out->bytes);
}

struct err secret_version_is_same(struct request *rq, const struct secret *secret, struct str id, struct value value, bool *exists,
                           bool *same)
{
    const struct rows rows = secret_rows(rq, secret);
    struct version version = { .id = STR_NONE };
    struct value there = { .text = false };
    *same = false;
    TRY(secret_row_version_find(&rows, secret->arn, id, &version, exists));
    if (!*exists || version.value.ptr == NULL) {
        *exists = false; /* one that a rotation has yet to fill is free to be filled */
        return ERR_OK;
    }
    TRY(secret_version_read(rq, secret, &version, &there));
    *same = there.text == value.text && crypto_equal(there.bytes, value.bytes);
    return ERR_OK;
}

static bool is_staged(const struct stages *stages, struct str version)
{
    for (size_t i = 0; i < stages->count; i++) {
        if (str_equal(stages->items[i].version, version)) {
            return true;
        }
    }
    return false;
}

/* spec: PutSecretValue: versions without a stage may be deleted, and go when there would be more than 100. AWS keeps those of the
 * last 24 hours and refuses new ones instead; we let the oldest go, so that frequent rotations never stop. */
static struct err make_room(struct request *rq, const struct secret *secret)
{
    const struct rows rows = secret_rows(rq, secret);
    struct versions versions = { NULL, 0 };
    struct stages stages = { NULL, 0 };
    TRY(secret_row_versions(&rows, secret->arn, &versions));
    TRY(secret_row_stages(&rows, secret->arn, &stages));
    size_t left = versions.count;
    for (size_t i = 0; i < versions.count && left >= VERSIONS_MAX; i++) {
        if (!is_staged(&stages, versions.items[i].id)) {
            TRY(secret_row_version_delete(&rows, secret->arn, versions.items[i].id));
            left--;
        }
    }
    return left < VERSIONS_MAX ? ERR_OK
                               : fail(&rq->ctx, &SECRETSMANAGER_LIMIT_EXCEEDED_EXCEPTION,
                                      "The secret has %d versions with staging labels, which is the most there may be.", VERSIONS_MAX);
}

struct err secret_version_add(struct request *rq, const struct secret *secret, struct str id, struct value value, struct str *version,
                       bool *added)
{
    const struct rows rows = secret_rows(rq, secret);
    struct version fresh = { .id = id.ptr ? id : random_uuid(&rq->ctx), .created_ms = rq->ctx.now_ms, .text = value.text };
    TRY(make_room(rq, secret));
    if (value.bytes.ptr) {
        TRY(secret_seal_version(rq, secret, value.bytes, &fresh));
    }
    *version = fresh.id;
    *added = true;
    return secret_row_version_put(&rows, secret->arn, &fresh);
}

/* spec: PutSecretValue: the first version of a secret becomes AWSCURRENT whatever was asked for. */
static struct err put_stages(struct request *rq, const struct secret *secret, struct str version,
                             struct secretsmanager_secret_version_stages_type asked)
{
    const struct rows rows = secret_rows(rq, secret);
    struct versions versions = { NULL, 0 };
    TRY(secret_row_versions(&rows, secret->arn, &versions));
    if (asked.count == 0 || versions.count == 1) {
        TRY(secret_stage_move(rq, secret, STAGE_CURRENT, version));
    }
    for (size_t i = 0; i < asked.count; i++) {
        TRY(secret_stage_move(rq, secret, asked.items[i], version));
    }
    return ERR_OK;
}

/* spec: PutSecretValue: RotationToken says that the caller is the function of a rotation. */
static struct err judge_token(struct request *rq, const struct secret *secret, struct str token)
{
    const struct rows rows = secret_rows(rq, secret);
    struct rotation rotation = { .secret = STR_NONE };
    bool found = false;
    if (token.ptr == NULL) {
        return ERR_OK;
    }
    TRY(secret_row_rotation_find(&rows, secret->arn, &rotation, &found));
    return found && crypto_equal(rotation.proof, token)
               ? ERR_OK
               : fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "The RotationToken is not that of a rotation in progress.");
}

struct err secretsmanager_put_secret_value(struct request *rq, const struct secretsmanager_put_secret_value_in *in,
                                           struct secretsmanager_put_secret_value_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct value value = { .text = false };
    bool exists = false;
    bool same = false;
    bool added = false;
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    TRY(secret_value_given(rq, in->secret_string, in->secret_binary, &value));
    if (value.bytes.ptr == NULL) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION, "You must provide either SecretString or SecretBinary.");
    }
    TRY(judge_token(rq, &secret, in->rotation_token));
    if (in->client_request_token.ptr) {
        TRY(secret_version_is_same(rq, &secret, in->client_request_token, value, &exists, &same));
    }
    if (exists && !same) {
        return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_EXISTS_EXCEPTION,
                    "You can't use ClientRequestToken %" STR_FMT " because that value is already in use for a version of secret %" STR_FMT ".",
                    STR_ARG(in->client_request_token), STR_ARG(secret.arn));
    }
    out->version_id = in->client_request_token;
    if (!same) {
        TRY(secret_version_add(rq, &secret, in->client_request_token, value, &out->version_id, &added));
        TRY(put_stages(rq, &secret, out->version_id, in->version_stages));
        if (in->version_stages.count == 0) {
            secret_rotation_put_off(rq, &secret);
        }
    }
    out->arn = secret.arn;
    out->name = secret.name;
    TRY(secret_stages_of(rq, &secret, out->version_id, &out->version_stages));
    return added ? secret_save(rq, &secret) : ERR_OK;
}

static struct err missing_value(struct request *rq, const char *by, struct str what)
{
    return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_NOT_FOUND_EXCEPTION,
                "Secrets Manager can't find the specified secret value for %s: %" STR_FMT, by, STR_ARG(what));
}

/* The version asked for, which must have a value; with both a stage and an id, the id must have the stage. */
static struct err version_asked(struct request *rq, const struct secret *secret, const struct secretsmanager_get_secret_value_in *in,
                                struct version *out)
{
    const struct rows rows = secret_rows(rq, secret);
    const struct str stage = in->version_stage.ptr ? in->version_stage : STAGE_CURRENT;
    struct version staged = { .id = STR_NONE };
    bool found = false;
    if (in->version_id.ptr == NULL || in->version_stage.ptr) {
        TRY(secret_row_version_of_stage(&rows, secret->arn, stage, &staged, &found));
        if (!found || (in->version_id.ptr == NULL && staged.value.ptr == NULL)) {
            return missing_value(rq, "staging label", stage);
        }
    }
    *out = staged;
    if (in->version_id.ptr) {
        TRY(secret_row_version_find(&rows, secret->arn, in->version_id, out, &found));
    }
    if (!found || out->value.ptr == NULL) {
        return missing_value(rq, "VersionId", in->version_id);
    }
    if (staged.id.ptr && !str_equal(staged.id, out->id)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "You provided a VersionStage that is not associated to the provided VersionId.");
    }
    return ERR_OK;
}

/* Mostly it is asked for by its stage alone, and the same again and again. */
static struct err version_with_stages(struct request *rq, const struct secret *secret,
                                      const struct secretsmanager_get_secret_value_in *in, struct version *version,
                                      struct secretsmanager_secret_version_stages_type *stages)
{
    const struct str stage = in->version_stage.ptr ? in->version_stage : STAGE_CURRENT;
    if (in->version_id.ptr == NULL && secret_snapshot_version(rq, secret, stage, version, stages)) {
        return ERR_OK;
    }
    TRY(version_asked(rq, secret, in, version));
    TRY(secret_stages_of(rq, secret, version->id, stages));
    if (in->version_id.ptr == NULL) {
        secret_snapshot_put_version(rq, secret, stage, version, stages);
    }
    return ERR_OK;
}

struct err secretsmanager_get_secret_value(struct request *rq, const struct secretsmanager_get_secret_value_in *in,
                                           struct secretsmanager_get_secret_value_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct version version = { .id = STR_NONE };
    struct value value = { .text = false };
    TRY(secret_need(rq, in->secret_id, NEED_LIVE, &secret));
    if (!str_equal(secret.account, rq->account) && secret.kms_key.ptr == NULL) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_REQUEST_EXCEPTION,
                    "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.");
    }
    TRY(version_with_stages(rq, &secret, in, &version, &out->version_stages));
    TRY(secret_version_read(rq, &secret, &version, &value));
    secret_accessed_note(rq, &secret, &version);
    out->arn = secret.arn;
    out->name = secret.name;
    out->version_id = version.id;
    out->created_date = secret_time_or_none(version.created_ms);
    *(value.text ? &out->secret_string : &out->secret_binary) = value.bytes;
    return ERR_OK;
}
