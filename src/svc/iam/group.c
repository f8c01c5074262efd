/* group.c - groups and who is in them. */
#include "svc/iam/entity.h"

enum { GROUPS_PER_USER = 10 };

struct err iam_create_group(struct request *rq, const struct iam_create_group_in *in, struct iam_create_group_out *out)
{
    struct entity group = { .kind = ENTITY_GROUP, .name = in->group_name, .path = in->path };
    TRY(entity_create(rq, &group, (struct iam_tag_list_type){ NULL, 0 }));
    struct iam_group *made = ARENA_NEW(rq->ctx.arena, struct iam_group);
    *made = group_out(rq, &group);
    out->group = made;
    return ERR_OK;
}

struct err iam_get_group(struct request *rq, const struct iam_get_group_in *in, struct iam_get_group_out *out)
{
    const struct rows rows = rows_of(rq);
    struct entity group = { .kind = ENTITY_GROUP };
    struct page page = { .limit = 0 };
    struct entities users = { NULL, 0 };
    TRY(entity_get(rq, ENTITY_GROUP, in->group_name, &group));
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(rows_related(&rows, USERS_OF_GROUP, group.id, page, &users));
    out->marker = page_cut(rq, page, &users.count, entities_key, &users, &out->is_truncated);
    out->users = users_out(rq, users);
    struct iam_group *answer = ARENA_NEW(rq->ctx.arena, struct iam_group);
    *answer = group_out(rq, &group);
    out->group = answer;
    return ERR_OK;
}

struct err iam_list_groups(struct request *rq, const struct iam_list_groups_in *in, struct iam_list_groups_out *out)
{
    const struct rows rows = rows_of(rq);
    struct page page = { .limit = 0 };
    struct entities groups = { NULL, 0 };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(rows_entities(&rows, ENTITY_GROUP, in->path_prefix, page, &groups));
    out->marker = page_cut(rq, page, &groups.count, entities_key, &groups, &out->is_truncated);
    out->groups = groups_out(rq, groups);
    return ERR_OK;
}

struct err iam_update_group(struct request *rq, const struct iam_update_group_in *in, struct iam_update_group_out *out)
{
    (void)out;
    struct entity group = { .kind = ENTITY_GROUP };
    TRY(entity_get(rq, ENTITY_GROUP, in->group_name, &group));
    group.path = in->new_path.ptr ? in->new_path : group.path;
    return entity_save(rq, &group, in->new_group_name);
}

struct err iam_delete_group(struct request *rq, const struct iam_delete_group_in *in, struct iam_delete_group_out *out)
{
    (void)out;
    struct entity group = { .kind = ENTITY_GROUP };
    TRY(entity_get(rq, ENTITY_GROUP, in->group_name, &group));
    return entity_remove(rq, &group);
}

struct err iam_add_user_to_group(struct request *rq, const struct iam_add_user_to_group_in *in,
                                 struct iam_add_user_to_group_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity group = { .kind = ENTITY_GROUP };
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_get(rq, ENTITY_GROUP, in->group_name, &group));
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    TRY(rows_member_delete(&rows, group.id, user.id, NULL)); /* being in it already is no reason to refuse */
    TRY(entity_quota(rq, COUNT_GROUPS_OF_USER, user.id, GROUPS_PER_USER, "GroupsPerUser"));
    return rows_member_put(&rows, group.id, user.id);
}

struct err iam_remove_user_from_group(struct request *rq, const struct iam_remove_user_from_group_in *in,
                                      struct iam_remove_user_from_group_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct entity group = { .kind = ENTITY_GROUP };
    struct entity user = { .kind = ENTITY_USER };
    int64_t deleted = 0;
    TRY(entity_get(rq, ENTITY_GROUP, in->group_name, &group));
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    TRY(rows_member_delete(&rows, group.id, user.id, &deleted));
    return deleted > 0 ? ERR_OK
                       : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION,
                              "The user with name %" STR_FMT " is not in the group %" STR_FMT ".",
                              STR_ARG(in->user_name), STR_ARG(in->group_name));
}
