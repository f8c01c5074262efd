/* policy.c - resource policies: who else may do what with the account's log groups.
 *
 * Kept by name (ACCOUNT), or by the ARN of the one resource they are about (RESOURCE). Account policies are none of these: they
 * rule data protection, subscriptions, indexes and transformers of all groups. */
#include "svc/logs/item.h"

#include "crypto/random.h"
#include "policy/policy.h"

enum { POLICIES_MAX = 10, DOCUMENT_MAX = 5120, LIST_NORMAL = 50 };

/* spec: documents are accepted whatever their ARNs look like: only what can't be read is refused. */
static struct err check_document(struct request *rq, struct str document)
{
    struct policy_error error = { .reason = NULL };
    if (document.len > DOCUMENT_MAX) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The length of the policy document must be at most %d characters.", DOCUMENT_MAX);
    }
    return policy_parse(rq->ctx.arena, document, POLICY_RESOURCE, &error)
               ? ERR_OK
               : fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Unable to parse the policy document: %s", error.reason);
}

static struct err name_of(struct request *rq, struct str name, struct str arn, struct item_name *out)
{
    struct group group = { .name = STR_NONE };
    *out = (struct item_name){ KIND_RESOURCE_POLICY, arn.ptr ? arn : name, 0 };
    if ((name.ptr == NULL) == (arn.ptr == NULL)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Specify either policyName or resourceArn.");
    }
    return arn.ptr ? logs_group_need_either(rq, STR_NONE, arn, &group) : ERR_OK;
}

static struct err check_revision(struct request *rq, const struct logs_resource_policy *known, struct str expected)
{
    return expected.ptr == NULL || (known && str_equal(known->revision_id, expected))
               ? ERR_OK
               : fail(&rq->ctx, &LOGS_OPERATION_ABORTED_EXCEPTION, "The expected revision is not the policy's current one.");
}

struct err logs_put_resource_policy(struct request *rq, const struct logs_put_resource_policy_in *in, struct logs_put_resource_policy_out *out)
{
    const struct rows rows = logs_rows(rq);
    struct logs_resource_policy *policy = ARENA_NEW(rq->ctx.arena, struct logs_resource_policy);
    struct item_name name = { .group = 0 };
    struct items items = { NULL, 0 };
    void *known = NULL;
    TRY(name_of(rq, in->policy_name, in->resource_arn, &name));
    if (in->policy_document.ptr == NULL) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "policyDocument must be specified.");
    }
    TRY(check_document(rq, in->policy_document));
    TRY(logs_item_load(rq, name, LOGS_SHAPE_RESOURCE_POLICY, &known));
    TRY(check_revision(rq, known, in->expected_revision_id));
    TRY(logs_row_items(&rows, KIND_RESOURCE_POLICY, NULL, POLICIES_MAX, &items));
    if (known == NULL && in->policy_name.ptr && items.count == POLICIES_MAX) {
        return fail(&rq->ctx, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
    }
    *policy = (struct logs_resource_policy){
        .policy_name = in->policy_name, .policy_document = in->policy_document, .last_updated_time = SOME(rq->ctx.now_ms),
        .policy_scope = in->resource_arn.ptr ? STR("RESOURCE") : STR("ACCOUNT"), .resource_arn = in->resource_arn,
        .revision_id = in->resource_arn.ptr ? random_uuid(&rq->ctx) : STR_NONE,
    };
    TRY(logs_item_save(rq, name, LOGS_SHAPE_RESOURCE_POLICY, policy));
    out->resource_policy = policy;
    out->revision_id = policy->revision_id;
    return ERR_OK;
}

static bool is_asked_for(void *argument, const void *value)
{
    const struct logs_describe_resource_policies_in *in = argument;
    const struct logs_resource_policy *policy = value;
    const struct str scope = in->policy_scope.ptr ? in->policy_scope : in->resource_arn.ptr ? STR("RESOURCE") : STR("ACCOUNT");
    return str_equal(scope, policy->policy_scope) && (in->resource_arn.ptr == NULL || str_equal(in->resource_arn, policy->resource_arn));
}

struct err logs_describe_resource_policies(struct request *rq, const struct logs_describe_resource_policies_in *in,
                                           struct logs_describe_resource_policies_out *out)
{
    struct logs_describe_resource_policies_in asked = *in;
    struct any_list values = { NULL, 0 };
    const struct item_list list = { .kind = KIND_RESOURCE_POLICY, .shape = LOGS_SHAPE_RESOURCE_POLICY, .token = in->next_token,
                                    .limit = logs_page_size(in->limit, LIST_NORMAL), .wanted = is_asked_for, .argument = &asked };
    TRY(logs_item_page(rq, &list, &values, &out->next_token));
    out->resource_policies = (struct logs_resource_policies){ values.items, values.count };
    return ERR_OK;
}

struct err logs_delete_resource_policy(struct request *rq, const struct logs_delete_resource_policy_in *in, struct logs_delete_resource_policy_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct item_name name = { .group = 0 };
    void *known = NULL;
    bool found = false;
    TRY(name_of(rq, in->policy_name, in->resource_arn, &name));
    TRY(logs_item_load(rq, name, LOGS_SHAPE_RESOURCE_POLICY, &known));
    if (known == NULL) {
        return fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "Policy with name [%" STR_FMT "] does not exist.", STR_ARG(name.name));
    }
    TRY(check_revision(rq, known, in->expected_revision_id));
    return logs_row_item_delete(&rows, name.kind, name.name, 0, &found);
}
