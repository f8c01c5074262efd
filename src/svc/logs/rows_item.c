/* rows_item.c - what has a name and a document, and where the groups' filters have got to. */
#include "store/list.h"
#include "svc/logs/rows.h"

#define SELECT_ITEM "SELECT account, region, name, log_group, document FROM logs_item WHERE "

static void read_item(const void *self, const struct store_cursor *cursor, void *out)
{
    struct ctx *ctx = ((const struct rows *)self)->ctx;
    *(struct item *)out = (struct item){
        .account = store_text(ctx, cursor, 0),
        .region = store_text(ctx, cursor, 1),
        .name = store_text(ctx, cursor, 2),
        .group = store_int(cursor, 3),
        .document = store_text(ctx, cursor, 4),
    };
}

#define ITEM(rows) (&(const struct store_reader){ .read = read_item, .self = (rows), .size = sizeof(struct item) })

struct err logs_row_item(const struct rows *rows, struct str kind, struct str name, int64_t group, struct item *out, bool *found)
{
    return store_first(rows->ctx, rows->db, SELECT_ITEM "account = $1 AND region = $2 AND kind = $3 AND name = $4 AND log_group = $5",
                       SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(kind), SQL_TEXT(name), SQL_INT(group)),
                       ITEM(rows), out, found);
}

struct err logs_row_item_put(const struct rows *rows, struct str kind, const struct item *item)
{
    return store_run(rows->ctx, rows->db,
                     "INSERT INTO logs_item (account, region, kind, name, log_group, document) VALUES ($1, $2, $3, $4, $5, $6)"
                     " ON CONFLICT (account, region, kind, name, log_group) DO UPDATE SET document = excluded.document",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(kind), SQL_TEXT(item->name),
                                SQL_INT(item->group), SQL_TEXT(item->document)),
                     NULL);
}

struct err logs_row_item_delete(const struct rows *rows, struct str kind, struct str name, int64_t group, bool *found)
{
    int64_t changed = 0;
    TRY(store_run(rows->ctx, rows->db,
                  "DELETE FROM logs_item WHERE account = $1 AND region = $2 AND kind = $3 AND name = $4 AND log_group = $5",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(kind), SQL_TEXT(name), SQL_INT(group)), &changed));
    *found = changed > 0;
    return ERR_OK;
}

static struct err list(const struct rows *rows, const char *sql, const struct store_value *values, size_t count, struct items *out)
{
    struct store_list found = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db, sql, values, count, ITEM(rows), &found));
    *out = (struct items){ found.items, found.count };
    return ERR_OK;
}

struct err logs_row_items(const struct rows *rows, struct str kind, const struct item *after, int64_t limit, struct items *out)
{
    return list(rows,
                SELECT_ITEM "account = $1 AND region = $2 AND kind = $3 AND (name > $4 OR (name = $4 AND log_group > $5))"
                            " ORDER BY name, log_group LIMIT $6",
                SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(kind), SQL_TEXT(after ? after->name : STR("")),
                           SQL_INT(after ? after->group : -1), SQL_INT(limit)),
                out);
}

struct err logs_row_items_of_group(const struct rows *rows, struct str kind, int64_t group, struct items *out)
{
    return list(rows, SELECT_ITEM "account = $1 AND log_group = $2 AND kind = $3 ORDER BY name",
                SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_TEXT(kind)), out);
}

struct err logs_row_items_everywhere(const struct rows *rows, struct str kind, int64_t limit, struct items *out)
{
    return list(rows, SELECT_ITEM "kind = $1 ORDER BY account, region, name LIMIT $2", SQL_VALUES(SQL_TEXT(kind), SQL_INT(limit)), out);
}

/* --- where filters have got to --- */

struct err logs_row_pump_start(const struct rows *rows, int64_t group, int64_t next_block)
{
    return store_run(rows->ctx, rows->db,
                     "INSERT INTO logs_pump (account, log_group, next_block, lease_ms) VALUES ($1, $2, $3, 0)"
                     " ON CONFLICT (account, log_group) DO NOTHING",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(next_block)), NULL);
}

struct err logs_row_pump_stop(const struct rows *rows, int64_t group)
{
    return store_run(rows->ctx, rows->db, "DELETE FROM logs_pump WHERE account = $1 AND log_group = $2",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group)), NULL);
}

static void read_pump(const void *self, const struct store_cursor *cursor, void *out)
{
    struct ctx *ctx = ((const struct rows *)self)->ctx;
    *(struct pump *)out = (struct pump){ store_text(ctx, cursor, 0), store_text(ctx, cursor, 1), store_int(cursor, 2), store_int(cursor, 3) };
}

struct err logs_row_pumps_due(const struct rows *rows, int64_t limit, struct pumps *out)
{
    struct store_list found = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db,
                   "SELECT p.account, g.region, p.log_group, p.next_block FROM logs_pump p JOIN logs_group g ON g.account = p.account"
                   " AND g.id = p.log_group WHERE p.next_block < g.next_block AND p.lease_ms < $1 ORDER BY p.lease_ms LIMIT $2",
                   SQL_VALUES(SQL_INT(rows->ctx->now_ms), SQL_INT(limit)),
                   &(const struct store_reader){ .read = read_pump, .self = rows, .size = sizeof(struct pump) }, &found));
    *out = (struct pumps){ found.items, found.count };
    return ERR_OK;
}

struct err logs_row_pump_lease(const struct rows *rows, const struct pump *pump, int64_t until_ms, bool *mine)
{
    int64_t changed = 0;
    TRY(store_run(rows->ctx, rows->db,
                  "UPDATE logs_pump SET lease_ms = $5 WHERE account = $1 AND log_group = $2 AND next_block = $3 AND lease_ms < $4",
                  SQL_VALUES(SQL_TEXT(pump->account), SQL_INT(pump->group), SQL_INT(pump->next_block), SQL_INT(rows->ctx->now_ms),
                             SQL_INT(until_ms)),
                  &changed));
    *mine = changed > 0;
    return ERR_OK;
}

struct err logs_row_pump_done(const struct rows *rows, const struct pump *pump, int64_t next_block, bool *first)
{
    int64_t changed = 0;
    TRY(store_run(rows->ctx, rows->db,
                  "UPDATE logs_pump SET next_block = $3, lease_ms = 0 WHERE account = $1 AND log_group = $2 AND next_block = $4"
                  " AND next_block <= $3",
                  SQL_VALUES(SQL_TEXT(pump->account), SQL_INT(pump->group), SQL_INT(next_block), SQL_INT(pump->next_block)), &changed));
    *first = changed > 0;
    return ERR_OK;
}
