/* inline.c - policies written into a user, group or role: the same four operations for each. */
#include "svc/iam/entity.h"

/* spec: IAM user guide, quotas: characters of all inline policies together, white space not counted. */
static const size_t TOTAL_MAX[] = { [ENTITY_USER] = 2048, [ENTITY_GROUP] = 5120, [ENTITY_ROLE] = 10240 };

static struct err check_total(struct request *rq, const struct entity *entity)
{
    const struct rows rows = rows_of(rq);
    struct pairs pairs = { NULL, 0 };
    size_t total = 0;
    TRY(rows_pairs(&rows, INLINE_POLICIES, entity->id, page_all(), &pairs));
    for (size_t i = 0; i < pairs.count; i++) {
        total += document_size(pairs.items[i].value);
    }
    return total <= TOTAL_MAX[entity->kind]
               ? ERR_OK
               : fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION,
                      "Maximum policy size of %zu bytes exceeded for %" STR_FMT " %" STR_FMT, TOTAL_MAX[entity->kind],
                      STR_ARG(rows_kind(entity->kind)), STR_ARG(entity->name));
}

static struct err put(struct request *rq, enum entity_kind kind, struct str name, struct str policy,
                      struct str document)
{
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = kind };
    TRY(entity_get_own(rq, kind, name, &entity));
    TRY(document_check(rq, document, POLICY_IDENTITY));
    TRY(rows_pair_put(&rows, INLINE_POLICIES, entity.id, policy, document));
    return check_total(rq, &entity);
}

static struct err missing(struct request *rq, enum entity_kind kind, struct str policy)
{
    return fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "The %" STR_FMT " policy with name %" STR_FMT
                " cannot be found.", STR_ARG(rows_kind(kind)), STR_ARG(policy));
}

static struct err get(struct request *rq, struct entity *entity, struct str name, struct str policy, struct pair *pair)
{
    const struct rows rows = rows_of(rq);
    bool found = false;
    TRY(entity_get(rq, entity->kind, name, entity));
    TRY(rows_pair_find(&rows, INLINE_POLICIES, entity->id, policy, pair, &found));
    return found ? ERR_OK : missing(rq, entity->kind, policy);
}

static struct err drop(struct request *rq, enum entity_kind kind, struct str name, struct str policy)
{
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = kind };
    int64_t deleted = 0;
    TRY(entity_get_own(rq, kind, name, &entity));
    TRY(rows_pair_delete(&rows, INLINE_POLICIES, entity.id, policy, &deleted));
    return deleted > 0 ? ERR_OK : missing(rq, kind, policy);
}

struct listing {
    struct iam_policy_name_list_type names;
    struct opt_bool truncated;
    struct str marker;
};

static struct err list(struct request *rq, enum entity_kind kind, struct str name, struct page page,
                       struct listing *out)
{
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = kind };
    struct pairs pairs = { NULL, 0 };
    TRY(entity_get(rq, kind, name, &entity));
    TRY(rows_pairs(&rows, INLINE_POLICIES, entity.id, page, &pairs));
    out->marker = page_cut(rq, page, &pairs.count, pairs_key, &pairs, &out->truncated);
    out->names.items = ARENA_ARRAY(rq->ctx.arena, struct str, pairs.count + 1);
    for (out->names.count = 0; out->names.count < pairs.count; out->names.count++) {
        out->names.items[out->names.count] = pairs.items[out->names.count].name;
    }
    return ERR_OK;
}

struct err iam_put_user_policy(struct request *rq, const struct iam_put_user_policy_in *in,
                               struct iam_put_user_policy_out *out)
{
    (void)out;
    return put(rq, ENTITY_USER, in->user_name, in->policy_name, in->policy_document);
}

