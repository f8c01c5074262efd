#include "svc/context.h"

#include "base/clock.h"
#include "svc/guard.h"
#include "svc/input.h"

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
    case PRINCIPAL_AWS_SERVICE:
        return STR("Service");
    case PRINCIPAL_ANONYMOUS:
        break;
    }
    return STR("Anonymous");
}

static bool is_service(const struct request *rq)
{
    return rq->caller.type == PRINCIPAL_AWS_SERVICE;
}

struct policy_caller request_caller(struct request *rq)
{
    if (is_service(rq)) {
        return (struct policy_caller){ .service = rq->caller.name };
    }
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
    return is_service(rq) ? STR_NONE : rq->caller.account;
}

static struct str is_aws_service(struct request *rq)
{
    return truth(is_service(rq));
}

static struct str service_name(struct request *rq)
{
    return is_service(rq) ? rq->caller.name : STR_NONE;
}

static struct str source_arn(struct request *rq)
{
    return is_service(rq) ? rq->source_arn : STR_NONE;
}

static struct str source_account(struct request *rq)
{
    return is_service(rq) ? rq->caller.account : STR_NONE;
}

static struct str source_organization(struct request *rq)
{
    return is_service(rq) ? rq->caller_place.id : STR_NONE;
}

static struct str source_organization_path(struct request *rq)
{
    return is_service(rq) ? rq->caller_place.path : STR_NONE;
}

static struct str organization(struct request *rq)
{
    return is_service(rq) ? STR_NONE : rq->caller_place.id;
}

static struct str organization_path(struct request *rq)
{
    return is_service(rq) ? STR_NONE : rq->caller_place.path;
}

static struct str resource_account(struct request *rq)
{
    return rq->resource_account.len > 0 ? rq->resource_account : STR_NONE;
}

static struct str resource_organization(struct request *rq)
{
    return rq->resource_place.id;
}

static struct str resource_organization_path(struct request *rq)
{
    return rq->resource_place.path;
}

static struct str via_service(struct request *rq)
{
    return truth(rq->called_via_count > 0);
}

static struct str called_first(struct request *rq)
{
    return rq->called_via_count > 0 ? rq->called_via[0] : STR_NONE;
}

static struct str called_last(struct request *rq)
{
    return rq->called_via_count > 0 ? rq->called_via[rq->called_via_count - 1] : STR_NONE;
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

static struct str referer(struct request *rq)
{
    return rq->http ? http_header_find(rq->http, STR("referer")) : STR_NONE;
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

static struct str mfa_age(struct request *rq)
{
    const int64_t since = rq->caller.mfa_ms;
    return since ? str_format(rq->ctx.arena, "%lld", (long long)((rq->ctx.now_ms - since) / 1000)) : STR_NONE;
}

static struct str provider(struct request *rq)
{
    return rq->caller.provider;
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
    { "aws:Referer", referer },
    { "aws:SecureTransport", secure_transport },
    { "aws:CurrentTime", current_time },
    { "aws:EpochTime", epoch_time },
    { "aws:TokenIssueTime", token_issue_time },
    { "aws:MultiFactorAuthPresent", mfa_present },
    { "aws:MultiFactorAuthAge", mfa_age },
    { "aws:FederatedProvider", provider },
    { "aws:RequestedRegion", requested_region },
    { "aws:ResourceAccount", resource_account },
    { "aws:ResourceOrgID", resource_organization },
    { "aws:ResourceOrgPaths", resource_organization_path },
    { "aws:PrincipalOrgID", organization },
    { "aws:PrincipalOrgPaths", organization_path },
    { "aws:PrincipalIsAWSService", is_aws_service },
    { "aws:PrincipalServiceName", service_name },
    { "aws:PrincipalServiceNamesList", service_name },
    { "aws:SourceArn", source_arn },
    { "aws:SourceAccount", source_account },
    { "aws:SourceOrgID", source_organization },
    { "aws:SourceOrgPaths", source_organization_path },
    { "aws:ViaAWSService", via_service },
    { "aws:CalledViaFirst", called_first },
    { "aws:CalledViaLast", called_last },
};

/* Values being gathered for one key. */
struct found {
    struct str items[VALUES_MAX];
    size_t count;
};

static void take(struct found *found, struct str value)
{
    if (value.ptr && found->count < VALUES_MAX) {
        found->items[found->count++] = value;
    }
}

static void take_pairs(struct found *found, struct str key, const struct context_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal_nocase(pairs[i].key, key)) {
            take(found, pairs[i].value);
        }
    }
}

/* "kms:ViaService" is "secretsmanager.eu-west-1.amazonaws.com" when Secrets Manager was the last to pass the call on. */
static void take_via(struct found *found, struct request *rq, struct str key)
{
    struct str name = STR_NONE;
    const struct str service = str_cut(key, ':', &name);
    if (rq->called_via_count > 0 && str_equal_nocase(name, STR("ViaService")) &&
        str_equal_nocase(service, str_of(rq->service->signing_name))) {
        const struct str last = str_cut(called_last(rq), '.', &(struct str){ NULL, 0 });
        take(found, str_format(rq->ctx.arena, "%" STR_FMT ".%" STR_FMT ".amazonaws.com", STR_ARG(last), STR_ARG(rq->region)));
    }
}

static void take_global(struct found *found, struct request *rq, struct str key)
{
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        if (str_equal_nocase(key, str_of(KEYS[i].key))) {
            take(found, KEYS[i].value(rq));
        }
    }
    for (size_t i = 0; i < rq->called_via_count && str_equal_nocase(key, STR("aws:CalledVia")); i++) {
        take(found, rq->called_via[i]);
    }
}

/* "secretsmanager:ResourceTag/team" is what "aws:ResourceTag/team" is. */
static void take_resource_tag(struct found *found, const struct request_context *context, struct str key)
{
    struct str name = STR_NONE;
    const struct str service = str_cut(key, ':', &name);
    const struct service_model *model = context->rq->service;
    if (model && str_starts(name, STR("ResourceTag/")) && str_equal_nocase(service, str_of(model->signing_name))) {
        const struct str general = str_format(context->rq->ctx.arena, "aws:%" STR_FMT, STR_ARG(name));
        take_pairs(found, general, context->extra, context->extra_count);
    }
}

static void take_input(void *argument, struct str value)
{
    take(argument, value);
}

bool request_lookup(void *argument, struct str key, struct policy_values *values)
{
    const struct request_context *context = argument;
    struct request *rq = context->rq;
    struct found found;
    found.count = 0;
    take_pairs(&found, key, context->extra, context->extra_count);
    if (found.count == 0) {
        take_pairs(&found, key, rq->caller_tags, rq->caller_tag_count);
        take_global(&found, rq, key);
        take_via(&found, rq, key);
        take_resource_tag(&found, context, key);
        input_key_values(rq, key, take_input, &found);
    }
    if (found.count == 0 && context->guard && context->guard->late) {
        take(&found, context->guard->late(rq, context->guard, key));
    }
    if (found.count == 0) {
        return false;
    }
    struct str *items = ARENA_ARRAY(rq->ctx.arena, struct str, found.count);
    memcpy(items, found.items, found.count * sizeof(*items));
    *values = (struct policy_values){ items, found.count };
    return true;
}
