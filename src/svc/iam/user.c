/* user.c - users. */
#include "svc/iam/entity.h"

struct err iam_create_user(struct request *rq, const struct iam_create_user_in *in, struct iam_create_user_out *out)
{
    struct entity user = { .kind = ENTITY_USER, .name = in->user_name, .path = in->path,
                           .boundary = in->permissions_boundary };
    TRY(entity_create(rq, &user, in->tags));
    struct iam_user *made = ARENA_NEW(rq->ctx.arena, struct iam_user);
    *made = user_out(rq, &user);
    made->permissions_boundary = boundary_out(rq, &user);
    made->tags = in->tags;
    out->user = made;
    return ERR_OK;
}

/* spec: IAM API reference, GetUser: for the account's root the answer has no user name
 * (AWS breaks its own model here). */
static struct iam_user root_out(struct request *rq)
{
    return (struct iam_user){ .path = STR("/"), .user_id = rq->account, .arn = rq->caller.arn,
                              .create_date = SOME(rq->ctx.now_ms) };
}

struct err iam_get_user(struct request *rq, const struct iam_get_user_in *in, struct iam_get_user_out *out)
{
    struct iam_user *answer = ARENA_NEW(rq->ctx.arena, struct iam_user);
    out->user = answer;
    if (in->user_name.ptr == NULL && rq->caller.type == PRINCIPAL_ROOT) {
        *answer = root_out(rq);
        return ERR_OK;
    }
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_user_or_caller(rq, in->user_name, &user));
    *answer = user_out(rq, &user);
    answer->permissions_boundary = boundary_out(rq, &user);
    return tags_read(rq, user.id, &answer->tags);
}

struct err iam_list_users(struct request *rq, const struct iam_list_users_in *in, struct iam_list_users_out *out)
{
    const struct rows rows = rows_of(rq);
    struct page page = { .limit = 0 };
    struct entities users = { NULL, 0 };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(rows_entities(&rows, ENTITY_USER, in->path_prefix, page, &users));
    out->marker = page_cut(rq, page, &users.count, entities_key, &users, &out->is_truncated);
    out->users = users_out(rq, users);
    return ERR_OK;
}

struct err iam_update_user(struct request *rq, const struct iam_update_user_in *in, struct iam_update_user_out *out)
{
    (void)out;
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    user.path = in->new_path.ptr ? in->new_path : user.path;
    return entity_save(rq, &user, in->new_user_name);
}

struct err iam_delete_user(struct request *rq, const struct iam_delete_user_in *in, struct iam_delete_user_out *out)
{
    (void)out;
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    return entity_remove(rq, &user);
}

struct err iam_list_groups_for_user(struct request *rq, const struct iam_list_groups_for_user_in *in,
                                    struct iam_list_groups_for_user_out *out)
{
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct page page = { .limit = 0 };
    struct entities groups = { NULL, 0 };
    TRY(entity_get(rq, ENTITY_USER, in->user_name, &user));
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(rows_related(&rows, GROUPS_OF_USER, user.id, page, &groups));
    out->marker = page_cut(rq, page, &groups.count, entities_key, &groups, &out->is_truncated);
    out->groups = groups_out(rq, groups);
    return ERR_OK;
}
