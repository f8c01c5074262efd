/* role.c - roles and the trust policy that says who may assume them. */
#include "svc/iam/entity.h"
#include "svc/iam/rows_item.h"

static const struct str LINKED_PATH = STR_INIT("/aws-service-role/");

enum { SESSION_DEFAULT = 3600, TRUST_MAX = 2048 };

struct iam_role role_out(struct request *rq, const struct entity *role)
{
    return (struct iam_role){
        .path = role->path,
        .role_name = role->name,
        .role_id = role->id,
        .arn = entity_arn(rq, role),
        .create_date = SOME(role->created_ms),
        .assume_role_policy_document = document_out(rq, role->trust),
        .description = role->description,
        .max_session_duration = SOME((int32_t)role->max_session),
    };
}

static struct err check_trust(struct request *rq, struct str document)
{
    TRY(document_check(rq, document, POLICY_TRUST));
    return document_size(document) <= TRUST_MAX
               ? ERR_OK
               : fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION, "Cannot exceed quota for ACLSizePerRole: %d", TRUST_MAX);
}

struct err iam_create_role(struct request *rq, const struct iam_create_role_in *in, struct iam_create_role_out *out)
{
    TRY(check_trust(rq, in->assume_role_policy_document));
    if (str_starts(in->path, LINKED_PATH)) { /* SCPs don't bind these: nobody makes one but by CreateServiceLinkedRole */
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "The path %" STR_FMT " is reserved for service-linked roles.",
                    STR_ARG(in->path));
    }
    struct entity role = {
        .kind = ENTITY_ROLE,
        .name = in->role_name,
        .path = in->path,
        .description = in->description,
        .trust = in->assume_role_policy_document,
        .max_session = in->max_session_duration.set ? in->max_session_duration.v : SESSION_DEFAULT,
        .boundary = in->permissions_boundary,
    };
    TRY(entity_create(rq, &role, in->tags));
    struct iam_role *made = ARENA_NEW(rq->ctx.arena, struct iam_role);
    *made = role_out(rq, &role);
    made->max_session_duration = in->max_session_duration; /* AWS tells the default only when asked for the role */
    made->permissions_boundary = boundary_out(rq, &role);
    made->tags = in->tags;
    out->role = made;
    return ERR_OK;
}

bool role_is_linked(const struct entity *role)
{
    return str_starts(role->path, LINKED_PATH);
}

struct err role_check_linked(struct request *rq, const struct entity *role)
{
    return !role_is_linked(role)
               ? ERR_OK
               : fail(&rq->ctx, &IAM_UNMODIFIABLE_ENTITY_EXCEPTION,
                      "Cannot perform the operation on the protected role '%" STR_FMT
                      "' - this role is only modifiable by AWS", STR_ARG(role->name));
}

/* Empty when nobody used it. */
struct err role_last_used(struct request *rq, const struct entity *role, const struct iam_role_last_used **out)
{
    const struct rows rows = rows_of(rq);
    struct iam_role_last_used *answer = ARENA_NEW(rq->ctx.arena, struct iam_role_last_used);
    struct use use = { .used_ms = 0 };
    bool found = false;
    TRY(rows_use_last(&rows, role->id, &use, &found));
    *answer = (struct iam_role_last_used){ { found, use.used_ms / 1000 * 1000 }, use.region };
    *out = answer;
    return ERR_OK;
}

static struct err role_whole(struct request *rq, struct str name, const struct iam_role **out)
{
    struct entity role = { .kind = ENTITY_ROLE };
    struct iam_role *answer = ARENA_NEW(rq->ctx.arena, struct iam_role);
    TRY(entity_get(rq, ENTITY_ROLE, name, &role));
    *answer = role_out(rq, &role);
    answer->permissions_boundary = boundary_out(rq, &role);
    TRY(role_last_used(rq, &role, &answer->role_last_used));
    *out = answer;
    return tags_read(rq, role.id, &answer->tags);
}

struct err iam_get_role(struct request *rq, const struct iam_get_role_in *in, struct iam_get_role_out *out)
{
    return role_whole(rq, in->role_name, &out->role);
}

struct err iam_list_roles(struct request *rq, const struct iam_list_roles_in *in, struct iam_list_roles_out *out)
{
    const struct rows rows = rows_of(rq);
    struct page page = { .limit = 0 };
    struct entities roles = { NULL, 0 };
    TRY(page_of(rq, in->marker, in->max_items, &page));
    TRY(rows_entities(&rows, ENTITY_ROLE, in->path_prefix, page, &roles));
    out->marker = page_cut(rq, page, &roles.count, entities_key, &roles, &out->is_truncated);
    out->roles.items = ARENA_ARRAY(rq->ctx.arena, struct iam_role, roles.count + 1);
    for (out->roles.count = 0; out->roles.count < roles.count; out->roles.count++) {
        out->roles.items[out->roles.count] = role_out(rq, &roles.items[out->roles.count]);
    }
    return ERR_OK;
}

struct err iam_update_role(struct request *rq, const struct iam_update_role_in *in, struct iam_update_role_out *out)
{
    (void)out;
    struct entity role = { .kind = ENTITY_ROLE };
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    if (in->max_session_duration.set) {
        TRY(role_check_linked(rq, &role));
    }
    role.description = in->description.ptr ? in->description : role.description;
    role.max_session = in->max_session_duration.set ? in->max_session_duration.v : role.max_session;
    return entity_save(rq, &role, STR_NONE);
}

struct err iam_update_role_description(struct request *rq, const struct iam_update_role_description_in *in,
                                       struct iam_update_role_description_out *out)
{
    struct entity role = { .kind = ENTITY_ROLE };
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    role.description = in->description;
    TRY(entity_save(rq, &role, STR_NONE));
    return role_whole(rq, in->role_name, &out->role);
}

struct err iam_update_assume_role_policy(struct request *rq, const struct iam_update_assume_role_policy_in *in,
                                         struct iam_update_assume_role_policy_out *out)
{
    (void)out;
    struct entity role = { .kind = ENTITY_ROLE };
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    TRY(role_check_linked(rq, &role));
    TRY(check_trust(rq, in->policy_document));
    role.trust = in->policy_document;
    return entity_save(rq, &role, STR_NONE);
}

struct err iam_delete_role(struct request *rq, const struct iam_delete_role_in *in, struct iam_delete_role_out *out)
{
    (void)out;
    struct entity role = { .kind = ENTITY_ROLE };
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    TRY(role_check_linked(rq, &role));
    return entity_remove(rq, &role);
}
