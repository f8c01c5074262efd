/* accounts.h - what several services do together for an account: making one that an organisation asked for, closing it,
 * and telling those that follow who joined or left. */
#ifndef YAGURA_APP_ACCOUNTS_H
#define YAGURA_APP_ACCOUNTS_H

#include "store/store.h"

/* Reads: is there anything to do? */
struct err accounts_due(struct ctx *ctx, struct store_conn *db, bool *out);
/* Within a write transaction; a piece at a time. */
struct err accounts_do(struct ctx *ctx, struct store_conn *db);

#endif
