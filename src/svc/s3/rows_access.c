#include "svc/s3/rows_access.h"

static const char ACCESS[] =
    "SELECT kind, document FROM s3_bucket_setting WHERE bucket = $1 AND id = ''"
    " AND kind IN ('policy', 'acl', 'ownership', 'public-access', 'request-payment', 'abac')"
    " UNION ALL SELECT 'account', document FROM s3_account_setting WHERE account = $2 AND kind = 'public-access'";
static const char ACCOUNT_GET[] = "SELECT document FROM s3_account_setting WHERE account = $1 AND kind = $2";
static const char ACCOUNT_PUT[] =
    "INSERT INTO s3_account_setting (account, kind, document) VALUES ($1, $2, $3)"
    " ON CONFLICT (account, kind) DO UPDATE SET document = excluded.document";
static const char ACCOUNT_DELETE[] = "DELETE FROM s3_account_setting WHERE account = $1 AND kind = $2";
static const char LATEST[] = "SELECT acl, tags, owner FROM s3_object WHERE bucket = $1 AND name = $2 AND latest = 1";
static const char VERSION[] = "SELECT acl, tags, owner FROM s3_object WHERE bucket = $1 AND name = $2 AND version = $3";

static void take(struct access_rows *out, struct str kind, struct str document)
{
    const struct {
        struct str kind;
        struct str *place;
    } places[] = {
        { STR("policy"), &out->policy },
        { STR("acl"), &out->acl },
        { STR("ownership"), &out->ownership },
        { STR("public-access"), &out->public_access },
        { STR("request-payment"), &out->payment },
        { STR("abac"), &out->abac },
        { STR("account"), &out->account_public_access },
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (str_equal(kind, places[i].kind)) {
            *places[i].place = document;
        }
    }
}

struct err access_rows_get(struct ctx *ctx, struct store_conn *db, const struct bucket_row *bucket, struct access_rows *out)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = (struct access_rows){ .policy = STR_NONE };
    TRY(store_query(ctx, db, ACCESS, SQL_VALUES(SQL_TEXT(bucket->name), SQL_TEXT(bucket->account)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        take(out, store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1));
    }
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
    return store_run(ctx, db, ACCOUNT_PUT, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(kind), SQL_TEXT(document)), NULL);
}

struct err account_setting_delete(struct ctx *ctx, struct store_conn *db, struct str account, struct str kind)
{
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
