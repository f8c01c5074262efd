/* account.c - member accounts: described, listed, moved, closed, and how they come and go. */
#include "svc/organizations/account.h"

#include "svc/organizations/policy_type.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
enum { CLOSED_WINDOW_DAYS = 30, CLOSED_MIN = 10, CLOSED_PERCENT = 10 };

struct account_row org_account_unknown(struct ctx *ctx, struct str account)
{
    return (struct account_row){
        .account = account,
        .management = STR(""),
        .parent = STR(""),
        .name = str_format(ctx->arena, "account-%" STR_FMT, STR_ARG(account)),
        .email = str_format(ctx->arena, "%" STR_FMT "@account.invalid", STR_ARG(account)),
        .status = STR("ACTIVE"),
        .method = STR("INVITED"),
    };
}

struct err org_account_join(const struct standing *standing, struct account_row *account, struct str method)
{
    account->management = standing->organization.account;
    account->parent = standing->organization.root;
    account->method = method;
    account->joined_ms = standing->rows.ctx->now_ms;
    TRY(org_rows_account_put(&standing->rows, account));
    TRY(org_rows_news_add(&standing->rows, account->account, account->email, true));
    return org_policy_type_defaults(standing, account->account);
}

struct err org_account_leave(const struct rows *rows, const struct account_row *account)
{
    struct account_row left = *account;
    left.management = left.parent = STR("");
    TRY(org_rows_news_add(rows, account->account, account->email, false));
    TRY(org_rows_drop(rows, account->account));
    return org_rows_account_put(rows, &left);
}

struct err org_account_get(struct request *rq, const struct standing *standing, struct str id, struct account_row *out)
{
    struct target target;
    TRY(org_target_find(standing, id, &target));
    *out = target.account;
    return target.kind == TARGET_ACCOUNT ? ERR_OK
                                         : fail(&rq->ctx, &ORGANIZATIONS_ACCOUNT_NOT_FOUND_EXCEPTION,
                                                "You specified an account that doesn't exist.");
}

struct err org_account_out(struct request *rq, const struct standing *standing, const struct account_row *account,
                           struct organizations_account *out)
{
    struct chain chain = { .count = 0 };
    struct str *path = ARENA_NEW(rq->ctx.arena, struct str);
    TRY(org_chain_of(&standing->rows, &standing->organization, account->parent, &chain));
    *path = org_chain_path(&rq->ctx, &standing->organization, &chain, account->account);
    *out = (struct organizations_account){
        .id = account->account,
        .arn = org_arn_of(&rq->ctx, &standing->organization, "account", account->account),
        .email = account->email,
        .name = account->name,
        .status = account->status,
        .state = account->status,
        .paths = { path, 1 },
        .joined_method = account->method,
        .joined_timestamp = SOME(account->joined_ms),
    };
    return ERR_OK;
}

struct err organizations_describe_account(struct request *rq, const struct organizations_describe_account_in *in,
                                          struct organizations_describe_account_out *out)
{
    struct standing standing;
    struct account_row account = { .closed_ms = 0 };
    struct organizations_account *answer = ARENA_NEW(rq->ctx.arena, struct organizations_account);
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_account_get(rq, &standing, in->account_id, &account));
    out->account = answer;
    return org_account_out(rq, &standing, &account, answer);
}

struct err org_account_list(struct request *rq, const struct standing *standing, struct str parent, struct str token,
                            struct opt_int max, struct organizations_accounts *out, struct str *next)
{
    struct page page = { .limit = 0 };
    struct account_rows accounts = { NULL, 0 };
    TRY(org_page_of(rq, parent, token, max, &page));
    TRY(org_rows_accounts(&standing->rows, parent, page, &accounts));
    const bool more = org_page_cut(page, &accounts.count);
    out->items = ARENA_ARRAY(rq->ctx.arena, struct organizations_account, accounts.count + 1);
    for (size_t i = 0; i < accounts.count; i++) {
        TRY(org_account_out(rq, standing, &accounts.items[i], &out->items[out->count++]));
    }
    *next = more ? org_page_token(rq, parent, accounts.items[accounts.count - 1].account) : STR_NONE;
    return ERR_OK;
}

struct err organizations_list_accounts(struct request *rq, const struct organizations_list_accounts_in *in,
                                       struct organizations_list_accounts_out *out)
{
    struct standing standing;
    TRY(org_caller_reads(rq, in, &standing));
    return org_account_list(rq, &standing, STR_NONE, in->next_token, in->max_results, &out->accounts, &out->next_token);
}

/* spec: API reference, CloseAccount: a tenth of the accounts, and ten at least, within 30 days. */
static struct err close_quota(struct request *rq, const struct standing *standing)
{
    int64_t accounts = 0;
    int64_t closed = 0;
    TRY(org_rows_count(&standing->rows, COUNT_ACCOUNTS, STR_NONE, STR_NONE, &accounts));
    TRY(org_rows_closed_since(&standing->rows, rq->ctx.now_ms - CLOSED_WINDOW_DAYS * DAY_MS, &closed));
    const int64_t tenth = accounts * CLOSED_PERCENT / 100;
    return closed < (tenth > CLOSED_MIN ? tenth : CLOSED_MIN)
               ? ERR_OK
               : org_refuse_constraint(rq, STR("CLOSE_ACCOUNT_QUOTA_EXCEEDED"),
                                       "You have exceeded close account quota for the past 30 days.");
}

