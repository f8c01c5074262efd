/* rows_read.h - the one loop over a cursor that rows*.c share. */
#ifndef YAGURA_SVC_SECRETSMANAGER_ROWS_READ_H
#define YAGURA_SVC_SECRETSMANAGER_ROWS_READ_H

#include "svc/secretsmanager/rows.h"

/* read makes one item, of `size` bytes. */
struct reader {
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
    size_t size;
};
struct err secret_row_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                     struct reader reader, struct any_list *out);
struct err secret_row_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct reader reader, void *out, bool *found);
/* All that writes. */
struct err secret_row_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                          int64_t *changed);

#endif
