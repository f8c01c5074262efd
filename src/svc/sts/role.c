/* role.c - AssumeRole: the role's trust policy decides, together with the caller's own policies.
 *
 * spec: IAM user guide, "How IAM roles differ from resource-based policies" and "Cross-account policy evaluation logic". */
#include "policy/policy.h"
#include "svc/context.h"
#include "svc/sts/credentials.h"
#include "svc/sts/rows.h"
#include "svc/sts/sts.h"

const struct fault STS_ACCESS_DENIED = { "AccessDenied", NULL, NULL, 403 };
static const struct fault INVALID_PARAMETER = { "InvalidParameterValue", NULL, NULL, 400 };

enum { SESSION_DEFAULT = 3600, CHAINED_MAX = 3600, EXTRA_KEYS = 3, PACKED_MAX = 2048 };

/* arn:aws:iam::ACCOUNT:role/PATH/NAME */
struct role_arn {
    struct str account, path, name;
};

static bool parse_role_arn(struct str arn, struct role_arn *out)
{
    const struct str head = STR("arn:aws:iam::");
    struct str resource = STR_NONE;
    if (!str_starts(arn, head)) {
        return false;
    }
    out->account = str_cut(str_from(arn, head.len), ':', &resource);
    if (out->account.len != 12 || !str_starts(resource, STR("role/"))) {
        return false;
    }
    const struct str path_and_name = str_from(resource, 4);
    const size_t slash = str_find_last(path_and_name, '/');
    out->path = str_slice(path_and_name, 0, slash + 1);
    out->name = str_from(path_and_name, slash + 1);
    return out->name.len > 0;
}

/* The same words whether the role is missing or closed: who may not come learns nothing. */
static struct err refuse(struct request *rq, struct str role_arn)
{
    return fail(&rq->ctx, &STS_ACCESS_DENIED,
                "User: %" STR_FMT " is not authorized to perform: sts:AssumeRole on resource: %" STR_FMT,
                STR_ARG(rq->caller.arn), STR_ARG(role_arn));
}

static struct context_pair *context_of(struct request *rq, const struct sts_assume_role_in *in, size_t *count)
{
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, EXTRA_KEYS + 2 * in->tags.count);
    pairs[0] = (struct context_pair){ STR("sts:ExternalId"), in->external_id };
    pairs[1] = (struct context_pair){ STR("sts:RoleSessionName"), in->role_session_name };
    pairs[2] = (struct context_pair){ STR("sts:SourceIdentity"), in->source_identity };
    *count = EXTRA_KEYS;
    for (size_t i = 0; i < in->tags.count; i++) {
        const struct sts_tag *tag = &in->tags.items[i];
        pairs[(*count)++] = (struct context_pair){ STR("aws:TagKeys"), tag->key };
        pairs[(*count)++] = (struct context_pair){
            str_format(rq->ctx.arena, "aws:RequestTag/%" STR_FMT, STR_ARG(tag->key)), tag->value };
    }
    return pairs;
}

static struct policy_verdict ask_trust(struct request *rq, const struct policy *trust, const char *action,
                                       struct request_context *context)
{
    const struct policy_layer layer = { LAYER_RESOURCE, &trust, 1 };
    const struct policy_question question = {
        .action = str_of(action), .resource = STR("*"), .caller = request_caller(rq), .lookup = request_lookup,
        .lookup_argument = context,
    };
    return policy_weigh(&question, &layer);
}

/* The trust policy must let the caller in. Where it names only the caller's account, or the account is another, it just
 * delegates: the caller's own policies must allow the call too. Where it names the caller's role, boundary and session
 * policy still limit the session.
 * spec: IAM user guide, "Policy evaluation logic", resource-based policies and implicit denies in other policy types. */
static bool trusted(struct request *rq, const struct policy *trust, const char *action, struct str account,
                    struct request_context *context)
{
    const struct policy_verdict said = ask_trust(rq, trust, action, context);
    const bool named = str_equal(account, rq->caller.account) &&
                       (said.grant == GRANT_DIRECT || (said.grant == GRANT_ROLE && !rq->limited));
    return said.decision == POLICY_ALLOW && (named || rq->identity_allows);
}

/* spec: IAM user guide, source identity: once set it stays for all chained sessions. */
static struct str source_identity_of(const struct request *rq, const struct sts_assume_role_in *in)
{
    return rq->caller.source_identity.ptr ? rq->caller.source_identity : in->source_identity;
}

static bool keeps_source_identity(const struct request *rq, const struct sts_assume_role_in *in)
{
    return in->source_identity.ptr == NULL || str_equal(in->source_identity, source_identity_of(rq, in));
}

static bool may_assume(struct request *rq, const struct sts_assume_role_in *in, const struct role_row *role,
                       struct str account)
{
    struct policy_error error = { .reason = NULL };
    struct request_context context = { .rq = rq };
    const struct policy *trust = policy_parse(rq->ctx.arena, role->trust, POLICY_TRUST, &error);
    context.extra = context_of(rq, in, &context.extra_count);
    return trust && rq->caller.type != PRINCIPAL_ROOT && trusted(rq, trust, "sts:AssumeRole", account, &context) &&
           (in->tags.count == 0 || trusted(rq, trust, "sts:TagSession", account, &context)) &&
           (source_identity_of(rq, in).ptr == NULL || trusted(rq, trust, "sts:SetSourceIdentity", account, &context));
}

