/* account.h - accounts as the other files of Organizations need them. */
#ifndef YAGURA_SVC_ORGANIZATIONS_ACCOUNT_H
#define YAGURA_SVC_ORGANIZATIONS_ACCOUNT_H

#include "svc/organizations/caller.h"

enum { ACCOUNTS_MAX = 10000 };

/* An account that nothing is known of but its number: its address is nobody's. */
struct account_row org_account_unknown(struct ctx *ctx, struct str account);
/* Makes an account a member below the root, with AWS's own policies on it. */
struct err org_account_join(const struct standing *standing, struct account_row *account, struct str method);
/* Out of its organisation, with everything that hung on it there. */
struct err org_account_leave(const struct rows *rows, const struct account_row *account);
/* AccountNotFoundException when it is no member. */
struct err org_account_get(struct request *rq, const struct standing *standing, struct str id, struct account_row *out);
struct err org_account_out(struct request *rq, const struct standing *standing, const struct account_row *account,
                           struct organizations_account *out);
/* A page of accounts, of a parent or of all. */
struct err org_account_list(struct request *rq, const struct standing *standing, struct str parent, struct str token,
                            struct opt_int max, struct organizations_accounts *out, struct str *next);

#endif
