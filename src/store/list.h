/* list.h - the rows of a query as an array of structs. */
#ifndef YAGURA_STORE_LIST_H
#define YAGURA_STORE_LIST_H

#include "store/store.h"

struct store_reader {
    void (*read)(const void *self, const struct store_cursor *row, void *item); /* item is zeroed */
    const void *self;
    size_t size; /* of an item */
    size_t most; /* further rows are left unread; 0: there is no limit */
};

struct store_list {
    void *items; /* in ctx->arena, never NULL */
    size_t count;
};

struct err store_list(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values, size_t count,
                      const struct store_reader *reader, struct store_list *out);
/* The first row; *item stays as it is when there is none. */
struct err store_first(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values, size_t count,
                       const struct store_reader *reader, void *item, bool *found);

#endif
