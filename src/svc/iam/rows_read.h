/* rows_read.h - the loop that every rows*.c of IAM reads with: read makes one element of size bytes at item. */
#ifndef YAGURA_SVC_IAM_ROWS_READ_H
#define YAGURA_SVC_IAM_ROWS_READ_H

#include "svc/iam/rows.h"

struct rows_reader {
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
    size_t size;
    size_t room; /* at most so many; the rest is left unread */
};

struct err rows_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                     struct rows_reader reader, struct any_list *out);
struct err rows_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct rows_reader reader, void *out, bool *found);
struct err rows_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count);

size_t rows_room(struct page page);
/* What sorts after every path that begins with prefix: paths are printable ASCII. */
struct str rows_path_end(const struct rows *rows, struct str prefix);
struct str rows_text_or_empty(struct str text);

#endif
