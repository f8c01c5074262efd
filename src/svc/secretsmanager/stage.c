/* stage.c - staging labels: which version is current, pending, previous, or whatever else its owner calls it.
 *
 * spec: any label sits on one version; when AWSCURRENT moves, AWSPREVIOUS goes to the version it came from. */
#include "svc/secretsmanager/secret.h"

enum { STAGES_PER_VERSION = 20, VERSIONS_PAGE = 100 };

static const struct stage *stage_find(const struct stages *stages, struct str stage)
{
    for (size_t i = 0; i < stages->count; i++) {
        if (str_equal(stages->items[i].stage, stage)) {
            return &stages->items[i];
        }
    }
    return NULL;
}

static size_t count_of_version(const struct stages *stages, struct str version)
{
    size_t count = 0;
    for (size_t i = 0; i < stages->count; i++) {
        count += str_equal(stages->items[i].version, version);
    }
    return count;
}

struct err secret_stage_move(struct request *rq, const struct secret *secret, struct str stage, struct str version)
{
    const struct rows rows = secret_rows(rq, secret);
    struct stages stages = { NULL, 0 };
    TRY(secret_row_stages(&rows, secret->arn, &stages));
    const struct stage *at = stage_find(&stages, stage);
    if (at && str_equal(at->version, version)) {
        return ERR_OK;
    }
    if (count_of_version(&stages, version) >= STAGES_PER_VERSION) {
        return fail(&rq->ctx, &SECRETSMANAGER_LIMIT_EXCEEDED_EXCEPTION,
                    "A version of a secret can have at most %d staging labels.", STAGES_PER_VERSION);
    }
    if (at && str_equal(stage, STAGE_CURRENT)) {
        TRY(secret_row_stage_put(&rows, secret->arn, STAGE_PREVIOUS, at->version));
    }
    return secret_row_stage_put(&rows, secret->arn, stage, version);
}

static struct secretsmanager_secret_version_stages_type stages_pick(struct request *rq, const struct stages *stages, struct str version)
{
    struct secretsmanager_secret_version_stages_type list = { NULL, 0 };
    list.items = ARENA_ARRAY(rq->ctx.arena, struct str, count_of_version(stages, version));
    for (size_t i = 0; i < stages->count; i++) {
        if (str_equal(stages->items[i].version, version)) {
            list.items[list.count++] = stages->items[i].stage;
        }
    }
    return list.count > 0 ? list : (struct secretsmanager_secret_version_stages_type){ NULL, 0 };
}

struct err secret_stages_of(struct request *rq, const struct secret *secret, struct str version,
                     struct secretsmanager_secret_version_stages_type *out)
{
    const struct rows rows = secret_rows(rq, secret);
    struct stages stages = { NULL, 0 };
    TRY(secret_row_stages(&rows, secret->arn, &stages));
    *out = stages_pick(rq, &stages, version);
    return ERR_OK;
}

struct err secret_stages_map(struct request *rq, const struct secret *secret, struct secretsmanager_secret_versions_to_stages_map_type *out)
{
    const struct rows rows = secret_rows(rq, secret);
    struct stages stages = { NULL, 0 };
    TRY(secret_row_stages(&rows, secret->arn, &stages));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct secretsmanager_secret_versions_to_stages_map_type_entry, stages.count);
    out->count = 0;
    for (size_t i = 0; i < stages.count; i++) {
        const struct str version = stages.items[i].version;
        size_t seen = 0;
        while (seen < out->count && !str_equal(out->items[seen].key, version)) {
            seen++;
        }
        if (seen == out->count) {
            out->items[out->count].key = version;
            out->items[out->count++].value = stages_pick(rq, &stages, version);
        }
    }
    out->items = out->count > 0 ? out->items : NULL;
    return ERR_OK;
}

static struct err judge_removal(struct request *rq, const struct stage *at, const struct secretsmanager_update_secret_version_stage_in *in)
{
    if (in->remove_from_version_id.ptr && (at == NULL || !str_equal(at->version, in->remove_from_version_id))) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "The parameter RemoveFromVersionId is not valid: staging label %" STR_FMT " is not attached to version %" STR_FMT ".",
                    STR_ARG(in->version_stage), STR_ARG(in->remove_from_version_id));
    }
    if (at && in->remove_from_version_id.ptr == NULL && !str_equal(at->version, in->move_to_version_id)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "The parameter RemoveFromVersionId can't be empty. Staging label %" STR_FMT " is currently attached to version %" STR_FMT
                    ", so you must explicitly reference that version in RemoveFromVersionId.",
                    STR_ARG(in->version_stage), STR_ARG(at->version));
    }
    if (in->move_to_version_id.ptr == NULL && str_equal(in->version_stage, STAGE_CURRENT)) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.");
    }
    return ERR_OK;
}

