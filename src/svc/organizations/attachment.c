/* attachment.c - policies on roots, units and accounts.
 *
 * spec: Organizations user guide, "Quotas": at most five policies of a type on one target; of service control policies
 * at least one. */
#include "svc/organizations/policy.h"
#include "svc/organizations/policy_type.h"

enum { ATTACHED_MAX = 5 };

static struct err target_need(struct request *rq, const struct standing *standing, struct str id, struct target *out)
{
    TRY(org_target_find(standing, id, out));
    return out->kind != TARGET_NONE ? ERR_OK
                                    : fail(&rq->ctx, &ORGANIZATIONS_TARGET_NOT_FOUND_EXCEPTION,
                                           "You specified a target that doesn't exist.");
}

static struct err attached_count(const struct standing *standing, struct str target, struct str type, int64_t *count)
{
    TRY(org_rows_count(&standing->rows, COUNT_OF_TARGET, target, type, count));
    return ERR_OK;
}

struct err organizations_attach_policy(struct request *rq, const struct organizations_attach_policy_in *in,
                                       struct organizations_attach_policy_out *out)
{
    (void)out;
    struct standing standing;
    struct target target;
    struct policy_row policy = { .id = STR_NONE };
    bool attached = false;
    int64_t count = 0;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(org_policy_get(rq, &standing, in->policy_id, &policy));
    TRY(target_need(rq, &standing, in->target_id, &target));
    if (!org_policy_type_enabled(&standing.organization, policy.type)) {
        return fail(&rq->ctx, &ORGANIZATIONS_POLICY_TYPE_NOT_ENABLED_EXCEPTION,
                    "This operation can be performed only for enabled policy types.");
    }
    TRY(org_rows_attachment_find(&standing.rows, policy.id, in->target_id, &attached));
    if (attached) {
        return fail(&rq->ctx, &ORGANIZATIONS_DUPLICATE_POLICY_ATTACHMENT_EXCEPTION,
                    "The selected policy is already attached to the specified target.");
    }
    TRY(attached_count(&standing, in->target_id, policy.type, &count));
    if (count >= ATTACHED_MAX) {
        return org_refuse_constraint(rq, STR("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"),
                                     "You have attached the maximum number of policies to the specified target.");
    }
    return org_rows_attachment_insert(
        &standing.rows, &(const struct attachment_row){ policy.id, in->target_id, policy.type, rq->ctx.now_ms });
}

struct err organizations_detach_policy(struct request *rq, const struct organizations_detach_policy_in *in,
                                       struct organizations_detach_policy_out *out)
{
    (void)out;
    struct standing standing;
    struct target target;
    struct policy_row policy = { .id = STR_NONE };
    bool attached = false;
    int64_t count = 0;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(org_policy_get(rq, &standing, in->policy_id, &policy));
    TRY(target_need(rq, &standing, in->target_id, &target));
    TRY(org_rows_attachment_find(&standing.rows, policy.id, in->target_id, &attached));
    if (!attached) {
        return fail(&rq->ctx, &ORGANIZATIONS_POLICY_NOT_ATTACHED_EXCEPTION,
                    "The policy isn't attached to the specified target in the specified root.");
    }
    if (str_equal(policy.id, STR(RCP_FULL_AWS_ACCESS))) {
        return org_refuse_input(rq, STR("NON_DETACHABLE_POLICY"), "You can't detach the policy %s.",
                                RCP_FULL_AWS_ACCESS);
    }
    TRY(attached_count(&standing, in->target_id, policy.type, &count));
    if (count <= 1 && org_policy_default(policy.type).ptr) {
        return org_refuse_constraint(rq, STR("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"),
                                     "You must attach at least one policy of this type to the specified target.");
    }
    return org_rows_attachment_delete(&standing.rows, policy.id, in->target_id);
}

struct err organizations_list_policies_for_target(struct request *rq,
                                                  const struct organizations_list_policies_for_target_in *in,
                                                  struct organizations_list_policies_for_target_out *out)
{
    struct standing standing;
    struct target target;
    struct page page = { .limit = 0 };
    struct attachment_rows attached = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(target_need(rq, &standing, in->target_id, &target));
    const struct str question =
        str_format(rq->ctx.arena, "%" STR_FMT " %" STR_FMT, STR_ARG(in->target_id), STR_ARG(in->filter));
    TRY(org_page_of(rq, question, in->next_token, in->max_results, &page));
    TRY(org_rows_attachments_of_target(&standing.rows, in->target_id, in->filter, page, &attached));
    const bool more = org_page_cut(page, &attached.count);
    out->policies.items = ARENA_ARRAY(rq->ctx.arena, struct organizations_policy_summary, attached.count + 1);
    for (size_t i = 0; i < attached.count; i++) {
        struct policy_row policy = { .id = STR_NONE };
        TRY(org_policy_get(rq, &standing, attached.items[i].policy, &policy));
        out->policies.items[out->policies.count++] = org_policy_summary(rq, &standing.organization, &policy);
    }
    out->next_token = more ? org_page_token(rq, question, attached.items[attached.count - 1].policy) : STR_NONE;
    return ERR_OK;
}

static struct organizations_policy_target_summary target_out(struct request *rq, const struct standing *standing,
                                                             struct str id, const struct target *target)
{
    static const char *const TYPES[] = { "", "ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT" };
    static const char *const ARNS[] = { "", "root", "ou", "account" };
    return (struct organizations_policy_target_summary){
        .target_id = id,
        .arn = org_arn_of(&rq->ctx, &standing->organization, ARNS[target->kind], id),
        .name = target->kind == TARGET_UNIT      ? target->unit.name
                : target->kind == TARGET_ACCOUNT ? target->account.name
                                                 : STR("Root"),
        .type = str_of(TYPES[target->kind]),
    };
}

struct err organizations_list_targets_for_policy(struct request *rq,
                                                 const struct organizations_list_targets_for_policy_in *in,
                                                 struct organizations_list_targets_for_policy_out *out)
{
    struct standing standing;
    struct policy_row policy = { .id = STR_NONE };
    struct page page = { .limit = 0 };
    struct attachment_rows attached = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_policy_get(rq, &standing, in->policy_id, &policy));
    TRY(org_page_of(rq, in->policy_id, in->next_token, in->max_results, &page));
    TRY(org_rows_attachments_of_policy(&standing.rows, in->policy_id, page, &attached));
    const bool more = org_page_cut(page, &attached.count);
    out->targets.items = ARENA_ARRAY(rq->ctx.arena, struct organizations_policy_target_summary, attached.count + 1);
    for (size_t i = 0; i < attached.count; i++) {
        struct target target;
        TRY(org_target_find(&standing, attached.items[i].target, &target));
        out->targets.items[out->targets.count++] = target_out(rq, &standing, attached.items[i].target, &target);
    }
    out->next_token = more ? org_page_token(rq, in->policy_id, attached.items[attached.count - 1].target) : STR_NONE;
    return ERR_OK;
}
