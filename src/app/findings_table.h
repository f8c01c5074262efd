/* findings_table.h - the table of newest findings that serve and findings print. */
#ifndef YAGURA_APP_FINDINGS_TABLE_H
#define YAGURA_APP_FINDINGS_TABLE_H

#include <stdio.h>

#include "store/store.h"

/* region absent: all. *shown: rows printed. format: table, json, ndjson or csv; FAULT_INVALID for another. */
struct err findings_table_print(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                                struct str format, size_t limit, FILE *out, size_t *shown);

#endif
