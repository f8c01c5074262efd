#include "svc/guardduty/rows_hidden.h"

static const char HIDDEN_GET[] =
    "SELECT count(*) FROM guardduty_hidden WHERE account = $1 AND region = $2 AND finding = $3";
static const char HIDDEN_PUT[] =
    "INSERT INTO guardduty_hidden (account, region, finding, filter, severity, hidden_ms) VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (account, region, finding) DO UPDATE SET filter = excluded.filter, severity = excluded.severity,"
    " hidden_ms = excluded.hidden_ms";
static const char HIDDEN_DELETE[] =
    "DELETE FROM guardduty_hidden WHERE account = $1 AND region = $2 AND finding = $3";
static const char HIDING_ADD[] =
    "INSERT INTO guardduty_hiding (account, region, filter, since_ms, reason, acknowledged_ms)"
    " VALUES ($1, $2, $3, $4, '', 0) ON CONFLICT (account, region, filter) DO NOTHING";
static const char HIDING_RENEW[] =
    "UPDATE guardduty_hiding SET reason = '', acknowledged_ms = 0 WHERE account = $1 AND region = $2 AND filter = $3";
static const char HIDING_DROP[] =
    "DELETE FROM guardduty_hiding WHERE account = $1 AND region = $2 AND filter = $3 AND NOT EXISTS"
    " (SELECT 1 FROM guardduty_hidden WHERE account = $1 AND region = $2 AND filter = $3 AND severity >= $4)";
static const char HIDING_LIST[] =
    "SELECT region, filter, since_ms, reason, acknowledged_ms,"
    " (SELECT count(*) FROM guardduty_hidden AS h WHERE h.account = g.account AND h.region = g.region"
    " AND h.filter = g.filter),"
    " (SELECT count(*) FROM guardduty_hidden AS h WHERE h.account = g.account AND h.region = g.region"
    " AND h.filter = g.filter AND h.severity >= 7 AND h.severity < 9),"
    " (SELECT count(*) FROM guardduty_hidden AS h WHERE h.account = g.account AND h.region = g.region"
    " AND h.filter = g.filter AND h.severity >= 9)"
    " FROM guardduty_hiding AS g WHERE account = $1 AND acknowledged_ms = 0 ORDER BY region, filter LIMIT $2";
static const char HIDING_ACKNOWLEDGE[] =
    "UPDATE guardduty_hiding SET reason = $4, acknowledged_ms = $5"
    " WHERE account = $1 AND region = $2 AND filter = $3 AND acknowledged_ms = 0";

struct err rows_hidden_get(struct rows rows, struct str finding, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    TRY(store_query(rows.ctx, rows.db, HIDDEN_GET,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(finding)), &cursor));
    TRY(store_next(rows.ctx, &cursor, &more));
    *found = more && store_int(&cursor, 0) > 0;
    store_end(&cursor);
    return ERR_OK;
}

struct err rows_hidden_put(struct rows rows, struct str finding, struct str filter, double severity)
{
    return store_run(rows.ctx, rows.db, HIDDEN_PUT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(finding), SQL_TEXT(filter),
                                SQL_REAL(severity), SQL_INT(rows.ctx->now_ms)),
                     NULL);
}

struct err rows_hidden_delete(struct rows rows, struct str finding)
{
    return store_run(rows.ctx, rows.db, HIDDEN_DELETE,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(finding)), NULL);
}

struct err rows_hiding_put(struct rows rows, struct str filter, bool renew, bool *fresh)
{
    int64_t changed = 0;
    TRY(store_run(rows.ctx, rows.db, HIDING_ADD,
                  SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(filter), SQL_INT(rows.ctx->now_ms)),
                  &changed));
    *fresh = changed > 0;
    if (*fresh || !renew) {
        return ERR_OK;
    }
    return store_run(rows.ctx, rows.db, HIDING_RENEW,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(filter)), NULL);
}

struct err rows_hiding_drop(struct rows rows, struct str filter)
{
    return store_run(rows.ctx, rows.db, HIDING_DROP,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(filter),
                                SQL_REAL(HIDING_SEVERITY)),
                     NULL);
}

struct err rows_hiding_list(struct rows rows, struct hiding_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct hiding_row, HIDING_ROWS_MAX);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, HIDING_LIST, SQL_VALUES(SQL_TEXT(rows.account), SQL_INT(HIDING_ROWS_MAX)),
                    &cursor));
    while (*count < HIDING_ROWS_MAX && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct hiding_row){
            .region = store_text(rows.ctx, &cursor, 0),
            .filter = store_text(rows.ctx, &cursor, 1),
            .since_ms = store_int(&cursor, 2),
            .reason = store_text(rows.ctx, &cursor, 3),
            .acknowledged_ms = store_int(&cursor, 4),
            .hidden = store_int(&cursor, 5),
            .high = store_int(&cursor, 6),
            .critical = store_int(&cursor, 7),
        };
    }
    store_end(&cursor);
    return err;
}

struct err rows_hiding_acknowledge(struct rows rows, struct str filter, struct str reason, bool *found)
{
    int64_t changed = 0;
    TRY(store_run(rows.ctx, rows.db, HIDING_ACKNOWLEDGE,
                  SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(filter), SQL_TEXT(reason),
                             SQL_INT(rows.ctx->now_ms)),
                  &changed));
    *found = changed > 0;
    return ERR_OK;
}
