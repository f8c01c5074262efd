/* source_table.h - the figures of all sources, for people and for Prometheus, from what the store holds. */
#ifndef YAGURA_APP_SOURCE_TABLE_H
#define YAGURA_APP_SOURCE_TABLE_H

#include <stdio.h>

#include "store/source.h"

/* FAULT_INVALID: no such format. */
struct err source_table_print(struct ctx *ctx, struct store_conn *db, struct str format, FILE *out);
struct err source_table_gaps(struct ctx *ctx, struct store_conn *db, struct str format, FILE *out);
/* Adds the families yagura_source_…, when there are sources. */
struct err source_table_metrics(struct ctx *ctx, struct store_conn *db, struct text *out);

#endif
