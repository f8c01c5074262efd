/* organization.c - GuardDuty for a whole organisation: its management account names an administrator in a region, who
 * says what its accounts get. What Organizations knows is asked of it, as the caller.
 *
 * spec: GuardDuty user guide, "Managing GuardDuty accounts with AWS Organizations"; the wording of refusals is AWS's
 * where it is known. */
#include "svc/guardduty/organization.h"

#include "organizations_model.h"
#include "svc/door.h"

#define PRINCIPAL "guardduty.amazonaws.com"

static struct err not_permitted(struct request *rq)
{
    return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request failed because you do not have required AWS Organization master permission.");
}

static struct err ask(struct request *rq, const char *operation, const void *in, const void **out)
{
    const struct door_call call = { .service = "organizations", .operation = operation, .in = in };
    return door_call(rq, &call, out);
}

/* The caller is the management account of an organisation. */
static struct err management_need(struct request *rq)
{
    const struct organizations_describe_organization_in in = { 0 };
    const void *answer = NULL;
    const struct err err = ask(rq, "DescribeOrganization", &in, &answer);
    if (err_is(err, &ORGANIZATIONS_AWS_ORGANIZATIONS_NOT_IN_USE_EXCEPTION)) {
        return not_permitted(rq);
    }
    TRY(err);
    const struct organizations_describe_organization_out *out = answer;
    return str_equal(out->organization->master_account_id, rq->account) ? ERR_OK : not_permitted(rq);
}

struct err organization_admin_need(struct request *rq, struct admin_row *out)
{
    bool found = false;
    TRY(rows_admin_of_administrator(rows_of(rq), out, &found));
    return found ? ERR_OK : not_permitted(rq);
}

/* --- the administrator --- */

static struct err register_administrator(struct request *rq, struct str account)
{
    const struct organizations_enable_aws_service_access_in trust = { .service_principal = STR(PRINCIPAL) };
    const struct organizations_register_delegated_administrator_in delegate = { .account_id = account,
                                                                                .service_principal = STR(PRINCIPAL) };
    const void *ignored = NULL;
    TRY(ask(rq, "EnableAWSServiceAccess", &trust, &ignored));
    if (str_equal(account, rq->account)) {
        return ERR_OK; /* the management account itself, which nothing need be delegated to */
    }
    const struct err err = ask(rq, "RegisterDelegatedAdministrator", &delegate, &ignored);
    return err_is(err, &ORGANIZATIONS_ACCOUNT_ALREADY_REGISTERED_EXCEPTION) ? ERR_OK : err;
}

struct err guardduty_enable_organization_admin_account(struct request *rq,
                                                       const struct guardduty_enable_organization_admin_account_in *in,
                                                       struct guardduty_enable_organization_admin_account_out *out)
{
    (void)out;
    struct admin_row admin = { .features = STR_NONE };
    bool found = false;
    TRY(management_need(rq));
    TRY(rows_admin_of_management(rows_of(rq), &admin, &found));
    if (found) {
        const bool same = str_equal(admin.administrator, in->admin_account_id);
        return fail(
            &rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
            "The request failed because %s account is already enabled as GuardDuty delegated administrator for the "
            "organization.",
            same ? "the" : "another");
    }
    const struct err err = register_administrator(rq, in->admin_account_id);
    if (err_is(err, &ORGANIZATIONS_ACCOUNT_NOT_FOUND_EXCEPTION)) {
        return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                    "The request failed because the account is not a member of the organization.");
    }
    TRY(err);
    admin = (struct admin_row){ rq->account, rq->region, in->admin_account_id, STR("NONE"), STR("") };
    TRY(rows_admin_put(rows_of(rq), &admin));
    return organization_enroll(&rq->ctx, rq->db, &admin, admin.administrator, STR(""));
}

static struct err release_all(struct request *rq, const struct admin_row *admin)
{
    const struct rows administrator = member_rows(rq, admin->administrator);
    struct member_row *members = NULL;
    struct str after = STR("");
    size_t count = 0;
    do {
        TRY(rows_membership_list(administrator, after, MEMBER_PAGE_MAX, &members, &count));
        for (size_t i = 0; i < count; i++) {
            TRY(organization_release(&rq->ctx, rq->db, admin, members[i].other));
            after = members[i].other;
        }
    } while (count == MEMBER_PAGE_MAX);
    return ERR_OK;
}

/* The delegation itself ends with the last region. */
static struct err deregister_administrator(struct request *rq, struct str account)
{
    const struct organizations_deregister_delegated_administrator_in in = { .account_id = account,
                                                                            .service_principal = STR(PRINCIPAL) };
    struct admin_row *left = NULL;
    const void *ignored = NULL;
    size_t count = 0;
    TRY(rows_admin_regions(rows_of(rq), &left, &count));
    if (count > 0 || str_equal(account, rq->account)) {
        return ERR_OK;
    }
    const struct err err = ask(rq, "DeregisterDelegatedAdministrator", &in, &ignored);
    return err_is(err, &ORGANIZATIONS_ACCOUNT_NOT_REGISTERED_EXCEPTION) ? ERR_OK : err;
}

