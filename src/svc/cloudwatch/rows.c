/* rows.c - metrics, their data, and tags. */
#include "svc/cloudwatch/rows.h"

#include "svc/cloudwatch/rows_read.h"

struct err cloudwatch_row_read(struct ctx *ctx, struct store_conn *db, const char *sql, const struct store_value *values, size_t count,
                               struct reader reader, struct any_list *out)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t room = 8;
    char *array = arena_array(ctx->arena, room, reader.size);
    size_t taken = 0;
    TRY(store_query(ctx, db, sql, values, count, &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (taken == room) {
            array = arena_grow(ctx->arena, array, room * reader.size, 2 * room * reader.size);
            room *= 2;
        }
        reader.read(ctx, &cursor, array + taken * reader.size);
        taken++;
    }
    *out = (struct any_list){ array, taken };
    return err;
}

static const char METRIC_TOUCH[] =
    "INSERT INTO cloudwatch_metric (account, region, id, namespace, name, dimensions, last_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
    " ON CONFLICT (account, region, id) DO UPDATE SET last_ms = excluded.last_ms";
static const char METRIC_LIST[] =
    "SELECT id, namespace, name, dimensions, last_ms FROM cloudwatch_metric WHERE account = $1 AND region = $2 AND id > $3"
    " ORDER BY id LIMIT $4";
static const char METRIC_FORGET[] = "DELETE FROM cloudwatch_metric WHERE last_ms < $1";

struct err cloudwatch_row_metric_touch(const struct rows *rows, const struct metric *metric)
{
    return store_run(rows->ctx, rows->db, METRIC_TOUCH,
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(metric->id), SQL_TEXT(metric->namespace),
                                SQL_TEXT(metric->name), SQL_TEXT(metric->dimensions), SQL_INT(metric->last_ms)),
                     NULL);
}

static void read_metric(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct metric *)item = (struct metric){
        .id = store_text(ctx, cursor, 0),
        .namespace = store_text(ctx, cursor, 1),
        .name = store_text(ctx, cursor, 2),
        .dimensions = store_text(ctx, cursor, 3),
        .last_ms = store_int(cursor, 4),
    };
}

struct err cloudwatch_row_metrics(const struct rows *rows, struct str after, int64_t limit, struct metrics *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, METRIC_LIST,
                            SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(after), SQL_INT(limit)),
                            (struct reader){ read_metric, sizeof(struct metric) }, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

struct err cloudwatch_row_metrics_forget(struct ctx *ctx, struct store_conn *db, int64_t before_ms)
{
    return store_run(ctx, db, METRIC_FORGET, SQL_VALUES(SQL_INT(before_ms)), NULL);
}

#define CHUNK_COLUMNS "account, region, metric, level, start_ms, unit, data"
#define CHUNK_KEY "account = $1 AND region = $2 AND metric = $3 AND level = $4 AND start_ms = $5 AND unit = $6"
#define CHUNK_KEY_VALUES(rows, chunk)                                                                                      \
    SQL_TEXT((rows)->account), SQL_TEXT((rows)->region), SQL_TEXT((chunk)->metric), SQL_INT((chunk)->level),                \
        SQL_INT((chunk)->start_ms), SQL_TEXT((chunk)->unit)
static const char CHUNK_GET[] = "SELECT " CHUNK_COLUMNS " FROM cloudwatch_chunk WHERE " CHUNK_KEY;
static const char CHUNK_PUT[] =
    "INSERT INTO cloudwatch_chunk (" CHUNK_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)"
    " ON CONFLICT (account, region, metric, level, start_ms, unit) DO UPDATE SET data = excluded.data";
static const char CHUNK_DELETE[] = "DELETE FROM cloudwatch_chunk WHERE " CHUNK_KEY;
static const char CHUNK_RANGE[] =
    "SELECT " CHUNK_COLUMNS " FROM cloudwatch_chunk WHERE account = $1 AND region = $2 AND metric = $3 AND level = $4"
    " AND start_ms >= $5 AND start_ms < $6 ORDER BY start_ms, unit";
static const char CHUNK_BEFORE[] =
    "SELECT " CHUNK_COLUMNS " FROM cloudwatch_chunk WHERE level = $1 AND start_ms < $2 ORDER BY start_ms LIMIT $3";

