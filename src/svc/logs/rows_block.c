/* rows_block.c - blocks of events and the keys that seal them. */
#include "store/list.h"
#include "svc/logs/feed.h"

#define BLOCK_COLUMNS "b.block, b.stream, b.first_ms, b.last_ms, b.ingested_ms, b.events, b.bytes, b.data_key, s.name, b.data"
enum { DATA_COLUMN = 9 };
/* A stream that was deleted has no row, and its blocks are seen no more. */
#define SELECT_BLOCK                                                                                                    \
    "SELECT " BLOCK_COLUMNS " FROM logs_block b JOIN logs_stream s ON s.account = b.account AND s.log_group = b.log_group" \
    " AND s.number = b.stream WHERE b.account = $1 AND b.log_group = $2 AND "

/* spec: a batch can't span more than 24 hours; most span far less, which narrows the search. */
static const char UP_GROUP[] = SELECT_BLOCK
    "b.first_ms >= $3 AND b.first_ms < $5 AND b.last_ms >= $4 AND (b.first_ms > $6 OR (b.first_ms = $6 AND b.block > $7))"
    " ORDER BY b.first_ms, b.block LIMIT $8";
static const char UP_STREAM[] = SELECT_BLOCK
    "b.stream = $9 AND b.first_ms >= $3 AND b.first_ms < $5 AND b.last_ms >= $4"
    " AND (b.first_ms > $6 OR (b.first_ms = $6 AND b.block > $7)) ORDER BY b.first_ms, b.block LIMIT $8";
static const char DOWN_STREAM[] = SELECT_BLOCK
    "b.stream = $9 AND b.last_ms >= $4 AND b.last_ms < $3 AND b.first_ms < $5"
    " AND (b.last_ms < $6 OR (b.last_ms = $6 AND b.block < $7)) ORDER BY b.last_ms DESC, b.block DESC LIMIT $8";
static const char SINCE[] = SELECT_BLOCK "b.block >= $3 ORDER BY b.block LIMIT $4";

static struct err read_blocks(const struct rows *rows, struct store_cursor *cursor, block_wanted wanted, void *argument,
                              struct blocks *out)
{
    struct err err = ERR_OK;
    size_t room = 16;
    out->items = ARENA_ARRAY(rows->ctx->arena, struct block, room);
    out->count = 0;
    while (store_row(rows->ctx, cursor, &err)) {
        if (out->count == room) {
            out->items = arena_grow(rows->ctx->arena, out->items, room * sizeof(*out->items), 2 * room * sizeof(*out->items));
            room *= 2;
        }
        struct block *block = &out->items[out->count++];
        *block = (struct block){
            .number = store_int(cursor, 0), .stream = store_int(cursor, 1), .first_ms = store_int(cursor, 2),
            .last_ms = store_int(cursor, 3), .ingested_ms = store_int(cursor, 4), .events = store_int(cursor, 5),
            .bytes = store_int(cursor, 6), .data_key = store_int(cursor, 7), .stream_name = store_text(rows->ctx, cursor, 8),
        };
        if (wanted == NULL || wanted(argument, block)) {
            block->data = store_text(rows->ctx, cursor, DATA_COLUMN);
        }
    }
    return err;
}

struct err logs_row_blocks(const struct rows *rows, const struct block_query *query, int64_t limit, block_wanted wanted, void *argument,
                           struct blocks *out)
{
    struct store_cursor cursor = { .conn = NULL };
    const int64_t floor_ms = query->from_ms > query->span_ms ? query->from_ms - query->span_ms : 0;
    const int64_t ceiling_ms = query->until_ms < INT64_MAX - query->span_ms ? query->until_ms + query->span_ms : INT64_MAX;
    const struct store_value values[] = {
        SQL_TEXT(rows->account), SQL_INT(query->group), SQL_INT(query->descending ? ceiling_ms : floor_ms), SQL_INT(query->from_ms),
        SQL_INT(query->until_ms), SQL_INT(query->at_ms), SQL_INT(query->at_block), SQL_INT(limit), SQL_INT(query->stream),
    };
    const char *sql = query->stream == 0 ? UP_GROUP : query->descending ? DOWN_STREAM : UP_STREAM;
    TRY(store_query(rows->ctx, rows->db, sql, values, COUNT_OF(values) - (query->stream == 0), &cursor));
    return read_blocks(rows, &cursor, wanted, argument, out);
}