struct err
guardduty_disable_organization_admin_account(struct request *rq,
                                             const struct guardduty_disable_organization_admin_account_in *in,
                                             struct guardduty_disable_organization_admin_account_out *out)
{
    (void)out;
    struct admin_row admin = { .features = STR_NONE };
    bool found = false;
    TRY(management_need(rq));
    TRY(rows_admin_of_management(rows_of(rq), &admin, &found));
    if (!found || !str_equal(admin.administrator, in->admin_account_id)) {
        return fail(
            &rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
            "The request failed because the account is not enabled as GuardDuty delegated administrator for the "
            "organization.");
    }
    TRY(release_all(rq, &admin));
    TRY(rows_admin_delete(rows_of(rq)));
    return deregister_administrator(rq, admin.administrator);
}

/* There is at most one in a region, hence never a second page. */
struct err guardduty_list_organization_admin_accounts(struct request *rq,
                                                      const struct guardduty_list_organization_admin_accounts_in *in,
                                                      struct guardduty_list_organization_admin_accounts_out *out)
{
    struct admin_row admin = { .features = STR_NONE };
    bool found = false;
    TRY(management_need(rq));
    if (in->next_token.len > 0) {
        return detector_refuse(&rq->ctx, "nextToken");
    }
    TRY(rows_admin_of_management(rows_of(rq), &admin, &found));
    out->admin_accounts.items = ARENA_NEW(rq->ctx.arena, struct guardduty_admin_account);
    if (found) {
        out->admin_accounts.items[out->admin_accounts.count++] =
            (struct guardduty_admin_account){ admin.administrator, STR("ENABLED") };
    }
    return ERR_OK;
}

/* --- what its accounts get --- */

struct err
guardduty_describe_organization_configuration(struct request *rq,
                                              const struct guardduty_describe_organization_configuration_in *in,
                                              struct guardduty_describe_organization_configuration_out *out)
{
    struct admin_row admin = { .features = STR_NONE };
    TRY(detector_exists(rq, in->detector_id));
    TRY(organization_admin_need(rq, &admin));
    const struct organization_features features = organization_features_read(admin.features);
    out->auto_enable = (struct opt_bool)SOME(!str_equal(admin.members, STR("NONE")));
    out->auto_enable_organization_members = admin.members;
    out->member_account_limit_reached = (struct opt_bool)SOME(false);
    organization_features_show(rq, &features, out);
    return ERR_OK;
}

/* Every account of the organisation, page by page; act may stop by a fault. */
static struct err each_account(struct request *rq,
                               struct err (*act)(struct request *rq, const struct organizations_account *account,
                                                 void *memory),
                               void *memory)
{
    struct organizations_list_accounts_in in = { .next_token = STR_NONE };
    do {
        const void *answer = NULL;
        TRY(ask(rq, "ListAccounts", &in, &answer));
        const struct organizations_list_accounts_out *page = answer;
        for (size_t i = 0; i < page->accounts.count; i++) {
            TRY(act(rq, &page->accounts.items[i], memory));
        }
        in.next_token = page->next_token;
    } while (in.next_token.len > 0);
    return ERR_OK;
}

static struct err enable_features(struct rows rows, const struct organization_features *features)
{
    struct detector_row detector = { .enabled = false };
    bool found = false;
    TRY(rows_detector_get(rows, &detector, &found));
    if (!found) {
        return ERR_OK;
    }
    TRY(rows_feature_list(rows, &detector));
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (features->items[i] == AUTO_ALL && !detector.features[i].enabled) {
            detector.features[i] = (struct feature_state){ true, rows.ctx->now_ms };
        }
    }
    detector.updated_ms = rows.ctx->now_ms;
    return rows_detector_update(rows, &detector);
}

/* ALL is for the accounts that are there already, too. */
static struct err follow(struct request *rq, const struct organizations_account *account, void *memory)
{
    const struct admin_row *admin = memory;
    const struct organization_features features = organization_features_read(admin->features);
    if (!str_equal(account->status, STR("ACTIVE"))) {
        return ERR_OK;
    }
    if (str_equal(admin->members, STR("ALL"))) {
        TRY(organization_enroll(&rq->ctx, rq->db, admin, account->id, account->email));
    }
    struct member_row member = { .other = STR_NONE };
    bool found = false;
    TRY(rows_membership_get(rows_of(rq), account->id, &member, &found));
    const bool ours = str_equal(account->id, admin->administrator) || (found && member_is_enabled(&member));
    return ours ? enable_features(member_rows(rq, account->id), &features) : ERR_OK;
}

static bool has_all(const struct admin_row *admin)
{
    const struct organization_features features = organization_features_read(admin->features);
    bool all = str_equal(admin->members, STR("ALL"));
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        all = all || features.items[i] == AUTO_ALL;
    }
    return all;
}

struct err guardduty_update_organization_configuration(struct request *rq,
                                                       const struct guardduty_update_organization_configuration_in *in,
                                                       struct guardduty_update_organization_configuration_out *out)
{
    (void)out;
    struct admin_row admin = { .features = STR_NONE };
    TRY(detector_exists(rq, in->detector_id));
    TRY(organization_admin_need(rq, &admin));
    if (in->auto_enable_organization_members.ptr) {
        admin.members = in->auto_enable_organization_members;
    } else if (in->auto_enable.set) {
        admin.members = in->auto_enable.v ? STR("NEW") : STR("NONE");
    } else {
        return detector_refuse(&rq->ctx, "autoEnableOrganizationMembers");
    }
    struct organization_features features = organization_features_read(admin.features);
    TRY(organization_features_apply(rq, in, &features));
    admin.features = organization_features_write(&rq->ctx, &features);
    TRY(rows_admin_put(rows_of(rq), &admin));
    return has_all(&admin) ? each_account(rq, follow, &admin) : ERR_OK;
}
