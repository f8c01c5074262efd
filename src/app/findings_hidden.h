/* findings_hidden.h - yagura findings hidden, and acknowledge: archiving filters that can hide high or critical findings. */
#ifndef YAGURA_APP_FINDINGS_HIDDEN_H
#define YAGURA_APP_FINDINGS_HIDDEN_H

#include <stdio.h>

#include "store/store.h"

/* Those that nobody has acknowledged; *shown says how many. */
struct err findings_hidden_print(struct ctx *ctx, struct store_conn *db, struct str account, struct str format, FILE *out,
                                 size_t *shown);
struct err findings_hidden_acknowledge(struct ctx *ctx, struct store_conn *db, struct str account, struct str filter,
                                       struct str reason);

#endif