struct err organizations_close_account(struct request *rq, const struct organizations_close_account_in *in,
                                       struct organizations_close_account_out *out)
{
    (void)out;
    struct standing standing;
    struct account_row account = { .closed_ms = 0 };
    int64_t delegations = 0;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(org_account_get(rq, &standing, in->account_id, &account));
    if (str_equal(account.account, standing.organization.account)) {
        return org_refuse_constraint(
            rq, STR("CANNOT_CLOSE_MANAGEMENT_ACCOUNT"),
            "You attempted to close the management account. To close it, remove or close all member "
            "accounts and sign in as its root user.");
    }
    if (account.closed_ms > 0) {
        return fail(&rq->ctx, &ORGANIZATIONS_ACCOUNT_ALREADY_CLOSED_EXCEPTION,
                    "You attempted to close an account that is already closed.");
    }
    TRY(org_rows_count(&standing.rows, COUNT_DELEGATIONS, account.account, STR_NONE, &delegations));
    if (delegations > 0) {
        return fail(&rq->ctx, &ORGANIZATIONS_CONFLICT_EXCEPTION,
                    "The account is a delegated administrator; deregister it before you close it.");
    }
    TRY(close_quota(rq, &standing));
    account.status = STR("PENDING_CLOSURE");
    account.closed_ms = rq->ctx.now_ms;
    return org_rows_account_put(&standing.rows, &account);
}

/* What neither leaving nor removing may do. */
static struct err may_go(struct request *rq, const struct standing *standing, const struct account_row *account)
{
    int64_t delegations = 0;
    if (str_equal(account->account, standing->organization.account)) {
        return fail(
            &rq->ctx, &ORGANIZATIONS_MASTER_CANNOT_LEAVE_ORGANIZATION_EXCEPTION,
            "You can't remove a management account from an organization. If you want the management account to become "
            "a "
            "member account in another organization, you must first delete the current organization of the management "
            "account.");
    }
    if (account->closed_ms > 0) {
        return org_refuse_constraint(rq, STR("ACCOUNT_CANNOT_LEAVE_ORGANIZATION"),
                                     "A closed account can't leave its organization.");
    }
    TRY(org_rows_count(&standing->rows, COUNT_DELEGATIONS, account->account, STR_NONE, &delegations));
    return delegations == 0 ? ERR_OK
                            : org_refuse_constraint(rq, STR("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"),
                                                    "You must deregister the delegated administrator first.");
}

struct err
organizations_remove_account_from_organization(struct request *rq,
                                               const struct organizations_remove_account_from_organization_in *in,
                                               struct organizations_remove_account_from_organization_out *out)
{
    (void)out;
    struct standing standing;
    struct account_row account = { .closed_ms = 0 };
    TRY(org_caller_manages(rq, in, &standing));
    TRY(org_account_get(rq, &standing, in->account_id, &account));
    TRY(may_go(rq, &standing, &account));
    return org_account_leave(&standing.rows, &account);
}

struct err organizations_leave_organization(struct request *rq, const struct organizations_leave_organization_in *in,
                                            struct organizations_leave_organization_out *out)
{
    (void)in;
    (void)out;
    struct standing standing;
    TRY(org_caller_member(rq, &standing));
    TRY(may_go(rq, &standing, &standing.account));
    return org_account_leave(&standing.rows, &standing.account);
}

static bool is_parent(const struct target *target)
{
    return target->kind == TARGET_ROOT || target->kind == TARGET_UNIT;
}

struct err organizations_move_account(struct request *rq, const struct organizations_move_account_in *in,
                                      struct organizations_move_account_out *out)
{
    (void)out;
    struct standing standing;
    struct account_row account = { .closed_ms = 0 };
    struct target source;
    struct target destination;
    TRY(org_caller_manages(rq, in, &standing));
    TRY(org_account_get(rq, &standing, in->account_id, &account));
    TRY(org_target_find(&standing, in->source_parent_id, &source));
    TRY(org_target_find(&standing, in->destination_parent_id, &destination));
    if (!is_parent(&destination)) {
        return fail(&rq->ctx, &ORGANIZATIONS_DESTINATION_PARENT_NOT_FOUND_EXCEPTION,
                    "You specified a destination parent that doesn't exist.");
    }
    if (!is_parent(&source) || !str_equal(account.parent, in->source_parent_id)) {
        return fail(&rq->ctx, &ORGANIZATIONS_SOURCE_PARENT_NOT_FOUND_EXCEPTION,
                    "You specified a source parent that doesn't exist or that the account is not in.");
    }
    if (str_equal(in->source_parent_id, in->destination_parent_id)) {
        return fail(&rq->ctx, &ORGANIZATIONS_DUPLICATE_ACCOUNT_EXCEPTION,
                    "The account is already in the destination parent.");
    }
    account.parent = in->destination_parent_id;
    return org_rows_account_put(&standing.rows, &account);
}