struct err iam_get_user_policy(struct request *rq, const struct iam_get_user_policy_in *in,
                               struct iam_get_user_policy_out *out)
{
    struct entity user = { .kind = ENTITY_USER };
    struct pair pair = { .key = STR_NONE };
    TRY(get(rq, &user, in->user_name, in->policy_name, &pair));
    out->user_name = user.name;
    out->policy_name = pair.name;
    out->policy_document = document_out(rq, pair.value);
    return ERR_OK;
}

struct err iam_list_user_policies(struct request *rq, const struct iam_list_user_policies_in *in,
                                  struct iam_list_user_policies_out *out)
{
    struct page page = { .limit = 0 };
    struct listing listing = { .marker = STR_NONE };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(list(rq, ENTITY_USER, in->user_name, page, &listing));
    out->policy_names = listing.names;
    out->is_truncated = listing.truncated;
    out->marker = listing.marker;
    return ERR_OK;
}

struct err iam_delete_user_policy(struct request *rq, const struct iam_delete_user_policy_in *in,
                                  struct iam_delete_user_policy_out *out)
{
    (void)out;
    return drop(rq, ENTITY_USER, in->user_name, in->policy_name);
}

struct err iam_put_group_policy(struct request *rq, const struct iam_put_group_policy_in *in,
                               struct iam_put_group_policy_out *out)
{
    (void)out;
    return put(rq, ENTITY_GROUP, in->group_name, in->policy_name, in->policy_document);
}

struct err iam_get_group_policy(struct request *rq, const struct iam_get_group_policy_in *in,
                               struct iam_get_group_policy_out *out)
{
    struct entity group = { .kind = ENTITY_GROUP };
    struct pair pair = { .key = STR_NONE };
    TRY(get(rq, &group, in->group_name, in->policy_name, &pair));
    out->group_name = group.name;
    out->policy_name = pair.name;
    out->policy_document = document_out(rq, pair.value);
    return ERR_OK;
}

struct err iam_list_group_policies(struct request *rq, const struct iam_list_group_policies_in *in,
                                  struct iam_list_group_policies_out *out)
{
    struct page page = { .limit = 0 };
    struct listing listing = { .marker = STR_NONE };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(list(rq, ENTITY_GROUP, in->group_name, page, &listing));
    out->policy_names = listing.names;
    out->is_truncated = listing.truncated;
    out->marker = listing.marker;
    return ERR_OK;
}

struct err iam_delete_group_policy(struct request *rq, const struct iam_delete_group_policy_in *in,
                                  struct iam_delete_group_policy_out *out)
{
    (void)out;
    return drop(rq, ENTITY_GROUP, in->group_name, in->policy_name);
}

struct err iam_put_role_policy(struct request *rq, const struct iam_put_role_policy_in *in,
                               struct iam_put_role_policy_out *out)
{
    (void)out;
    return put(rq, ENTITY_ROLE, in->role_name, in->policy_name, in->policy_document);
}

struct err iam_get_role_policy(struct request *rq, const struct iam_get_role_policy_in *in,
                               struct iam_get_role_policy_out *out)
{
    struct entity role = { .kind = ENTITY_ROLE };
    struct pair pair = { .key = STR_NONE };
    TRY(get(rq, &role, in->role_name, in->policy_name, &pair));
    out->role_name = role.name;
    out->policy_name = pair.name;
    out->policy_document = document_out(rq, pair.value);
    return ERR_OK;
}

struct err iam_list_role_policies(struct request *rq, const struct iam_list_role_policies_in *in,
                                  struct iam_list_role_policies_out *out)
{
    struct page page = { .limit = 0 };
    struct listing listing = { .marker = STR_NONE };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(list(rq, ENTITY_ROLE, in->role_name, page, &listing));
    out->policy_names = listing.names;
    out->is_truncated = listing.truncated;
    out->marker = listing.marker;
    return ERR_OK;
}

struct err iam_delete_role_policy(struct request *rq, const struct iam_delete_role_policy_in *in,
                                  struct iam_delete_role_policy_out *out)
{
    (void)out;
    return drop(rq, ENTITY_ROLE, in->role_name, in->policy_name);
}
