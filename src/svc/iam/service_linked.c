/* service_linked.c - roles that belong to a service: made with its trust and its policy, changed by nobody, deleted by a
 * task. */
#include "crypto/random.h"
#include "svc/iam/item.h"
#include "svc/iam/linked_services.h"

enum { SESSION = 3600 };

static struct str trust_of(struct request *rq, const struct linked_service *service)
{
    return str_format(rq->ctx.arena, "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
                      "{\"Service\":\"%s\"},\"Action\":\"sts:AssumeRole\"}]}", service->principal);
}

struct entity linked_service_role(struct request *rq, const struct linked_service *service, struct str suffix)
{
    return (struct entity){
        .kind = ENTITY_ROLE,
        .name = suffix.ptr ? str_format(rq->ctx.arena, "%s_%" STR_FMT, service->role, STR_ARG(suffix)) : str_of(service->role),
        .path = str_format(rq->ctx.arena, "/aws-service-role/%s/", service->principal),
        .trust = trust_of(rq, service),
        .max_session = SESSION,
    };
}

static struct err make(struct request *rq, const struct linked_service *service, struct entity *role)
{
    const struct rows rows = rows_of(rq);
    bool found = false;
    struct entity other = *role;
    TRY(rows_entity_find(&rows, ENTITY_ROLE, role->name, &other, &found));
    if (found) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Service role name %" STR_FMT
                    " has been taken in this account, please try a different suffix.", STR_ARG(role->name));
    }
    TRY(entity_create(rq, role, (struct iam_tag_list_type){ NULL, 0 }));
    const struct str policy = str_format(rq->ctx.arena, "arn:aws:iam::aws:policy/aws-service-role/%s", service->policy);
    return rows_pair_put(&rows, ATTACHED_POLICIES, role->id, policy, STR_NONE);
}

struct err iam_create_service_linked_role(struct request *rq, const struct iam_create_service_linked_role_in *in,
                                          struct iam_create_service_linked_role_out *out)
{
    const struct linked_service *service = linked_service_find(in->aws_service_name);
    if (service == NULL) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION,
                    "%" STR_FMT " is not the principal of a service that has a service-linked role.",
                    STR_ARG(in->aws_service_name));
    }
    if (in->custom_suffix.ptr && !service->suffix) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Custom suffix is not allowed for %s", service->principal);
    }
    struct entity role = linked_service_role(rq, service, in->custom_suffix);
    role.description = in->description;
    TRY(make(rq, service, &role));
    struct iam_role *made = ARENA_NEW(rq->ctx.arena, struct iam_role);
    *made = role_out(rq, &role);
    made->max_session_duration.set = false;
    out->role = made;
    return ERR_OK;
}

/* Nothing that is answered here works with such a role's rights, so the task has nothing to wait for. */
static struct err remove_role(struct request *rq, const struct entity *role)
{
    const struct rows rows = rows_of(rq);
    struct pairs attached = { NULL, 0 };
    TRY(rows_pairs(&rows, ATTACHED_POLICIES, role->id, page_all(), &attached));
    for (size_t i = 0; i < attached.count; i++) {
        TRY(rows_pair_delete(&rows, ATTACHED_POLICIES, role->id, attached.items[i].name, NULL));
    }
    return entity_remove(rq, role);
}

struct err iam_delete_service_linked_role(struct request *rq, const struct iam_delete_service_linked_role_in *in,
                                          struct iam_delete_service_linked_role_out *out)
{
    const struct rows rows = rows_of(rq);
    struct entity role = { .kind = ENTITY_ROLE };
    TRY(entity_get(rq, ENTITY_ROLE, in->role_name, &role));
    if (!role_is_linked(&role)) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Role %" STR_FMT
                    " is not a service-linked role. Use DeleteRole.", STR_ARG(role.name));
    }
    const struct str uuid = random_uuid(&rq->ctx);
    const struct item task = {
        .kind = ITEM_TASK,
        .key = str_format(rq->ctx.arena, "task%" STR_FMT "%" STR_FMT "/%" STR_FMT, STR_ARG(role.path), STR_ARG(role.name),
                          STR_ARG(uuid)),
        .name = role.name,
        .status = STR("SUCCEEDED"),
        .created_ms = item_now(rq),
    };
    TRY(remove_role(rq, &role));
    out->deletion_task_id = task.key;
    return rows_item_insert(&rows, &task);
}

struct err iam_get_service_linked_role_deletion_status(struct request *rq,
                                                       const struct iam_get_service_linked_role_deletion_status_in *in,
                                                       struct iam_get_service_linked_role_deletion_status_out *out)
{
    struct item task = { .kind = ITEM_TASK };
    TRY(item_get(rq, ITEM_TASK, in->deletion_task_id, &task));
    out->status = task.status;
    return ERR_OK;
}
