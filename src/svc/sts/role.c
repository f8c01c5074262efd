/* role.c - AssumeRole: the role's trust policy decides, together with the caller's own policies.
 *
 * spec: IAM user guide, "How IAM roles differ from resource-based policies" and "Cross-account policy evaluation logic". */
#include "svc/sts/assume.h"
#include "svc/sts/sts.h"

enum { KEYS_MAX = 5 };

/* The same words whether the role is missing or closed: who may not come learns nothing. */
static struct err refuse(struct request *rq, struct str role_arn)
{
    const struct str who = rq->caller.arn.ptr ? rq->caller.arn : rq->caller.name;
    return fail(&rq->ctx, &STS_ACCESS_DENIED,
                "User: %" STR_FMT " is not authorized to perform: sts:AssumeRole on resource: %" STR_FMT,
                STR_ARG(who), STR_ARG(role_arn));
}

/* A code given now counts for this call alone: the role's session carries no word of it.
 * spec: IAM user guide, "Secure API access with MFA", AssumeRole. */
static void add_keys(struct request *rq, const struct sts_assume_role_in *in, bool mfa, struct assume *assume)
{
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, KEYS_MAX);
    pairs[assume->pair_count++] = (struct context_pair){ STR("sts:ExternalId"), in->external_id };
    pairs[assume->pair_count++] = (struct context_pair){ STR("sts:RoleSessionName"), in->role_session_name };
    pairs[assume->pair_count++] = (struct context_pair){ STR("sts:SourceIdentity"), assume->source_identity };
    if (mfa) {
        pairs[assume->pair_count++] = (struct context_pair){ STR("aws:MultiFactorAuthPresent"), STR("true") };
        pairs[assume->pair_count++] = (struct context_pair){ STR("aws:MultiFactorAuthAge"), STR("0") };
    }
    assume->pairs = pairs;
}

/* spec: IAM user guide, source identity: once set it stays for all chained sessions. */
static bool keeps_source_identity(const struct request *rq, const struct sts_assume_role_in *in)
{
    const struct str before = rq->caller.source_identity;
    return in->source_identity.ptr == NULL || before.ptr == NULL || str_equal(in->source_identity, before);
}

struct err sts_assume_role(struct request *rq, const struct sts_assume_role_in *in, struct sts_assume_role_out *out)
{
    struct assumed assumed = { .credentials = NULL };
    bool mfa = false;
    struct assume assume = {
        .action = "sts:AssumeRole", .role_arn = in->role_arn, .session_name = in->role_session_name, .policy = in->policy,
        .policy_arns = in->policy_arns, .tags = tags_of(in->tags, in->transitive_tag_keys), .duration = in->duration_seconds,
        .token_size_min = in->minimum_session_token_size,
        .source_identity = rq->caller.source_identity.ptr ? rq->caller.source_identity : in->source_identity,
    };
    if (rq->caller.type == PRINCIPAL_ROOT) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Roles may not be assumed by root accounts.");
    }
    if (in->provided_contexts.count > 0) {
        return fail(&rq->ctx, &STS_INVALID_CONTEXT_ASSERTION_EXCEPTION, "The context assertion could not be verified.");
    }
    CLEANUP(kept_role_give) const struct kept_role *role = NULL;
    TRY(assume_find_kept(rq, &assume, &role));
    TRY(mfa_check(rq, in->serial_number, in->token_code, &mfa));
    add_keys(rq, in, mfa, &assume);
    if (!assume_trusted(rq, &assume) || !keeps_source_identity(rq, in)) {
        return refuse(rq, in->role_arn);
    }
    TRY(assume_session(rq, &assume, &assumed));
    *out = (struct sts_assume_role_out){
        .credentials = assumed.credentials, .assumed_role_user = assumed.user, .source_identity = assume.source_identity,
        .packed_policy_size = assumed.packed_policy_size, .session_token_size = assumed.token_size,
        .session_token_utilization = assumed.token_utilization,
    };
    return ERR_OK;
}
