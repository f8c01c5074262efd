#include "app/accounts.h"

#include "base/log.h"
#include "svc/guardduty/guardduty.h"
#include "svc/iam/iam.h"
#include "svc/organizations/organizations.h"

struct err accounts_due(struct ctx *ctx, struct store_conn *db, bool *out)
{
    return organizations_chores_due(ctx, db, out);
}

/* The account and the way into it come together or not at all. */
static struct err make(struct ctx *ctx, struct store_conn *db, const struct organizations_asked *asked)
{
    bool made = false;
    TRY(organizations_account_made(ctx, db, asked, &made));
    if (!made) {
        return ERR_OK;
    }
    TRY(iam_account_role(ctx, db, asked->account, asked->role, asked->management));
    log_info(ctx, "account made", LOG_STR("account", asked->account), LOG_STR("management", asked->management));
    return ERR_OK;
}

/* Tells services who joined and who left. */
static struct err spread(struct ctx *ctx, struct store_conn *db)
{
    struct organizations_news *news = NULL;
    size_t count = 0;
    TRY(organizations_news_list(ctx, db, &news, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(guardduty_organization_changed(ctx, db,
                                           &(const struct guardduty_organization_change){
                                               news[i].management, news[i].account, news[i].email, news[i].joined }));
        TRY(organizations_news_done(ctx, db, &news[i]));
    }
    return ERR_OK;
}

struct err accounts_do(struct ctx *ctx, struct store_conn *db)
{
    struct organizations_asked *asked = NULL;
    size_t count = 0;
    TRY(organizations_accounts_asked(ctx, db, &asked, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(make(ctx, db, &asked[i]));
    }
    TRY(organizations_chores_do(ctx, db));
    return spread(ctx, db);
}
