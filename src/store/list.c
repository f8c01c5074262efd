#include "store/list.h"

enum { FIRST_ROOM = 16 };

struct err store_list(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values, size_t count,
                      const struct store_reader *reader, struct store_list *out)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    const size_t most = reader->most ? reader->most : SIZE_MAX;
    size_t room = most < FIRST_ROOM ? most : FIRST_ROOM;
    char *items = arena_array(ctx->arena, room, reader->size);
    size_t taken = 0;
    TRY(store_query(ctx, conn, sql, values, count, &cursor));
    while (taken < most && store_row(ctx, &cursor, &err)) {
        if (taken == room) {
            items = arena_grow(ctx->arena, items, room * reader->size, 2 * room * reader->size);
            room *= 2;
        }
        memset(items + taken * reader->size, 0, reader->size);
        reader->read(reader->self, &cursor, items + taken * reader->size);
        taken++;
    }
    store_end(&cursor);
    *out = (struct store_list){ items, taken };
    return err;
}

struct err store_first(struct ctx *ctx, struct store_conn *conn, const char *sql, const struct store_value *values, size_t count,
                       const struct store_reader *reader, void *item, bool *found)
{
    struct store_reader one = *reader;
    struct store_list list = { NULL, 0 };
    one.most = 1;
    TRY(store_list(ctx, conn, sql, values, count, &one, &list));
    *found = list.count == 1;
    if (*found) {
        memcpy(item, list.items, reader->size);
    }
    return ERR_OK;
}
