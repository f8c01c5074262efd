#include "svc/cloudtrail/usage.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static const char USAGE_ADD[] =
    "INSERT INTO cloudtrail_usage (account, region, name, day_ms, selector, category, source, bucket, events, bytes)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    " ON CONFLICT (account, region, name, day_ms, selector, category, source, bucket) DO UPDATE SET"
    " events = cloudtrail_usage.events + excluded.events, bytes = cloudtrail_usage.bytes + excluded.bytes";
static const char USAGE_FORGET[] = "DELETE FROM cloudtrail_usage WHERE day_ms < $1";
static const char USAGE_LIST[] =
    "SELECT account, region, name, day_ms, selector, category, source, bucket, events, bytes FROM cloudtrail_usage"
    " WHERE day_ms >= $1 ORDER BY account, region, name, day_ms, selector, category, source, bucket";

struct err trail_usage_add(struct ctx *ctx, struct store_conn *db, const struct trail_row *trail, const struct trail_usages *tally)
{
    for (size_t i = 0; i < tally->count; i++) {
        const struct trail_usage *row = &tally->items[i];
        TRY(store_run(ctx, db, USAGE_ADD,
                      SQL_VALUES(SQL_TEXT(trail->account), SQL_TEXT(trail->region), SQL_TEXT(trail->name), SQL_INT(row->day_ms),
                                 SQL_TEXT(row->selector), SQL_TEXT(row->category), SQL_TEXT(row->source), SQL_TEXT(row->bucket),
                                 SQL_INT(row->events), SQL_INT(row->bytes)),
                      NULL));
    }
    return tally->count == 0 ? ERR_OK
                             : store_run(ctx, db, USAGE_FORGET, SQL_VALUES(SQL_INT(ctx->now_ms - TRAIL_USAGE_KEEP_DAYS * DAY_MS)), NULL);
}

struct err trail_usage_list(struct ctx *ctx, struct store_conn *db, int64_t from_ms, struct trail_usages *out)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t room = 64;
    *out = (struct trail_usages){ ARENA_ARRAY(ctx->arena, struct trail_usage, room), 0 };
    TRY(store_query(ctx, db, USAGE_LIST, SQL_VALUES(SQL_INT(from_ms)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (out->count == room) {
            out->items = arena_grow(ctx->arena, out->items, room * sizeof(*out->items), 2 * room * sizeof(*out->items));
            room *= 2;
        }
        out->items[out->count++] = (struct trail_usage){
            .account = store_text(ctx, &cursor, 0),  .region = store_text(ctx, &cursor, 1),   .name = store_text(ctx, &cursor, 2),
            .day_ms = store_int(&cursor, 3),         .selector = store_text(ctx, &cursor, 4), .category = store_text(ctx, &cursor, 5),
            .source = store_text(ctx, &cursor, 6),   .bucket = store_text(ctx, &cursor, 7),   .events = store_int(&cursor, 8),
            .bytes = store_int(&cursor, 9),
        };
    }
    return err;
}
