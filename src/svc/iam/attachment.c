/* attachment.c - managed policies attached to users, groups and roles: the same three operations for each. */
#include "svc/iam/entity.h"
#include "svc/iam/managed.h"

enum { ATTACHED_MAX = 10 };

static struct err attach(struct request *rq, enum entity_kind kind, struct str name, struct str arn)
{
    static const char *const QUOTAS[] = { [ENTITY_USER] = "PoliciesPerUser", [ENTITY_GROUP] = "PoliciesPerGroup",
                                          [ENTITY_ROLE] = "PoliciesPerRole" };
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = kind };
    struct pair already = { .key = STR_NONE };
    bool attached = false;
    TRY(entity_get_own(rq, kind, name, &entity));
    TRY(managed_check(rq, arn));
    TRY(rows_pair_find(&rows, ATTACHED_POLICIES, entity.id, arn, &already, &attached));
    if (!attached) {
        TRY(entity_quota(rq, COUNT_ATTACHED, entity.id, ATTACHED_MAX, QUOTAS[kind]));
    }
    return rows_pair_put(&rows, ATTACHED_POLICIES, entity.id, arn, STR_NONE);
}

static struct err detach(struct request *rq, enum entity_kind kind, struct str name, struct str arn)
{
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = kind };
    int64_t deleted = 0;
    TRY(entity_get_own(rq, kind, name, &entity));
    TRY(rows_pair_delete(&rows, ATTACHED_POLICIES, entity.id, arn, &deleted));
    return deleted > 0 ? ERR_OK
                       : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Policy %" STR_FMT " was not found.",
                              STR_ARG(arn));
}

struct listing {
    struct iam_attached_policies_list_type policies;
    struct opt_bool truncated;
    struct str marker;
};

/* Whether an attached policy's path, as its ARN shows it, begins with the prefix asked for. */
static bool path_begins(struct str arn, struct str prefix)
{
    const size_t slash = str_find(arn, '/');
    return prefix.ptr == NULL || (slash != STR_MISSING && str_starts(str_from(arn, slash), prefix));
}

static struct err list(struct request *rq, enum entity_kind kind, struct str name, struct str path_prefix,
                       struct page page, struct listing *out)
{
    const struct rows rows = rows_of(rq);
    struct entity entity = { .kind = kind };
    struct pairs attached = { NULL, 0 };
    TRY(entity_get(rq, kind, name, &entity));
    TRY(rows_pairs(&rows, ATTACHED_POLICIES, entity.id, page, &attached));
    out->marker = page_cut(rq, page, &attached.count, pairs_key, &attached, &out->truncated);
    struct iam_attached_policy *items = ARENA_ARRAY(rq->ctx.arena, struct iam_attached_policy, attached.count + 1);
    out->policies = (struct iam_attached_policies_list_type){ items, 0 };
    for (size_t i = 0; i < attached.count; i++) {
        const struct str arn = attached.items[i].name;
        if (path_begins(arn, path_prefix)) {
            items[out->policies.count++] =
                (struct iam_attached_policy){ str_from(arn, str_find_last(arn, '/') + 1), arn };
        }
    }
    return ERR_OK;
}

struct err iam_attach_user_policy(struct request *rq, const struct iam_attach_user_policy_in *in,
                                  struct iam_attach_user_policy_out *out)
{
    (void)out;
    return attach(rq, ENTITY_USER, in->user_name, in->policy_arn);
}

struct err iam_detach_user_policy(struct request *rq, const struct iam_detach_user_policy_in *in,
                                  struct iam_detach_user_policy_out *out)
{
    (void)out;
    return detach(rq, ENTITY_USER, in->user_name, in->policy_arn);
}

struct err iam_list_attached_user_policies(struct request *rq, const struct iam_list_attached_user_policies_in *in,
                                          struct iam_list_attached_user_policies_out *out)
{
    struct page page = { .limit = 0 };
    struct listing listing = { .marker = STR_NONE };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(list(rq, ENTITY_USER, in->user_name, in->path_prefix, page, &listing));
    out->attached_policies = listing.policies;
    out->is_truncated = listing.truncated;
    out->marker = listing.marker;
    return ERR_OK;
}

struct err iam_attach_group_policy(struct request *rq, const struct iam_attach_group_policy_in *in,
                                  struct iam_attach_group_policy_out *out)
{
    (void)out;
    return attach(rq, ENTITY_GROUP, in->group_name, in->policy_arn);
}

