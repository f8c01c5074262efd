/* rows_version.c - versions, their stages, and when they were read. */
#include "svc/secretsmanager/rows_read.h"

#define VERSION_COLUMNS "v.id, v.created_ms, v.accessed_ms, v.kms_key, v.data_key, v.value, v.text"

static void read_version(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct version *)item = (struct version){
        .id = store_text(rows->ctx, cursor, 0),
        .created_ms = store_int(cursor, 1),
        .accessed_ms = store_int(cursor, 2),
        .kms_key = store_text(rows->ctx, cursor, 3),
        .data_key = store_text(rows->ctx, cursor, 4),
        .value = store_text(rows->ctx, cursor, 5),
        .text = store_int(cursor, 6) != 0,
    };
}

static const struct reader VERSION = { read_version, sizeof(struct version) };

struct err secret_row_version_find(const struct rows *rows, struct str secret, struct str id, struct version *out, bool *found)
{
    return secret_row_read_one(rows,
                         "SELECT " VERSION_COLUMNS " FROM secretsmanager_version v WHERE account = $1 AND secret = $2 AND id = $3",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(id)), VERSION, out, found);
}

struct err secret_row_version_of_stage(const struct rows *rows, struct str secret, struct str stage, struct version *out, bool *found)
{
    return secret_row_read_one(rows,
                         "SELECT " VERSION_COLUMNS " FROM secretsmanager_stage s JOIN secretsmanager_version v"
                         " ON v.account = s.account AND v.secret = s.secret AND v.id = s.version"
                         " WHERE s.account = $1 AND s.secret = $2 AND s.stage = $3",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(stage)), VERSION, out, found);
}

struct err secret_row_versions(const struct rows *rows, struct str secret, struct versions *out)
{
    struct any_list list = { NULL, 0 };
    TRY(secret_row_read(rows,
                  "SELECT " VERSION_COLUMNS " FROM secretsmanager_version v WHERE account = $1 AND secret = $2"
                  " ORDER BY created_ms, id",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret)), VERSION, &list));
    *out = (struct versions){ list.items, list.count };
    return ERR_OK;
}

struct err secret_row_version_put(const struct rows *rows, struct str secret, const struct version *v)
{
    return secret_row_run(rows,
                     "INSERT INTO secretsmanager_version (account, secret, id, created_ms, accessed_ms, kms_key, data_key, value,"
                     " text) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (account, secret, id) DO UPDATE SET"
                     " created_ms = excluded.created_ms, accessed_ms = excluded.accessed_ms, kms_key = excluded.kms_key,"
                     " data_key = excluded.data_key, value = excluded.value, text = excluded.text",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(v->id), SQL_INT(v->created_ms),
                                SQL_INT(v->accessed_ms), SQL_TEXT(v->kms_key), SQL_BLOB(v->data_key), SQL_BLOB(v->value),
                                SQL_INT(v->text)),
                     NULL);
}

struct err secret_row_version_delete(const struct rows *rows, struct str secret, struct str id)
{
    return secret_row_run(rows, "DELETE FROM secretsmanager_version WHERE account = $1 AND secret = $2 AND id = $3",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(id)), NULL);
}

static void read_stage(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct stage *)item = (struct stage){ store_text(rows->ctx, cursor, 0), store_text(rows->ctx, cursor, 1) };
}

struct err secret_row_stages(const struct rows *rows, struct str secret, struct stages *out)
{
    struct any_list list = { NULL, 0 };
    TRY(secret_row_read(rows, "SELECT stage, version FROM secretsmanager_stage WHERE account = $1 AND secret = $2 ORDER BY stage",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret)), (struct reader){ read_stage, sizeof(struct stage) },
                  &list));
    *out = (struct stages){ list.items, list.count };
    return ERR_OK;
}

struct err secret_row_stage_put(const struct rows *rows, struct str secret, struct str stage, struct str version)
{
    return secret_row_run(rows,
                     "INSERT INTO secretsmanager_stage (account, secret, stage, version) VALUES ($1, $2, $3, $4)"
                     " ON CONFLICT (account, secret, stage) DO UPDATE SET version = excluded.version",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(stage), SQL_TEXT(version)), NULL);
}

struct err secret_row_stage_delete(const struct rows *rows, struct str secret, struct str stage)
{
    return secret_row_run(rows, "DELETE FROM secretsmanager_stage WHERE account = $1 AND secret = $2 AND stage = $3",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(stage)), NULL);
}

struct err secret_row_accessed(const struct rows *rows, struct str secret, struct str version, int64_t day_ms)
{
    TRY(secret_row_run(rows,
                  "UPDATE secretsmanager_secret SET accessed_ms = $3 WHERE account = $1 AND arn = $2 AND accessed_ms < $3",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_INT(day_ms)), NULL));
    return secret_row_run(rows,
                     "UPDATE secretsmanager_version SET accessed_ms = $4 WHERE account = $1 AND secret = $2 AND id = $3"
                     " AND accessed_ms < $4",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(version), SQL_INT(day_ms)), NULL);
}
