#include "svc/cloudtrail/rows.h"

#include "wire/codec.h"

#define TRAIL_COLUMNS \
    "account, region, name, organization, document, selectors, insights, created_ms, logging, started_ms, stopped_ms"

static const char TRAIL_LIST[] = "SELECT " TRAIL_COLUMNS " FROM cloudtrail_trail WHERE account = $1 ORDER BY region, name";
static const char TRAIL_ALL[] = "SELECT " TRAIL_COLUMNS " FROM cloudtrail_trail ORDER BY account, region, name";
static const char TRAIL_GET[] =
    "SELECT " TRAIL_COLUMNS " FROM cloudtrail_trail WHERE account = $1 AND region = $2 AND name = $3";
static const char TRAIL_PUT[] =
    "INSERT INTO cloudtrail_trail (" TRAIL_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    " ON CONFLICT (account, region, name) DO UPDATE SET organization = excluded.organization,"
    " document = excluded.document, selectors = excluded.selectors, insights = excluded.insights,"
    " logging = excluded.logging, started_ms = excluded.started_ms, stopped_ms = excluded.stopped_ms";
static const char TRAIL_DELETE[] = "DELETE FROM cloudtrail_trail WHERE account = $1 AND region = $2 AND name = $3";
static const char DELIVERY_DELETE[] = "DELETE FROM cloudtrail_delivery WHERE account = $1 AND region = $2 AND name = $3";
static const char FILE_DELETE[] = "DELETE FROM cloudtrail_file WHERE account = $1 AND region = $2 AND name = $3";
static const char CHAIN_DELETE[] = "DELETE FROM cloudtrail_chain WHERE account = $1 AND region = $2 AND name = $3";
static const char TAG_PUT[] =
    "INSERT INTO cloudtrail_tag (account, resource, tag, value) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (account, resource, tag) DO UPDATE SET value = excluded.value";
static const char TAG_DELETE[] = "DELETE FROM cloudtrail_tag WHERE account = $1 AND resource = $2 AND tag = $3";
static const char TAG_DELETE_ALL[] = "DELETE FROM cloudtrail_tag WHERE account = $1 AND resource = $2";
static const char TAG_LIST[] = "SELECT tag, value FROM cloudtrail_tag WHERE account = $1 AND resource = $2 ORDER BY tag";
static const char KEY_LIST[] =
    "SELECT fingerprint, public_key, sealed, from_ms, to_ms FROM cloudtrail_key WHERE account = $1 AND region = $2"
    " ORDER BY from_ms DESC, fingerprint";
static const char KEY_PUT[] =
    "INSERT INTO cloudtrail_key (account, region, fingerprint, public_key, sealed, from_ms, to_ms)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)";

static struct err read_trail(struct ctx *ctx, const struct store_cursor *cursor, struct trail_row *row)
{
    void *document = NULL;
    *row = (struct trail_row){
        .account = store_text(ctx, cursor, 0),
        .region = store_text(ctx, cursor, 1),
        .name = store_text(ctx, cursor, 2),
        .organization = store_text(ctx, cursor, 3),
        .selectors = store_text(ctx, cursor, 5),
        .insights = store_text(ctx, cursor, 6),
        .created_ms = store_int(cursor, 7),
        .logging = store_int(cursor, 8) != 0,
        .started_ms = store_int(cursor, 9),
        .stopped_ms = store_int(cursor, 10),
    };
    TRY(wire_json_read(ctx, CLOUDTRAIL_SHAPE_TRAIL, store_text(ctx, cursor, 4), &document));
    row->trail = document;
    return ERR_OK;
}

