/* trusted.c - AWS services that may work in the whole organisation, and the members that administer them.
 *
 * spec: Organizations user guide, "AWS services that you can use with AWS Organizations", "Delegated administrator". */
#include "svc/organizations/account.h"

enum { DELEGATES_MAX = 10 };

/* A service's name: "guardduty.amazonaws.com". */
static struct err check_principal(struct request *rq, struct str principal)
{
    return str_ends(principal, STR(".amazonaws.com"))
               ? ERR_OK
               : org_refuse_input(rq, STR("UNRECOGNIZED_SERVICE_PRINCIPAL"),
                                  "You specified an unrecognized service principal.");
}

struct err organizations_enable_aws_service_access(struct request *rq,
                                                   const struct organizations_enable_aws_service_access_in *in,
                                                   struct organizations_enable_aws_service_access_out *out)
{
    (void)out;
    struct standing standing;
    TRY(org_caller_manages_all_features(rq, in, &standing));
    TRY(check_principal(rq, in->service_principal));
    return org_rows_trusted_put(&standing.rows, in->service_principal);
}

struct err organizations_disable_aws_service_access(struct request *rq,
                                                    const struct organizations_disable_aws_service_access_in *in,
                                                    struct organizations_disable_aws_service_access_out *out)
{
    (void)out;
    struct standing standing;
    int64_t delegates = 0;
    TRY(org_caller_manages_all_features(rq, in, &standing));
    TRY(check_principal(rq, in->service_principal));
    TRY(org_rows_count(&standing.rows, COUNT_DELEGATES_OF, in->service_principal, STR_NONE, &delegates));
    if (delegates > 0) {
        return org_refuse_constraint(
            rq, STR("DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE"),
            "You attempted to disable service access for a service that has a delegated administrator. "
            "Deregister it first.");
    }
    return org_rows_trusted_delete(&standing.rows, in->service_principal);
}

struct err organizations_list_aws_service_access_for_organization(
    struct request *rq, const struct organizations_list_aws_service_access_for_organization_in *in,
    struct organizations_list_aws_service_access_for_organization_out *out)
{
    struct standing standing;
    struct page page = { .limit = 0 };
    struct pair_rows trusted = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_page_of(rq, STR_NONE, in->next_token, in->max_results, &page));
    TRY(org_rows_trusted(&standing.rows, page, &trusted));
    const bool more = org_page_cut(page, &trusted.count);
    struct organizations_enabled_service_principal *items =
        ARENA_ARRAY(rq->ctx.arena, struct organizations_enabled_service_principal, trusted.count + 1);
    for (size_t i = 0; i < trusted.count; i++) {
        items[i] =
            (struct organizations_enabled_service_principal){ trusted.items[i].name, SOME(trusted.items[i].since_ms) };
    }
    out->enabled_service_principals.items = items;
    out->enabled_service_principals.count = trusted.count;
    out->next_token = more ? org_page_token(rq, STR_NONE, trusted.items[trusted.count - 1].name) : STR_NONE;
    return ERR_OK;
}

/* --- delegated administrators --- */

static struct err may_administer(struct request *rq, const struct standing *standing, const struct account_row *account,
                                 struct str principal)
{
    bool trusted = false;
    int64_t delegates = 0;
    if (str_equal(account->account, standing->organization.account)) {
        return org_refuse_constraint(
            rq, STR("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"),
            "You can't register the management account as a delegated administrator for a service.");
    }
    if (account->closed_ms > 0) {
        return org_refuse_constraint(rq, STR("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"),
                                     "You can't register a suspended account as a delegated administrator.");
    }
    TRY(org_rows_trusted_find(&standing->rows, principal, &trusted));
    if (!trusted) {
        return org_refuse_constraint(
            rq, STR("SERVICE_ACCESS_NOT_ENABLED"),
            "You must enable service access before you register a delegated administrator for the service.");
    }
    TRY(org_rows_count(&standing->rows, COUNT_DELEGATES_OF, principal, STR_NONE, &delegates));
    return delegates < DELEGATES_MAX
               ? ERR_OK
               : org_refuse_constraint(rq, STR("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"),
                                       "The service has the maximum number of delegated administrators.");
}

