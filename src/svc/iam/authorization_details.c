/* authorization_details.c - everything about everyone's permissions in one list: users, groups, roles and managed policies,
 * in that order. A page's marker names the kind it goes on with and the last key seen: "2:admin". */
#include "svc/iam/item.h"
#include "svc/iam/managed.h"

enum part { PART_USERS, PART_GROUPS, PART_ROLES, PART_LOCAL, PART_AWS, PARTS };

static const char *const FILTERS[PARTS] = { "User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy" };

/* What is being filled: left of the page, and where it stopped. */
struct filling {
    struct iam_get_account_authorization_details_out *out;
    int64_t left;
    struct str after;
    bool full;
};

static bool is_wanted(const struct iam_entity_list_type *filter, enum part part)
{
    bool wanted = filter->count == 0;
    for (size_t i = 0; i < filter->count; i++) {
        wanted = wanted || str_equal(filter->items[i], str_of(FILTERS[part]));
    }
    return wanted;
}

static struct err inline_out(struct request *rq, struct str owner, struct iam_policy_detail_list_type *out)
{
    const struct rows rows = rows_of(rq);
    struct pairs own = { NULL, 0 };
    TRY(rows_pairs(&rows, INLINE_POLICIES, owner, page_all(), &own));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct iam_policy_detail, own.count + 1);
    for (out->count = 0; out->count < own.count; out->count++) {
        const struct pair *pair = &own.items[out->count];
        out->items[out->count] = (struct iam_policy_detail){ pair->name, document_out(rq, pair->value) };
    }
    return ERR_OK;
}

static struct err attached_out(struct request *rq, struct str owner, struct iam_attached_policies_list_type *out)
{
    const struct rows rows = rows_of(rq);
    struct pairs attached = { NULL, 0 };
    TRY(rows_pairs(&rows, ATTACHED_POLICIES, owner, page_all(), &attached));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct iam_attached_policy, attached.count + 1);
    for (out->count = 0; out->count < attached.count; out->count++) {
        const struct str arn = attached.items[out->count].name;
        out->items[out->count] = (struct iam_attached_policy){ str_from(arn, str_find_last(arn, '/') + 1), arn };
    }
    return ERR_OK;
}

static struct err groups_of(struct request *rq, struct str user, struct iam_group_name_list_type *out)
{
    const struct rows rows = rows_of(rq);
    struct entities groups = { NULL, 0 };
    TRY(rows_related(&rows, GROUPS_OF_USER, user, page_all(), &groups));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct str, groups.count + 1);
    for (out->count = 0; out->count < groups.count; out->count++) {
        out->items[out->count] = groups.items[out->count].name;
    }
    return ERR_OK;
}

static struct err user_detail(struct request *rq, const struct entity *user, struct iam_user_detail *out)
{
    *out = (struct iam_user_detail){
        .path = user->path,
        .user_name = user->name,
        .user_id = user->id,
        .arn = entity_arn(rq, user),
        .create_date = SOME(user->created_ms),
        .permissions_boundary = boundary_out(rq, user),
    };
    TRY(inline_out(rq, user->id, &out->user_policy_list));
    TRY(groups_of(rq, user->id, &out->group_list));
    TRY(attached_out(rq, user->id, &out->attached_managed_policies));
    return tags_read(rq, user->id, &out->tags);
}

static struct err group_detail(struct request *rq, const struct entity *group, struct iam_group_detail *out)
{
    *out = (struct iam_group_detail){
        .path = group->path,
        .group_name = group->name,
        .group_id = group->id,
        .arn = entity_arn(rq, group),
        .create_date = SOME(group->created_ms),
    };
    TRY(inline_out(rq, group->id, &out->group_policy_list));
    return attached_out(rq, group->id, &out->attached_managed_policies);
}

static struct err role_detail(struct request *rq, const struct entity *role, struct iam_role_detail *out)
{
    const struct rows rows = rows_of(rq);
    struct items profiles = { NULL, 0 };
    *out = (struct iam_role_detail){
        .path = role->path,
        .role_name = role->name,
        .role_id = role->id,
        .arn = entity_arn(rq, role),
        .create_date = SOME(role->created_ms),
        .assume_role_policy_document = document_out(rq, role->trust),
        .permissions_boundary = boundary_out(rq, role),
    };
    TRY(rows_items(&rows, ITEM_INSTANCE_PROFILE, role->id, STR_NONE, page_all(), &profiles));
    TRY(instance_profiles_out(rq, &profiles, &out->instance_profile_list));
    TRY(inline_out(rq, role->id, &out->role_policy_list));
    TRY(attached_out(rq, role->id, &out->attached_managed_policies));
    TRY(role_last_used(rq, role, &out->role_last_used));
    return tags_read(rq, role->id, &out->tags);
}

