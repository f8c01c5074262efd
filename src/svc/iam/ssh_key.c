/* ssh_key.c - a user's public SSH keys (CodeCommit's way in). */
#include "crypto/certificate.h"
#include "svc/iam/item.h"
#include "svc/iam/ssh_public_key.h"

enum { PER_USER = 5 };

static const struct iam_ssh_public_key *key_out(struct request *rq, const struct entity *user, const struct item *item,
                                                struct str body)
{
    struct iam_ssh_public_key *out = ARENA_NEW(rq->ctx.arena, struct iam_ssh_public_key);
    *out = (struct iam_ssh_public_key){ user->name, item->id, item->more, body, item->status, SOME(item->created_ms) };
    return out;
}

static struct err read_body(struct request *rq, struct str body, struct ssh_public_key *key)
{
    switch (ssh_public_key_read(rq->ctx.arena, body, key)) {
    case SSH_KEY_GOOD:
        return ERR_OK;
    case SSH_KEY_NO_SUCH_ENCODING:
        return fail(&rq->ctx, &IAM_UNRECOGNIZED_PUBLIC_KEY_ENCODING_EXCEPTION,
                    "Unrecognized public key encoding. It must be an RSA key as SSH writes it or in PEM.");
    case SSH_KEY_INVALID:
        break;
    }
    return fail(&rq->ctx, &IAM_INVALID_PUBLIC_KEY_EXCEPTION,
                "The public key is malformed or otherwise invalid. It must be an RSA key of 2048 bits or more.");
}

static struct err check_new(struct request *rq, const struct entity *user, struct str fingerprint)
{
    const struct rows rows = rows_of(rq);
    struct items keys = { NULL, 0 };
    TRY(rows_items(&rows, ITEM_SSH_KEY, user->id, STR_NONE, page_all(), &keys));
    for (size_t i = 0; i < keys.count; i++) {
        if (str_equal(keys.items[i].more, fingerprint)) {
            return fail(&rq->ctx, &IAM_DUPLICATE_SSH_PUBLIC_KEY_EXCEPTION,
                        "The SSH public key is already associated with the specified IAM user.");
        }
    }
    return item_quota(rq, ITEM_SSH_KEY, user->id, PER_USER, "SSHPublicKeysPerUser");
}

struct err iam_upload_ssh_public_key(struct request *rq, const struct iam_upload_ssh_public_key_in *in,
                                     struct iam_upload_ssh_public_key_out *out)
{
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct ssh_public_key key = { STR_NONE, STR_NONE };
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    TRY(read_body(rq, in->ssh_public_key_body, &key));
    const struct str id = entity_id(&rq->ctx, STR("APKA"));
    const struct item item = {
        .kind = ITEM_SSH_KEY,
        .key = id,
        .id = id,
        .owner = user.id,
        .status = STR("Active"),
        .created_ms = item_now(rq),
        .body = ssh_public_key_line(rq->ctx.arena, &key),
        .more = ssh_public_key_fingerprint(rq->ctx.arena, &key),
    };
    TRY(check_new(rq, &user, item.more));
    TRY(rows_item_insert(&rows, &item));
    out->ssh_public_key = key_out(rq, &user, &item, in->ssh_public_key_body);
    return ERR_OK;
}

static struct err key_of(struct request *rq, struct str user_name, struct str id, struct entity *user, struct item *out)
{
    TRY(entity_user_or_caller(rq, user_name, user));
    return item_get_of(rq, ITEM_SSH_KEY, id, user->id, out);
}

struct err iam_get_ssh_public_key(struct request *rq, const struct iam_get_ssh_public_key_in *in,
                                  struct iam_get_ssh_public_key_out *out)
{
    struct entity user = { .kind = ENTITY_USER };
    struct item item = { .kind = ITEM_SSH_KEY };
    struct ssh_public_key key = { STR_NONE, STR_NONE };
    TRY(key_of(rq, in->user_name, in->ssh_public_key_id, &user, &item));
    struct str body = item.body;
    if (str_equal(in->encoding, STR("PEM")) && ssh_public_key_read(rq->ctx.arena, body, &key) == SSH_KEY_GOOD) {
        body = public_key_to_pem(rq->ctx.arena, key.modulus, key.exponent);
    }
    out->ssh_public_key = key_out(rq, &user, &item, body);
    return ERR_OK;
}

struct err iam_list_ssh_public_keys(struct request *rq, const struct iam_list_ssh_public_keys_in *in,
                                    struct iam_list_ssh_public_keys_out *out)
{
    struct entity user = { .kind = ENTITY_USER };
    struct item_page page = { .marker = STR_NONE };
    TRY(entity_user_or_caller(rq, in->user_name, &user));
    TRY(item_list(rq, ITEM_SSH_KEY, user.id, STR_NONE, in->marker, in->max_items, &page));
    out->ssh_public_keys.items = ARENA_ARRAY(rq->ctx.arena, struct iam_ssh_public_key_metadata, page.items.count + 1);
    for (size_t i = 0; i < page.items.count; i++) {
        const struct item *item = &page.items.items[i];
        out->ssh_public_keys.items[i] = (struct iam_ssh_public_key_metadata){ user.name, item->id, item->status,
                                                                              SOME(item->created_ms) };
    }
    out->ssh_public_keys.count = page.items.count;
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return ERR_OK;
}

struct err iam_update_ssh_public_key(struct request *rq, const struct iam_update_ssh_public_key_in *in,
                                     struct iam_update_ssh_public_key_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct item item = { .kind = ITEM_SSH_KEY };
    TRY(key_of(rq, in->user_name, in->ssh_public_key_id, &user, &item));
    item.status = in->status;
    return rows_item_update(&rows, &item, STR_NONE);
}

struct err iam_delete_ssh_public_key(struct request *rq, const struct iam_delete_ssh_public_key_in *in,
                                     struct iam_delete_ssh_public_key_out *out)
{
    (void)out;
    struct entity user = { .kind = ENTITY_USER };
    struct item item = { .kind = ITEM_SSH_KEY };
    TRY(key_of(rq, in->user_name, in->ssh_public_key_id, &user, &item));
    return item_delete(rq, &item);
}
