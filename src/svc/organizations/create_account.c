/* create_account.c - new accounts: asked for here, made a moment later by app/accounts.c.
 *
 * spec: API reference, CreateAccount: asynchronous; an address that is taken shows only in the status. */
#include "crypto/random.h"
#include "svc/organizations/account.h"
#include "svc/organizations/organizations.h"
#include "svc/organizations/tag.h"

#define ROLE_DEFAULT "OrganizationAccountAccessRole"
#define RESERVED_DOMAIN "@account.invalid" /* of accounts that nobody named: account_unknown */

static struct organizations_create_account_status status_out(const struct request_row *row)
{
    const bool made = str_equal(row->state, STR("SUCCEEDED"));
    return (struct organizations_create_account_status){
        .id = row->id,
        .account_name = row->name,
        .state = row->state,
        .requested_timestamp = SOME(row->requested_ms),
        .completed_timestamp = { .set = row->completed_ms > 0, .v = row->completed_ms },
        .account_id = made ? row->made : STR_NONE,
        .failure_reason = row->failure.len > 0 ? row->failure : STR_NONE,
    };
}

static struct err number_new(struct request *rq, const struct rows *rows, struct str *out)
{
    bool taken = true;
    while (taken) {
        struct account_row row = { .closed_ms = 0 };
        const struct str first = random_alphabet(&rq->ctx, STR("123456789"), 1);
        const struct str rest = random_alphabet(&rq->ctx, STR("0123456789"), 11);
        *out = str_format(rq->ctx.arena, "%" STR_FMT "%" STR_FMT, STR_ARG(first), STR_ARG(rest));
        TRY(org_rows_account_find(rows, *out, &row, &taken));
        taken = taken || str_equal(*out, rq->home_account);
    }
    return ERR_OK;
}

static struct err account_quota(struct request *rq, const struct standing *standing)
{
    int64_t accounts = 0;
    int64_t open = 0;
    TRY(org_rows_count(&standing->rows, COUNT_ACCOUNTS, STR_NONE, STR_NONE, &accounts));
    TRY(org_rows_count(&standing->rows, COUNT_OPEN_REQUESTS, STR_NONE, STR_NONE, &open));
    return accounts + open < ACCOUNTS_MAX
               ? ERR_OK
               : org_refuse_constraint(
                     rq, STR("ACCOUNT_NUMBER_LIMIT_EXCEEDED"),
                     "You have exceeded the number of AWS accounts that you can have in your organization.");
}

struct err organizations_create_account(struct request *rq, const struct organizations_create_account_in *in,
                                        struct organizations_create_account_out *out)
{
    struct standing standing;
    struct organizations_create_account_status *status =
        ARENA_NEW(rq->ctx.arena, struct organizations_create_account_status);
    TRY(org_caller_manages(rq, in, &standing));
    TRY(account_quota(rq, &standing));
    struct request_row row = {
        .account = standing.organization.account,
        .id = org_id_new(&rq->ctx, "car-", 32),
        .name = in->account_name,
        .email = in->email,
        .role = in->role_name.len > 0 ? in->role_name : STR(ROLE_DEFAULT),
        .state = STR("IN_PROGRESS"),
        .failure = STR(""),
        .requested_ms = rq->ctx.now_ms,
    };
    TRY(number_new(rq, &standing.rows, &row.made));
    TRY(org_rows_request_put(&standing.rows, &row));
    TRY(org_tags_put(rq, &standing, row.made, in->tags));
    *status = status_out(&row);
    out->create_account_status = status;
    return ERR_OK;
}

/* There is no GovCloud here for an account to be paired with. spec: the wording is AWS's. */
struct err organizations_create_gov_cloud_account(struct request *rq,
                                                  const struct organizations_create_gov_cloud_account_in *in,
                                                  struct organizations_create_gov_cloud_account_out *out)
{
    (void)out;
    struct standing standing;
    TRY(org_caller_manages(rq, in, &standing));
    return org_refuse_constraint(
        rq, STR("MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED"),
        "The management account is not associated with an account in the AWS GovCloud (US) Region.");
}

