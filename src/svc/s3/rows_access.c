#include "svc/s3/rows_access.h"

#include "svc/s3/facts.h"

enum { KINDS_MAX = 64 }; /* far more than there are */

/* The account's stands first. */
static const char WHOLE[] =
    "SELECT '#account', document FROM s3_account_setting WHERE account = $2 AND kind = 'public-access'"
    " UNION ALL SELECT kind, document FROM s3_bucket_setting WHERE bucket = $1 AND id = ''";
static const char ACCOUNT_GET[] = "SELECT document FROM s3_account_setting WHERE account = $1 AND kind = $2";
static const char ACCOUNT_PUT[] =
    "INSERT INTO s3_account_setting (account, kind, document) VALUES ($1, $2, $3)"
    " ON CONFLICT (account, kind) DO UPDATE SET document = excluded.document";
static const char ACCOUNT_DELETE[] = "DELETE FROM s3_account_setting WHERE account = $1 AND kind = $2";
static const char LATEST[] = "SELECT acl, tags, owner FROM s3_object WHERE bucket = $1 AND name = $2 AND latest = 1";
static const char VERSION[] = "SELECT acl, tags, owner FROM s3_object WHERE bucket = $1 AND name = $2 AND version = $3";

struct err setting_rows_whole(struct ctx *ctx, struct store_conn *db, const struct bucket_row *bucket, struct setting_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct setting_row, KINDS_MAX);
    *count = 0;
    TRY(store_query(ctx, db, WHOLE, SQL_VALUES(SQL_TEXT(bucket->name), SQL_TEXT(bucket->account)), &cursor));
    while (*count < KINDS_MAX && store_row(ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct setting_row){ store_text(ctx, &cursor, 0), STR(""), store_text(ctx, &cursor, 1) };
    }
    store_end(&cursor);
    return err;
}

struct err account_setting_get(struct ctx *ctx, struct store_conn *db, struct str account, struct str kind, struct str *document)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    *document = STR_NONE;
    TRY(store_query(ctx, db, ACCOUNT_GET, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(kind)), &cursor));
    TRY(store_next(ctx, &cursor, &found));
    if (found) {
        *document = store_text(ctx, &cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err account_setting_put(struct ctx *ctx, struct store_conn *db, struct str account, struct str kind, struct str document)
{
    facts_changed();
    return store_run(ctx, db, ACCOUNT_PUT, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(kind), SQL_TEXT(document)), NULL);
}

struct err account_setting_delete(struct ctx *ctx, struct store_conn *db, struct str account, struct str kind)
{
    facts_changed();
    return store_run(ctx, db, ACCOUNT_DELETE, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(kind)), NULL);
}

struct err object_belongings_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str version,
                                 struct object_belongings *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(version.len ? store_query(ctx, db, VERSION, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(name), SQL_TEXT(version)), &cursor)
                    : store_query(ctx, db, LATEST, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(name)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    if (*found) {
        *out = (struct object_belongings){ store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1), store_text(ctx, &cursor, 2) };
        store_end(&cursor);
    }
    return ERR_OK;
}
