/* guard.c - what authorisation must know about STS: most of it is for any caller, or for the handler to decide. */
#include "sts_model.h"
#include "svc/guard.h"
#include "svc/sts/credentials.h"
#include "svc/sts/sts.h"

static bool is(const struct request *rq, const char *name)
{
    return str_equal(str_of(rq->operation->name), str_of(name));
}

/* spec: STS API reference, GetFederationToken and GetSessionToken: what such sessions may call of STS. */
static bool barred(const struct request *rq)
{
    const struct principal *caller = &rq->caller;
    const bool plain = is(rq, "GetCallerIdentity") || is(rq, "GetScopedCredentials");
    const bool federated = caller->type == PRINCIPAL_FEDERATED && !plain;
    const bool session = caller->type == PRINCIPAL_USER && caller->session_since_ms && !plain && !is(rq, "AssumeRole");
    return federated || session;
}

/* Its ARN has no region; tags need a permission of their own. */
static void guard_federation(struct request *rq, const struct sts_get_federation_token_in *in, struct guard *guard)
{
    guard->resource = str_format(rq->ctx.arena, "arn:aws:sts::%" STR_FMT ":federated-user/%" STR_FMT, STR_ARG(rq->account), STR_ARG(in->name));
    if (in->tags.count > 0) {
        guard->next = ARENA_NEW(rq->ctx.arena, struct guard);
        *guard->next = (struct guard){ .action = STR("sts:TagSession"), .resource = guard->resource, .account = guard->account };
    }
}

/* The caller's own policies decide; the handler looks at the organisation. */
static void guard_root(struct request *rq, const struct sts_assume_root_in *in, struct guard *guard)
{
    struct context_pair *task = ARENA_NEW(rq->ctx.arena, struct context_pair);
    *task = (struct context_pair){ STR("sts:TaskPolicyArn"), in->task_policy_arn ? in->task_policy_arn->arn : STR_NONE };
    guard->account = rq->account;
    guard->pairs = task;
    guard->pair_count = 1;
    if (!str_starts(in->target_principal, STR("arn:"))) {
        guard->resource = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(in->target_principal));
    }
}

/* spec: STS API reference: GetCallerIdentity, GetSessionToken and GetScopedCredentials need no permission; a token of a
 * provider stands for a signature. IAM user guide, "How IAM roles differ from resource-based policies": the role's trust policy
 * decides about AssumeRole, which the handler reads. */
static struct err guard(struct request *rq, const void *in, struct guard *guard)
{
    if (is(rq, "GetFederationToken")) {
        guard_federation(rq, in, guard);
    }
    if (is(rq, "AssumeRoot")) {
        guard_root(rq, in, guard);
    }
    if (barred(rq) && !is(rq, "AssumeRoleWithWebIdentity") && !is(rq, "AssumeRoleWithSAML")) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Cannot call %s with session credentials", rq->operation->name);
    }
    guard->open = is(rq, "GetCallerIdentity") || is(rq, "GetSessionToken") || is(rq, "GetScopedCredentials") ||
                  is(rq, "AssumeRoleWithWebIdentity") || is(rq, "AssumeRoleWithSAML");
    guard->handler_decides = is(rq, "AssumeRole");
    return ERR_OK;
}

const struct service STS = { .model = &STS_MODEL, .guard = guard };
