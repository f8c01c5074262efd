/* resource_policy.c - the organisation's own policy: which members may do what the management account does.
 *
 * spec: Organizations user guide, "Delegated administrator for Organizations": only principals of the organisation,
 * only the actions listed there. */
#include "base/json.h"
#include "policy/policy.h"
#include "svc/organizations/caller.h"
#include "svc/organizations/tag.h"

/* What may be delegated. */
static const char *const ACTIONS[] = {
    "organizations:AttachPolicy",
    "organizations:CreatePolicy",
    "organizations:DeletePolicy",
    "organizations:DescribeAccount",
    "organizations:DescribeCreateAccountStatus",
    "organizations:DescribeEffectivePolicy",
    "organizations:DescribeHandshake",
    "organizations:DescribeOrganization",
    "organizations:DescribeOrganizationalUnit",
    "organizations:DescribePolicy",
    "organizations:DescribeResourcePolicy",
    "organizations:DetachPolicy",
    "organizations:DisablePolicyType",
    "organizations:EnablePolicyType",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListChildren",
    "organizations:ListCreateAccountStatus",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListDelegatedServicesForAccount",
    "organizations:ListHandshakesForAccount",
    "organizations:ListHandshakesForOrganization",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListParents",
    "organizations:ListPolicies",
    "organizations:ListPoliciesForTarget",
    "organizations:ListRoots",
    "organizations:ListTagsForResource",
    "organizations:ListTargetsForPolicy",
    "organizations:TagResource",
    "organizations:UntagResource",
    "organizations:UpdatePolicy",
};

static struct err refuse_json(struct request *rq, const char *why)
{
    return org_refuse_input(rq, STR("INVALID_RESOURCE_POLICY_JSON"),
                            "The provided resource policy content is invalid: %s.", why);
}

static bool may_be_delegated(struct str action)
{
    for (size_t i = 0; i < COUNT_OF(ACTIONS); i++) {
        if (policy_wildcard(action, str_of(ACTIONS[i]), true)) {
            return true;
        }
    }
    return false;
}

static struct err check_statement(struct request *rq, const struct json *statement)
{
    const struct json *action = json_get(statement, STR("Action"));
    if (!str_equal(json_text(json_get(statement, STR("Effect"))), STR("Allow"))) {
        return ERR_OK;
    }
    if (action == NULL) {
        return refuse_json(rq, "an Allow needs an Action");
    }
    const bool many = action->kind == JSON_ARRAY;
    for (const struct json *one = many ? action->child : action; one; one = many ? one->next : NULL) {
        if (!may_be_delegated(json_text(one)) || str_equal(json_text(one), STR("*"))) {
            return org_refuse_input(rq, STR("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
                                    "The action %" STR_FMT " is not supported in a resource policy.",
                                    STR_ARG(json_text(one)));
        }
    }
    return ERR_OK;
}

static struct err check_content(struct request *rq, struct str content)
{
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = policy_parse(rq->ctx.arena, content, POLICY_RESOURCE, &error);
    if (policy == NULL || !policy_validate(rq->ctx.arena, policy, &error)) {
        return refuse_json(rq, error.reason);
    }
    const struct json *statements = json_get(json_parse(rq->ctx.arena, content, NULL), STR("Statement"));
    const bool many = statements && statements->kind == JSON_ARRAY;
    for (const struct json *one = many ? statements->child : statements; one; one = many ? one->next : NULL) {
        TRY(check_statement(rq, one));
    }
    return ERR_OK;
}

static const struct organizations_resource_policy *policy_out(struct request *rq, const struct standing *standing,
                                                              const struct pair_row *row)
{
    struct organizations_resource_policy *out = ARENA_NEW(rq->ctx.arena, struct organizations_resource_policy);
    struct organizations_resource_policy_summary *summary =
        ARENA_NEW(rq->ctx.arena, struct organizations_resource_policy_summary);
    *summary = (struct organizations_resource_policy_summary){
        row->name,
        org_arn_of(&rq->ctx, &standing->organization, "resourcepolicy", row->name),
    };
    *out = (struct organizations_resource_policy){ summary, row->value };
    return out;
}

struct err organizations_put_resource_policy(struct request *rq, const struct organizations_put_resource_policy_in *in,
                                             struct organizations_put_resource_policy_out *out)
{
    struct standing standing;
    struct pair_row row = { .since_ms = 0 };
    bool found = false;
    TRY(org_caller_is_management(rq, &standing));
    TRY(check_content(rq, in->content));
    TRY(org_rows_resource_policy_find(&standing.rows, &row, &found));
    row.name = found ? row.name : org_id_new(&rq->ctx, "rp-", 8);
    row.value = in->content;
    TRY(org_rows_resource_policy_put(&standing.rows, &row));
    TRY(org_tags_put(rq, &standing, row.name, in->tags));
    out->resource_policy = policy_out(rq, &standing, &row);
    return ERR_OK;
}

static struct err policy_need(struct request *rq, const struct standing *standing, struct pair_row *out)
{
    bool found = false;
    TRY(org_rows_resource_policy_find(&standing->rows, out, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &ORGANIZATIONS_RESOURCE_POLICY_NOT_FOUND_EXCEPTION,
                        "We can't find a resource policy request with the parameter that you specified.");
}

struct err organizations_describe_resource_policy(struct request *rq,
                                                  const struct organizations_describe_resource_policy_in *in,
                                                  struct organizations_describe_resource_policy_out *out)
{
    struct standing standing;
    struct pair_row row = { .since_ms = 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(policy_need(rq, &standing, &row));
    out->resource_policy = policy_out(rq, &standing, &row);
    return ERR_OK;
}

struct err organizations_delete_resource_policy(struct request *rq,
                                                const struct organizations_delete_resource_policy_in *in,
                                                struct organizations_delete_resource_policy_out *out)
{
    (void)in;
    (void)out;
    struct standing standing;
    struct pair_row row = { .since_ms = 0 };
    TRY(org_caller_is_management(rq, &standing));
    TRY(policy_need(rq, &standing, &row));
    TRY(org_rows_drop(&standing.rows, row.name));
    return org_rows_resource_policy_delete(&standing.rows);
}
