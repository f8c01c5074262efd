#include "svc/guardduty/rows_organization.h"

enum { REGIONS_MAX = 64 };

#define FROM "SELECT account, region, administrator, members, features FROM guardduty_organization WHERE "

static struct err read(struct rows rows, const char *sql, const struct store_value *values, size_t count,
                       struct admin_row *out, size_t *found)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    const size_t max = *found;
    *found = 0;
    TRY(store_query(rows.ctx, rows.db, sql, values, count, &cursor));
    while (*found < max && store_row(rows.ctx, &cursor, &err)) {
        out[(*found)++] = (struct admin_row){
            .management = store_text(rows.ctx, &cursor, 0),
            .region = store_text(rows.ctx, &cursor, 1),
            .administrator = store_text(rows.ctx, &cursor, 2),
            .members = store_text(rows.ctx, &cursor, 3),
            .features = store_text(rows.ctx, &cursor, 4),
        };
    }
    store_end(&cursor);
    return err;
}

static struct err read_one(struct rows rows, const char *sql, struct admin_row *out, bool *found)
{
    size_t count = 1;
    TRY(read(rows, sql, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)), out, &count));
    *found = count == 1;
    return ERR_OK;
}

struct err rows_admin_of_management(struct rows rows, struct admin_row *out, bool *found)
{
    return read_one(rows, FROM "account = $1 AND region = $2", out, found);
}

struct err rows_admin_of_administrator(struct rows rows, struct admin_row *out, bool *found)
{
    return read_one(rows, FROM "administrator = $1 AND region = $2", out, found);
}

struct err rows_admin_regions(struct rows rows, struct admin_row **out, size_t *count)
{
    *count = REGIONS_MAX;
    *out = ARENA_ARRAY(rows.ctx->arena, struct admin_row, REGIONS_MAX);
    return read(rows, FROM "account = $1 ORDER BY region", SQL_VALUES(SQL_TEXT(rows.account)), *out, count);
}

struct err rows_admin_put(struct rows rows, const struct admin_row *row)
{
    return store_run(
        rows.ctx, rows.db,
        "INSERT INTO guardduty_organization (account, region, administrator, members, features)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, region) DO UPDATE SET members = $4, features = $5",
        SQL_VALUES(SQL_TEXT(row->management), SQL_TEXT(row->region), SQL_TEXT(row->administrator),
                   SQL_TEXT(row->members), SQL_TEXT(row->features)),
        NULL);
}

struct err rows_admin_delete(struct rows rows)
{
    return store_run(rows.ctx, rows.db, "DELETE FROM guardduty_organization WHERE account = $1 AND region = $2",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)), NULL);
}
