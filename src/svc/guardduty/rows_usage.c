#include "svc/guardduty/rows_usage.h"

static const char USAGE_ADD[] =
    "INSERT INTO guardduty_usage (account, region, day, record_account, source, records, bytes)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
    " ON CONFLICT (account, region, day, record_account, source) DO UPDATE SET"
    " records = guardduty_usage.records + excluded.records, bytes = guardduty_usage.bytes + excluded.bytes";
static const char USAGE_SUM[] =
    "SELECT record_account, source, CAST(sum(records) AS BIGINT), CAST(sum(bytes) AS BIGINT)"
    " FROM guardduty_usage WHERE account = $1 AND region = $2 AND day >= $3"
    " GROUP BY record_account, source ORDER BY record_account, source LIMIT $4";

struct err rows_usage_add(struct rows rows, int64_t day, const struct usage_row *row)
{
    return store_run(rows.ctx, rows.db, USAGE_ADD,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_INT(day),
                                SQL_TEXT(row->record_account), SQL_TEXT(row->source), SQL_INT(row->records),
                                SQL_INT(row->bytes)),
                     NULL);
}

struct err rows_usage_sum(struct rows rows, int64_t from_day, struct usage_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct usage_row, USAGE_ROWS_MAX);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, USAGE_SUM,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_INT(from_day),
                               SQL_INT(USAGE_ROWS_MAX)),
                    &cursor));
    while (*count < USAGE_ROWS_MAX && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct usage_row){
            .record_account = store_text(rows.ctx, &cursor, 0),
            .source = store_text(rows.ctx, &cursor, 1),
            .records = store_int(&cursor, 2),
            .bytes = store_int(&cursor, 3),
        };
    }
    store_end(&cursor);
    return err;
}

#define SEEN_FROM                                                                                                      \
    "SELECT record_account, min(day), max(day) FROM guardduty_usage"                                                   \
    " WHERE account = $1 AND region = $2 AND record_account <> $1"
static const char SEEN_LIST[] =
    SEEN_FROM " AND record_account > $3 GROUP BY record_account ORDER BY record_account LIMIT $4";
static const char SEEN_GET[] = SEEN_FROM " AND record_account = $3 GROUP BY record_account";

static struct seen_row read_seen(struct rows rows, const struct store_cursor *cursor)
{
    return (struct seen_row){ store_text(rows.ctx, cursor, 0), store_int(cursor, 1), store_int(cursor, 2) };
}

struct err rows_seen_list(struct rows rows, struct str after, size_t limit, struct seen_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct seen_row, limit + 1);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, SEEN_LIST,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(after.ptr ? after : STR("")),
                               SQL_INT((int64_t)limit)),
                    &cursor));
    while (*count < limit && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = read_seen(rows, &cursor);
    }
    store_end(&cursor);
    return err;
}

struct err rows_seen_get(struct rows rows, struct str account, struct seen_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, SEEN_GET,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(account)), &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (*found) {
        *out = read_seen(rows, &cursor);
    }
    store_end(&cursor);
    return ERR_OK;
}

struct err rows_usage_purge(struct rows rows, int64_t day)
{
    return store_run(rows.ctx, rows.db, "DELETE FROM guardduty_usage WHERE account = $1 AND region = $2 AND day < $3",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_INT(day)), NULL);
}
