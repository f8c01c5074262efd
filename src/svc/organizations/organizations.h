/* organizations.h - all that the outside sees of Organizations: the service, and what is to be done on its own now and
 * then.
 *
 * CreateAccount only asks for an account. What makes it (app/accounts.c) sees the requests under way, takes each new
 * account into its organisation and makes the role in it (IAM's business), all in one transaction. */
#ifndef YAGURA_SVC_ORGANIZATIONS_ORGANIZATIONS_H
#define YAGURA_SVC_ORGANIZATIONS_ORGANIZATIONS_H

#include "svc/request.h"

extern const struct service ORGANIZATIONS;

struct organizations_asked {
    struct str management; /* the account that asked */
    struct str id;         /* "car-…" */
    struct str account;    /* the new one's number */
    struct str role;       /* by which the management account gets in */
};
/* Accounts asked for and not yet made, a few at a time. */
struct err organizations_accounts_asked(struct ctx *ctx, struct store_conn *db, struct organizations_asked **out,
                                        size_t *count);
/* Within a write transaction. *made: false when it can't be, which its status then says. */
struct err organizations_account_made(struct ctx *ctx, struct store_conn *db, const struct organizations_asked *asked,
                                      bool *made);

/* Accounts that joined or left, for services to follow: a few at a time, oldest first; done with each in a write
 * transaction. */
struct organizations_news {
    int64_t id;
    struct str management, account, email;
    bool joined;
};
struct err organizations_news_list(struct ctx *ctx, struct store_conn *db, struct organizations_news **out,
                                   size_t *count);
struct err organizations_news_done(struct ctx *ctx, struct store_conn *db, const struct organizations_news *news);

/* Whether any of it waits. Closed accounts: suspended first, gone for good after 90 days. Reads, then writes. */
struct err organizations_chores_due(struct ctx *ctx, struct store_conn *db, bool *out);
struct err organizations_chores_do(struct ctx *ctx, struct store_conn *db);

/* Every account that this server knows of an organisation, for people: ordered by number. */
struct organizations_known {
    struct str account, name, email, status, management, path; /* management and path empty: in no organisation */
};
struct err organizations_accounts_known(struct ctx *ctx, struct store_conn *db, struct organizations_known **out,
                                        size_t *count);

#endif