struct err
organizations_register_delegated_administrator(struct request *rq,
                                               const struct organizations_register_delegated_administrator_in *in,
                                               struct organizations_register_delegated_administrator_out *out)
{
    (void)out;
    struct standing standing;
    struct account_row account = { .closed_ms = 0 };
    bool registered = false;
    TRY(org_caller_manages_all_features(rq, in, &standing));
    TRY(check_principal(rq, in->service_principal));
    TRY(org_account_get(rq, &standing, in->account_id, &account));
    TRY(may_administer(rq, &standing, &account, in->service_principal));
    TRY(org_rows_delegate_find(&standing.rows, in->account_id, in->service_principal, &registered));
    if (registered) {
        return fail(&rq->ctx, &ORGANIZATIONS_ACCOUNT_ALREADY_REGISTERED_EXCEPTION,
                    "The specified account is already a delegated administrator for this AWS service.");
    }
    return org_rows_delegate_insert(&standing.rows, in->account_id, in->service_principal);
}

static struct err not_registered(struct request *rq)
{
    return fail(&rq->ctx, &ORGANIZATIONS_ACCOUNT_NOT_REGISTERED_EXCEPTION,
                "The specified account is not a delegated administrator for this AWS service.");
}

struct err
organizations_deregister_delegated_administrator(struct request *rq,
                                                 const struct organizations_deregister_delegated_administrator_in *in,
                                                 struct organizations_deregister_delegated_administrator_out *out)
{
    (void)out;
    struct standing standing;
    struct account_row account = { .closed_ms = 0 };
    bool registered = false;
    TRY(org_caller_manages_all_features(rq, in, &standing));
    TRY(check_principal(rq, in->service_principal));
    TRY(org_account_get(rq, &standing, in->account_id, &account));
    TRY(org_rows_delegate_find(&standing.rows, in->account_id, in->service_principal, &registered));
    return registered ? org_rows_delegate_delete(&standing.rows, in->account_id, in->service_principal)
                      : not_registered(rq);
}

static struct err delegate_out(struct request *rq, const struct standing *standing, const struct pair_row *row,
                               struct organizations_delegated_administrator *out)
{
    struct account_row account = { .closed_ms = 0 };
    TRY(org_account_get(rq, standing, row->name, &account));
    *out = (struct organizations_delegated_administrator){
        .id = account.account,
        .arn = org_arn_of(&rq->ctx, &standing->organization, "account", account.account),
        .email = account.email,
        .name = account.name,
        .status = account.status,
        .state = account.status,
        .joined_method = account.method,
        .joined_timestamp = SOME(account.joined_ms),
        .delegation_enabled_date = SOME(row->since_ms),
    };
    return ERR_OK;
}

struct err organizations_list_delegated_administrators(struct request *rq,
                                                       const struct organizations_list_delegated_administrators_in *in,
                                                       struct organizations_list_delegated_administrators_out *out)
{
    struct standing standing;
    struct page page = { .limit = 0 };
    struct pair_rows delegates = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_page_of(rq, in->service_principal, in->next_token, in->max_results, &page));
    TRY(org_rows_delegates(&standing.rows, in->service_principal, page, &delegates));
    const bool more = org_page_cut(page, &delegates.count);
    out->delegated_administrators.items =
        ARENA_ARRAY(rq->ctx.arena, struct organizations_delegated_administrator, delegates.count + 1);
    for (size_t i = 0; i < delegates.count; i++) {
        TRY(delegate_out(rq, &standing, &delegates.items[i],
                         &out->delegated_administrators.items[out->delegated_administrators.count++]));
    }
    out->next_token =
        more ? org_page_token(rq, in->service_principal, delegates.items[delegates.count - 1].name) : STR_NONE;
    return ERR_OK;
}

struct err
organizations_list_delegated_services_for_account(struct request *rq,
                                                  const struct organizations_list_delegated_services_for_account_in *in,
                                                  struct organizations_list_delegated_services_for_account_out *out)
{
    struct standing standing;
    struct account_row account = { .closed_ms = 0 };
    struct page page = { .limit = 0 };
    struct pair_rows services = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_account_get(rq, &standing, in->account_id, &account));
    TRY(org_page_of(rq, in->account_id, in->next_token, in->max_results, &page));
    TRY(org_rows_delegations(&standing.rows, in->account_id, page, &services));
    if (services.count == 0) {
        return not_registered(rq);
    }
    const bool more = org_page_cut(page, &services.count);
    out->delegated_services.items =
        ARENA_ARRAY(rq->ctx.arena, struct organizations_delegated_service, services.count + 1);
    for (size_t i = 0; i < services.count; i++) {
        out->delegated_services.items[out->delegated_services.count++] =
            (struct organizations_delegated_service){ services.items[i].name, SOME(services.items[i].since_ms) };
    }
    out->next_token = more ? org_page_token(rq, in->account_id, services.items[services.count - 1].name) : STR_NONE;
    return ERR_OK;
}
