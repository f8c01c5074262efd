#include "svc/s3/rows_key.h"

static const char KEY_NEWEST[] = "SELECT id, sealed, made_ms FROM s3_key WHERE bucket = $1 ORDER BY made_ms DESC, id LIMIT 1";
static const char KEY_GET[] = "SELECT id, sealed, made_ms FROM s3_key WHERE bucket = $1 AND id = $2";
static const char KEY_PUT[] =
    "INSERT INTO s3_key (bucket, id, made_ms, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT (bucket, id) DO NOTHING";

static struct err take_key(struct ctx *ctx, struct store_cursor *cursor, struct key_row *out, bool *found)
{
    TRY(store_next(ctx, cursor, found));
    if (*found) {
        *out = (struct key_row){ store_text(ctx, cursor, 0), store_text(ctx, cursor, 1), store_int(cursor, 2) };
        store_end(cursor);
    }
    return ERR_OK;
}

struct err key_rows_newest(struct ctx *ctx, struct store_conn *db, struct str bucket, struct key_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, KEY_NEWEST, SQL_VALUES(SQL_TEXT(bucket)), &cursor));
    return take_key(ctx, &cursor, out, found);
}

struct err key_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str id, struct key_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, KEY_GET, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(id)), &cursor));
    return take_key(ctx, &cursor, out, found);
}

struct err key_rows_put(struct ctx *ctx, struct store_conn *db, struct str bucket, const struct key_row *row)
{
    return store_run(ctx, db, KEY_PUT, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(row->id), SQL_INT(row->made_ms), SQL_BLOB(row->sealed)), NULL);
}
