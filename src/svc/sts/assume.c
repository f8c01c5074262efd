#include "svc/sts/assume.h"

#include "svc/context.h"

const struct fault STS_ACCESS_DENIED = { "AccessDenied", NULL, NULL, 403 };
const struct fault STS_INVALID_PARAMETER = { "InvalidParameterValue", NULL, NULL, 400 };

enum { SESSION_DEFAULT = 3600, CHAINED_MAX = 3600, PACKED_MAX = 2048 };

/* arn:aws:iam::ACCOUNT:role/PATH/NAME */
static bool parse_role_arn(struct str arn, struct str *account, struct str *path, struct str *name)
{
    const struct str head = STR("arn:aws:iam::");
    struct str resource = STR_NONE;
    if (!str_starts(arn, head)) {
        return false;
    }
    *account = str_cut(str_from(arn, head.len), ':', &resource);
    if (account->len != 12 || !str_starts(resource, STR("role/"))) {
        return false;
    }
    const struct str path_and_name = str_from(resource, 4);
    const size_t slash = str_find_last(path_and_name, '/');
    *path = str_slice(path_and_name, 0, slash + 1);
    *name = str_from(path_and_name, slash + 1);
    return name->len > 0;
}

static struct err invalid_arn(struct request *rq, const struct assume *assume)
{
    return fail(&rq->ctx, &STS_VALIDATION_ERROR, "%" STR_FMT " is invalid", STR_ARG(assume->role_arn));
}

struct err assume_find(struct request *rq, struct assume *assume)
{
    struct policy_error error = { .reason = NULL };
    struct str path = STR_NONE;
    struct str name = STR_NONE;
    if (!parse_role_arn(assume->role_arn, &assume->account, &path, &name)) {
        return invalid_arn(rq, assume);
    }
    TRY(rows_role(rq, assume->account, name, &assume->role, &assume->found));
    assume->found = assume->found && str_equal(assume->role.path, path) && str_equal(assume->role.name, name);
    assume->trust = assume->found ? policy_parse(rq->ctx.arena, assume->role.trust, POLICY_TRUST, &error) : NULL;
    return ERR_OK;
}

struct err assume_find_kept(struct request *rq, struct assume *assume, const struct kept_role **role)
{
    struct str path = STR_NONE;
    struct str name = STR_NONE;
    if (!parse_role_arn(assume->role_arn, &assume->account, &path, &name)) {
        return invalid_arn(rq, assume);
    }
    TRY(kept_role_take(rq, assume->account, name, role));
    assume->found = *role && str_equal((*role)->row.path, path);
    if (assume->found) {
        assume->role = (*role)->row;
        assume->trust = (*role)->trust;
    }
    return ERR_OK;
}

static struct policy_verdict ask_trust(struct request *rq, const struct assume *assume, const struct policy *trust,
                                       const char *action, struct request_context *context)
{
    const struct policy_layer layer = { LAYER_RESOURCE, &trust, 1 };
    const struct policy_caller federated = { .federated = assume->provider };
    const struct policy_question question = {
        .action = str_of(action), .resource = STR("*"), .lookup = request_lookup, .lookup_argument = context,
        .caller = assume->provider.ptr ? federated : request_caller(rq),
    };
    return policy_weigh(&question, &layer);
}

/* The trust policy must let the caller in. Where it names only the caller's account, or the account is another, it just
 * delegates: the caller's own policies must allow the call too. Where it names the caller's role, boundary and session
 * policy still limit the session. Services and identity providers have no policies of their own.
 * spec: IAM user guide, "Policy evaluation logic", resource-based policies and implicit denies in other policy types. */
static bool trusted(struct request *rq, const struct assume *assume, const struct policy *trust, const char *action,
                    struct request_context *context)
{
    const struct policy_verdict said = ask_trust(rq, assume, trust, action, context);
    const bool alone = assume->provider.ptr || rq->caller.type == PRINCIPAL_AWS_SERVICE;
    const bool named = str_equal(assume->account, rq->caller.account) &&
                       (said.grant == GRANT_DIRECT || (said.grant == GRANT_ROLE && !rq->limited));
    return said.decision == POLICY_ALLOW && (alone || named || rq->identity_allows);
}

/* Whether the session gets tags, its own or those that the caller's session passes on. */
static bool is_tagged(const struct request *rq, const struct assume *assume)
{
    return assume->tags.count > 0 || rq->caller.transitive_tags.len > 0;
}

bool assume_trusted(struct request *rq, const struct assume *assume)
{
    struct request_context context = { .rq = rq };
    const struct policy *trust = assume->trust;
    const size_t count = assume->pair_count + 2 * assume->tags.count;
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, count + 1);
    for (size_t i = 0; i < assume->pair_count; i++) {
        pairs[i] = assume->pairs[i];
    }
    tags_pairs(rq, &assume->tags, pairs + assume->pair_count);
    context.extra = pairs;
    context.extra_count = count;
    return trust && trusted(rq, assume, trust, assume->action, &context) &&
           (!is_tagged(rq, assume) || trusted(rq, assume, trust, "sts:TagSession", &context)) &&
           (assume->source_identity.ptr == NULL || trusted(rq, assume, trust, "sts:SetSourceIdentity", &context));
}

