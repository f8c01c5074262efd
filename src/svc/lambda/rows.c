#include "svc/lambda/rows.h"

#include "wire/codec.h"

enum { GROW = 64 };

#define SCOPE(rows) SQL_TEXT((rows).account), SQL_TEXT((rows).region)

#define FUNCTION_COLUMNS "SELECT name, number, config, environment, code, basis FROM lambda_function WHERE account = $1 AND region = $2"

static struct err read_function(struct lambda_rows rows, const struct store_cursor *cursor, struct function_row *out)
{
    void *config = NULL;
    *out = (struct function_row){
        .name = store_text(rows.ctx, cursor, 0),
        .number = store_int(cursor, 1),
        .environment = store_text(rows.ctx, cursor, 3),
        .code = store_text(rows.ctx, cursor, 4),
        .basis = store_text(rows.ctx, cursor, 5),
    };
    TRY(wire_json_read(rows.ctx, LAMBDA_SHAPE_FUNCTION_CONFIGURATION, store_text(rows.ctx, cursor, 2), &config));
    memcpy(&out->config, config, sizeof(out->config));
    return ERR_OK;
}

struct err rows_function_get(struct lambda_rows rows, struct str name, int64_t number, struct function_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, FUNCTION_COLUMNS " AND name = $3 AND number = $4",
                    SQL_VALUES(SCOPE(rows), SQL_TEXT(name), SQL_INT(number)), &cursor));
    TRY(store_next(rows.ctx, &cursor, found));
    if (!*found) {
        return ERR_OK;
    }
    const struct err err = read_function(rows, &cursor, out);
    store_end(&cursor);
    return err;
}

struct err rows_function_put(struct lambda_rows rows, const struct function_row *row)
{
    struct lambda_function_configuration config = row->config;
    struct json_writer w = json_writer_new(rows.ctx->arena);
    config.environment = NULL;
    wire_json_write(&w, LAMBDA_SHAPE_FUNCTION_CONFIGURATION, &config);
    return store_run(rows.ctx, rows.db,
                     "INSERT INTO lambda_function (account, region, name, number, config, environment, code, basis)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account, region, name, number) DO UPDATE SET"
                     " config = excluded.config, environment = excluded.environment, code = excluded.code, basis = excluded.basis",
                     SQL_VALUES(SCOPE(rows), SQL_TEXT(row->name), SQL_INT(row->number), SQL_TEXT(json_done(&w)),
                                SQL_BLOB(row->environment), SQL_TEXT(row->code), SQL_TEXT(row->basis)), NULL);
}

struct err rows_function_delete(struct lambda_rows rows, struct str name, int64_t number)
{
    return store_run(rows.ctx, rows.db, "DELETE FROM lambda_function WHERE account = $1 AND region = $2 AND name = $3 AND number = $4",
                     SQL_VALUES(SCOPE(rows), SQL_TEXT(name), SQL_INT(number)), NULL);
}

struct err rows_function_delete_all(struct lambda_rows rows, struct str name)
{
    TRY(store_run(rows.ctx, rows.db, "DELETE FROM lambda_item WHERE account = $1 AND region = $2 AND name = $3",
                  SQL_VALUES(SCOPE(rows), SQL_TEXT(name)), NULL));
    return store_run(rows.ctx, rows.db, "DELETE FROM lambda_function WHERE account = $1 AND region = $2 AND name = $3",
                     SQL_VALUES(SCOPE(rows), SQL_TEXT(name)), NULL);
}

struct err rows_function_list(struct lambda_rows rows, struct str name, struct str after, int64_t after_number, size_t limit,
                              struct function_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *count = 0;
    *out = ARENA_ARRAY(rows.ctx->arena, struct function_row, limit + 1);
    if (name.ptr) {
        TRY(store_query(rows.ctx, rows.db, FUNCTION_COLUMNS " AND name = $3 AND number > $4 ORDER BY number LIMIT $5",
                        SQL_VALUES(SCOPE(rows), SQL_TEXT(name), SQL_INT(after_number), SQL_INT((int64_t)limit)), &cursor));
    } else {
        TRY(store_query(rows.ctx, rows.db, FUNCTION_COLUMNS " AND name > $3 AND number = 0 ORDER BY name LIMIT $4",
                        SQL_VALUES(SCOPE(rows), SQL_TEXT(after), SQL_INT((int64_t)limit)), &cursor));
    }
    while (*count < limit && store_row(rows.ctx, &cursor, &err)) {
        TRY(read_function(rows, &cursor, &(*out)[(*count)++]));
    }
    store_end(&cursor);
    return err;
}

