/* rows_dashboard.c - dashboards, of the whole account. */
#include "svc/cloudwatch/rows_read.h"

#define SELECT_DASHBOARD "SELECT name, body, modified_ms FROM cloudwatch_dashboard "

static const char GET[] = SELECT_DASHBOARD "WHERE account = $1 AND name = $2";
static const char LIST[] = SELECT_DASHBOARD "WHERE account = $1 AND name > $2 ORDER BY name LIMIT $3";
static const char PUT[] =
    "INSERT INTO cloudwatch_dashboard (account, name, body, modified_ms) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (account, name) DO UPDATE SET body = excluded.body, modified_ms = excluded.modified_ms";
static const char DELETE[] = "DELETE FROM cloudwatch_dashboard WHERE account = $1 AND name = $2";

static void read_dashboard(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct dashboard *)item = (struct dashboard){
        .name = store_text(ctx, cursor, 0), .body = store_text(ctx, cursor, 1), .modified_ms = store_int(cursor, 2),
    };
}
static const struct reader READER = { read_dashboard, sizeof(struct dashboard) };

struct err cloudwatch_row_dashboard_get(const struct rows *rows, struct str name, struct dashboard *out, bool *found)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, GET, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(name)), READER, &list));
    *found = list.count > 0;
    if (*found) {
        *out = *(const struct dashboard *)list.items;
    }
    return ERR_OK;
}

struct err cloudwatch_row_dashboards(const struct rows *rows, struct str after, int64_t limit, struct dashboards *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, LIST, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(after), SQL_INT(limit)), READER,
                            &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

struct err cloudwatch_row_dashboard_put(const struct rows *rows, const struct dashboard *dashboard)
{
    return store_run(rows->ctx, rows->db, PUT,
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(dashboard->name), SQL_TEXT(dashboard->body),
                                SQL_INT(dashboard->modified_ms)),
                     NULL);
}

struct err cloudwatch_row_dashboard_delete(const struct rows *rows, struct str name)
{
    return store_run(rows->ctx, rows->db, DELETE, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(name)), NULL);
}