struct err assume_check_policy(struct request *rq, struct str document)
{
    struct policy_error error = { .reason = NULL };
    if (document.ptr == NULL) {
        return ERR_OK;
    }
    const struct policy *policy = policy_parse(rq->ctx.arena, document, POLICY_IDENTITY, &error);
    if (policy && policy_validate(rq->ctx.arena, policy, &error)) {
        return ERR_OK;
    }
    return fail(&rq->ctx, &STS_MALFORMED_POLICY_DOCUMENT_EXCEPTION, "%s (%" STR_FMT ")", error.reason,
                STR_ARG(error.place));
}

/* In percent. The packing itself is AWS's secret: ours is the plain size. The bound keeps session tokens within a
 * request's head. */
struct err assume_packed(struct request *rq, struct str policy, struct sts_policy_descriptor_list_type arns,
                         const struct session_tags *tags, struct opt_int *out)
{
    size_t size = policy.len;
    for (size_t i = 0; i < arns.count; i++) {
        size += arns.items[i].arn.len;
    }
    for (size_t i = 0; i < tags->count; i++) {
        size += tags->items[i].key.len + tags->items[i].value.len;
    }
    const int32_t percent = (int32_t)((size * 100 + PACKED_MAX - 1) / PACKED_MAX);
    if (percent > 100) {
        return fail(&rq->ctx, &STS_PACKED_POLICY_TOO_LARGE_EXCEPTION,
                    "Packed size of session policies and tags consumes %d%% of allotted space.", (int)percent);
    }
    if (size > 0) {
        *out = (struct opt_int)SOME(percent);
    }
    return ERR_OK;
}

/* spec: IAM user guide, "Roles terms and concepts", role chaining: one hour at most. */
static struct err check_duration(struct request *rq, const struct assume *assume, int64_t seconds)
{
    if (seconds > assume->role.max_session) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR,
                    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    if (rq->caller.type == PRINCIPAL_ASSUMED_ROLE && seconds > CHAINED_MAX) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR,
                    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
    }
    return ERR_OK;
}

struct str assume_join_arns(struct request *rq, struct sts_policy_descriptor_list_type arns)
{
    if (arns.count == 0) {
        return STR_NONE;
    }
    struct text text = text_new(rq->ctx.arena);
    for (size_t i = 0; i < arns.count; i++) {
        if (i > 0) {
            text_add_char(&text, ' ');
        }
        text_add(&text, arns.items[i].arn);
    }
    return text_str(&text);
}

static struct session session_of(struct request *rq, const struct assume *assume)
{
    const struct role_row *role = &assume->role;
    struct session session = { .token_size_min = assume->token_size_min.v, .principal = {
        .type = PRINCIPAL_ASSUMED_ROLE,
        .account = assume->account,
        .arn = str_format(rq->ctx.arena, "arn:aws:sts::%" STR_FMT ":assumed-role/%" STR_FMT "/%" STR_FMT,
                          STR_ARG(assume->account), STR_ARG(role->name), STR_ARG(assume->session_name)),
        .id = str_format(rq->ctx.arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(role->id), STR_ARG(assume->session_name)),
        .name = role->name,
        .role_arn = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":role%" STR_FMT "%" STR_FMT,
                               STR_ARG(assume->account), STR_ARG(role->path), STR_ARG(role->name)),
        .session_name = assume->session_name,
        .session_policy = assume->policy,
        .session_policy_arns = assume_join_arns(rq, assume->policy_arns),
        .source_identity = assume->source_identity,
        .provider = assume->provider,
    } };
    tags_take(rq, &assume->tags, &session);
    return session;
}

struct err assume_session(struct request *rq, const struct assume *assume, struct assumed *out)
{
    const int64_t seconds = assume->duration.set ? assume->duration.v : SESSION_DEFAULT;
    TRY(check_duration(rq, assume, seconds));
    TRY(assume_check_policy(rq, assume->policy));
    TRY(tags_check(rq, &assume->tags));
    TRY(assume_packed(rq, assume->policy, assume->policy_arns, &assume->tags, &out->packed_policy_size));

    struct session session = session_of(rq, assume);
    struct sts_assumed_role_user *user = ARENA_NEW(rq->ctx.arena, struct sts_assumed_role_user);
    *user = (struct sts_assumed_role_user){ session.principal.id, session.principal.arn };
    out->credentials = credentials_make(rq, &session, seconds);
    out->user = user;
    out->token_size = credentials_size(assume->token_size_min, out->credentials);
    out->token_utilization = credentials_utilization(assume->token_size_min, out->credentials);
    return ERR_OK;
}
