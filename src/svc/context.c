#include "svc/context.h"

#include "base/clock.h"

enum { VALUES_MAX = 64 };

static struct str truth(bool yes)
{
    return yes ? STR("true") : STR("false");
}

static struct str principal_type(enum principal_type type)
{
    switch (type) {
    case PRINCIPAL_ROOT:
        return STR("Account");
    case PRINCIPAL_USER:
        return STR("User");
    case PRINCIPAL_ASSUMED_ROLE:
        return STR("AssumedRole");
    case PRINCIPAL_FEDERATED:
        return STR("FederatedUser");
    case PRINCIPAL_ANONYMOUS:
        break;
    }
    return STR("Anonymous");
}

struct policy_caller request_caller(struct request *rq)
{
    return (struct policy_caller){ .account = rq->caller.account, .arn = rq->caller.arn,
                                   .role_arn = rq->caller.role_arn };
}

/* spec: IAM user guide, aws:PrincipalArn: for a session the ARN of its role. */
static struct str principal_arn(struct request *rq)
{
    return rq->caller.role_arn.ptr ? rq->caller.role_arn : rq->caller.arn;
}

static struct str requested_region(struct request *rq)
{
    return rq->region;
}

static struct str user_name(struct request *rq)
{
    return rq->caller.type == PRINCIPAL_USER ? rq->caller.name : STR_NONE;
}

static struct str user_id(struct request *rq)
{
    return rq->caller.id;
}

static struct str account(struct request *rq)
{
    return rq->caller.account;
}

static struct str type(struct request *rq)
{
    return principal_type(rq->caller.type);
}

static struct str source_identity(struct request *rq)
{
    return rq->caller.source_identity;
}

static struct str source_ip(struct request *rq)
{
    return rq->source_ip;
}

static struct str user_agent(struct request *rq)
{
    return rq->user_agent;
}

static struct str secure_transport(struct request *rq)
{
    return truth(rq->tls);
}

static struct str current_time(struct request *rq)
{
    return clock_format_iso8601(rq->ctx.arena, rq->ctx.now_ms);
}

static struct str epoch_time(struct request *rq)
{
    return str_format(rq->ctx.arena, "%lld", (long long)(rq->ctx.now_ms / 1000));
}

static struct str token_issue_time(struct request *rq)
{
    const int64_t since = rq->caller.session_since_ms;
    return since ? clock_format_iso8601(rq->ctx.arena, since) : STR_NONE;
}

/* spec: IAM user guide, aws:MultiFactorAuthPresent: there only with temporary credentials. */
static struct str mfa_present(struct request *rq)
{
    return rq->caller.session_since_ms ? truth(rq->caller.mfa) : STR_NONE;
}

static const struct {
    const char *key;
    struct str (*value)(struct request *rq);
} KEYS[] = {
    { "aws:username", user_name },
    { "aws:userid", user_id },
    { "aws:PrincipalArn", principal_arn },
    { "aws:PrincipalAccount", account },
    { "aws:PrincipalType", type },
    { "aws:SourceIdentity", source_identity },
    { "aws:SourceIp", source_ip },
    { "aws:UserAgent", user_agent },
    { "aws:SecureTransport", secure_transport },
    { "aws:CurrentTime", current_time },
    { "aws:EpochTime", epoch_time },
    { "aws:TokenIssueTime", token_issue_time },
    { "aws:MultiFactorAuthPresent", mfa_present },
    { "aws:RequestedRegion", requested_region },
};

static size_t extra_values(const struct request_context *context, struct str key, struct str *items)
{
    size_t count = 0;
    for (size_t i = 0; i < context->extra_count && count < VALUES_MAX; i++) {
        const struct context_pair *pair = &context->extra[i];
        if (pair->value.ptr && str_equal_nocase(pair->key, key)) {
            items[count++] = pair->value;
        }
    }
    return count;
}

bool request_lookup(void *argument, struct str key, struct policy_values *values)
{
    const struct request_context *context = argument;
    struct str found[VALUES_MAX];
    size_t count = extra_values(context, key, found);
    for (size_t i = 0; i < COUNT_OF(KEYS) && count == 0; i++) {
        if (str_equal_nocase(key, str_of(KEYS[i].key))) {
            found[0] = KEYS[i].value(context->rq);
            count = found[0].ptr != NULL;
        }
    }
    if (count == 0) {
        return false;
    }
    struct str *items = ARENA_ARRAY(context->rq->ctx.arena, struct str, count);
    memcpy(items, found, count * sizeof(*items));
    *values = (struct policy_values){ items, count };
    return true;
}
