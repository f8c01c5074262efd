/* policy.c - policies of the organisation: made, changed, read, listed and removed. */
#include "svc/organizations/policy.h"

#include "svc/organizations/tag.h"

/* AWS's own, one for each type that binds what accounts may do. */
static const struct policy_row OWN[] = {
    { STR_INIT(FULL_AWS_ACCESS), STR_INIT("SERVICE_CONTROL_POLICY"), STR_INIT("FullAWSAccess"),
      STR_INIT("Allows access to every operation"),
      STR_INIT(
          "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}") },
    { STR_INIT(RCP_FULL_AWS_ACCESS), STR_INIT("RESOURCE_CONTROL_POLICY"), STR_INIT("RCPFullAWSAccess"),
      STR_INIT("Allows access to every resource"),
      STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\","
               "\"Resource\":\"*\"}]}") },
};

enum { POLICIES_MAX = 1000 };

static const struct policy_row *own(struct str id)
{
    for (size_t i = 0; i < COUNT_OF(OWN); i++) {
        if (str_equal(OWN[i].id, id)) {
            return &OWN[i];
        }
    }
    return NULL;
}

bool org_policy_is_aws(struct str id)
{
    return own(id) != NULL;
}

struct str org_policy_default(struct str type)
{
    for (size_t i = 0; i < COUNT_OF(OWN); i++) {
        if (str_equal(OWN[i].type, type)) {
            return OWN[i].id;
        }
    }
    return STR_NONE;
}

struct err org_policy_find(const struct rows *rows, struct str id, struct policy_row *out, bool *found)
{
    const struct policy_row *aws = own(id);
    if (aws) {
        *out = *aws;
        *found = true;
        return ERR_OK;
    }
    return org_rows_policy_find(rows, id, out, found);
}

