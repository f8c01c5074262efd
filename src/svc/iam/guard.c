/* guard.c - what authorisation must know about a call to IAM: the whole ARN of a user, group, role or policy as it is stored,
 * its tags and its permissions boundary. */
#include "svc/iam/guard_item.h"
#include "svc/iam/iam.h"

static const struct {
    const char *prefix; /* of the resource template in ops.tsv */
    enum entity_kind kind;
} TEMPLATES[] = { { "user/{UserName}", ENTITY_USER }, { "group/{GroupName}", ENTITY_GROUP },
                  { "role/{RoleName}", ENTITY_ROLE } };

struct str guard_input(const struct request *rq, const void *in, const char *name)
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
    const struct str path = guard_input(rq, in, "Path");
    bool found = false;
    TRY(rows_entity_find(&rows, entity->kind, asked.name, entity, &found));
    if (!found) {
        *entity = asked;
        entity->path = path.ptr ? path : STR("/");
    }
    return ERR_OK;
}

static const char *const NAMES[] = { [ENTITY_USER] = "UserName", [ENTITY_GROUP] = "GroupName", [ENTITY_ROLE] = "RoleName" };

static bool asks_boundary(const struct operation *operation)
{
    const struct operation_key *key = operation->keys;
    while (key && key->key && !str_equal(str_of(key->key), STR("iam:PermissionsBoundary"))) {
        key++;
    }
    return key && key->key;
}

/* spec: IAM user guide, "IAM and AWS STS condition context keys": where a boundary is being set it is the new one. */
struct err guard_describe(struct request *rq, struct str owner, struct str boundary, struct guard *guard)
{
    const struct rows rows = rows_of(rq);
    struct pairs tags = { NULL, 0 };
    TRY(rows_pairs(&rows, TAGS, owner, page_all(), &tags));
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, tags.count + 1);
    for (size_t i = 0; i < tags.count; i++) {
        pairs[i].key = str_format(rq->ctx.arena, "aws:ResourceTag/%" STR_FMT, STR_ARG(tags.items[i].name));
        pairs[i].value = tags.items[i].value;
    }
    guard->pairs = pairs;
    guard->pair_count = tags.count;
    if (boundary.ptr && !asks_boundary(rq->operation)) {
        pairs[guard->pair_count++] = (struct context_pair){ STR("iam:PermissionsBoundary"), boundary };
    }
    return ERR_OK;
}

static struct err guard_entity(struct request *rq, const void *in, struct entity *entity, struct guard *guard)
{
    if (entity->name.ptr == NULL && rq->caller.type == PRINCIPAL_USER) {
        entity->name = rq->caller.name;
    }
    if (entity->name.ptr == NULL) {
        return ERR_OK;
    }
    TRY(path_of(rq, in, entity));
    guard->resource = entity_arn(rq, entity);
    return entity->id.ptr ? guard_describe(rq, entity->id, entity->boundary, guard) : ERR_OK;
}

static struct err guard_policy(struct request *rq, struct str arn, struct guard *guard)
{
    const struct rows rows = rows_of(rq);
    struct policy_row policy = { .name = STR_NONE };
    bool found = false;
    TRY(rows_policy_find(&rows, arn, &policy, &found));
    return found ? guard_describe(rq, policy.id, STR_NONE, guard) : ERR_OK;
}

/* spec: STS API reference, GetSessionToken and GetFederationToken: such sessions can't call IAM, the first unless a one-time
 * code was given for it. */
static bool is_barred(const struct principal *caller)
{
    return caller->session_since_ms &&
           (caller->type == PRINCIPAL_FEDERATED || (caller->type == PRINCIPAL_USER && !caller->mfa));
}

static struct err guard_template(struct request *rq, const void *in, struct guard *guard)
{
    const struct str template = str_of(rq->operation->resource);
    for (size_t i = 0; i < COUNT_OF(TEMPLATES); i++) {
        if (str_equal(template, str_of(TEMPLATES[i].prefix))) {
            struct entity entity = { .kind = TEMPLATES[i].kind, .name = guard_input(rq, in, NAMES[TEMPLATES[i].kind]) };
            return guard_entity(rq, in, &entity, guard);
        }
    }
    return str_equal(template, STR("{PolicyArn}")) ? guard_policy(rq, guard->resource, guard)
                                                        : guard_item(rq, in, guard);
}

struct err iam_guard(struct request *rq, const void *in, struct guard *guard)
{
    if (is_barred(&rq->caller)) {
        return fail(&rq->ctx, &IAM_INVALID_CLIENT_TOKEN, SIGV4_UNKNOWN_KEY_TEXT);
    }
    TRY(guard_template(rq, in, guard));
    return guard_special(rq, in, guard);
}
