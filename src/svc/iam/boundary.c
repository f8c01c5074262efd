/* boundary.c - permissions boundaries of users and roles. */
#include "svc/iam/entity.h"

static struct err set(struct request *rq, enum entity_kind kind, struct str name, struct str boundary)
{
    struct entity entity = { .kind = kind };
    TRY(entity_get_own(rq, kind, name, &entity));
    if (boundary.ptr) {
        TRY(managed_check(rq, boundary));
    }
    entity.boundary = boundary;
    return entity_save(rq, &entity, STR_NONE);
}

struct err iam_put_user_permissions_boundary(struct request *rq, const struct iam_put_user_permissions_boundary_in *in,
                                             struct iam_put_user_permissions_boundary_out *out)
{
    (void)out;
    return set(rq, ENTITY_USER, in->user_name, in->permissions_boundary);
}

struct err iam_delete_user_permissions_boundary(struct request *rq,
                                                const struct iam_delete_user_permissions_boundary_in *in,
                                                struct iam_delete_user_permissions_boundary_out *out)
{
    (void)out;
    return set(rq, ENTITY_USER, in->user_name, STR_NONE);
}

struct err iam_put_role_permissions_boundary(struct request *rq, const struct iam_put_role_permissions_boundary_in *in,
                                             struct iam_put_role_permissions_boundary_out *out)
{
    (void)out;
    return set(rq, ENTITY_ROLE, in->role_name, in->permissions_boundary);
}

struct err iam_delete_role_permissions_boundary(struct request *rq,
                                                const struct iam_delete_role_permissions_boundary_in *in,
                                                struct iam_delete_role_permissions_boundary_out *out)
{
    (void)out;
    return set(rq, ENTITY_ROLE, in->role_name, STR_NONE);
}
