/* chores.c - what happens to closed accounts on its own; and all accounts, for people.
 *
 * spec: Organizations user guide, "Closing a member account": closing takes a moment, the account is then suspended for
 * 90 days and after that gone for good. */
#include "svc/organizations/account.h"
#include "svc/organizations/organizations.h"

#define GONE_MS ((int64_t)90 * 24 * 3600 * 1000)

static struct err closing(const struct rows *rows, struct account_rows *out)
{
    return org_rows_accounts_closing(rows, rows->ctx->now_ms - GONE_MS, out);
}

struct err organizations_chores_due(struct ctx *ctx, struct store_conn *db, bool *out)
{
    const struct rows rows = { ctx, db, STR_NONE };
    struct account_rows accounts = { NULL, 0 };
    struct request_rows open = { NULL, 0 };
    struct news_rows news = { NULL, 0 };
    TRY(closing(&rows, &accounts));
    TRY(org_rows_requests_open(&rows, &open));
    TRY(org_rows_news(&rows, &news));
    *out = accounts.count + open.count + news.count > 0;
    return ERR_OK;
}

struct err organizations_chores_do(struct ctx *ctx, struct store_conn *db)
{
    struct rows rows = { ctx, db, STR_NONE };
    struct account_rows accounts = { NULL, 0 };
    TRY(closing(&rows, &accounts));
    for (size_t i = 0; i < accounts.count; i++) {
        struct account_row *account = &accounts.items[i];
        rows.account = account->management;
        account->status = STR("SUSPENDED");
        TRY(account->closed_ms < ctx->now_ms - GONE_MS ? org_account_leave(&rows, account)
                                                       : org_rows_account_put(&rows, account));
    }
    return ERR_OK;
}

struct err organizations_news_list(struct ctx *ctx, struct store_conn *db, struct organizations_news **out,
                                   size_t *count)
{
    const struct rows rows = { ctx, db, STR_NONE };
    struct news_rows news = { NULL, 0 };
    TRY(org_rows_news(&rows, &news));
    *out = ARENA_ARRAY(ctx->arena, struct organizations_news, news.count + 1);
    for (*count = 0; *count < news.count; (*count)++) {
        const struct news_row *row = &news.items[*count];
        (*out)[*count] = (struct organizations_news){ row->id, row->account, row->member, row->email, row->joined };
    }
    return ERR_OK;
}

struct err organizations_news_done(struct ctx *ctx, struct store_conn *db, const struct organizations_news *news)
{
    return org_rows_news_delete(&(const struct rows){ ctx, db, news->management }, news->id);
}

static struct err known_of(struct ctx *ctx, struct store_conn *db, const struct account_row *account,
                           struct organizations_known *out)
{
    const struct rows rows = { ctx, db, account->management };
    struct organization_row organization = { .created_ms = 0 };
    struct chain chain = { .count = 0 };
    bool found = false;
    *out = (struct organizations_known){ account->account, account->name,       account->email,
                                         account->status,  account->management, STR("") };
    TRY(org_rows_organization_find(&rows, &organization, &found));
    if (found) {
        TRY(org_chain_of(&rows, &organization, account->parent, &chain));
        out->path = org_chain_path(ctx, &organization, &chain, STR_NONE);
    }
    return ERR_OK;
}

struct err organizations_accounts_known(struct ctx *ctx, struct store_conn *db, struct organizations_known **out,
                                        size_t *count)
{
    const struct rows rows = { ctx, db, STR_NONE };
    struct account_rows accounts = { NULL, 0 };
    TRY(org_rows_accounts_all(&rows, &accounts));
    *out = ARENA_ARRAY(ctx->arena, struct organizations_known, accounts.count + 1);
    for (*count = 0; *count < accounts.count; (*count)++) {
        TRY(known_of(ctx, db, &accounts.items[*count], &(*out)[*count]));
    }
    return ERR_OK;
}
