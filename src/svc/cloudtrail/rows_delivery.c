#include "svc/cloudtrail/rows_delivery.h"

static const char DELIVERY_GET[] =
    "SELECT place, planned, planned_ms, attempted_ms, delivered_ms, error, digest_ms, digest_error, logs_place,"
    " logs_attempted_ms, logs_ms, logs_error FROM cloudtrail_delivery"
    " WHERE account = $1 AND region = $2 AND name = $3";
static const char DELIVERY_PUT[] =
    "INSERT INTO cloudtrail_delivery (account, region, name, place, planned, planned_ms, attempted_ms, delivered_ms, error,"
    " digest_ms, digest_error, logs_place, logs_attempted_ms, logs_ms, logs_error)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    " ON CONFLICT (account, region, name) DO UPDATE SET place = excluded.place, planned = excluded.planned,"
    " planned_ms = excluded.planned_ms, attempted_ms = excluded.attempted_ms, delivered_ms = excluded.delivered_ms,"
    " error = excluded.error, digest_ms = excluded.digest_ms, digest_error = excluded.digest_error,"
    " logs_place = excluded.logs_place, logs_attempted_ms = excluded.logs_attempted_ms, logs_ms = excluded.logs_ms,"
    " logs_error = excluded.logs_error";
static const char FILE_PUT[] =
    "INSERT INTO cloudtrail_file (account, region, name, log_account, log_region, object, bucket, hash, oldest_ms, newest_ms,"
    " written_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    " ON CONFLICT (account, region, name, object) DO UPDATE SET hash = excluded.hash, oldest_ms = excluded.oldest_ms,"
    " newest_ms = excluded.newest_ms, written_ms = excluded.written_ms";
static const char FILE_LIST[] =
    "SELECT bucket, object, hash, oldest_ms, newest_ms, written_ms FROM cloudtrail_file WHERE account = $1 AND region = $2"
    " AND name = $3 AND log_account = $4 AND log_region = $5 AND written_ms < $6 ORDER BY newest_ms DESC, object DESC";
static const char FILE_DELETE[] =
    "DELETE FROM cloudtrail_file WHERE account = $1 AND region = $2 AND name = $3 AND log_account = $4 AND log_region = $5"
    " AND written_ms < $6";
static const char CHAIN_LIST[] =
    "SELECT log_account, log_region, end_ms, bucket, object, hash, signature, backfill_ms FROM cloudtrail_chain"
    " WHERE account = $1 AND region = $2 AND name = $3 ORDER BY log_account, log_region";
static const char CHAIN_PUT[] =
    "INSERT INTO cloudtrail_chain (account, region, name, log_account, log_region, end_ms, bucket, object, hash, signature,"
    " backfill_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (account, region, name, log_account, log_region)"
    " DO UPDATE SET end_ms = excluded.end_ms, bucket = excluded.bucket, object = excluded.object, hash = excluded.hash,"
    " signature = excluded.signature, backfill_ms = excluded.backfill_ms";
static const char CHAIN_BEGIN[] =
    "INSERT INTO cloudtrail_chain (account, region, name, log_account, log_region, end_ms, bucket, object, hash, signature)"
    " VALUES ($1, $2, $3, $4, $5, $6, '', '', '', '') ON CONFLICT (account, region, name, log_account, log_region) DO NOTHING";
static const char FILE_PLACES[] =
    "SELECT DISTINCT log_account, log_region FROM cloudtrail_file WHERE account = $1 AND region = $2 AND name = $3";
static const char CHAIN_DELETE_ONE[] =
    "DELETE FROM cloudtrail_chain WHERE account = $1 AND region = $2 AND name = $3 AND log_account = $4 AND log_region = $5";
static const char CHAIN_DELETE[] = "DELETE FROM cloudtrail_chain WHERE account = $1 AND region = $2 AND name = $3";

#define OF_TRAIL SQL_TEXT(trail->account), SQL_TEXT(trail->region), SQL_TEXT(trail->name)

struct err trail_rows_delivery_get(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct delivery_row *out)
{
    struct store_cursor cursor = { .conn = NULL };
    bool more = false;
    *out = (struct delivery_row){ .error = STR(""), .digest_error = STR(""), .logs_error = STR("") };
    TRY(store_query(ctx, db, DELIVERY_GET, SQL_VALUES(OF_TRAIL), &cursor));
    TRY(store_next(ctx, &cursor, &more));
    if (more) {
        *out = (struct delivery_row){
            .known = true, .place = store_int(&cursor, 0), .planned = store_int(&cursor, 1),
            .planned_ms = store_int(&cursor, 2), .attempted_ms = store_int(&cursor, 3),
            .delivered_ms = store_int(&cursor, 4), .error = store_text(ctx, &cursor, 5),
            .digest_ms = store_int(&cursor, 6), .digest_error = store_text(ctx, &cursor, 7),
            .logs_place = store_int(&cursor, 8), .logs_attempted_ms = store_int(&cursor, 9), .logs_ms = store_int(&cursor, 10),
            .logs_error = store_text(ctx, &cursor, 11),
        };
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err trail_rows_delivery_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail,
                             const struct delivery_row *row)
{
    return store_run(ctx, db, DELIVERY_PUT,
                     SQL_VALUES(OF_TRAIL, SQL_INT(row->place), SQL_INT(row->planned), SQL_INT(row->planned_ms),
                                SQL_INT(row->attempted_ms), SQL_INT(row->delivered_ms), SQL_TEXT(row->error),
                                SQL_INT(row->digest_ms), SQL_TEXT(row->digest_error), SQL_INT(row->logs_place),
                                SQL_INT(row->logs_attempted_ms), SQL_INT(row->logs_ms), SQL_TEXT(row->logs_error)),
                     NULL);
}

struct err trail_rows_file_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct file_row *row)
{
    return store_run(ctx, db, FILE_PUT,
                     SQL_VALUES(OF_TRAIL, SQL_TEXT(row->log_account), SQL_TEXT(row->log_region), SQL_TEXT(row->object),
                                SQL_TEXT(row->bucket), SQL_TEXT(row->hash), SQL_INT(row->oldest_ms), SQL_INT(row->newest_ms),
                                SQL_INT(row->written_ms)),
                     NULL);
}

