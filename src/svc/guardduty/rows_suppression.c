#include "svc/guardduty/rows_suppression.h"

struct err rows_suppression_put(struct rows rows, const struct suppression_row *row)
{
    return store_run(rows.ctx, rows.db,
                     "INSERT INTO guardduty_suppression (account, region, filter, finding, reason, created_ms, expires_ms)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account, region, filter) DO UPDATE SET"
                     " finding = excluded.finding, reason = excluded.reason, created_ms = excluded.created_ms,"
                     " expires_ms = excluded.expires_ms",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(row->filter), SQL_TEXT(row->finding),
                                SQL_TEXT(row->reason), SQL_INT(row->created_ms), SQL_INT(row->expires_ms)),
                     NULL);
}

struct err rows_suppression_delete(struct rows rows, struct str filter)
{
    return store_run(rows.ctx, rows.db,
                     "DELETE FROM guardduty_suppression WHERE account = $1 AND region = $2 AND filter = $3",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(filter)), NULL);
}

struct err rows_suppression_over(struct ctx *ctx, struct store_conn *db, size_t limit, struct suppression_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct suppression_row, limit);
    *count = 0;
    TRY(store_query(ctx, db,
                    "SELECT account, region, filter, finding, reason, created_ms, expires_ms FROM guardduty_suppression"
                    " WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2",
                    SQL_VALUES(SQL_INT(ctx->now_ms), SQL_INT((int64_t)limit)), &cursor));
    while (*count < limit && store_row(ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct suppression_row){
            store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1), store_text(ctx, &cursor, 2), store_text(ctx, &cursor, 3),
            store_text(ctx, &cursor, 4), store_int(&cursor, 5),       store_int(&cursor, 6),
        };
    }
    store_end(&cursor);
    return err;
}

struct err rows_finding_region(struct ctx *ctx, struct store_conn *db, struct str account, struct str id, struct str *region)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *region = STR_NONE;
    TRY(store_query(ctx, db, "SELECT region FROM guardduty_finding WHERE account = $1 AND id = $2 ORDER BY region LIMIT 1",
                    SQL_VALUES(SQL_TEXT(account), SQL_TEXT(id)), &cursor));
    if (store_row(ctx, &cursor, &err)) {
        *region = store_text(ctx, &cursor, 0);
    }
    store_end(&cursor);
    return err;
}
