#include "svc/secretsmanager/rows.h"

#include "store/list.h"
#include "svc/secretsmanager/rows_read.h"
#include "svc/secretsmanager/snapshot.h"

/* A reader of ours as the store calls it. */
struct adapter {
    const struct rows *rows;
    void (*read)(const struct rows *rows, const struct store_cursor *cursor, void *item);
};

static void read_row(const void *self, const struct store_cursor *row, void *item)
{
    const struct adapter *adapter = self;
    adapter->read(adapter->rows, row, item);
}

struct err secret_row_read(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                           struct reader reader, struct any_list *out)
{
    const struct adapter adapter = { rows, reader.read };
    struct store_list list = { NULL, 0 };
    const struct err err = store_list(rows->ctx, rows->db, sql, values, count,
                                      &(const struct store_reader){ read_row, &adapter, reader.size, 0 }, &list);
    *out = (struct any_list){ list.items, list.count };
    return err;
}

struct err secret_row_read_one(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                               struct reader reader, void *out, bool *found)
{
    const struct adapter adapter = { rows, reader.read };
    return store_first(rows->ctx, rows->db, sql, values, count, &(const struct store_reader){ read_row, &adapter, reader.size, 1 },
                       out, found);
}

struct err secret_row_run(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                          int64_t *changed)
{
    secret_snapshot_changed();
    return store_run(rows->ctx, rows->db, sql, values, count, changed);
}

#define SECRET_COLUMNS                                                                                                    \
    "account, region, name, arn, description, kms_key, kind, policy, owner, primary_region, created_ms, changed_ms,"      \
    " accessed_ms, deleted_ms, rotates, function, days, schedule, duration, rotated_ms, opens_ms, closes_ms, tagged"
#define SELECT_SECRET "SELECT " SECRET_COLUMNS " FROM secretsmanager_secret "

static void read_secret(const struct rows *rows, const struct store_cursor *cursor, void *item)
{
    struct ctx *ctx = rows->ctx;
    *(struct secret *)item = (struct secret){
        .account = store_text(ctx, cursor, 0),
        .region = store_text(ctx, cursor, 1),
        .name = store_text(ctx, cursor, 2),
        .arn = store_text(ctx, cursor, 3),
        .description = store_text(ctx, cursor, 4),
        .kms_key = store_text(ctx, cursor, 5),
        .kind = store_text(ctx, cursor, 6),
        .policy = store_text(ctx, cursor, 7),
        .owner = store_text(ctx, cursor, 8),
        .primary_region = store_text(ctx, cursor, 9),
        .created_ms = store_int(cursor, 10),
        .changed_ms = store_int(cursor, 11),
        .accessed_ms = store_int(cursor, 12),
        .deleted_ms = store_int(cursor, 13),
        .rotates = store_int(cursor, 14) != 0,
        .function = store_text(ctx, cursor, 15),
        .days = store_int(cursor, 16),
        .schedule = store_text(ctx, cursor, 17),
        .duration = store_text(ctx, cursor, 18),
        .rotated_ms = store_int(cursor, 19),
        .opens_ms = store_int(cursor, 20),
        .closes_ms = store_int(cursor, 21),
        .tagged = store_int(cursor, 22) != 0,
    };
}

static const struct reader SECRET = { read_secret, sizeof(struct secret) };

struct err secret_row_secret_by_arn(const struct rows *rows, struct str arn, struct secret *out, bool *found)
{
    return secret_row_read_one(rows, SELECT_SECRET "WHERE account = $1 AND arn = $2",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(arn)), SECRET, out, found);
}

struct err secret_row_secret_by_name(const struct rows *rows, struct str name, struct secret *out, bool *found)
{
    return secret_row_read_one(rows, SELECT_SECRET "WHERE account = $1 AND region = $2 AND name = $3",
                         SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(name)), SECRET, out, found);
}

#define SECRET_VALUES(s)                                                                                                  \
    SQL_TEXT((s)->account), SQL_TEXT((s)->region), SQL_TEXT((s)->name), SQL_TEXT((s)->arn), SQL_TEXT((s)->description),   \
        SQL_TEXT((s)->kms_key), SQL_TEXT((s)->kind), SQL_TEXT((s)->policy), SQL_TEXT((s)->owner),                         \
        SQL_TEXT((s)->primary_region), SQL_INT((s)->created_ms), SQL_INT((s)->changed_ms), SQL_INT((s)->accessed_ms),     \
        SQL_INT((s)->deleted_ms), SQL_INT((s)->rotates), SQL_TEXT((s)->function), SQL_INT((s)->days),                     \
        SQL_TEXT((s)->schedule), SQL_TEXT((s)->duration), SQL_INT((s)->rotated_ms), SQL_INT((s)->opens_ms),               \
        SQL_INT((s)->closes_ms), SQL_INT((s)->tagged)

