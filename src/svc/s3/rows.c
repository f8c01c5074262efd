#include "svc/s3/rows.h"

#include "svc/s3/facts.h"

#define BUCKET_COLUMNS "name, account, region, created_ms, versioning, mfa_delete, object_lock"

static const char BUCKET_GET[] = "SELECT " BUCKET_COLUMNS " FROM s3_bucket WHERE name = $1";
static const char BUCKET_STAYS[] = "SELECT " BUCKET_COLUMNS " FROM s3_bucket WHERE name = $1 FOR KEY SHARE";
static const char BUCKET_GOES[] = "SELECT " BUCKET_COLUMNS " FROM s3_bucket WHERE name = $1 FOR UPDATE";
static const char BUCKET_INSERT[] = "INSERT INTO s3_bucket (" BUCKET_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)";
static const char BUCKET_UPDATE[] = "UPDATE s3_bucket SET versioning = $2, mfa_delete = $3, object_lock = $4 WHERE name = $1";
static const char BUCKET_DELETE[] = "DELETE FROM s3_bucket WHERE name = $1";
static const char BUCKET_LIST[] =
    "SELECT " BUCKET_COLUMNS " FROM s3_bucket WHERE account = $1 AND name > $2 AND name >= $3 AND ($4 = '' OR region = $4)"
    " ORDER BY name LIMIT $5";
static const char BUCKET_HOLDS[] = "SELECT 1 FROM s3_object WHERE bucket = $1 LIMIT 1";
static const char SETTING_GET[] = "SELECT document FROM s3_bucket_setting WHERE bucket = $1 AND kind = $2 AND id = $3";
static const char SETTING_PUT[] =
    "INSERT INTO s3_bucket_setting (bucket, kind, id, document, changed_ms) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (bucket, kind, id) DO UPDATE SET document = excluded.document, changed_ms = excluded.changed_ms";
static const char SETTING_DELETE[] = "DELETE FROM s3_bucket_setting WHERE bucket = $1 AND kind = $2 AND id = $3";
static const char SETTING_DELETE_ALL[] = "DELETE FROM s3_bucket_setting WHERE bucket = $1";
static const char SETTING_LIST[] =
    "SELECT kind, id, document FROM s3_bucket_setting WHERE bucket = $1 AND kind = $2 ORDER BY kind, id";
static const char SETTING_LIST_ALL[] = "SELECT kind, id, document FROM s3_bucket_setting WHERE bucket = $1 ORDER BY kind, id";

static struct bucket_row read_bucket(struct ctx *ctx, const struct store_cursor *cursor)
{
    return (struct bucket_row){
        .name = store_text(ctx, cursor, 0),
        .account = store_text(ctx, cursor, 1),
        .region = store_text(ctx, cursor, 2),
        .created_ms = store_int(cursor, 3),
        .versioning = store_text(ctx, cursor, 4),
        .mfa_delete = store_int(cursor, 5) != 0,
        .object_lock = store_int(cursor, 6) != 0,
    };
}

static struct err get(struct ctx *ctx, struct store_conn *db, const char *sql, struct str name, struct bucket_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, sql, SQL_VALUES(SQL_TEXT(name)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    if (*found) {
        *out = read_bucket(ctx, &cursor);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err bucket_rows_get(struct ctx *ctx, struct store_conn *db, struct str name, struct bucket_row *out, bool *found)
{
    return get(ctx, db, BUCKET_GET, name, out, found);
}

struct err bucket_rows_hold(struct ctx *ctx, struct store_conn *db, struct str name, enum bucket_future future, struct bucket_row *out,
                            bool *found)
{
    const char *locking = future == BUCKET_WILL_GO ? BUCKET_GOES : BUCKET_STAYS;
    return get(ctx, db, store_needs_row_locks(db) ? locking : BUCKET_GET, name, out, found);
}

struct err bucket_rows_insert(struct ctx *ctx, struct store_conn *db, const struct bucket_row *row)
{
    facts_changed();
    return store_run(ctx, db, BUCKET_INSERT,
                     SQL_VALUES(SQL_TEXT(row->name), SQL_TEXT(row->account), SQL_TEXT(row->region), SQL_INT(row->created_ms),
                                SQL_TEXT(row->versioning.ptr ? row->versioning : STR("")), SQL_INT(row->mfa_delete),
                                SQL_INT(row->object_lock)),
                     NULL);
}

struct err bucket_rows_update(struct ctx *ctx, struct store_conn *db, const struct bucket_row *row)
{
    facts_changed();
    return store_run(ctx, db, BUCKET_UPDATE,
                     SQL_VALUES(SQL_TEXT(row->name), SQL_TEXT(row->versioning), SQL_INT(row->mfa_delete), SQL_INT(row->object_lock)),
                     NULL);
}

struct err bucket_rows_delete(struct ctx *ctx, struct store_conn *db, struct str name)
{
    facts_changed();
    TRY(store_run(ctx, db, SETTING_DELETE_ALL, SQL_VALUES(SQL_TEXT(name)), NULL));
    return store_run(ctx, db, BUCKET_DELETE, SQL_VALUES(SQL_TEXT(name)), NULL);
}

struct err bucket_rows_holds_any(struct ctx *ctx, struct store_conn *db, struct str name, bool *out)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, BUCKET_HOLDS, SQL_VALUES(SQL_TEXT(name)), &cursor));
    TRY(store_next(ctx, &cursor, out));
    store_end(&cursor);
    return ERR_OK;
}