struct err trail_rows_list(struct ctx *ctx, struct store_conn *db, struct str account, struct trail_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t capacity = 8;
    *out = ARENA_ARRAY(ctx->arena, struct trail_row, capacity);
    *count = 0;
    TRY(account.ptr ? store_query(ctx, db, TRAIL_LIST, SQL_VALUES(SQL_TEXT(account)), &cursor)
                    : store_query(ctx, db, TRAIL_ALL, NULL, 0, &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (*count == capacity) {
            *out = arena_grow(ctx->arena, *out, capacity * sizeof(**out), capacity * 2 * sizeof(**out));
            capacity *= 2;
        }
        err = read_trail(ctx, &cursor, &(*out)[(*count)++]);
        if (err.fault) {
            store_end(&cursor);
            return err;
        }
    }
    return err;
}

struct err trail_rows_get(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, struct str name,
                          struct trail_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, TRAIL_GET, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(region), SQL_TEXT(name)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    if (*found) {
        const struct err err = read_trail(ctx, &cursor, out);
        store_end(&cursor);
        return err;
    }
    return ERR_OK;
}

struct err trail_rows_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *row)
{
    struct json_writer w = json_writer_new(ctx->arena);
    wire_json_write(&w, CLOUDTRAIL_SHAPE_TRAIL, row->trail);
    return store_run(ctx, db, TRAIL_PUT,
                     SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->region), SQL_TEXT(row->name),
                                SQL_TEXT(row->organization.ptr ? row->organization : STR("")), SQL_TEXT(json_done(&w)),
                                SQL_TEXT(row->selectors), SQL_TEXT(row->insights), SQL_INT(row->created_ms),
                                SQL_INT(row->logging), SQL_INT(row->started_ms), SQL_INT(row->stopped_ms)),
                     NULL);
}

struct err trail_rows_delete(struct ctx *ctx, struct store_conn *db, const struct trail_row *row)
{
    static const char *const all[] = { TRAIL_DELETE, DELIVERY_DELETE, FILE_DELETE, CHAIN_DELETE };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        TRY(store_run(ctx, db, all[i], SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->region), SQL_TEXT(row->name)), NULL));
    }
    return store_run(ctx, db, TAG_DELETE_ALL, SQL_VALUES(SQL_TEXT(row->account), SQL_TEXT(row->trail->trail_arn)), NULL);
}

struct err trail_rows_tag_put(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource, struct str tag,
                        struct str value)
{
    return store_run(ctx, db, TAG_PUT, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(resource), SQL_TEXT(tag), SQL_TEXT(value)), NULL);
}

struct err trail_rows_tag_delete(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource, struct str tag)
{
    return store_run(ctx, db, TAG_DELETE, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(resource), SQL_TEXT(tag)), NULL);
}

struct err trail_rows_tag_delete_all(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource)
{
    return store_run(ctx, db, TAG_DELETE_ALL, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(resource)), NULL);
}

struct err trail_rows_tag_list(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource,
                         struct cloudtrail_tags_list *out)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t capacity = 64;
    out->items = ARENA_ARRAY(ctx->arena, struct cloudtrail_tag, capacity);
    out->count = 0;
    TRY(store_query(ctx, db, TAG_LIST, SQL_VALUES(SQL_TEXT(account), SQL_TEXT(resource)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (out->count == capacity) {
            out->items = arena_grow(ctx->arena, out->items, capacity * sizeof(*out->items), capacity * 2 * sizeof(*out->items));
            capacity *= 2;
        }
        out->items[out->count++] = (struct cloudtrail_tag){ store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1) };
    }
    return err;
}

struct err trail_rows_key_list(struct ctx *ctx, struct store_conn *db, struct str home, struct str region, struct key_row **out,
                         size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    size_t capacity = 8;
    *out = ARENA_ARRAY(ctx->arena, struct key_row, capacity);
    *count = 0;
    TRY(store_query(ctx, db, KEY_LIST, SQL_VALUES(SQL_TEXT(home), SQL_TEXT(region)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        if (*count == capacity) {
            *out = arena_grow(ctx->arena, *out, capacity * sizeof(**out), capacity * 2 * sizeof(**out));
            capacity *= 2;
        }
        (*out)[(*count)++] = (struct key_row){
            store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1), store_text(ctx, &cursor, 2), store_int(&cursor, 3),
            store_int(&cursor, 4),
        };
    }
    return err;
}

struct err trail_rows_key_put(struct ctx *ctx, struct store_conn *db, struct str home, struct str region, const struct key_row *key)
{
    return store_run(ctx, db, KEY_PUT,
                     SQL_VALUES(SQL_TEXT(home), SQL_TEXT(region), SQL_TEXT(key->fingerprint), SQL_BLOB(key->public_key),
                                SQL_BLOB(key->sealed), SQL_INT(key->from_ms), SQL_INT(key->to_ms)),
                     NULL);
}