static struct err one_number(struct lambda_rows rows, struct store_cursor *cursor, int64_t *out)
{
    bool found = false;
    *out = 0;
    TRY(store_next(rows.ctx, cursor, &found));
    if (found) {
        *out = store_int(cursor, 0);
        store_end(cursor);
    }
    return ERR_OK;
}

struct err rows_function_count(struct lambda_rows rows, int64_t *functions)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, "SELECT count(*) FROM lambda_function WHERE account = $1 AND region = $2 AND number = 0",
                    SQL_VALUES(SCOPE(rows)), &cursor));
    return one_number(rows, &cursor, functions);
}

struct err rows_extra_get(struct lambda_rows rows, struct str name, struct str kind, struct str part, struct str *body)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    *body = STR_NONE;
    TRY(store_query(rows.ctx, rows.db,
                    "SELECT body FROM lambda_item WHERE account = $1 AND region = $2 AND name = $3 AND kind = $4 AND part = $5",
                    SQL_VALUES(SCOPE(rows), SQL_TEXT(name), SQL_TEXT(kind), SQL_TEXT(part)), &cursor));
    TRY(store_next(rows.ctx, &cursor, &found));
    if (found) {
        *body = store_text(rows.ctx, &cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_extra_put(struct lambda_rows rows, struct str name, struct str kind, struct str part, struct str body)
{
    return store_run(rows.ctx, rows.db,
                     "INSERT INTO lambda_item (account, region, name, kind, part, body) VALUES ($1, $2, $3, $4, $5, $6)"
                     " ON CONFLICT (account, region, name, kind, part) DO UPDATE SET body = excluded.body",
                     SQL_VALUES(SCOPE(rows), SQL_TEXT(name), SQL_TEXT(kind), SQL_TEXT(part), SQL_TEXT(body)), NULL);
}

struct err rows_extra_delete(struct lambda_rows rows, struct str name, struct str kind, struct str part, bool *found)
{
    int64_t changed = 0;
    TRY(store_run(rows.ctx, rows.db,
                  "DELETE FROM lambda_item WHERE account = $1 AND region = $2 AND name = $3 AND kind = $4 AND part = $5",
                  SQL_VALUES(SCOPE(rows), SQL_TEXT(name), SQL_TEXT(kind), SQL_TEXT(part)), &changed));
    *found = changed > 0;
    return ERR_OK;
}

struct err rows_extra_list(struct lambda_rows rows, struct str name, struct str kind, struct item **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t room = GROW;
    *count = 0;
    *out = ARENA_ARRAY(rows.ctx->arena, struct item, room);
    if (name.ptr) {
        TRY(store_query(rows.ctx, rows.db,
                        "SELECT name, part, body FROM lambda_item WHERE account = $1 AND region = $2 AND name = $3 AND kind = $4 ORDER BY part",
                        SQL_VALUES(SCOPE(rows), SQL_TEXT(name), SQL_TEXT(kind)), &cursor));
    } else {
        TRY(store_query(rows.ctx, rows.db,
                        "SELECT name, part, body FROM lambda_item WHERE account = $1 AND region = $2 AND kind = $3 ORDER BY name, part",
                        SQL_VALUES(SCOPE(rows), SQL_TEXT(kind)), &cursor));
    }
    while (store_row(rows.ctx, &cursor, &err)) {
        if (*count == room) {
            *out = arena_grow(rows.ctx->arena, *out, room * sizeof(**out), room * 2 * sizeof(**out));
            room *= 2;
        }
        (*out)[(*count)++] = (struct item){ store_text(rows.ctx, &cursor, 0), store_text(rows.ctx, &cursor, 1),
                                            store_text(rows.ctx, &cursor, 2) };
    }
    return err;
}

struct err rows_code_put(struct lambda_rows rows, struct str digest, struct str archive)
{
    return store_run(rows.ctx, rows.db,
                     "INSERT INTO lambda_code (account, digest, archive) VALUES ($1, $2, $3) ON CONFLICT (account, digest) DO NOTHING",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(digest), SQL_BLOB(archive)), NULL);
}

struct err rows_code_get(struct lambda_rows rows, struct str digest, struct str *archive)
{
    struct store_cursor cursor = { .conn = NULL };
    bool found = false;
    *archive = STR_NONE;
    TRY(store_query(rows.ctx, rows.db, "SELECT archive FROM lambda_code WHERE account = $1 AND digest = $2",
                    SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(digest)), &cursor));
    TRY(store_next(rows.ctx, &cursor, &found));
    if (found) {
        *archive = store_text(rows.ctx, &cursor, 0);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err rows_code_drop(struct lambda_rows rows, struct str digest)
{
    return store_run(rows.ctx, rows.db,
                     "DELETE FROM lambda_code WHERE account = $1 AND digest = $2"
                     " AND NOT EXISTS (SELECT 1 FROM lambda_function WHERE account = $1 AND code = $2)"
                     " AND NOT EXISTS (SELECT 1 FROM lambda_item WHERE account = $1 AND kind = 'layer' AND body LIKE '%' || $2 || '%')",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(digest)), NULL);
}

struct err rows_code_size(struct lambda_rows rows, int64_t *bytes)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(rows.ctx, rows.db, "SELECT coalesce(sum(length(archive)), 0) FROM lambda_code WHERE account = $1",
                    SQL_VALUES(SQL_TEXT(rows.account)), &cursor));
    return one_number(rows, &cursor, bytes);
}

