/* access_key.c - lasting access keys: two per user at most, their secrets sealed at rest. */
#include "svc/iam/entity.h"
#include "svc/iam/key.h"
#include "svc/session.h"

enum { KEYS_PER_USER = 2 };

struct str key_about(struct ctx *ctx, struct str id)
{
    return str_format(ctx->arena, "iam:access-key:%" STR_FMT, STR_ARG(id));
}

struct err key_create(const struct rows *rows, const struct vault *vault, struct str owner, struct key_row *key,
                      struct str *secret)
{
    *secret = secret_key_new(rows->ctx);
    *key = (struct key_row){
        .id = access_key_new(rows->ctx, STR("AKIA"), rows->account),
        .owner = owner,
        .status = STR("Active"),
        .created_ms = rows->ctx->now_ms / 1000 * 1000,
    };
    key->secret = vault_seal(rows->ctx, vault, key_about(rows->ctx, key->id), *secret);
    return rows_key_insert(rows, key);
}

/* Whose keys: a user's, or (called by the root, naming no one) the account's own. */
struct holder {
    struct str id;
    struct str name; /* absent for the root */
};

static struct err holder_of(struct request *rq, struct str user_name, struct holder *out)
{
    if (user_name.ptr == NULL && rq->caller.type == PRINCIPAL_ROOT) {
        *out = (struct holder){ rq->account, STR_NONE };
        return ERR_OK;
    }
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_user_or_caller(rq, user_name, &user));
    *out = (struct holder){ user.id, user.name };
    return ERR_OK;
}

static struct err key_get(struct request *rq, struct str user_name, struct str id, struct key_row *key)
{
    const struct rows rows = rows_of(rq);
    struct holder holder = { STR_NONE, STR_NONE };
    bool found = false;
    TRY(holder_of(rq, user_name, &holder));
    TRY(rows_key_find(&rows, id, key, &found));
    return found && str_equal(key->owner, holder.id)
               ? ERR_OK
               : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The Access Key with id %" STR_FMT " cannot be found.",
                      STR_ARG(id));
}

struct err iam_create_access_key(struct request *rq, const struct iam_create_access_key_in *in,
                                 struct iam_create_access_key_out *out)
{
    const struct rows rows = rows_of(rq);
    struct holder holder = { STR_NONE, STR_NONE };
    struct key_row key = { .created_ms = 0 };
    struct str secret = STR_NONE;
    TRY(holder_of(rq, in->user_name, &holder));
    TRY(entity_quota(rq, COUNT_KEYS, holder.id, KEYS_PER_USER, "AccessKeysPerUser"));
    TRY(key_create(&rows, rq->vault, holder.id, &key, &secret));
    struct iam_access_key *made = ARENA_NEW(rq->ctx.arena, struct iam_access_key);
    *made = (struct iam_access_key){ holder.name.ptr ? holder.name : STR("root"), key.id, key.status, secret,
                                     SOME(key.created_ms) };
    out->access_key = made;
    return ERR_OK;
}

static struct str keys_key(const void *list, size_t at)
{
    return ((const struct key_rows *)list)->items[at].id;
}

struct err iam_list_access_keys(struct request *rq, const struct iam_list_access_keys_in *in,
                                struct iam_list_access_keys_out *out)
{
    const struct rows rows = rows_of(rq);
    struct holder holder = { STR_NONE, STR_NONE };
    struct page page = { .limit = 0 };
    struct key_rows keys = { NULL, 0 };
    TRY(holder_of(rq, in->user_name, &holder));
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(rows_keys(&rows, holder.id, page, &keys));
    out->marker = page_cut(rq, page, &keys.count, keys_key, &keys, &out->is_truncated);
    struct iam_access_key_metadata *items = ARENA_ARRAY(rq->ctx.arena, struct iam_access_key_metadata, keys.count + 1);
    for (size_t i = 0; i < keys.count; i++) {
        items[i] = (struct iam_access_key_metadata){ holder.name, keys.items[i].id, keys.items[i].status,
                                                     SOME(keys.items[i].created_ms) };
    }
    out->access_key_metadata = (struct iam_access_key_metadata_list_type){ items, keys.count };
    return ERR_OK;
}

struct err iam_update_access_key(struct request *rq, const struct iam_update_access_key_in *in,
                                 struct iam_update_access_key_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct key_row key = { .created_ms = 0 };
    TRY(key_get(rq, in->user_name, in->access_key_id, &key));
    return rows_key_status(&rows, key.id, in->status);
}

struct err iam_delete_access_key(struct request *rq, const struct iam_delete_access_key_in *in,
                                 struct iam_delete_access_key_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct key_row key = { .created_ms = 0 };
    TRY(key_get(rq, in->user_name, in->access_key_id, &key));
    return rows_key_delete(&rows, key.id);
}

struct err iam_get_access_key_last_used(struct request *rq, const struct iam_get_access_key_last_used_in *in,
                                        struct iam_get_access_key_last_used_out *out)
{
    const struct rows rows = rows_of(rq);
    struct key_row key = { .created_ms = 0 };
    struct entity user = { .kind = ENTITY_USER };
    bool found = false;
    TRY(rows_key_find(&rows, in->access_key_id, &key, &found));
    if (!found) {
        return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The Access Key with id %" STR_FMT " cannot be found.",
                    STR_ARG(in->access_key_id));
    }
    TRY(rows_entity_by_id(&rows, key.owner, &user, &found));
    struct iam_access_key_last_used *used = ARENA_NEW(rq->ctx.arena, struct iam_access_key_last_used);
    *used = (struct iam_access_key_last_used){
        .last_used_date = { .set = key.used_ms > 0, .v = key.used_ms },
        .service_name = key.used_service.ptr ? key.used_service : STR("N/A"),
        .region = key.used_region.ptr ? key.used_region : STR("N/A"),
    };
    out->user_name = found ? user.name : STR_NONE;
    out->access_key_last_used = used;
    return ERR_OK;
}