static void read_chunk(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct chunk *)item = (struct chunk){
        .account = store_text(ctx, cursor, 0),
        .region = store_text(ctx, cursor, 1),
        .metric = store_text(ctx, cursor, 2),
        .level = (int)store_int(cursor, 3),
        .start_ms = store_int(cursor, 4),
        .unit = store_text(ctx, cursor, 5),
        .data = store_text(ctx, cursor, 6),
    };
}
static const struct reader CHUNK_READER = { read_chunk, sizeof(struct chunk) };

struct err cloudwatch_row_chunk_get(const struct rows *rows, struct chunk *chunk, bool *found)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, CHUNK_GET, SQL_VALUES(CHUNK_KEY_VALUES(rows, chunk)), CHUNK_READER, &list));
    *found = list.count > 0;
    if (*found) {
        *chunk = *(const struct chunk *)list.items;
    }
    return ERR_OK;
}

struct err cloudwatch_row_chunk_put(const struct rows *rows, const struct chunk *chunk)
{
    return store_run(rows->ctx, rows->db, CHUNK_PUT, SQL_VALUES(CHUNK_KEY_VALUES(rows, chunk), SQL_BLOB(chunk->data)), NULL);
}

struct err cloudwatch_row_chunk_delete(const struct rows *rows, const struct chunk *chunk)
{
    return store_run(rows->ctx, rows->db, CHUNK_DELETE, SQL_VALUES(CHUNK_KEY_VALUES(rows, chunk)), NULL);
}

struct err cloudwatch_row_chunks(const struct rows *rows, struct str metric, int level, int64_t from_ms, int64_t to_ms,
                                 struct chunks *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, CHUNK_RANGE,
                            SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(metric), SQL_INT(level),
                                       SQL_INT(from_ms), SQL_INT(to_ms)),
                            CHUNK_READER, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

struct err cloudwatch_row_chunks_before(struct ctx *ctx, struct store_conn *db, int level, int64_t before_ms, int64_t limit,
                                        struct chunks *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(ctx, db, CHUNK_BEFORE, SQL_VALUES(SQL_INT(level), SQL_INT(before_ms), SQL_INT(limit)), CHUNK_READER, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

static const char UNIT_LIST[] =
    "SELECT DISTINCT unit FROM cloudwatch_chunk WHERE account = $1 AND region = $2 AND metric = $3 ORDER BY unit";

static void read_unit(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct str *)item = store_text(ctx, cursor, 0);
}

struct err cloudwatch_row_units(const struct rows *rows, struct str metric, struct units *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, UNIT_LIST, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(metric)),
                            (struct reader){ read_unit, sizeof(struct str) }, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

static const char TAG_LIST[] = "SELECT key, value FROM cloudwatch_tag WHERE account = $1 AND resource = $2 ORDER BY key";
static const char TAG_PUT[] =
    "INSERT INTO cloudwatch_tag (account, resource, key, value) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (account, resource, key) DO UPDATE SET value = excluded.value";
static const char TAG_DELETE[] = "DELETE FROM cloudwatch_tag WHERE account = $1 AND resource = $2 AND key = $3";
static const char TAG_DELETE_ALL[] = "DELETE FROM cloudwatch_tag WHERE account = $1 AND resource = $2";

static void read_tag(struct ctx *ctx, const struct store_cursor *cursor, void *item)
{
    *(struct tag *)item = (struct tag){ store_text(ctx, cursor, 0), store_text(ctx, cursor, 1) };
}

struct err cloudwatch_row_tags(const struct rows *rows, struct str resource, struct tags *out)
{
    struct any_list list = { NULL, 0 };
    TRY(cloudwatch_row_read(rows->ctx, rows->db, TAG_LIST, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource)),
                            (struct reader){ read_tag, sizeof(struct tag) }, &list));
    ROWS_INTO(out, list);
    return ERR_OK;
}

struct err cloudwatch_row_tag_put(const struct rows *rows, struct str resource, struct str key, struct str value)
{
    return store_run(rows->ctx, rows->db, TAG_PUT,
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource), SQL_TEXT(key), SQL_TEXT(value)), NULL);
}

struct err cloudwatch_row_tag_delete(const struct rows *rows, struct str resource, struct str key)
{
    return store_run(rows->ctx, rows->db, TAG_DELETE, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource), SQL_TEXT(key)), NULL);
}

struct err cloudwatch_row_tags_delete(const struct rows *rows, struct str resource)
{
    return store_run(rows->ctx, rows->db, TAG_DELETE_ALL, SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource)), NULL);
}
