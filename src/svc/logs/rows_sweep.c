/* rows_sweep.c - what is taken away in small pieces: blocks of deleted groups and streams, and expired ones. */
#include "store/list.h"
#include "svc/logs/rows.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

static const char GONE[] = "SELECT account, '', log_group, stream FROM logs_gone LIMIT $1";
static const char GONE_FORGET[] = "DELETE FROM logs_gone WHERE account = $1 AND log_group = $2 AND stream = $3";
static const char GONE_GROUP[] =
    "DELETE FROM logs_block WHERE account = $1 AND log_group = $2 AND block IN (SELECT block FROM logs_block WHERE account = $1"
    " AND log_group = $2 LIMIT $3)";
static const char GONE_STREAM[] =
    "DELETE FROM logs_block WHERE account = $1 AND log_group = $2 AND block IN (SELECT block FROM logs_block WHERE account = $1"
    " AND log_group = $2 AND stream = $4 LIMIT $3)";
/* $1 is the time, $2 a day. */
static const char EXPIRED[] =
    "SELECT g.account, g.region, g.id, g.retention FROM logs_group g WHERE g.retention > 0 AND EXISTS (SELECT 1 FROM logs_block b"
    " WHERE b.account = g.account AND b.log_group = g.id AND b.first_ms < $1 - g.retention * $2 AND b.last_ms < $1 - g.retention * $2)"
    " LIMIT $3";
static const char EXPIRED_BLOCKS[] =
    "SELECT '', '', block, bytes, stream FROM logs_block WHERE account = $1 AND log_group = $2 AND first_ms < $3 AND last_ms < $3"
    " ORDER BY first_ms LIMIT $4";

struct found {
    struct str account, region;
    int64_t number, figure, stream;
};

static void read_found(const void *self, const struct store_cursor *cursor, void *item)
{
    struct ctx *ctx = ((const struct rows *)self)->ctx;
    *(struct found *)item = (struct found){ store_text(ctx, cursor, 0), store_text(ctx, cursor, 1), store_int(cursor, 2), store_int(cursor, 3), 0 };
}

static void read_block(const void *self, const struct store_cursor *cursor, void *item)
{
    read_found(self, cursor, item);
    ((struct found *)item)->stream = store_int(cursor, 4);
}

struct err logs_row_gone(const struct rows *rows, int64_t limit, struct gone_list *out)
{
    struct store_list list = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db, GONE, SQL_VALUES(SQL_INT(limit)),
                   &(const struct store_reader){ .read = read_found, .self = rows, .size = sizeof(struct found) }, &list));
    out->items = ARENA_ARRAY(rows->ctx->arena, struct gone, list.count);
    out->count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        const struct found *found = (const struct found *)list.items + i;
        out->items[i] = (struct gone){ .account = found->account, .group = found->number, .stream = found->figure };
    }
    return ERR_OK;
}

struct err logs_row_gone_sweep(const struct rows *rows, const struct gone *gone, int64_t limit, bool *more)
{
    int64_t changed = 0;
    TRY(store_run(rows->ctx, rows->db, gone->stream ? GONE_STREAM : GONE_GROUP,
                  (const struct store_value[]){ SQL_TEXT(gone->account), SQL_INT(gone->group), SQL_INT(limit), SQL_INT(gone->stream) },
                  gone->stream ? 4 : 3, &changed));
    *more = changed == limit;
    return *more ? ERR_OK
                 : store_run(rows->ctx, rows->db, GONE_FORGET,
                             SQL_VALUES(SQL_TEXT(gone->account), SQL_INT(gone->group), SQL_INT(gone->stream)), NULL);
}

struct err logs_row_expired(const struct rows *rows, int64_t limit, struct gone_list *out)
{
    struct store_list list = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db, EXPIRED, SQL_VALUES(SQL_INT(rows->ctx->now_ms), SQL_INT(DAY_MS), SQL_INT(limit)),
                   &(const struct store_reader){ .read = read_found, .self = rows, .size = sizeof(struct found) }, &list));
    out->items = ARENA_ARRAY(rows->ctx->arena, struct gone, list.count);
    out->count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        const struct found *found = (const struct found *)list.items + i;
        out->items[i] = (struct gone){ .account = found->account, .group = found->number, .before_ms = rows->ctx->now_ms - found->figure * DAY_MS };
    }
    return ERR_OK;
}

static struct err forget_block(const struct rows *rows, const struct gone *gone, const struct found *block)
{
    TRY(store_run(rows->ctx, rows->db, "DELETE FROM logs_block WHERE account = $1 AND log_group = $2 AND block = $3",
                  SQL_VALUES(SQL_TEXT(gone->account), SQL_INT(gone->group), SQL_INT(block->number)), NULL));
    return store_run(rows->ctx, rows->db, "UPDATE logs_stream SET stored = stored - $4 WHERE account = $1 AND log_group = $2 AND number = $3",
                     SQL_VALUES(SQL_TEXT(gone->account), SQL_INT(gone->group), SQL_INT(block->stream), SQL_INT(block->figure)), NULL);
}

struct err logs_row_expired_sweep(const struct rows *rows, const struct gone *gone, int64_t limit, bool *more)
{
    struct store_list list = { NULL, 0 };
    int64_t bytes = 0;
    TRY(store_list(rows->ctx, rows->db, EXPIRED_BLOCKS,
                   SQL_VALUES(SQL_TEXT(gone->account), SQL_INT(gone->group), SQL_INT(gone->before_ms), SQL_INT(limit)),
                   &(const struct store_reader){ .read = read_block, .self = rows, .size = sizeof(struct found) }, &list));
    for (size_t i = 0; i < list.count; i++) {
        const struct found *block = (const struct found *)list.items + i;
        TRY(forget_block(rows, gone, block));
        bytes += block->figure;
    }
    *more = list.count == (size_t)limit;
    return store_run(rows->ctx, rows->db, "UPDATE logs_group SET stored = stored - $3 WHERE account = $1 AND id = $2",
                     SQL_VALUES(SQL_TEXT(gone->account), SQL_INT(gone->group), SQL_INT(bytes)), NULL);
}
