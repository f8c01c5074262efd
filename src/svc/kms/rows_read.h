/* rows_read.h - the loop that every query of KMS shares. */
#ifndef YAGURA_SVC_KMS_ROWS_READ_H
#define YAGURA_SVC_KMS_ROWS_READ_H

#include "svc/kms/rows.h"

struct reader {
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
    size_t size;
    size_t room;
};

struct err kms_rows_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                     struct reader reader, void *items, size_t *taken);
struct err kms_rows_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct reader reader, void *out, bool *found);
struct err kms_rows_read_count(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                           int64_t *out);
struct err kms_rows_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count);

static inline size_t room_of(struct page page)
{
    return (size_t)page.limit + 1;
}

static inline struct str not_absent(struct str s)
{
    return s.ptr ? s : STR("");
}

#define HERE SQL_TEXT(rows->account), SQL_TEXT(rows->region)

#endif
