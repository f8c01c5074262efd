#include "svc/cloudtrail/rows_channel.h"

#include "wire/codec.h"

#define COLUMNS \
    "account, region, id, name, source, destinations, policy, attempt_id, attempt_ms, attempt_error, success_id, success_ms"

static const char LIST[] = "SELECT " COLUMNS " FROM cloudtrail_channel WHERE account = $1 AND region = $2 ORDER BY id";
static const char PUT[] =
    "INSERT INTO cloudtrail_channel (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    " ON CONFLICT (account, region, id) DO UPDATE SET name = excluded.name, destinations = excluded.destinations,"
    " policy = excluded.policy";
static const char DELETE[] = "DELETE FROM cloudtrail_channel WHERE account = $1 AND region = $2 AND id = $3";

/* The input of CreateChannel is a structure that has nothing but them here. */
static struct err read_destinations(struct ctx *ctx, struct str json, struct cloudtrail_destinations *out)
{
    void *document = NULL;
    TRY(wire_json_read(ctx, CLOUDTRAIL_SHAPE_CREATE_CHANNEL_IN, json, &document));
    *out = ((const struct cloudtrail_create_channel_in *)document)->destinations;
    return ERR_OK;
}

static struct err read_channel(struct ctx *ctx, const struct store_cursor *cursor, struct channel_row *row)
{
    *row = (struct channel_row){
        .account = store_text(ctx, cursor, 0), .region = store_text(ctx, cursor, 1), .id = store_text(ctx, cursor, 2),
        .name = store_text(ctx, cursor, 3), .source = store_text(ctx, cursor, 4), .policy = store_text(ctx, cursor, 6),
        .attempt_id = store_text(ctx, cursor, 7), .attempt_ms = store_int(cursor, 8), .attempt_error = store_text(ctx, cursor, 9),
        .success_id = store_text(ctx, cursor, 10), .success_ms = store_int(cursor, 11),
    };
    return read_destinations(ctx, store_text(ctx, cursor, 5), &row->destinations);
}

struct err channel_rows_list(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, struct channel_row **out,
                             size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t capacity = 8;
    *out = ARENA_ARRAY(ctx->arena, struct channel_row, capacity);
    *count = 0;
    TRY(store_query(ctx, db, LIST, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(region)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (*count == capacity) {
            *out = arena_grow(ctx->arena, *out, capacity * sizeof(**out), capacity * 2 * sizeof(**out));
            capacity *= 2;
        }
        err = read_channel(ctx, &cursor, &(*out)[(*count)++]);
        if (err.fault) {
            store_end(&cursor);
            return err;
        }
    }
    return err;
}

struct err channel_rows_put(struct ctx *ctx, struct store_conn *db, const struct channel_row *row)
{
    struct json_writer w = json_writer_new(ctx->arena);
    wire_json_write(&w, CLOUDTRAIL_SHAPE_CREATE_CHANNEL_IN, &(const struct cloudtrail_create_channel_in){ .destinations = row->destinations });
    return store_run(ctx, db, PUT,
                     SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->region), SQL_TEXT(row->id), SQL_TEXT(row->name),
                                SQL_TEXT(row->source), SQL_TEXT(json_done(&w)), SQL_TEXT(row->policy), SQL_TEXT(row->attempt_id),
                                SQL_INT(row->attempt_ms), SQL_TEXT(row->attempt_error), SQL_TEXT(row->success_id),
                                SQL_INT(row->success_ms)),
                     NULL);
}

struct err channel_rows_delete(struct ctx *ctx, struct store_conn *db, const struct channel_row *row)
{
    return store_run(ctx, db, DELETE, SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->region), SQL_TEXT(row->id)), NULL);
}
