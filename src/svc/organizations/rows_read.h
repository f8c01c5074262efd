/* rows_read.h - the loop that all of rows*.c share. */
#ifndef YAGURA_SVC_ORGANIZATIONS_ROWS_READ_H
#define YAGURA_SVC_ORGANIZATIONS_ROWS_READ_H

#include "svc/organizations/rows.h"

/* read makes the element at *item, of `size` bytes; at most `room` of them. */
struct rows_reader {
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
    size_t size;
    size_t room;
};

/* out: a struct with items and count, as all lists of rows.h. */
struct err org_rows_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct rows_reader reader, void *out);
struct err org_rows_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                             struct rows_reader reader, void *out, bool *found);
struct err org_rows_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count);
struct err org_rows_exists(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                           bool *found);

static inline size_t rows_room(struct page page)
{
    return (size_t)page.limit + 1;
}

#endif
