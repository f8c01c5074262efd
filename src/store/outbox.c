/* outbox.c - what must leave the house, kept in the transaction that causes it until someone has delivered it. */
#include "store/backend.h"

struct err store_outbox_add(struct ctx *ctx, struct store_conn *conn, struct str account, struct str topic,
                            struct str payload)
{
    return store_run(ctx, conn,
                     "INSERT INTO store_outbox (account, topic, payload, created_ms, next_ms, tries)"
                     " VALUES ($1, $2, $3, $4, $5, 0)",
                     SQL_VALUES(SQL_TEXT(account), SQL_TEXT(topic), SQL_BLOB(payload), SQL_INT(ctx->now_ms),
                                SQL_INT(ctx->now_ms)),
                     NULL);
}

struct err store_outbox_due(struct ctx *ctx, struct store_conn *conn, size_t max, struct outbox_item *items,
                            size_t *count)
{
    *count = 0;
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, conn,
                    "SELECT id, account, topic, payload, created_ms, tries FROM store_outbox WHERE next_ms <= $1"
                    " ORDER BY id LIMIT $2",
                    SQL_VALUES(SQL_INT(ctx->now_ms), SQL_INT((int64_t)max)), &cursor));
    struct err err = ERR_OK;
    while (store_row(ctx, &cursor, &err)) {
        items[(*count)++] = (struct outbox_item){
            .id = store_int(&cursor, 0),
            .account = store_text(ctx, &cursor, 1),
            .topic = store_text(ctx, &cursor, 2),
            .payload = store_text(ctx, &cursor, 3),
            .created_ms = store_int(&cursor, 4),
            .tries = store_int(&cursor, 5),
        };
    }
    return err;
}

struct err store_outbox_done(struct ctx *ctx, struct store_conn *conn, int64_t id)
{
    return store_run(ctx, conn, "DELETE FROM store_outbox WHERE id = $1", SQL_VALUES(SQL_INT(id)), NULL);
}

struct err store_outbox_retry(struct ctx *ctx, struct store_conn *conn, int64_t id, int64_t next_ms)
{
    return store_run(ctx, conn, "UPDATE store_outbox SET next_ms = $1, tries = tries + 1 WHERE id = $2",
                     SQL_VALUES(SQL_INT(next_ms), SQL_INT(id)), NULL);
}

struct err store_outbox_hold(struct ctx *ctx, struct store_conn *conn, int64_t id, int64_t next_ms)
{
    return store_run(ctx, conn, "UPDATE store_outbox SET next_ms = $1 WHERE id = $2",
                     SQL_VALUES(SQL_INT(next_ms), SQL_INT(id)), NULL);
}
