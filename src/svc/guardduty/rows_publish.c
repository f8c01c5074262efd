#include "svc/guardduty/rows_publish.h"

#define DESTINATION_FROM                                                                                               \
    "SELECT id, arn, kms_key, bucket_owner, status, failed_ms, token FROM guardduty_destination"                       \
    " WHERE account = $1 AND region = $2"
static const char DESTINATION_GET[] = DESTINATION_FROM " AND id = $3";
static const char DESTINATION_LIST[] = DESTINATION_FROM " ORDER BY id";
static const char DESTINATION_PUT[] =
    "INSERT INTO guardduty_destination (account, region, id, arn, kms_key, bucket_owner, status, failed_ms, token)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    " ON CONFLICT (account, region, id) DO UPDATE SET arn = excluded.arn, kms_key = excluded.kms_key,"
    " bucket_owner = excluded.bucket_owner, status = excluded.status, failed_ms = excluded.failed_ms";
static const char DESTINATION_DELETE[] =
    "DELETE FROM guardduty_destination WHERE account = $1 AND region = $2 AND id = $3";

static const char PUBLISH_SENT[] =
    "INSERT INTO guardduty_publish (account, region, finding, published_ms, waiting) VALUES ($1, $2, $3, $4, 0)"
    " ON CONFLICT (account, region, finding) DO UPDATE SET published_ms = excluded.published_ms, waiting = 0";
static const char PUBLISH_WAIT[] =
    "INSERT INTO guardduty_publish (account, region, finding, published_ms, waiting) VALUES ($1, $2, $3, 0, 1)"
    " ON CONFLICT (account, region, finding) DO UPDATE SET waiting = 1";
static const char PUBLISH_DUE[] =
    "SELECT finding FROM guardduty_publish WHERE account = $1 AND region = $2 AND waiting = 1 AND published_ms <= $3"
    " ORDER BY published_ms LIMIT $4";
static const char FINDING_STALE[] =
    "SELECT id FROM guardduty_finding WHERE account = $1 AND region = $2 AND updated_ms < $3 AND stored_ms < $3"
    " ORDER BY updated_ms LIMIT $4";
static const char DETECTOR_PLACES[] =
    "SELECT account, region, id, frequency FROM guardduty_detector WHERE enabled = 1 ORDER BY account, region";

static struct destination_row read_destination(struct rows rows, const struct store_cursor *cursor)
{
    return (struct destination_row){
        .id = store_text(rows.ctx, cursor, 0),
        .arn = store_text(rows.ctx, cursor, 1),
        .kms_key = store_text(rows.ctx, cursor, 2),
        .bucket_owner = store_text(rows.ctx, cursor, 3),
        .status = store_text(rows.ctx, cursor, 4),
        .failed_ms = store_int(cursor, 5),
        .token = store_text(rows.ctx, cursor, 6),
    };
}

struct err rows_destination_get(struct rows rows, struct str id, struct destination_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, DESTINATION_GET,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(id)), &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (*found) {
        *out = read_destination(rows, &cursor);
    }
    store_end(&cursor);
    return ERR_OK;
}

struct err rows_destination_list(struct rows rows, struct destination_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct destination_row, DESTINATION_ROWS_MAX);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, DESTINATION_LIST, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region)),
                    &cursor));
    while (*count < DESTINATION_ROWS_MAX && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = read_destination(rows, &cursor);
    }
    store_end(&cursor);
    return err;
}

struct err rows_destination_put(struct rows rows, const struct destination_row *row)
{
    return store_run(rows.ctx, rows.db, DESTINATION_PUT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(row->id), SQL_TEXT(row->arn),
                                SQL_TEXT(row->kms_key), SQL_TEXT(row->bucket_owner), SQL_TEXT(row->status),
                                SQL_INT(row->failed_ms), SQL_TEXT(row->token)),
                     NULL);
}

/* A statement about one thing of the region. */
static struct err run_named(struct rows rows, const char *sql, struct str name)
{
    return store_run(rows.ctx, rows.db, sql, SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(name)),
                     NULL);
}

struct err rows_destination_delete(struct rows rows, struct str id)
{
    return run_named(rows, DESTINATION_DELETE, id);
}

struct err rows_publish_sent(struct rows rows, struct str finding)
{
    return store_run(rows.ctx, rows.db, PUBLISH_SENT,
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_TEXT(finding),
                                SQL_INT(rows.ctx->now_ms)),
                     NULL);
}

struct err rows_publish_wait(struct rows rows, struct str finding)
{
    return run_named(rows, PUBLISH_WAIT, finding);
}

static struct err list_ids(struct rows rows, const char *sql, int64_t when_ms, size_t limit, struct str **out,
                           size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(rows.ctx->arena, struct str, limit);
    *count = 0;
    TRY(store_query(rows.ctx, rows.db, sql,
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(rows.region), SQL_INT(when_ms), SQL_INT((int64_t)limit)),
                    &cursor));
    while (*count < limit && store_row(rows.ctx, &cursor, &err)) {
        (*out)[(*count)++] = store_text(rows.ctx, &cursor, 0);
    }
    store_end(&cursor);
    return err;
}

struct err rows_publish_due(struct rows rows, int64_t until_ms, size_t limit, struct str **out, size_t *count)
{
    return list_ids(rows, PUBLISH_DUE, until_ms, limit, out, count);
}

struct err rows_finding_stale(struct rows rows, int64_t before_ms, size_t limit, struct str **out, size_t *count)
{
    return list_ids(rows, FINDING_STALE, before_ms, limit, out, count);
}

struct err rows_finding_delete(struct rows rows, struct str finding)
{
    static const char *const STATEMENTS[] = {
        "DELETE FROM guardduty_occurrence WHERE account = $1 AND region = $2 AND finding = $3",
        "DELETE FROM guardduty_publish WHERE account = $1 AND region = $2 AND finding = $3",
        "DELETE FROM guardduty_hidden WHERE account = $1 AND region = $2 AND finding = $3",
        "DELETE FROM guardduty_finding WHERE account = $1 AND region = $2 AND id = $3",
    };
    for (size_t i = 0; i < COUNT_OF(STATEMENTS); i++) {
        TRY(run_named(rows, STATEMENTS[i], finding));
    }
    return ERR_OK;
}

struct err rows_detector_places(struct ctx *ctx, struct store_conn *db, struct detector_place **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t room = 16;
    *out = ARENA_ARRAY(ctx->arena, struct detector_place, room);
    *count = 0;
    TRY(store_query(ctx, db, DETECTOR_PLACES, NULL, 0, &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (*count == room) {
            *out = arena_grow(ctx->arena, *out, room * sizeof(**out), 2 * room * sizeof(**out));
            room *= 2;
        }
        (*out)[(*count)++] = (struct detector_place){
            store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1), store_text(ctx, &cursor, 2),
            store_text(ctx, &cursor, 3),
        };
    }
    return err;
}
