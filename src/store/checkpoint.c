#include "store/checkpoint.h"

struct err store_checkpoint_read(struct ctx *ctx, struct store_conn *conn, struct str name, struct str *value)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    *value = STR_NONE;
    TRY(store_query(ctx, conn, "SELECT value FROM store_checkpoint WHERE name = $1", SQL_VALUES(SQL_TEXT(name)),
                    &cursor));
    TRY(store_next(ctx, &cursor, &more));
    if (more) {
        *value = store_text(ctx, &cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err store_checkpoint_write(struct ctx *ctx, struct store_conn *conn, struct str name, struct str value)
{
    return store_run(ctx, conn,
                     "INSERT INTO store_checkpoint (name, value, updated_ms) VALUES ($1, $2, $3)"
                     " ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_ms = excluded.updated_ms",
                     SQL_VALUES(SQL_TEXT(name), SQL_BLOB(value), SQL_INT(ctx->now_ms)), NULL);
}
