/* reseal.h - which columns of the store are sealed, and sealing all of them anew under another root key.
 *
 * One transaction changes every value and the fingerprint of the root key that sealed them: whoever is killed in between
 * has changed nothing. */
#ifndef YAGURA_STORE_RESEAL_H
#define YAGURA_STORE_RESEAL_H

#include "crypto/vault.h"
#include "store/store.h"

struct sealed_column {
    const char *table, *column;
    const char *keys;  /* of a row: "account, id"; a number is marked: "account, number#" */
    const char *about; /* what a value is bound to, {id} standing for the row's: "iam:access-key:{id}" */
};

/* Within a write transaction. FAULT_INVALID names a value that doesn't open. The statements' text lives in ctx->arena, which must
 * outlive the connection. */
struct err store_reseal(struct ctx *ctx, struct store_conn *conn, const struct sealed_column *columns, size_t count,
                        const struct vault *from, const struct vault *to, int64_t *changed);

/* The fingerprint of the root key that sealed this store; absent: none has yet. */
struct err store_root_read(struct ctx *ctx, struct store_conn *conn, struct str *fingerprint);
struct err store_root_write(struct ctx *ctx, struct store_conn *conn, struct str fingerprint);

#endif