struct err iam_detach_group_policy(struct request *rq, const struct iam_detach_group_policy_in *in,
                                  struct iam_detach_group_policy_out *out)
{
    (void)out;
    return detach(rq, ENTITY_GROUP, in->group_name, in->policy_arn);
}

struct err iam_list_attached_group_policies(struct request *rq, const struct iam_list_attached_group_policies_in *in,
                                          struct iam_list_attached_group_policies_out *out)
{
    struct page page = { .limit = 0 };
    struct listing listing = { .marker = STR_NONE };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(list(rq, ENTITY_GROUP, in->group_name, in->path_prefix, page, &listing));
    out->attached_policies = listing.policies;
    out->is_truncated = listing.truncated;
    out->marker = listing.marker;
    return ERR_OK;
}

struct err iam_attach_role_policy(struct request *rq, const struct iam_attach_role_policy_in *in,
                                  struct iam_attach_role_policy_out *out)
{
    (void)out;
    return attach(rq, ENTITY_ROLE, in->role_name, in->policy_arn);
}

struct err iam_detach_role_policy(struct request *rq, const struct iam_detach_role_policy_in *in,
                                  struct iam_detach_role_policy_out *out)
{
    (void)out;
    return detach(rq, ENTITY_ROLE, in->role_name, in->policy_arn);
}

struct err iam_list_attached_role_policies(struct request *rq, const struct iam_list_attached_role_policies_in *in,
                                          struct iam_list_attached_role_policies_out *out)
{
    struct page page = { .limit = 0 };
    struct listing listing = { .marker = STR_NONE };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(list(rq, ENTITY_ROLE, in->role_name, in->path_prefix, page, &listing));
    out->attached_policies = listing.policies;
    out->is_truncated = listing.truncated;
    out->marker = listing.marker;
    return ERR_OK;
}

static bool filter_kind(struct str filter, enum entity_kind *kind)
{
    static const struct {
        const char *word;
        enum entity_kind kind;
    } WORDS[] = { { "User", ENTITY_USER }, { "Group", ENTITY_GROUP }, { "Role", ENTITY_ROLE } };
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (str_equal(filter, str_of(WORDS[i].word))) {
            *kind = WORDS[i].kind;
            return true;
        }
    }
    return false;
}

static struct str ids_key(const void *list, size_t at)
{
    return ((const struct entities *)list)->items[at].id;
}

static void sort_out(struct request *rq, struct entities entities, struct iam_list_entities_for_policy_out *out)
{
    out->policy_users.items = ARENA_ARRAY(rq->ctx.arena, struct iam_policy_user, entities.count + 1);
    out->policy_groups.items = ARENA_ARRAY(rq->ctx.arena, struct iam_policy_group, entities.count + 1);
    out->policy_roles.items = ARENA_ARRAY(rq->ctx.arena, struct iam_policy_role, entities.count + 1);
    for (size_t i = 0; i < entities.count; i++) {
        const struct entity *e = &entities.items[i];
        switch (e->kind) {
        case ENTITY_USER:
            out->policy_users.items[out->policy_users.count++] = (struct iam_policy_user){ e->name, e->id };
            break;
        case ENTITY_GROUP:
            out->policy_groups.items[out->policy_groups.count++] = (struct iam_policy_group){ e->name, e->id };
            break;
        case ENTITY_ROLE:
            out->policy_roles.items[out->policy_roles.count++] = (struct iam_policy_role){ e->name, e->id };
            break;
        }
    }
}

struct err iam_list_entities_for_policy(struct request *rq, const struct iam_list_entities_for_policy_in *in,
                                        struct iam_list_entities_for_policy_out *out)
{
    const struct rows rows = rows_of(rq);
    struct page page = { .limit = 0 };
    struct entities entities = { NULL, 0 };
    enum entity_kind kind = ENTITY_USER;
    const bool one_kind = filter_kind(in->entity_filter, &kind);
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(policy_id_of(rq, in->policy_arn, false, &(struct str){ NULL, 0 }));
    TRY(rows_entities_of_policy(&rows, in->policy_arn, one_kind ? &kind : NULL, in->path_prefix, page, &entities));
    out->marker = page_cut(rq, page, &entities.count, ids_key, &entities, &out->is_truncated);
    sort_out(rq, entities, out);
    return ERR_OK;
}
