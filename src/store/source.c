#include "store/source.h"

enum { ROWS_MAX = 10000 };

static struct err find(struct ctx *ctx, struct store_conn *conn, struct str name, int64_t *id)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    *id = 0;
    TRY(store_query(ctx, conn, "SELECT id FROM store_source WHERE name = $1", SQL_VALUES(SQL_TEXT(name)), &cursor));
    TRY(store_next(ctx, &cursor, &more));
    if (more) {
        *id = store_int(&cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err store_source_open(struct ctx *ctx, struct store_conn *conn, struct str name, int64_t *id)
{
    TRY(find(ctx, conn, name, id));
    if (*id != 0) {
        return ERR_OK;
    }
    TRY(store_run(ctx, conn,
                  "INSERT INTO store_source (name, objects, bytes, records, skipped, newest_ms, lag_ms, looked_ms)"
                  " VALUES ($1, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (name) DO NOTHING", SQL_VALUES(SQL_TEXT(name)), NULL));
    return find(ctx, conn, name, id);
}

struct err store_source_has(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str object, bool *has)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, conn, "SELECT 1 FROM store_source_object WHERE source = $1 AND object = $2",
                    SQL_VALUES(SQL_INT(source), SQL_TEXT(object)), &cursor));
    TRY(store_next(ctx, &cursor, has));
    if (*has) {
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err store_source_knows(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str start, bool *knows)
{
    struct store_cursor cursor = { .conn = NULL };
    const struct str end = str_format(ctx->arena, "%" STR_FMT "~", STR_ARG(start)); /* beyond all hexadecimal digits */
    TRY(store_query(ctx, conn, "SELECT 1 FROM store_source_object WHERE source = $1 AND object >= $2 AND object < $3 LIMIT 1",
                    SQL_VALUES(SQL_INT(source), SQL_TEXT(start), SQL_TEXT(end)), &cursor));
    TRY(store_next(ctx, &cursor, knows));
    if (*knows) {
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err store_source_add(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str object)
{
    return store_run(ctx, conn, "INSERT INTO store_source_object (source, object) VALUES ($1, $2)",
                     SQL_VALUES(SQL_INT(source), SQL_TEXT(object)), NULL);
}

struct err store_source_count(struct ctx *ctx, struct store_conn *conn, int64_t source,
                              const struct store_source_counts *more)
{
    return store_run(ctx, conn,
                     "UPDATE store_source SET objects = objects + $2, bytes = bytes + $3, records = records + $4,"
                     " skipped = skipped + $5, newest_ms = CASE WHEN newest_ms > $6 THEN newest_ms ELSE $6 END,"
                     " lag_ms = $7 WHERE id = $1",
                     SQL_VALUES(SQL_INT(source), SQL_INT(more->objects), SQL_INT(more->bytes), SQL_INT(more->records),
                                SQL_INT(more->skipped), SQL_INT(more->newest_ms), SQL_INT(more->lag_ms)), NULL);
}

struct err store_source_looked(struct ctx *ctx, struct store_conn *conn, int64_t source, struct str error)
{
    return store_run(ctx, conn, "UPDATE store_source SET looked_ms = $2, error = $3 WHERE id = $1",
                     SQL_VALUES(SQL_INT(source), SQL_INT(ctx->now_ms), SQL_TEXT(error)), NULL);
}

struct err store_source_missing(struct ctx *ctx, struct store_conn *conn, int64_t source, int64_t missing)
{
    return store_run(ctx, conn, "UPDATE store_source SET missing = $2 WHERE id = $1", SQL_VALUES(SQL_INT(source), SQL_INT(missing)), NULL);
}

struct err store_source_add_hour(struct ctx *ctx, struct store_conn *conn, int64_t source,
                                 const struct store_source_hour *hour)
{
    return store_run(ctx, conn,
                     "INSERT INTO store_source_hour (source, account, region, type, hour) VALUES ($1, $2, $3, $4, $5)"
                     " ON CONFLICT (source, account, region, type, hour) DO NOTHING",
                     SQL_VALUES(SQL_INT(source), SQL_TEXT(hour->account), SQL_TEXT(hour->region), SQL_TEXT(hour->type),
                                SQL_INT(hour->hour)), NULL);
}

/* Room for one more in an array that doubles. */
static void *grown(struct ctx *ctx, void *rows, size_t count, size_t size)
{
    const bool full = count == 0 || (count & (count - 1)) == 0;
    const size_t capacity = count == 0 ? 1 : count * 2;
    return full ? arena_grow(ctx->arena, rows, count * size, capacity * size) : rows;
}

struct err store_source_gaps(struct ctx *ctx, struct store_conn *conn, struct store_source_gap **rows, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *rows = NULL;
    *count = 0;
    TRY(store_query(ctx, conn,
                    "SELECT source, account, region, type, min(hour), max(hour), count(hour) FROM store_source_hour"
                    " GROUP BY source, account, region, type ORDER BY source, account, region, type LIMIT $1",
                    SQL_VALUES(SQL_INT(ROWS_MAX)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        *rows = grown(ctx, *rows, *count, sizeof(**rows));
        (*rows)[(*count)++] = (struct store_source_gap){
            .source = store_int(&cursor, 0), .account = store_text(ctx, &cursor, 1),
            .region = store_text(ctx, &cursor, 2), .type = store_text(ctx, &cursor, 3),
            .first_hour = store_int(&cursor, 4), .last_hour = store_int(&cursor, 5), .hours = store_int(&cursor, 6),
        };
    }
    return err;
}

static struct err list(struct ctx *ctx, struct store_conn *conn, struct store_source_row **rows, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *rows = NULL;
    *count = 0;
    TRY(store_query(ctx, conn,
                    "SELECT id, name, objects, bytes, records, skipped, newest_ms, lag_ms, looked_ms, error, missing"
                    " FROM store_source ORDER BY id LIMIT $1", SQL_VALUES(SQL_INT(ROWS_MAX)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        *rows = grown(ctx, *rows, *count, sizeof(**rows));
        (*rows)[(*count)++] = (struct store_source_row){
            .id = store_int(&cursor, 0), .name = store_text(ctx, &cursor, 1),
            .counts = { store_int(&cursor, 2), store_int(&cursor, 3), store_int(&cursor, 4), store_int(&cursor, 5),
                        store_int(&cursor, 6), store_int(&cursor, 7) },
            .looked_ms = store_int(&cursor, 8), .error = store_text(ctx, &cursor, 9), .missing = store_int(&cursor, 10),
        };
    }
    return err;
}

struct err store_source_list(struct ctx *ctx, struct store_conn *conn, struct store_source_row **rows, size_t *count)
{
    struct store_source_gap *gaps = NULL;
    size_t gap_count = 0;
    TRY(list(ctx, conn, rows, count));
    TRY(store_source_gaps(ctx, conn, &gaps, &gap_count));
    for (size_t i = 0; i < gap_count; i++) {
        for (size_t j = 0; j < *count; j++) {
            if ((*rows)[j].id == gaps[i].source) {
                (*rows)[j].gaps += gaps[i].last_hour - gaps[i].first_hour + 1 - gaps[i].hours;
            }
        }
    }
    return ERR_OK;
}
