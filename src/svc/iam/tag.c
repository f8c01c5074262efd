/* tag.c - tags of users, roles and policies. */
#include "svc/iam/entity.h"

struct err tags_drop(struct request *rq, struct str owner, struct iam_tag_key_list_type keys)
{
    const struct rows rows = rows_of(rq);
    for (size_t i = 0; i < keys.count; i++) {
        TRY(rows_pair_delete(&rows, TAGS, owner, keys.items[i], NULL));
    }
    return ERR_OK;
}

struct err tags_list(struct request *rq, struct str owner, struct str marker, struct opt_int max_items,
                     struct tag_page *out)
{
    const struct rows rows = rows_of(rq);
    struct page page = { .limit = 0 };
    struct pairs pairs = { NULL, 0 };
    TRY(page_of(rq, marker, max_items, &page));
    TRY(rows_pairs(&rows, TAGS, owner, page, &pairs));
    out->marker = page_cut(rq, page, &pairs.count, pairs_key, &pairs, &out->truncated);
    out->tags.items = ARENA_ARRAY(rq->ctx.arena, struct iam_tag, pairs.count + 1);
    for (out->tags.count = 0; out->tags.count < pairs.count; out->tags.count++) {
        const struct pair *pair = &pairs.items[out->tags.count];
        out->tags.items[out->tags.count] = (struct iam_tag){ pair->name, pair->value };
    }
    return ERR_OK;
}

static struct err entity_owner(struct request *rq, enum entity_kind kind, struct str name, struct str *owner)
{
    struct entity entity = { .kind = kind };
    TRY(entity_get(rq, kind, name, &entity));
    *owner = entity.id;
    return ERR_OK;
}

struct err iam_tag_user(struct request *rq, const struct iam_tag_user_in *in, struct iam_tag_user_out *out)
{
    (void)out;
    struct str owner = STR_NONE;
    TRY(entity_owner(rq, ENTITY_USER, in->user_name, &owner));
    return tags_put(rq, owner, in->tags);
}

struct err iam_untag_user(struct request *rq, const struct iam_untag_user_in *in, struct iam_untag_user_out *out)
{
    (void)out;
    struct str owner = STR_NONE;
    TRY(entity_owner(rq, ENTITY_USER, in->user_name, &owner));
    return tags_drop(rq, owner, in->tag_keys);
}

struct err iam_list_user_tags(struct request *rq, const struct iam_list_user_tags_in *in,
                              struct iam_list_user_tags_out *out)
{
    struct str owner = STR_NONE;
    struct tag_page page = { .marker = STR_NONE };
    TRY(entity_owner(rq, ENTITY_USER, in->user_name, &owner));
    TRY(tags_list(rq, owner, in->marker, in->max_items, &page));
    out->tags = page.tags;
    out->is_truncated = page.truncated;
    out->marker = page.marker;
    return ERR_OK;
}

struct err iam_tag_role(struct request *rq, const struct iam_tag_role_in *in, struct iam_tag_role_out *out)
{
    (void)out;
    struct str owner = STR_NONE;
    TRY(entity_owner(rq, ENTITY_ROLE, in->role_name, &owner));
    return tags_put(rq, owner, in->tags);
}

struct err iam_untag_role(struct request *rq, const struct iam_untag_role_in *in, struct iam_untag_role_out *out)
{
    (void)out;
    struct str owner = STR_NONE;
    TRY(entity_owner(rq, ENTITY_ROLE, in->role_name, &owner));
    return tags_drop(rq, owner, in->tag_keys);
}

struct err iam_list_role_tags(struct request *rq, const struct iam_list_role_tags_in *in,
                              struct iam_list_role_tags_out *out)
{
    struct str owner = STR_NONE;
    struct tag_page page = { .marker = STR_NONE };
    TRY(entity_owner(rq, ENTITY_ROLE, in->role_name, &owner));
    TRY(tags_list(rq, owner, in->marker, in->max_items, &page));
    out->tags = page.tags;
    out->is_truncated = page.truncated;
    out->marker = page.marker;
    return ERR_OK;
}

struct err iam_tag_policy(struct request *rq, const struct iam_tag_policy_in *in, struct iam_tag_policy_out *out)
{
    (void)out;
    struct str owner = STR_NONE;
    TRY(policy_id_of(rq, in->policy_arn, true, &owner));
    return tags_put(rq, owner, in->tags);
}

struct err iam_untag_policy(struct request *rq, const struct iam_untag_policy_in *in, struct iam_untag_policy_out *out)
{
    (void)out;
    struct str owner = STR_NONE;
    TRY(policy_id_of(rq, in->policy_arn, true, &owner));
    return tags_drop(rq, owner, in->tag_keys);
}

struct err iam_list_policy_tags(struct request *rq, const struct iam_list_policy_tags_in *in,
                              struct iam_list_policy_tags_out *out)
{
    struct str owner = STR_NONE;
    struct tag_page page = { .marker = STR_NONE };
    TRY(policy_id_of(rq, in->policy_arn, false, &owner));
    TRY(tags_list(rq, owner, in->marker, in->max_items, &page));
    out->tags = page.tags;
    out->is_truncated = page.truncated;
    out->marker = page.marker;
    return ERR_OK;
}