/* Takes what fits of a list of count, each by add; key tells where to go on. */
static size_t fitting(struct filling *filling, size_t count)
{
    filling->full = count > (size_t)filling->left;
    const size_t taken = filling->full ? (size_t)filling->left : count;
    filling->left -= (int64_t)taken;
    return taken;
}

static struct err fill_entities(struct request *rq, enum part part, struct filling *filling)
{
    static const enum entity_kind KINDS[] = { ENTITY_USER, ENTITY_GROUP, ENTITY_ROLE };
    const struct rows rows = rows_of(rq);
    struct iam_get_account_authorization_details_out *out = filling->out;
    struct entities list = { NULL, 0 };
    TRY(rows_entities(&rows, KINDS[part], STR_NONE, (struct page){ filling->after, filling->left }, &list));
    const size_t count = fitting(filling, list.count);
    if (part == PART_USERS) {
        out->user_detail_list.items = ARENA_ARRAY(rq->ctx.arena, struct iam_user_detail, count + 1);
        out->user_detail_list.count = count;
    } else if (part == PART_GROUPS) {
        out->group_detail_list.items = ARENA_ARRAY(rq->ctx.arena, struct iam_group_detail, count + 1);
        out->group_detail_list.count = count;
    } else {
        out->role_detail_list.items = ARENA_ARRAY(rq->ctx.arena, struct iam_role_detail, count + 1);
        out->role_detail_list.count = count;
    }
    for (size_t i = 0; i < count; i++) {
        const struct entity *entity = &list.items[i];
        TRY(part == PART_USERS    ? user_detail(rq, entity, &out->user_detail_list.items[i])
            : part == PART_GROUPS ? group_detail(rq, entity, &out->group_detail_list.items[i])
                                  : role_detail(rq, entity, &out->role_detail_list.items[i]));
        filling->after = entity->key;
    }
    return ERR_OK;
}

static struct err fill_policies(struct request *rq, enum part part, struct filling *filling)
{
    const struct rows rows = rows_of(rq);
    struct iam_managed_policy_detail_list_type *policies = &filling->out->policies;
    struct policy_rows list = { NULL, 0 };
    const struct page page = { filling->after, filling->left };
    TRY(part == PART_LOCAL ? rows_policies(&rows, STR_NONE, page, &list) : managed_rows(&rows, page, &list));
    const size_t count = fitting(filling, list.count);
    policies->items = arena_grow(rq->ctx.arena, policies->items, policies->count * sizeof(*policies->items),
                                 (policies->count + count + 1) * sizeof(*policies->items));
    for (size_t i = 0; i < count; i++) {
        TRY(policy_detail(rq, &list.items[i], &policies->items[policies->count]));
        policies->count++;
        filling->after = list.items[i].arn;
    }
    return ERR_OK;
}

static struct err read_marker(struct request *rq, struct str text, enum part *part, struct str *after)
{
    int64_t number = 0;
    struct str rest = STR_NONE;
    const struct str head = str_cut(text, ':', &rest);
    if (text.len > 0 && (!str_to_int(head, &number) || number < 0 || number >= PARTS || rest.ptr == NULL)) {
        return fail(&rq->ctx, &IAM_VALIDATION_ERROR, "Invalid Marker.");
    }
    *part = (enum part)number;
    *after = rest.ptr ? rest : STR("");
    return ERR_OK;
}

struct err iam_get_account_authorization_details(struct request *rq,
                                                 const struct iam_get_account_authorization_details_in *in,
                                                 struct iam_get_account_authorization_details_out *out)
{
    struct page page = { .limit = 0 };
    enum part part = PART_USERS;
    out->user_detail_list.items = ARENA_NEW(rq->ctx.arena, struct iam_user_detail); /* empty, not absent */
    out->group_detail_list.items = ARENA_NEW(rq->ctx.arena, struct iam_group_detail);
    out->role_detail_list.items = ARENA_NEW(rq->ctx.arena, struct iam_role_detail);
    out->policies.items = ARENA_NEW(rq->ctx.arena, struct iam_managed_policy_detail);
    TRY(page_of(rq, in->marker, in->max_items, &page));
    struct filling filling = { .out = out, .left = page.limit };
    TRY(read_marker(rq, page.after, &part, &filling.after));
    for (; part < PARTS && !filling.full; part++) {
        if (is_wanted(&in->filter, part)) {
            TRY(part <= PART_ROLES ? fill_entities(rq, part, &filling) : fill_policies(rq, part, &filling));
        }
        if (filling.full) {
            out->marker = str_base64(rq->ctx.arena, str_format(rq->ctx.arena, "%d:%" STR_FMT, (int)part,
                                                               STR_ARG(filling.after)));
        }
        filling.after = STR("");
    }
    out->is_truncated = (struct opt_bool)SOME(filling.full);
    return ERR_OK;
}