/* AWSCURRENT never goes to a version that has no value: whoever asks for the secret would get nothing. */
static struct err judge_target(struct request *rq, const struct secret *secret, const struct secretsmanager_update_secret_version_stage_in *in)
{
    const struct rows rows = secret_rows(rq, secret);
    struct version version = { .id = STR_NONE };
    bool found = false;
    TRY(secret_row_version_find(&rows, secret->arn, in->move_to_version_id, &version, &found));
    if (!found || (version.value.ptr == NULL && str_equal(in->version_stage, STAGE_CURRENT))) {
        return fail(&rq->ctx, &SECRETSMANAGER_RESOURCE_NOT_FOUND_EXCEPTION,
                    "Secrets Manager can't find the specified secret value for VersionId: %" STR_FMT, STR_ARG(in->move_to_version_id));
    }
    return ERR_OK;
}

struct err secretsmanager_update_secret_version_stage(struct request *rq, const struct secretsmanager_update_secret_version_stage_in *in,
                                                      struct secretsmanager_update_secret_version_stage_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct stages stages = { NULL, 0 };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    const struct rows rows = secret_rows(rq, &secret);
    TRY(secret_row_stages(&rows, secret.arn, &stages));
    if (in->remove_from_version_id.ptr == NULL && in->move_to_version_id.ptr == NULL) {
        return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                    "You must provide MoveToVersionId, RemoveFromVersionId, or both.");
    }
    TRY(judge_removal(rq, stage_find(&stages, in->version_stage), in));
    if (in->move_to_version_id.ptr) {
        TRY(judge_target(rq, &secret, in));
        TRY(secret_stage_move(rq, &secret, in->version_stage, in->move_to_version_id));
    } else {
        TRY(secret_row_stage_delete(&rows, secret.arn, in->version_stage));
    }
    out->arn = secret.arn;
    out->name = secret.name;
    return secret_save(rq, &secret);
}

static struct secretsmanager_secret_versions_list_entry entry_of(struct request *rq, const struct secret *secret,
                                                                 const struct stages *stages, const struct version *version)
{
    struct str *keys = ARENA_NEW(rq->ctx.arena, struct str);
    *keys = version->kms_key.ptr ? version->kms_key : STR("DefaultEncryptionKey");
    return (struct secretsmanager_secret_versions_list_entry){
        .version_id = version->id,
        .version_stages = stages_pick(rq, stages, version->id),
        .last_accessed_date = secret_time_or_none(secret_accessed_day(secret, version->id, version->accessed_ms)),
        .created_date = secret_time_or_none(version->created_ms),
        .kms_key_ids = { version->value.ptr ? keys : NULL, version->value.ptr ? 1 : 0 },
    };
}

struct err secretsmanager_list_secret_version_ids(struct request *rq, const struct secretsmanager_list_secret_version_ids_in *in,
                                                  struct secretsmanager_list_secret_version_ids_out *out)
{
    struct secret secret = { .name = STR_NONE };
    struct versions versions = { NULL, 0 };
    struct stages stages = { NULL, 0 };
    struct place place = { .number = 0 };
    TRY(secret_need(rq, in->secret_id, NEED_EXISTS, &secret));
    TRY(secret_page_place(rq, secret.arn, in->next_token, &place));
    const struct rows rows = secret_rows(rq, &secret);
    TRY(secret_row_versions(&rows, secret.arn, &versions));
    TRY(secret_row_stages(&rows, secret.arn, &stages));
    const size_t limit = in->max_results.set ? (size_t)in->max_results.v : VERSIONS_PAGE;
    out->versions.items = ARENA_ARRAY(rq->ctx.arena, struct secretsmanager_secret_versions_list_entry, versions.count);
    for (size_t i = 0; i < versions.count && out->next_token.ptr == NULL; i++) {
        const struct version *version = &versions.items[i];
        const bool seen = version->created_ms < place.number
            || (version->created_ms == place.number && place.arn.ptr && str_compare(version->id, place.arn) <= 0);
        const bool deprecated = count_of_version(&stages, version->id) == 0;
        if (seen || (deprecated && !in->include_deprecated.v)) {
            continue;
        }
        if (out->versions.count == limit) {
            const struct version *last = &versions.items[i - 1];
            out->next_token = secret_page_token(rq, secret.arn, (struct place){ last->created_ms, STR(""), last->id });
            break;
        }
        out->versions.items[out->versions.count++] = entry_of(rq, &secret, &stages, version);
    }
    out->arn = secret.arn;
    out->name = secret.name;
    return ERR_OK;
}
