/* rows_belonging.c - a secret's tags, replicas and rotation under way. */
#include "svc/secretsmanager/rows_read.h"

static void read_tag(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct tag *)item = (struct tag){ store_text(rows->ctx, cursor, 0), store_text(rows->ctx, cursor, 1) };
}

struct err secret_row_tags(const struct rows *rows, struct str secret, struct tags *out)
{
    struct any_list list = { NULL, 0 };
    TRY(secret_row_read(rows, "SELECT key, value FROM secretsmanager_tag WHERE account = $1 AND secret = $2 ORDER BY key",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret)), (struct reader){ read_tag, sizeof(struct tag) }, &list));
    *out = (struct tags){ list.items, list.count };
    return ERR_OK;
}

struct err secret_row_tag_put(const struct rows *rows, struct str secret, struct str key, struct str value)
{
    return secret_row_run(rows,
                     "INSERT INTO secretsmanager_tag (account, secret, key, value) VALUES ($1, $2, $3, $4)"
                     " ON CONFLICT (account, secret, key) DO UPDATE SET value = excluded.value",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(key), SQL_TEXT(value)), NULL);
}

struct err secret_row_tag_delete(const struct rows *rows, struct str secret, struct str key)
{
    return secret_row_run(rows, "DELETE FROM secretsmanager_tag WHERE account = $1 AND secret = $2 AND key = $3",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(key)), NULL);
}

static void read_replica(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct replica *)item = (struct replica){ store_text(rows->ctx, cursor, 0), store_text(rows->ctx, cursor, 1),
                                                store_text(rows->ctx, cursor, 2), store_text(rows->ctx, cursor, 3) };
}

struct err secret_row_replicas(const struct rows *rows, struct str secret, struct replicas *out)
{
    struct any_list list = { NULL, 0 };
    TRY(secret_row_read(rows,
                  "SELECT region, kms_key, status, message FROM secretsmanager_replica WHERE account = $1 AND secret = $2"
                  " ORDER BY region",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret)), (struct reader){ read_replica, sizeof(struct replica) },
                  &list));
    *out = (struct replicas){ list.items, list.count };
    return ERR_OK;
}

struct err secret_row_replica_put(const struct rows *rows, struct str secret, const struct replica *replica)
{
    return secret_row_run(rows,
                     "INSERT INTO secretsmanager_replica (account, secret, region, kms_key, status, message)"
                     " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account, secret, region) DO UPDATE SET"
                     " kms_key = excluded.kms_key, status = excluded.status, message = excluded.message",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(replica->region), SQL_TEXT(replica->kms_key),
                                SQL_TEXT(replica->status), SQL_TEXT(replica->message)),
                     NULL);
}

struct err secret_row_replica_delete(const struct rows *rows, struct str secret, struct str region)
{
    return secret_row_run(rows, "DELETE FROM secretsmanager_replica WHERE account = $1 AND secret = $2 AND region = $3",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret), SQL_TEXT(region)), NULL);
}

#define ROTATION_COLUMNS "account, secret, version, proof, check_only, step, tries, next_ms, started_ms"

static void read_rotation(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    *(struct rotation *)item = (struct rotation){
        .account = store_text(rows->ctx, cursor, 0),
        .secret = store_text(rows->ctx, cursor, 1),
        .version = store_text(rows->ctx, cursor, 2),
        .proof = store_text(rows->ctx, cursor, 3),
        .check_only = store_int(cursor, 4) != 0,
        .step = store_int(cursor, 5),
        .tries = store_int(cursor, 6),
        .next_ms = store_int(cursor, 7),
        .started_ms = store_int(cursor, 8),
    };
}

static const struct reader ROTATION = { read_rotation, sizeof(struct rotation) };

struct err secret_row_rotation_find(const struct rows *rows, struct str secret, struct rotation *out, bool *found)
{
    return secret_row_read_one(rows, "SELECT " ROTATION_COLUMNS " FROM secretsmanager_rotation WHERE account = $1 AND secret = $2",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret)), ROTATION, out, found);
}

struct err secret_row_rotation_put(const struct rows *rows, const struct rotation *r)
{
    return secret_row_run(rows,
                     "INSERT INTO secretsmanager_rotation (" ROTATION_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                     " ON CONFLICT (account, secret) DO UPDATE SET version = excluded.version, proof = excluded.proof,"
                     " check_only = excluded.check_only, step = excluded.step, tries = excluded.tries,"
                     " next_ms = excluded.next_ms, started_ms = excluded.started_ms",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(r->secret), SQL_TEXT(r->version), SQL_TEXT(r->proof),
                                SQL_INT(r->check_only), SQL_INT(r->step), SQL_INT(r->tries), SQL_INT(r->next_ms),
                                SQL_INT(r->started_ms)),
                     NULL);
}

struct err secret_row_rotation_delete(const struct rows *rows, struct str secret)
{
    return secret_row_run(rows, "DELETE FROM secretsmanager_rotation WHERE account = $1 AND secret = $2",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(secret)), NULL);
}

struct err secret_row_rotations_due(const struct rows *rows, int64_t limit, struct rotations *out)
{
    struct any_list list = { NULL, 0 };
    TRY(secret_row_read(rows, "SELECT " ROTATION_COLUMNS " FROM secretsmanager_rotation WHERE next_ms <= $1 ORDER BY next_ms LIMIT $2",
                  SQL_VALUES(SQL_INT(rows->ctx->now_ms), SQL_INT(limit)), ROTATION, &list));
    *out = (struct rotations){ list.items, list.count };
    return ERR_OK;
}
