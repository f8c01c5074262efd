#include "svc/iam/rows_read.h"

struct str rows_path_end(const struct rows *rows, struct str prefix)
{
    return str_format(rows->ctx->arena, "%" STR_FMT "\xf4\x8f\xbf\xbf", STR_ARG(prefix));
}

struct str rows_text_or_empty(struct str text)
{
    return text.ptr ? text : STR("");
}

struct err rows_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                     struct rows_reader reader, struct any_list *out)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t room = reader.room < 16 ? reader.room : 16;
    char *array = arena_array(rows->ctx->arena, room, reader.size);
    size_t taken = 0;
    TRY(store_query(rows->ctx, rows->db, sql, values, count, &cursor));
    while (taken < reader.room && store_row(rows->ctx, &cursor, &err)) {
        if (taken == room) {
            array = arena_grow(rows->ctx->arena, array, room * reader.size, 2 * room * reader.size);
            room *= 2;
        }
        memset(array + taken * reader.size, 0, reader.size);
        reader.read(rows, &cursor, array + taken * reader.size);
        taken++;
    }
    store_end(&cursor);
    *out = (struct any_list){ array, taken };
    return err;
}

struct err rows_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct rows_reader reader, void *out, bool *found)
{
    struct any_list list = { NULL, 0 };
    reader.room = 1;
    TRY(rows_read(rows, sql, values, count, reader, &list));
    *found = list.count == 1;
    if (*found) {
        memcpy(out, list.items, reader.size);
    }
    return ERR_OK;
}

struct err rows_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count)
{
    return store_run(rows->ctx, rows->db, sql, values, count, NULL);
}

size_t rows_room(struct page page)
{
    return (size_t)page.limit + 1;
}
