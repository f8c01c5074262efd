/* denial.c - what a call is judged by, and AWS's words when it is refused. */
#include "svc/iam/entity.h"
#include "svc/iam/iam.h"

static const struct {
    const char *prefix; /* of the resource template in ops.tsv */
    enum entity_kind kind;
} TEMPLATES[] = { { "user/{UserName}", ENTITY_USER }, { "group/{GroupName}", ENTITY_GROUP },
                  { "role/{RoleName}", ENTITY_ROLE } };

static struct str input_text(const struct request *rq, const void *in, const char *name)
{
    const struct shape *input = rq->operation->input;
    for (uint16_t i = 0; i < input->member_count; i++) {
        if (input->members[i].shape->kind == SHAPE_STRING && str_equal(str_of(input->members[i].name), str_of(name))) {
            return *(const struct str *)(const void *)((const char *)in + input->members[i].offset);
        }
    }
    return STR_NONE;
}

/* The path that is stored, else the one asked for. */
static struct err path_of(struct request *rq, const void *in, struct entity *entity)
{
    const struct rows rows = rows_of(rq);
    const struct entity asked = *entity;
    const struct str path = input_text(rq, in, "Path");
    bool found = false;
    TRY(rows_entity_find(&rows, entity->kind, asked.name, entity, &found));
    if (!found) {
        *entity = asked;
        entity->path = path.ptr ? path : STR("/");
    }
    return ERR_OK;
}

struct err iam_resource(struct request *rq, const void *in, struct str *arn)
{
    static const char *const NAMES[] = { [ENTITY_USER] = "UserName", [ENTITY_GROUP] = "GroupName",
                                         [ENTITY_ROLE] = "RoleName" };
    *arn = request_resource(rq, in);
    for (size_t i = 0; i < COUNT_OF(TEMPLATES); i++) {
        if (!str_equal(str_of(rq->operation->resource), str_of(TEMPLATES[i].prefix))) {
            continue;
        }
        struct entity entity = { .kind = TEMPLATES[i].kind, .name = input_text(rq, in, NAMES[TEMPLATES[i].kind]) };
        if (entity.name.ptr == NULL && rq->caller.type == PRINCIPAL_USER) {
            entity.name = rq->caller.name;
        }
        if (entity.name.ptr) {
            TRY(path_of(rq, in, &entity));
            *arn = entity_arn(rq, &entity);
        }
    }
    return ERR_OK;
}

/* spec: IAM user guide, "Troubleshoot access denied error messages". */
struct str iam_denial(struct ctx *ctx, const struct principal *principal, struct str action, struct str resource,
                      const struct policy_answer *answer)
{
    const bool explicit_deny = answer->decision == POLICY_EXPLICIT_DENY;
    const enum policy_layer_kind kind = explicit_deny ? answer->decided.layer : answer->layer;
    const char *layer = policy_layer_words(kind);
    const struct str name = principal->arn.ptr ? principal->arn : principal->name.ptr ? principal->name : STR("anonymous");
    const struct str who = str_format(ctx->arena, "User: %" STR_FMT " is not authorized to perform: %" STR_FMT
                                      " on resource: %" STR_FMT, STR_ARG(name), STR_ARG(action), STR_ARG(resource));
    if (explicit_deny) {
        const char *article = kind == LAYER_IDENTITY ? "an" : "a";
        return str_format(ctx->arena, "%s with an explicit deny in %s %s", who.ptr, article, layer);
    }
    return str_format(ctx->arena, "%s because no %s allows the %" STR_FMT " action", who.ptr, layer, STR_ARG(action));
}
