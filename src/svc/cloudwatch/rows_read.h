/* rows_read.h - the one loop over a cursor that rows*.c share. */
#ifndef YAGURA_SVC_CLOUDWATCH_ROWS_READ_H
#define YAGURA_SVC_CLOUDWATCH_ROWS_READ_H

#include "svc/cloudwatch/rows.h"

/* read makes one item, of `size` bytes. */
struct reader {
    void (*read)(struct ctx *ctx, const struct store_cursor *cursor, void *item);
    size_t size;
};
struct err cloudwatch_row_read(struct ctx *ctx, struct store_conn *db, const char *sql, const struct store_value *values, size_t count,
                               struct reader reader, struct any_list *out);

/* The list of *out, whose items are of its type. */
#define ROWS_INTO(out, list) ((out)->items = (list).items, (out)->count = (list).count)

#endif
