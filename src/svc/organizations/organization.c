/* organization.c - the organisation itself: made, described, given all features, deleted. */
#include "svc/organizations/account.h"
#include "svc/organizations/caller.h"
#include "svc/organizations/handshake.h"

static const struct organizations_organization *organization_out(struct request *rq, const struct organization_row *row,
                                                                 const struct account_row *management)
{
    struct organizations_organization *out = ARENA_NEW(rq->ctx.arena, struct organizations_organization);
    struct organizations_policy_type_summary *types =
        ARENA_NEW(rq->ctx.arena, struct organizations_policy_type_summary);
    const bool all = str_equal(row->features, STR("ALL"));
    *types = (struct organizations_policy_type_summary){ STR("SERVICE_CONTROL_POLICY"), STR("ENABLED") };
    *out = (struct organizations_organization){
        .id = row->id,
        .arn = str_format(rq->ctx.arena, "arn:aws:organizations::%" STR_FMT ":organization/%" STR_FMT,
                          STR_ARG(row->account), STR_ARG(row->id)),
        .feature_set = row->features,
        .master_account_arn = org_arn_of(&rq->ctx, row, "account", row->account),
        .master_account_id = row->account,
        .master_account_email = management->email,
        .available_policy_types = { types, all ? 1 : 0 },
    };
    return out;
}

/* The management account's row: as it was known before, else with a name and an address that say whose they are. */
static struct err become_management(struct request *rq, const struct rows *rows,
                                    const struct organization_row *organization, struct account_row *out)
{
    bool found = false;
    TRY(org_rows_account_find(rows, rq->account, out, &found));
    if (!found) {
        *out = org_account_unknown(&rq->ctx, rq->account);
    }
    out->management = rq->account;
    out->parent = organization->root;
    out->method = STR("INVITED");
    out->joined_ms = rq->ctx.now_ms;
    return org_rows_account_put(rows, out);
}

struct err organizations_create_organization(struct request *rq, const struct organizations_create_organization_in *in,
                                             struct organizations_create_organization_out *out)
{
    struct standing standing;
    struct account_row management = { .closed_ms = 0 };
    bool found = false;
    TRY(org_caller_find(rq, &standing, &found));
    if (found) {
        return fail(&rq->ctx, &ORGANIZATIONS_ALREADY_IN_ORGANIZATION_EXCEPTION,
                    "The AWS account is already a member of an organization.");
    }
    const struct rows rows = { &rq->ctx, rq->db, rq->account };
    const struct organization_row row = {
        .account = rq->account,
        .id = org_id_new(&rq->ctx, "o-", 10),
        .root = org_id_new(&rq->ctx, "r-", 4),
        .features = in->feature_set.ptr ? in->feature_set : STR("ALL"),
        .types = STR(""),
        .created_ms = rq->ctx.now_ms,
    };
    TRY(org_rows_organization_insert(&rows, &row));
    TRY(become_management(rq, &rows, &row, &management));
    out->organization = organization_out(rq, &row, &management);
    return ERR_OK;
}

struct err organizations_describe_organization(struct request *rq,
                                               const struct organizations_describe_organization_in *in,
                                               struct organizations_describe_organization_out *out)
{
    (void)in;
    struct standing standing;
    struct account_row management = { .closed_ms = 0 };
    bool found = false;
    TRY(org_caller_member(rq, &standing));
    TRY(org_rows_account_find(&standing.rows, standing.organization.account, &management, &found));
    out->organization = organization_out(rq, &standing.organization, &management);
    return ERR_OK;
}

struct err organizations_delete_organization(struct request *rq, const struct organizations_delete_organization_in *in,
                                             struct organizations_delete_organization_out *out)
{
    (void)in;
    (void)out;
    struct standing standing;
    int64_t accounts = 0;
    int64_t open = 0;
    TRY(org_caller_is_management(rq, &standing));
    TRY(org_rows_count(&standing.rows, COUNT_ACCOUNTS, STR_NONE, STR_NONE, &accounts));
    TRY(org_rows_count(&standing.rows, COUNT_OPEN_REQUESTS, STR_NONE, STR_NONE, &open));
    if (accounts > 1 || open > 0) {
        return fail(
            &rq->ctx, &ORGANIZATIONS_ORGANIZATION_NOT_EMPTY_EXCEPTION,
            "The organization isn't empty. To delete an organization, you must first remove all accounts except the "
            "management account.");
    }
    TRY(org_rows_organization_delete(&standing.rows));
    return org_account_leave(&standing.rows, &standing.account);
}

/* spec: Organizations user guide, "Enabling all features": every invited account must agree; accounts made in the
 * organisation need not. */
struct err organizations_enable_all_features(struct request *rq, const struct organizations_enable_all_features_in *in,
                                             struct organizations_enable_all_features_out *out)
{
    (void)in;
    struct standing standing;
    TRY(org_caller_is_management(rq, &standing));
    if (str_equal(standing.organization.features, STR("ALL"))) {
        return org_refuse_handshake(rq, STR("ORGANIZATION_ALREADY_HAS_ALL_FEATURES"),
                                    "The organization has already all features enabled.");
    }
    return org_handshake_all_features(rq, &standing, &out->handshake);
}