struct err rows_event_put(struct lambda_rows rows, const struct event_row *row)
{
    return store_run(rows.ctx, rows.db,
                     "INSERT INTO lambda_event (account, id, call, payload, tries, created_ms, next_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                     " ON CONFLICT (account, id) DO UPDATE SET tries = excluded.tries, next_ms = excluded.next_ms",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(row->id), SQL_TEXT(row->call), SQL_BLOB(row->payload), SQL_INT(row->tries),
                                SQL_INT(row->created_ms), SQL_INT(row->next_ms)), NULL);
}

struct err rows_event_delete(struct lambda_rows rows, struct str id)
{
    return store_run(rows.ctx, rows.db, "DELETE FROM lambda_event WHERE account = $1 AND id = $2",
                     SQL_VALUES(SQL_TEXT(rows.account), SQL_TEXT(id)), NULL);
}

struct err rows_event_due(struct ctx *ctx, struct store_conn *db, int64_t now_ms, size_t limit, struct event_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *count = 0;
    *out = ARENA_ARRAY(ctx->arena, struct event_row, limit + 1);
    TRY(store_query(ctx, db,
                    "SELECT account, id, call, payload, tries, created_ms, next_ms FROM lambda_event WHERE next_ms <= $1"
                    " ORDER BY next_ms LIMIT $2", SQL_VALUES(SQL_INT(now_ms), SQL_INT((int64_t)limit)), &cursor));
    while (*count < limit && store_row(ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct event_row){
            .account = store_text(ctx, &cursor, 0), .id = store_text(ctx, &cursor, 1), .call = store_text(ctx, &cursor, 2),
            .payload = store_text(ctx, &cursor, 3), .tries = store_int(&cursor, 4), .created_ms = store_int(&cursor, 5),
            .next_ms = store_int(&cursor, 6),
        };
    }
    store_end(&cursor);
    return err;
}

struct err rows_provisioned(struct ctx *ctx, struct store_conn *db, size_t limit, struct placed_item **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *count = 0;
    *out = ARENA_ARRAY(ctx->arena, struct placed_item, limit + 1);
    TRY(store_query(ctx, db, "SELECT account, region, name, part, body FROM lambda_item WHERE kind = $1 ORDER BY account, region, name, part LIMIT $2",
                    SQL_VALUES(SQL_TEXT(ITEM_PROVISIONED), SQL_INT((int64_t)limit)), &cursor));
    while (*count < limit && store_row(ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct placed_item){ store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1),
                                                   { store_text(ctx, &cursor, 2), store_text(ctx, &cursor, 3), store_text(ctx, &cursor, 4) } };
    }
    store_end(&cursor);
    return err;
}