struct err bucket_rows_list(struct ctx *ctx, struct store_conn *db, struct str account, struct str after, struct str prefix,
                            struct str region, size_t max, struct bucket_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct bucket_row, max + 1);
    *count = 0;
    TRY(store_query(ctx, db, BUCKET_LIST,
                    SQL_VALUES(SQL_TEXT(account), SQL_TEXT(after.ptr ? after : STR("")), SQL_TEXT(prefix.ptr ? prefix : STR("")),
                               SQL_TEXT(region.ptr ? region : STR("")), SQL_INT((int64_t)max)),
                    &cursor));
    while (store_row(ctx, &cursor, &err)) {
        const struct bucket_row row = read_bucket(ctx, &cursor);
        if (!str_starts(row.name, prefix)) {
            store_end(&cursor);
            break;
        }
        (*out)[(*count)++] = row;
    }
    return err;
}

struct err setting_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct str id,
                            struct str *document)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    *document = STR_NONE;
    TRY(store_query(ctx, db, SETTING_GET, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(kind), SQL_TEXT(id)), &cursor));
    TRY(store_next(ctx, &cursor, &found));
    if (found) {
        *document = store_text(ctx, &cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err setting_rows_put(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct str id,
                            struct str document)
{
    facts_changed();
    return store_run(ctx, db, SETTING_PUT,
                     SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(kind), SQL_TEXT(id), SQL_TEXT(document), SQL_INT(ctx->now_ms)), NULL);
}

struct err setting_rows_delete(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct str id,
                               bool *found)
{
    int64_t changed = 0;
    facts_changed();
    TRY(store_run(ctx, db, SETTING_DELETE, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(kind), SQL_TEXT(id)), &changed));
    if (found) {
        *found = changed > 0;
    }
    return ERR_OK;
}

struct err setting_rows_list(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct setting_row **out,
                             size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t capacity = 16;
    *out = ARENA_ARRAY(ctx->arena, struct setting_row, capacity);
    *count = 0;
    TRY(kind.ptr ? store_query(ctx, db, SETTING_LIST, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(kind)), &cursor)
                 : store_query(ctx, db, SETTING_LIST_ALL, SQL_VALUES(SQL_TEXT(bucket)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (*count == capacity) {
            *out = arena_grow(ctx->arena, *out, capacity * sizeof(**out), 2 * capacity * sizeof(**out));
            capacity *= 2;
        }
        (*out)[(*count)++] =
            (struct setting_row){ store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1), store_text(ctx, &cursor, 2) };
    }
    return err;
}

static const char SETTING_NEXT_BUCKET[] =
    "SELECT bucket FROM s3_bucket_setting WHERE kind = $1 AND bucket > $2 ORDER BY bucket LIMIT 1";

struct err setting_rows_next_bucket(struct ctx *ctx, struct store_conn *db, struct str kind, struct str after, struct str *out)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    TRY(store_query(ctx, db, SETTING_NEXT_BUCKET, SQL_VALUES(SQL_TEXT(kind), SQL_TEXT(after)), &cursor));
    TRY(store_next(ctx, &cursor, &found));
    *out = found ? store_text(ctx, &cursor, 0) : STR_NONE;
    store_end(&cursor);
    return ERR_OK;
}