struct err logs_row_blocks_since(const struct rows *rows, int64_t group, int64_t from, int64_t limit, block_wanted wanted,
                                 void *argument, struct blocks *out)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows->ctx, rows->db, SINCE, SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(from), SQL_INT(limit)),
                    &cursor));
    return read_blocks(rows, &cursor, wanted, argument, out);
}

/* Counts up in the group's own row: on PostgreSQL its lock makes numbers follow the order of commits. */
struct err logs_row_block_number(const struct rows *rows, int64_t group, const struct block *block, int64_t *number)
{
    struct store_cursor cursor = { .conn = NULL };
    const int64_t span_ms = block->last_ms - block->first_ms;
    bool more = false;
    TRY(store_run(rows->ctx, rows->db,
                  "UPDATE logs_group SET next_block = next_block + 1, stored = stored + $3, span_ms = CASE WHEN span_ms < $4 THEN $4"
                  " ELSE span_ms END WHERE account = $1 AND id = $2",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(block->bytes), SQL_INT(span_ms)), NULL));
    TRY(store_query(rows->ctx, rows->db, "SELECT next_block - 1 FROM logs_group WHERE account = $1 AND id = $2",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group)), &cursor));
    TRY(store_next(rows->ctx, &cursor, &more));
    *number = more ? store_int(&cursor, 0) : 0;
    store_end(&cursor);
    return more ? ERR_OK : fail(rows->ctx, &FAULT_INTERNAL, "a log group went away while it was written to");
}

struct err logs_row_block_put(const struct rows *rows, int64_t group, const struct block *block)
{
    return store_run(rows->ctx, rows->db,
                     "INSERT INTO logs_block (account, log_group, block, stream, first_ms, last_ms, ingested_ms, events, bytes, data_key,"
                     " data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(block->number), SQL_INT(block->stream),
                                SQL_INT(block->first_ms), SQL_INT(block->last_ms), SQL_INT(block->ingested_ms), SQL_INT(block->events),
                                SQL_INT(block->bytes), SQL_INT(block->data_key), SQL_BLOB(block->data)),
                     NULL);
}

struct err logs_row_stream_grew(const struct rows *rows, int64_t group, const struct block *block)
{
    return store_run(rows->ctx, rows->db,
                     "UPDATE logs_stream SET stored = stored + $4, ingested_ms = $5,"
                     " first_ms = CASE WHEN first_ms = 0 OR first_ms > $6 THEN $6 ELSE first_ms END,"
                     " last_ms = CASE WHEN last_ms < $7 THEN $7 ELSE last_ms END WHERE account = $1 AND log_group = $2 AND number = $3",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(block->stream), SQL_INT(block->bytes),
                                SQL_INT(block->ingested_ms), SQL_INT(block->first_ms), SQL_INT(block->last_ms)),
                     NULL);
}

struct err logs_row_key(const struct rows *rows, int64_t group, int64_t number, struct str *sealed, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows->ctx, rows->db, "SELECT sealed FROM logs_key WHERE account = $1 AND log_group = $2 AND number = $3",
                    SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(number)), &cursor));
    TRY(store_next(rows->ctx, &cursor, found));
    *sealed = *found ? store_text(rows->ctx, &cursor, 0) : STR_NONE;
    store_end(&cursor);
    return ERR_OK;
}

static void read_key(const void *self, const struct store_cursor *cursor, void *item)
{
    struct ctx *ctx = ((const struct rows *)self)->ctx;
    *(struct logs_batch_key *)item = (struct logs_batch_key){ store_int(cursor, 0), store_text(ctx, cursor, 1), STR_NONE };
}

struct err logs_row_keys(const struct rows *rows, int64_t group, struct logs_batch_key **out, size_t *count)
{
    struct store_list list = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db, "SELECT number, sealed FROM logs_key WHERE account = $1 AND log_group = $2",
                   SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group)),
                   &(const struct store_reader){ .read = read_key, .self = rows, .size = sizeof(struct logs_batch_key) }, &list));
    *out = list.items;
    *count = list.count;
    return ERR_OK;
}

struct err logs_row_key_put(const struct rows *rows, int64_t group, int64_t number, struct str sealed)
{
    return store_run(rows->ctx, rows->db, "INSERT INTO logs_key (account, log_group, number, sealed) VALUES ($1, $2, $3, $4)",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(number), SQL_BLOB(sealed)), NULL);
}