struct err
organizations_describe_create_account_status(struct request *rq,
                                             const struct organizations_describe_create_account_status_in *in,
                                             struct organizations_describe_create_account_status_out *out)
{
    struct standing standing;
    struct request_row row = { .completed_ms = 0 };
    bool found = false;
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_rows_request_find(&standing.rows, in->create_account_request_id, &row, &found));
    if (!found) {
        return fail(&rq->ctx, &ORGANIZATIONS_CREATE_ACCOUNT_STATUS_NOT_FOUND_EXCEPTION,
                    "We can't find a create account request with the CreateAccountRequestId that you specified.");
    }
    struct organizations_create_account_status *status =
        ARENA_NEW(rq->ctx.arena, struct organizations_create_account_status);
    *status = status_out(&row);
    out->create_account_status = status;
    return ERR_OK;
}

static bool is_wanted(const struct organizations_create_account_states *states, struct str state)
{
    for (size_t i = 0; i < states->count; i++) {
        if (str_equal(states->items[i], state)) {
            return true;
        }
    }
    return states->count == 0;
}

/* With States a page may hold fewer than asked for. */
struct err organizations_list_create_account_status(struct request *rq,
                                                    const struct organizations_list_create_account_status_in *in,
                                                    struct organizations_list_create_account_status_out *out)
{
    struct standing standing;
    struct page page = { .limit = 0 };
    struct request_rows rows = { NULL, 0 };
    TRY(org_caller_reads(rq, in, &standing));
    TRY(org_page_of(rq, STR_NONE, in->next_token, in->max_results, &page));
    TRY(org_rows_requests(&standing.rows, page, &rows));
    const bool more = org_page_cut(page, &rows.count);
    out->create_account_statuses.items =
        ARENA_ARRAY(rq->ctx.arena, struct organizations_create_account_status, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++) {
        if (is_wanted(&in->states, rows.items[i].state)) {
            out->create_account_statuses.items[out->create_account_statuses.count++] = status_out(&rows.items[i]);
        }
    }
    out->next_token = more ? org_page_token(rq, STR_NONE, rows.items[rows.count - 1].id) : STR_NONE;
    return ERR_OK;
}

struct err organizations_accounts_asked(struct ctx *ctx, struct store_conn *db, struct organizations_asked **out,
                                        size_t *count)
{
    const struct rows rows = { ctx, db, STR_NONE };
    struct request_rows open = { NULL, 0 };
    TRY(org_rows_requests_open(&rows, &open));
    *out = ARENA_ARRAY(ctx->arena, struct organizations_asked, open.count + 1);
    for (*count = 0; *count < open.count; (*count)++) {
        const struct request_row *row = &open.items[*count];
        (*out)[*count] = (struct organizations_asked){ row->account, row->id, row->made, row->role };
    }
    return ERR_OK;
}

/* Why it can't be; absent: it can. */
static struct err reason_against(const struct rows *rows, const struct request_row *row, struct str *out)
{
    struct account_row other = { .closed_ms = 0 };
    bool taken = false;
    *out = STR("");
    TRY(org_rows_account_by_email(rows, row->email, &other, &taken));
    if (taken) {
        *out = STR("EMAIL_ALREADY_EXISTS");
    } else if (str_ends(str_lower(rows->ctx->arena, row->email), STR(RESERVED_DOMAIN))) {
        *out = STR("INVALID_EMAIL");
    }
    return ERR_OK;
}

static struct err join_new(const struct rows *rows, const struct request_row *row)
{
    struct standing standing = { .rows = *rows };
    bool found = false;
    struct account_row account = {
        .account = row->made,
        .name = row->name,
        .email = row->email,
        .status = STR("ACTIVE"),
    };
    TRY(org_rows_organization_lock(rows));
    TRY(org_rows_organization_find(rows, &standing.organization, &found));
    return found ? org_account_join(&standing, &account, STR("CREATED")) : ERR_OK;
}

struct err organizations_account_made(struct ctx *ctx, struct store_conn *db, const struct organizations_asked *asked,
                                      bool *made)
{
    const struct rows rows = { ctx, db, asked->management };
    struct request_row row = { .completed_ms = 0 };
    bool found = false;
    *made = false;
    TRY(org_rows_request_find(&rows, asked->id, &row, &found));
    if (!found || !str_equal(row.state, STR("IN_PROGRESS"))) {
        return ERR_OK;
    }
    TRY(reason_against(&rows, &row, &row.failure));
    *made = row.failure.len == 0;
    row.state = *made ? STR("SUCCEEDED") : STR("FAILED");
    row.completed_ms = ctx->now_ms;
    TRY(*made ? join_new(&rows, &row) : org_rows_drop(&rows, row.made));
    return org_rows_request_put(&rows, &row);
}