struct err secret_row_secret_insert(const struct rows *rows, const struct secret *s)
{
    return secret_row_run(rows,
                     "INSERT INTO secretsmanager_secret (" SECRET_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                     " $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
                     SQL_VALUES(SECRET_VALUES(s)), NULL);
}

struct err secret_row_secret_update(const struct rows *rows, const struct secret *s)
{
    return secret_row_run(rows,
                     "UPDATE secretsmanager_secret SET description = $5, kms_key = $6, kind = $7, policy = $8, owner = $9,"
                     " primary_region = $10, created_ms = $11, changed_ms = $12, accessed_ms = $13, deleted_ms = $14,"
                     " rotates = $15, function = $16, days = $17, schedule = $18, duration = $19, rotated_ms = $20,"
                     " opens_ms = $21, closes_ms = $22, tagged = $23 WHERE account = $1 AND region = $2 AND name = $3 AND arn = $4",
                     SQL_VALUES(SECRET_VALUES(s)), NULL);
}

struct err secret_row_secret_delete(const struct rows *rows, struct str arn)
{
    static const char *const statements[] = {
        "DELETE FROM secretsmanager_version WHERE account = $1 AND secret = $2",
        "DELETE FROM secretsmanager_stage WHERE account = $1 AND secret = $2",
        "DELETE FROM secretsmanager_tag WHERE account = $1 AND secret = $2",
        "DELETE FROM secretsmanager_replica WHERE account = $1 AND secret = $2",
        "DELETE FROM secretsmanager_rotation WHERE account = $1 AND secret = $2",
        "DELETE FROM secretsmanager_secret WHERE account = $1 AND arn = $2",
    };
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        TRY(secret_row_run(rows, statements[i], SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(arn)), NULL));
    }
    return ERR_OK;
}

static struct err read_secrets(const struct rows *rows, const char *sql, const struct store_value *values, size_t count,
                               struct secrets *out)
{
    struct any_list list = { NULL, 0 };
    TRY(secret_row_read(rows, sql, values, count, SECRET, &list));
    *out = (struct secrets){ list.items, list.count };
    return ERR_OK;
}

struct err secret_row_secrets_expired(const struct rows *rows, int64_t limit, struct secrets *out)
{
    return read_secrets(rows, SELECT_SECRET "WHERE deleted_ms > 0 AND deleted_ms <= $1 ORDER BY deleted_ms LIMIT $2",
                        SQL_VALUES(SQL_INT(rows->ctx->now_ms), SQL_INT(limit)), out);
}

struct err secret_row_secrets_due(const struct rows *rows, int64_t limit, struct secrets *out)
{
    return read_secrets(rows,
                        SELECT_SECRET "s WHERE rotates = 1 AND opens_ms > 0 AND opens_ms <= $1 AND deleted_ms = 0 AND NOT EXISTS"
                        " (SELECT 1 FROM secretsmanager_rotation r WHERE r.account = s.account AND r.secret = s.arn)"
                        " ORDER BY opens_ms LIMIT $2",
                        SQL_VALUES(SQL_INT(rows->ctx->now_ms), SQL_INT(limit)), out);
}

#define IN_REGION "WHERE account = $1 AND region = $2 AND "
#define ASCENDING(column) IN_REGION "(" column " > $3 OR (" column " = $3 AND arn > $4)) ORDER BY " column ", arn LIMIT $5"
#define DESCENDING(column) \
    IN_REGION "(" column " < $3 OR (" column " = $3 AND arn < $4)) ORDER BY " column " DESC, arn DESC LIMIT $5"

/* Sorts after every name and ARN. */
#define TEXT_END STR("\xf4\x8f\xbf\xbf")

struct err secret_row_secrets(const struct rows *rows, enum order order, bool descending, struct place place, int64_t limit,
                        struct secrets *out)
{
    static const char *const sql[][2] = {
        [BY_CREATED] = { SELECT_SECRET ASCENDING("created_ms"), SELECT_SECRET DESCENDING("created_ms") },
        [BY_ACCESSED] = { SELECT_SECRET ASCENDING("accessed_ms"), SELECT_SECRET DESCENDING("accessed_ms") },
        [BY_CHANGED] = { SELECT_SECRET ASCENDING("changed_ms"), SELECT_SECRET DESCENDING("changed_ms") },
        [BY_NAME] = { SELECT_SECRET ASCENDING("name"), SELECT_SECRET DESCENDING("name") },
    };
    if (place.arn.ptr == NULL) {
        place = descending ? (struct place){ INT64_MAX, TEXT_END, TEXT_END } : (struct place){ -1, STR(""), STR("") };
    }
    return read_secrets(rows, sql[order][descending],
                        SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region),
                                   order == BY_NAME ? SQL_TEXT(place.name) : SQL_INT(place.number), SQL_TEXT(place.arn),
                                   SQL_INT(limit)),
                        out);
}
