/* guard.c - for the front door: the ARNs that a call is about, and its condition keys.
 *
 * spec: Service authorization reference, "Actions, resources, and condition keys for AWS Organizations". */
#include "svc/guard.h"

#include "svc/organizations/caller.h"
#include "svc/organizations/facts.h"
#include "svc/organizations/organizations.h"
#include "svc/organizations/policy.h"

static struct str member_text(const struct request *rq, const void *in, const char *name)
{
    const struct shape *input = rq->operation->input;
    for (uint16_t i = 0; i < input->member_count; i++) {
        if (input->members[i].shape->kind == SHAPE_STRING && strcmp(input->members[i].name, name) == 0) {
            return *(const struct str *)(const void *)((const char *)in + input->members[i].offset);
        }
    }
    return STR_NONE;
}

/* An id of any kind as an ARN; absent: there is no such policy or handshake. */
static struct err arn_of_id(const struct rows *rows, const struct organization_row *organization, struct str id,
                            struct str *out)
{
    struct policy_row policy = { .id = STR_NONE };
    struct handshake_row handshake = { .id = STR_NONE };
    bool found = false;
    *out = STR_NONE;
    if (str_starts(id, STR("p-"))) {
        TRY(org_policy_find(rows, id, &policy, &found));
        *out = found ? org_arn_of_policy(rows->ctx, organization, policy.type, id) : STR_NONE;
    } else if (str_starts(id, STR("h-"))) {
        TRY(org_rows_handshake_find(rows, id, &handshake, &found));
        *out = found ? org_arn_of_handshake(rows->ctx, &handshake) : STR_NONE;
    } else {
        const char *kind = str_starts(id, STR("r-"))    ? "root"
                           : str_starts(id, STR("ou-")) ? "ou"
                           : str_starts(id, STR("rp-")) ? "resourcepolicy"
                                                        : "account";
        *out = org_arn_of(rows->ctx, organization, kind, id);
    }
    return ERR_OK;
}

struct err org_resources_of(struct request *rq, const struct rows *rows, const struct organization_row *organization,
                            const void *in, struct str *out, size_t *count)
{
    static const char *const MEMBERS[] = {
        "PolicyId", "TargetId",    "AccountId",  "OrganizationalUnitId", "ParentId",           "RootId",
        "ChildId",  "HandshakeId", "ResourceId", "SourceParentId",       "DestinationParentId"
    };
    *count = 0;
    for (size_t i = 0; i < COUNT_OF(MEMBERS) && *count < RESOURCES_MAX; i++) {
        const struct str id = member_text(rq, in, MEMBERS[i]);
        struct str arn = STR_NONE;
        if (id.len > 0) {
            TRY(arn_of_id(rows, organization, id, &arn));
        }
        if (arn.ptr) {
            out[(*count)++] = arn;
        }
    }
    if (*count == 0) {
        out[(*count)++] = STR("*");
    }
    return ERR_OK;
}

struct err org_keys_of(struct request *rq, const struct rows *rows, const void *in, struct context_pair *out,
                       size_t *count)
{
    static const char *const TYPES[] = { "PolicyType", "Type", "Filter" };
    const struct str policy_id = member_text(rq, in, "PolicyId");
    const struct str principal = member_text(rq, in, "ServicePrincipal");
    struct policy_row policy = { .type = STR_NONE };
    bool found = false;
    *count = 0;
    for (size_t i = 0; i < COUNT_OF(TYPES) && policy.type.ptr == NULL; i++) {
        policy.type = member_text(rq, in, TYPES[i]);
    }
    if (policy_id.ptr) {
        TRY(org_policy_find(rows, policy_id, &policy, &found));
    }
    if (policy.type.ptr) {
        out[(*count)++] = (struct context_pair){ STR("organizations:PolicyType"), policy.type };
    }
    if (principal.ptr) {
        out[(*count)++] = (struct context_pair){ STR("organizations:ServicePrincipal"), principal };
    }
    return ERR_OK;
}

static struct err guard(struct request *rq, const void *in, struct guard *guard)
{
    struct standing standing;
    struct str resources[RESOURCES_MAX];
    struct context_pair *keys = ARENA_ARRAY(rq->ctx.arena, struct context_pair, KEYS_MAX);
    size_t count = 0;
    bool found = false;
    TRY(org_caller_find(rq, &standing, &found));
    if (!found) {
        return ERR_OK;
    }
    TRY(org_keys_of(rq, &standing.rows, in, keys, &guard->pair_count));
    TRY(org_resources_of(rq, &standing.rows, &standing.organization, in, resources, &count));
    guard->pairs = keys;
    guard->resource = resources[0];
    for (size_t i = 1; i < count; i++) {
        struct guard *next = ARENA_NEW(rq->ctx.arena, struct guard);
        *next = *guard;
        next->resource = resources[i];
        next->next = NULL;
        guard->next = next;
        guard = next;
    }
    return ERR_OK;
}

const struct service ORGANIZATIONS = {
    .model = &ORGANIZATIONS_MODEL,
    .guard = guard,
    .changes_authority = true,
    .organization = organizations_facts,
};