struct err org_policy_get(struct request *rq, const struct standing *standing, struct str id, struct policy_row *out)
{
    bool found = false;
    TRY(org_policy_find(&standing->rows, id, out, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &ORGANIZATIONS_POLICY_NOT_FOUND_EXCEPTION,
                        "You specified a policy that doesn't exist.");
}

struct organizations_policy_summary org_policy_summary(struct request *rq, const struct organization_row *organization,
                                                       const struct policy_row *policy)
{
    return (struct organizations_policy_summary){
        .id = policy->id,
        .arn = org_arn_of_policy(&rq->ctx, organization, policy->type, policy->id),
        .name = policy->name,
        .description = policy->description,
        .type = policy->type,
        .aws_managed = SOME(org_policy_is_aws(policy->id)),
    };
}

static const struct organizations_policy *policy_out(struct request *rq, const struct organization_row *organization,
                                                     const struct policy_row *policy)
{
    struct organizations_policy *out = ARENA_NEW(rq->ctx.arena, struct organizations_policy);
    struct organizations_policy_summary *summary = ARENA_NEW(rq->ctx.arena, struct organizations_policy_summary);
    *summary = org_policy_summary(rq, organization, policy);
    *out = (struct organizations_policy){ summary, policy->content };
    return out;
}

static struct err taken(struct request *rq)
{
    return fail(&rq->ctx, &ORGANIZATIONS_DUPLICATE_POLICY_EXCEPTION,
                "A policy with the specified name and type already exists.");
}

struct err organizations_create_policy(struct request *rq, const struct organizations_create_policy_in *in,
                                       struct organizations_create_policy_out *out)
{
    struct standing standing;
    int64_t count = 0;
    TRY(org_caller_manages_all_features(rq, in, &standing));
    TRY(org_policy_check(rq, in->type, in->content));
    TRY(org_rows_count(&standing.rows, COUNT_POLICIES, in->type, STR_NONE, &count));
    if (count >= POLICIES_MAX) {
        return org_refuse_constraint(rq, STR("POLICY_NUMBER_LIMIT_EXCEEDED"),
                                     "You have reached the maximum of %d policies of this type.", POLICIES_MAX);
    }
    const struct policy_row policy = {
        .id = org_id_new(&rq->ctx, "p-", 10),
        .type = in->type,
        .name = in->name,
        .description = in->description,
        .content = in->content,
    };
    const struct str aws = org_policy_default(in->type);
    const struct policy_row *clash = aws.ptr ? own(aws) : NULL;
    const struct err err =
        clash && str_equal(clash->name, in->name) ? taken(rq) : org_rows_policy_insert(&standing.rows, &policy);
    if (err_is(err, &STORE_CONFLICT)) {
        return taken(rq);
    }
    TRY(err);
    out->policy = policy_out(rq, &standing.organization, &policy);
    return org_tags_put(rq, &standing, policy.id, in->tags);
}

static struct err refuse_aws(struct request *rq, struct str id)
{
    return org_policy_is_aws(id)
               ? org_refuse_input(rq, STR("IMMUTABLE_POLICY"),
                                  "You specified a policy that is managed by AWS and can't be modified.")
               : ERR_OK;
}

struct err organizations_update_policy(struct request *rq, const struct organizations_update_policy_in *in,
                                       struct organizations_update_policy_out *out)
{
    struct standing standing;
    struct policy_row policy = { .id = STR_NONE };
    TRY(org_caller_manages(rq, in, &standing));
    TRY(org_policy_get(rq, &standing, in->policy_id, &policy));
    TRY(refuse_aws(rq, in->policy_id));
    if (in->content.ptr) {
        TRY(org_policy_check(rq, policy.type, in->content));
        policy.content = in->content;
    }
    policy.name = in->name.ptr ? in->name : policy.name;
    policy.description = in->description.ptr ? in->description : policy.description;
    const struct err err = org_rows_policy_update(&standing.rows, &policy);
    if (err_is(err, &STORE_CONFLICT)) {
        return taken(rq);
    }
    TRY(err);
    out->policy = policy_out(rq, &standing.organization, &policy);
    return ERR_OK;
}

struct err organizations_delete_policy(struct request *rq, const struct organizations_delete_policy_in *in,
                                       struct organizations_delete_policy_out *out)
{
    (void)out;
    struct standing standing;
    struct policy_row policy = { .id = STR_NONE };
    int64_t attached = 0;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(org_policy_get(rq, &standing, in->policy_id, &policy));
    TRY(refuse_aws(rq, in->policy_id));
    TRY(org_rows_count(&standing.rows, COUNT_OF_POLICY, policy.id, STR_NONE, &attached));
    if (attached > 0) {
        return fail(
            &rq->ctx, &ORGANIZATIONS_POLICY_IN_USE_EXCEPTION,
            "The policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts "
            "before performing this operation.");
    }
    TRY(org_rows_drop(&standing.rows, policy.id));
    return org_rows_policy_delete(&standing.rows, policy.id);
}

struct err organizations_describe_policy(struct request *rq, const struct organizations_describe_policy_in *in,
                                         struct organizations_describe_policy_out *out)
{
    struct standing standing;
    struct policy_row policy = { .id = STR_NONE };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_policy_get(rq, &standing, in->policy_id, &policy));
    out->policy = policy_out(rq, &standing.organization, &policy);
    return ERR_OK;
}

/* AWS's own comes last, on a page of its own when there is no room. */
struct err organizations_list_policies(struct request *rq, const struct organizations_list_policies_in *in,
                                       struct organizations_list_policies_out *out)
{
    struct standing standing;
    struct page page = { .limit = 0 };
    struct policy_rows policies = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_page_of(rq, in->filter, in->next_token, in->max_results, &page));
    TRY(org_rows_policies(&standing.rows, in->filter, page, &policies));
    const struct str aws = org_policy_default(in->filter);
    const bool full = aws.ptr && policies.count == (size_t)page.limit;
    const bool more = org_page_cut(page, &policies.count) || full;
    struct organizations_policy_summary *items =
        ARENA_ARRAY(rq->ctx.arena, struct organizations_policy_summary, policies.count + 2);
    for (size_t i = 0; i < policies.count; i++) {
        items[i] = org_policy_summary(rq, &standing.organization, &policies.items[i]);
    }
    out->policies.items = items;
    out->policies.count = policies.count;
    if (more) {
        out->next_token = org_page_token(rq, in->filter, policies.items[policies.count - 1].id);
    } else if (aws.ptr) {
        items[out->policies.count++] = org_policy_summary(rq, &standing.organization, own(aws));
    }
    return ERR_OK;
}