static struct err check_tags(struct request *rq, const struct sts_assume_role_in *in)
{
    for (size_t i = 0; i < in->tags.count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (str_equal_nocase(in->tags.items[i].key, in->tags.items[j].key)) {
                return fail(&rq->ctx, &INVALID_PARAMETER,
                            "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
            }
        }
    }
    for (size_t i = 0; i < in->transitive_tag_keys.count; i++) {
        bool known = false;
        for (size_t j = 0; j < in->tags.count; j++) {
            known = known || str_equal_nocase(in->transitive_tag_keys.items[i], in->tags.items[j].key);
        }
        if (!known) {
            return fail(&rq->ctx, &INVALID_PARAMETER,
                        "The specified transitive tag key must be included in the requested tags.");
        }
    }
    return ERR_OK;
}

static struct err check_session_policy(struct request *rq, struct str document)
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

/* How much of the room for session policies and tags was used, in percent. The packing itself is AWS's secret: ours is
 * the plain size. The bound keeps session tokens within a request's head. */
static int32_t packed_size(const struct sts_assume_role_in *in)
{
    size_t size = in->policy.len;
    for (size_t i = 0; i < in->policy_arns.count; i++) {
        size += in->policy_arns.items[i].arn.len;
    }
    for (size_t i = 0; i < in->tags.count; i++) {
        size += in->tags.items[i].key.len + in->tags.items[i].value.len;
    }
    return (int32_t)((size * 100 + PACKED_MAX - 1) / PACKED_MAX);
}

static struct err check_packed_size(struct request *rq, const struct sts_assume_role_in *in)
{
    const int32_t used = packed_size(in);
    return used <= 100 ? ERR_OK
                       : fail(&rq->ctx, &STS_PACKED_POLICY_TOO_LARGE_EXCEPTION,
                              "Packed size of session policies and tags consumes %d%% of allotted space.", (int)used);
}

static struct err check_duration(struct request *rq, const struct role_row *role, int64_t seconds)
{
    if (seconds > role->max_session) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR,
                    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    if (rq->caller.type == PRINCIPAL_ASSUMED_ROLE && seconds > CHAINED_MAX) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR,
                    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
    }
    return ERR_OK;
}

static struct str join_arns(struct request *rq, struct sts_policy_descriptor_list_type arns)
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

static void take_tags(struct request *rq, const struct sts_assume_role_in *in, struct session *session)
{
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, in->tags.count + 1);
    for (size_t i = 0; i < in->tags.count; i++) {
        pairs[i].key = str_format(rq->ctx.arena, "aws:PrincipalTag/%" STR_FMT, STR_ARG(in->tags.items[i].key));
        pairs[i].value = in->tags.items[i].value;
    }
    session->tags = pairs;
    session->tag_count = in->tags.count;
}

static struct session session_of(struct request *rq, const struct sts_assume_role_in *in, const struct role_row *role,
                                 struct str account)
{
    struct session session = { .principal = {
        .type = PRINCIPAL_ASSUMED_ROLE,
        .account = account,
        .arn = str_format(rq->ctx.arena, "arn:aws:sts::%" STR_FMT ":assumed-role/%" STR_FMT "/%" STR_FMT,
                          STR_ARG(account), STR_ARG(role->name), STR_ARG(in->role_session_name)),
        .id = str_format(rq->ctx.arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(role->id), STR_ARG(in->role_session_name)),
        .name = role->name,
        .role_arn = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":role%" STR_FMT "%" STR_FMT, STR_ARG(account),
                               STR_ARG(role->path), STR_ARG(role->name)),
        .session_name = in->role_session_name,
        .session_policy = in->policy,
        .session_policy_arns = join_arns(rq, in->policy_arns),
        .source_identity = source_identity_of(rq, in),
    } };
    take_tags(rq, in, &session);
    return session;
}

struct err sts_assume_role(struct request *rq, const struct sts_assume_role_in *in, struct sts_assume_role_out *out)
{
    struct role_arn arn = { .name = STR_NONE };
    struct role_row role = { .name = STR_NONE };
    bool found = false;
    if (!parse_role_arn(in->role_arn, &arn)) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR, "%" STR_FMT " is invalid", STR_ARG(in->role_arn));
    }
    if (rq->caller.type == PRINCIPAL_ROOT) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Roles may not be assumed by root accounts.");
    }
    TRY(rows_role(rq, arn.account, arn.name, &role, &found));
    const bool same = found && str_equal(role.path, arn.path) && str_equal(role.name, arn.name);
    if (!same || !may_assume(rq, in, &role, arn.account) ||
        !keeps_source_identity(rq, in)) {
        return refuse(rq, in->role_arn);
    }
    const int64_t seconds = in->duration_seconds.set ? in->duration_seconds.v : SESSION_DEFAULT;
    TRY(check_duration(rq, &role, seconds));
    TRY(check_session_policy(rq, in->policy));
    TRY(check_tags(rq, in));
    TRY(check_packed_size(rq, in));

    struct session session = session_of(rq, in, &role, arn.account);
    struct sts_assumed_role_user *user = ARENA_NEW(rq->ctx.arena, struct sts_assumed_role_user);
    *user = (struct sts_assumed_role_user){ session.principal.id, session.principal.arn };
    out->credentials = credentials_make(rq, &session, seconds);
    out->assumed_role_user = user;
    out->source_identity = session.principal.source_identity;
    if (in->policy.ptr || in->tags.count > 0) {
        out->packed_policy_size = (struct opt_int)SOME(packed_size(in));
    }
    return ERR_OK;
}
