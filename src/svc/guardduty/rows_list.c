#include "svc/guardduty/list.h"

#define COLUMNS "account, region, id, kind, name, format, location, bucket_owner, status, detail, token, turn, created_ms, updated_ms"

static const char LIST_GET[] = "SELECT " COLUMNS " FROM guardduty_list WHERE account = $1 AND region = $2 AND id = $3";
static const char LIST_ALL[] =
    "SELECT " COLUMNS " FROM guardduty_list WHERE account = $1 AND region = $2 AND kind = $3 ORDER BY id";
static const char LIST_EVERYWHERE[] =
    "SELECT " COLUMNS " FROM guardduty_list WHERE status <> 'DELETED' ORDER BY account, region, id";
static const char LIST_PLACES[] = "SELECT account, region FROM guardduty_detector ORDER BY account, region";
static const char LIST_PUT[] =
    "INSERT INTO guardduty_list (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    " ON CONFLICT (account, region, id) DO UPDATE SET name = excluded.name, location = excluded.location,"
    " bucket_owner = excluded.bucket_owner, status = excluded.status, detail = excluded.detail, turn = excluded.turn,"
    " updated_ms = excluded.updated_ms";
static const char LIST_FORGET[] =
    "DELETE FROM guardduty_list WHERE account = $1 AND region = $2 AND status = 'DELETED' AND updated_ms < $3";
static const char LIST_DELETE_ALL[] = "DELETE FROM guardduty_list WHERE account = $1 AND region = $2";
static const char CONTENT_DELETE_ALL[] = "DELETE FROM guardduty_list_content WHERE account = $1 AND region = $2";
static const char CONTENT_PUT[] =
    "INSERT INTO guardduty_list_content (account, region, id, content) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (account, region, id) DO UPDATE SET content = excluded.content";
static const char CONTENT_GET[] =
    "SELECT content FROM guardduty_list_content WHERE account = $1 AND region = $2 AND id = $3";
static const char CONTENT_DELETE[] = "DELETE FROM guardduty_list_content WHERE account = $1 AND region = $2 AND id = $3";

static struct list_row row_of(struct ctx *ctx, struct store_cursor *cursor)
{
    return (struct list_row){
        .account = store_text(ctx, cursor, 0), .region = store_text(ctx, cursor, 1), .id = store_text(ctx, cursor, 2),
        .kind = store_text(ctx, cursor, 3), .name = store_text(ctx, cursor, 4), .format = store_text(ctx, cursor, 5),
        .location = store_text(ctx, cursor, 6), .owner = store_text(ctx, cursor, 7), .status = store_text(ctx, cursor, 8),
        .detail = store_text(ctx, cursor, 9), .token = store_text(ctx, cursor, 10), .turn = store_int(cursor, 11),
        .created_ms = store_int(cursor, 12), .updated_ms = store_int(cursor, 13),
    };
}

struct err rows_list_get(struct rows rows, struct str id, struct list_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, LIST_GET, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(id)), &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (*found) {
        *out = row_of(rows.ctx, &cursor);
        store_end(&cursor);
    }
    return ERR_OK;
}

static struct err read_all(struct ctx *ctx, struct store_cursor *cursor, struct list_row **out, size_t *count)
{
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct list_row, LIST_ROWS_MAX);
    *count = 0;
    while (*count < LIST_ROWS_MAX && store_row(ctx, cursor, &err)) {
        (*out)[(*count)++] = row_of(ctx, cursor);
    }
    store_end(cursor);
    return err;
}

struct err rows_list_all(struct rows rows, struct str kind, struct list_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, LIST_ALL, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(kind)), &cursor));
    return read_all(rows.ctx, &cursor, out, count);
}

struct err rows_list_everywhere(struct ctx *ctx, struct store_conn *db, struct list_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, LIST_EVERYWHERE, NULL, 0, &cursor));
    return read_all(ctx, &cursor, out, count);
}

struct err rows_list_places(struct ctx *ctx, struct store_conn *db, struct list_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct list_row, LIST_ROWS_MAX);
    *count = 0;
    TRY(store_query(ctx, db, LIST_PLACES, NULL, 0, &cursor));
    while (*count < LIST_ROWS_MAX && store_row(ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct list_row){ .account = store_text(ctx, &cursor, 0), .region = store_text(ctx, &cursor, 1) };
    }
    store_end(&cursor);
    return err;
}

struct err rows_list_put(struct rows rows, const struct list_row *row)
{
    return store_run(rows.ctx, rows.db, LIST_PUT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(row->id), SQL_TEXT(row->kind),
                                SQL_TEXT(row->name), SQL_TEXT(row->format), SQL_TEXT(row->location), SQL_TEXT(row->owner),
                                SQL_TEXT(row->status), SQL_TEXT(row->detail), SQL_TEXT(row->token), SQL_INT(row->turn),
                                SQL_INT(row->created_ms), SQL_INT(row->updated_ms)),
                     NULL);
}

struct err rows_list_forget(struct rows rows, int64_t before_ms)
{
    return store_run(rows.ctx, rows.db, LIST_FORGET, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_INT(before_ms)), NULL);
}

struct err rows_list_delete_all(struct rows rows)
{
    TRY(store_run(rows.ctx, rows.db, CONTENT_DELETE_ALL, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)), NULL));
    return store_run(rows.ctx, rows.db, LIST_DELETE_ALL, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)), NULL);
}

struct err rows_list_content_put(struct rows rows, struct str id, struct str content)
{
    return store_run(rows.ctx, rows.db, CONTENT_PUT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(id), SQL_BLOB(content)), NULL);
}

struct err rows_list_content_get(struct rows rows, struct str id, struct str *content)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    *content = STR("");
    TRY(store_query(rows.ctx, rows.db, CONTENT_GET, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(id)), &cursor));
    TRY(store_next(rows.ctx, &cursor, &found));
    if (found) {
        *content = store_text(rows.ctx, &cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_list_content_delete(struct rows rows, struct str id)
{
    return store_run(rows.ctx, rows.db, CONTENT_DELETE, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(id)), NULL);
}
