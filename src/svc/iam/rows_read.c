#include "svc/iam/rows_read.h"

#include "store/list.h"

struct str rows_path_end(const struct rows *rows, struct str prefix)
{
    return str_format(rows->ctx->arena, "%" STR_FMT "\xf4\x8f\xbf\xbf", STR_ARG(prefix));
}

struct str rows_text_or_empty(struct str text)
{
    return text.ptr ? text : STR("");
}

/* A reader of ours as the store calls it. */
struct adapter {
    const struct rows *rows;
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
};

static void read_row(const void *self, const struct store_cursor *row, void *item)
{
    const struct adapter *adapter = self;
    adapter->read(adapter->rows, row, item);
}

struct err rows_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                     struct rows_reader reader, struct any_list *out)
{
    const struct adapter adapter = { rows, reader.read };
    struct store_list list = { NULL, 0 };
    const struct err err = store_list(rows->ctx, rows->db, sql, values, count,
                                      &(const struct store_reader){ read_row, &adapter, reader.size, reader.room }, &list);
    *out = (struct any_list){ list.items, list.count };
    return err;
}

struct err rows_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                         struct rows_reader reader, void *out, bool *found)
{
    const struct adapter adapter = { rows, reader.read };
    return store_first(rows->ctx, rows->db, sql, values, count,
                       &(const struct store_reader){ read_row, &adapter, reader.size, 1 }, out, found);
}

struct err rows_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count)
{
    return store_run(rows->ctx, rows->db, sql, values, count, NULL);
}

size_t rows_room(struct page page)
{
    return (size_t)page.limit + 1;
}