struct err trail_rows_file_list(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct str log_account,
                          struct str log_region, int64_t before_ms, struct file_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t capacity = 64;
    *out = ARENA_ARRAY(ctx->arena, struct file_row, capacity);
    *count = 0;
    TRY(store_query(ctx, db, FILE_LIST,
                    SQL_VALUES(OF_TRAIL, SQL_TEXT(log_account), SQL_TEXT(log_region), SQL_INT(before_ms)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (*count == capacity) {
            *out = arena_grow(ctx->arena, *out, capacity * sizeof(**out), capacity * 2 * sizeof(**out));
            capacity *= 2;
        }
        (*out)[(*count)++] = (struct file_row){
            log_account, log_region, store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1), store_text(ctx, &cursor, 2),
            store_int(&cursor, 3), store_int(&cursor, 4), store_int(&cursor, 5),
        };
    }
    return err;
}

struct err trail_rows_file_delete(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct str log_account,
                            struct str log_region, int64_t before_ms)
{
    return store_run(ctx, db, FILE_DELETE,
                     SQL_VALUES(OF_TRAIL, SQL_TEXT(log_account), SQL_TEXT(log_region), SQL_INT(before_ms)), NULL);
}

struct err trail_rows_chain_list(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct chain_row **out,
                           size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t capacity = 32;
    *out = ARENA_ARRAY(ctx->arena, struct chain_row, capacity);
    *count = 0;
    TRY(store_query(ctx, db, CHAIN_LIST, SQL_VALUES(OF_TRAIL), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (*count == capacity) {
            *out = arena_grow(ctx->arena, *out, capacity * sizeof(**out), capacity * 2 * sizeof(**out));
            capacity *= 2;
        }
        (*out)[(*count)++] = (struct chain_row){
            .log_account = store_text(ctx, &cursor, 0), .log_region = store_text(ctx, &cursor, 1), .end_ms = store_int(&cursor, 2),
            .bucket = store_text(ctx, &cursor, 3), .object = store_text(ctx, &cursor, 4), .hash = store_text(ctx, &cursor, 5),
            .signature = store_text(ctx, &cursor, 6), .backfill_ms = store_int(&cursor, 7),
        };
    }
    return err;
}

struct err trail_rows_chain_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct chain_row *row)
{
    return store_run(ctx, db, CHAIN_PUT,
                     SQL_VALUES(OF_TRAIL, SQL_TEXT(row->log_account), SQL_TEXT(row->log_region), SQL_INT(row->end_ms),
                                SQL_TEXT(row->bucket), SQL_TEXT(row->object), SQL_TEXT(row->hash), SQL_TEXT(row->signature),
                                SQL_INT(row->backfill_ms)),
                     NULL);
}

struct err trail_rows_chain_delete_all(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail)
{
    return store_run(ctx, db, CHAIN_DELETE, SQL_VALUES(OF_TRAIL), NULL);
}

struct err trail_rows_chain_begin(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, struct str log_account,
                                  struct str log_region, int64_t start_ms)
{
    return store_run(ctx, db, CHAIN_BEGIN,
                     SQL_VALUES(OF_TRAIL, SQL_TEXT(log_account), SQL_TEXT(log_region), SQL_INT(start_ms)), NULL);
}

struct err trail_rows_chain_begin_all(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, int64_t start_ms)
{
    struct { struct str account, region; } places[256];
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t count = 0;
    TRY(store_query(ctx, db, FILE_PLACES, SQL_VALUES(OF_TRAIL), &cursor));
    while (count < COUNT_OF(places) && store_row(ctx, &cursor, &err)) {
        places[count].account = store_text(ctx, &cursor, 0);
        places[count++].region = store_text(ctx, &cursor, 1);
    }
    store_end(&cursor);
    for (size_t i = 0; i < count && !err.fault; i++) {
        err = trail_rows_chain_begin(ctx, db, trail, places[i].account, places[i].region, start_ms);
    }
    return err;
}

struct err trail_rows_chain_delete(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail,
                                   const struct chain_row *row)
{
    return store_run(ctx, db, CHAIN_DELETE_ONE, SQL_VALUES(OF_TRAIL, SQL_TEXT(row->log_account), SQL_TEXT(row->log_region)),
                     NULL);
}
