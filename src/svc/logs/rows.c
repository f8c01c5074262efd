#include "svc/logs/rows.h"

#include "store/list.h"

/* --- groups --- */

#define GROUP_COLUMNS                                                                                                     \
    "account, region, name, id, class, created_ms, retention, kms_key, data_key, protected, next_block, next_stream,"     \
    " span_ms, stored"
#define SELECT_GROUP                                                                                                      \
    "SELECT " GROUP_COLUMNS ", (SELECT count(*) FROM logs_item f WHERE f.account = g.account AND f.log_group = g.id"    \
    " AND f.kind = 'metric') FROM logs_group g "

static void read_group(const void *self, const struct store_cursor *cursor, void *item)
{
    struct ctx *ctx = ((const struct rows *)self)->ctx;
    *(struct group *)item = (struct group){
        .account = store_text(ctx, cursor, 0),
        .region = store_text(ctx, cursor, 1),
        .name = store_text(ctx, cursor, 2),
        .id = store_int(cursor, 3),
        .class = store_text(ctx, cursor, 4),
        .created_ms = store_int(cursor, 5),
        .retention = store_int(cursor, 6),
        .kms_key = store_text(ctx, cursor, 7),
        .data_key = store_int(cursor, 8),
        .protected = store_int(cursor, 9) != 0,
        .next_block = store_int(cursor, 10),
        .next_stream = store_int(cursor, 11),
        .span_ms = store_int(cursor, 12),
        .stored = store_int(cursor, 13),
        .metric_filters = store_int(cursor, 14),
    };
}

#define GROUP(rows) (&(const struct store_reader){ .read = read_group, .self = (rows), .size = sizeof(struct group) })

struct err logs_row_group(const struct rows *rows, struct str name, struct group *out, bool *found)
{
    return store_first(rows->ctx, rows->db, SELECT_GROUP "WHERE account = $1 AND region = $2 AND name = $3",
                             SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(name)), GROUP(rows), out, found);
}

struct err logs_row_group_of_id(const struct rows *rows, int64_t id, struct group *out, bool *found)
{
    return store_first(rows->ctx, rows->db, SELECT_GROUP "WHERE account = $1 AND id = $2", SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(id)),
                             GROUP(rows), out, found);
}

struct err logs_row_group_put(const struct rows *rows, const struct group *g)
{
    return store_run(rows->ctx, rows->db,
                     "INSERT INTO logs_group (" GROUP_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
                     " ON CONFLICT (account, region, name) DO UPDATE SET retention = excluded.retention, kms_key = excluded.kms_key,"
                     " data_key = excluded.data_key, protected = excluded.protected, next_stream = excluded.next_stream",
                     SQL_VALUES(SQL_TEXT(g->account), SQL_TEXT(g->region), SQL_TEXT(g->name), SQL_INT(g->id), SQL_TEXT(g->class),
                                SQL_INT(g->created_ms), SQL_INT(g->retention), SQL_TEXT(g->kms_key), SQL_INT(g->data_key),
                                SQL_INT(g->protected), SQL_INT(g->next_block), SQL_INT(g->next_stream), SQL_INT(g->span_ms),
                                SQL_INT(g->stored)),
                     NULL);
}

static struct err mark_gone(const struct rows *rows, int64_t group, int64_t stream)
{
    return store_run(rows->ctx, rows->db,
                     "INSERT INTO logs_gone (account, log_group, stream) VALUES ($1, $2, $3)"
                     " ON CONFLICT (account, log_group, stream) DO NOTHING",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(stream)), NULL);
}

struct err logs_row_group_delete(const struct rows *rows, const struct group *group)
{
    static const char *const statements[] = {
        "DELETE FROM logs_stream WHERE account = $1 AND log_group = $2",
        "DELETE FROM logs_item WHERE account = $1 AND log_group = $2",
        "DELETE FROM logs_pump WHERE account = $1 AND log_group = $2",
        "DELETE FROM logs_key WHERE account = $1 AND log_group = $2",
        "DELETE FROM logs_group WHERE account = $1 AND id = $2",
    };
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        TRY(store_run(rows->ctx, rows->db, statements[i], SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group->id)), NULL));
    }
    return mark_gone(rows, group->id, 0);
}

struct err logs_row_groups(const struct rows *rows, struct str from, struct str after, int64_t limit, struct groups *out)
{
    struct store_list list = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db, SELECT_GROUP "WHERE account = $1 AND region = $2 AND name >= $3 AND name > $4 ORDER BY name LIMIT $5",
                      SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(rows->region), SQL_TEXT(from.ptr ? from : STR("")),
                                 SQL_TEXT(after.ptr ? after : STR("")), SQL_INT(limit)),
                      GROUP(rows), &list));
    *out = (struct groups){ list.items, list.count };
    return ERR_OK;
}

/* --- streams --- */

#define STREAM_COLUMNS "name, number, created_ms, first_ms, last_ms, ingested_ms, stored"
#define SELECT_STREAM "SELECT " STREAM_COLUMNS " FROM logs_stream "

static void read_stream(const void *self, const struct store_cursor *cursor, void *item)
{
    struct ctx *ctx = ((const struct rows *)self)->ctx;
    *(struct stream *)item = (struct stream){
        .name = store_text(ctx, cursor, 0),
        .number = store_int(cursor, 1),
        .created_ms = store_int(cursor, 2),
        .first_ms = store_int(cursor, 3),
        .last_ms = store_int(cursor, 4),
        .ingested_ms = store_int(cursor, 5),
        .stored = store_int(cursor, 6),
    };
}

#define STREAM(rows) (&(const struct store_reader){ .read = read_stream, .self = (rows), .size = sizeof(struct stream) })

struct err logs_row_stream(const struct rows *rows, int64_t group, struct str name, struct stream *out, bool *found)
{
    return store_first(rows->ctx, rows->db, SELECT_STREAM "WHERE account = $1 AND log_group = $2 AND name = $3",
                             SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_TEXT(name)), STREAM(rows), out, found);
}

struct err logs_row_stream_put(const struct rows *rows, int64_t group, const struct stream *s)
{
    return store_run(rows->ctx, rows->db,
                     "INSERT INTO logs_stream (account, log_group, " STREAM_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                     " ON CONFLICT (account, log_group, name) DO UPDATE SET first_ms = excluded.first_ms, last_ms = excluded.last_ms,"
                     " ingested_ms = excluded.ingested_ms, stored = excluded.stored",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_TEXT(s->name), SQL_INT(s->number), SQL_INT(s->created_ms),
                                SQL_INT(s->first_ms), SQL_INT(s->last_ms), SQL_INT(s->ingested_ms), SQL_INT(s->stored)),
                     NULL);
}

static struct err add_stored(const struct rows *rows, int64_t group, int64_t bytes)
{
    return store_run(rows->ctx, rows->db, "UPDATE logs_group SET stored = stored + $3 WHERE account = $1 AND id = $2",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(bytes)), NULL);
}

struct err logs_row_stream_delete(const struct rows *rows, const struct group *group, const struct stream *stream)
{
    TRY(store_run(rows->ctx, rows->db, "DELETE FROM logs_stream WHERE account = $1 AND log_group = $2 AND number = $3",
                  SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group->id), SQL_INT(stream->number)), NULL));
    TRY(add_stored(rows, group->id, -stream->stored));
    return mark_gone(rows, group->id, stream->number);
}

#define IN_GROUP SELECT_STREAM "WHERE account = $1 AND log_group = $2 AND "
#define TEXT_END "\xf4\x8f\xbf\xbf" /* sorts after every name */

struct err logs_row_streams(const struct rows *rows, int64_t group, const struct stream_query *query, int64_t limit, struct streams *out)
{
    static const char *const sql[2][2] = {
        { IN_GROUP "name >= $5 AND name > $4 AND $3 = 0 ORDER BY name LIMIT $6",
          IN_GROUP "name >= $5 AND name < $4 AND $3 = 0 ORDER BY name DESC LIMIT $6" },
        { IN_GROUP "name >= $5 AND (last_ms > $3 OR (last_ms = $3 AND name > $4)) ORDER BY last_ms, name LIMIT $6",
          IN_GROUP "name >= $5 AND (last_ms < $3 OR (last_ms = $3 AND name < $4)) ORDER BY last_ms DESC, name DESC LIMIT $6" },
    };
    const bool first = query->after.ptr == NULL;
    const struct str prefix = query->prefix.ptr ? query->prefix : STR("");
    const struct str end = str_format(rows->ctx->arena, "%" STR_FMT TEXT_END, STR_ARG(prefix));
    const struct str after = !first ? query->after : query->descending ? end : STR("");
    const int64_t last_ms = !query->by_time ? 0 : !first ? query->last_ms : query->descending ? INT64_MAX : -1;
    struct store_list list = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db, sql[query->by_time][query->descending],
                      SQL_VALUES(SQL_TEXT(rows->account), SQL_INT(group), SQL_INT(last_ms), SQL_TEXT(after),
                                 SQL_TEXT(prefix), SQL_INT(limit)),
                      STREAM(rows), &list));
    *out = (struct streams){ list.items, list.count };
    return ERR_OK;
}

/* --- tags --- */

static void read_tag(const void *self, const struct store_cursor *cursor, void *item)
{
    struct ctx *ctx = ((const struct rows *)self)->ctx;
    *(struct logs_tags_entry *)item = (struct logs_tags_entry){ store_text(ctx, cursor, 0), store_text(ctx, cursor, 1) };
}

struct err logs_row_tags(const struct rows *rows, struct str resource, struct logs_tags *out)
{
    struct store_list list = { NULL, 0 };
    TRY(store_list(rows->ctx, rows->db, "SELECT tag, value FROM logs_tag WHERE account = $1 AND resource = $2 ORDER BY tag",
                      SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource)),
                      &(const struct store_reader){ .read = read_tag, .self = rows, .size = sizeof(struct logs_tags_entry) }, &list));
    *out = (struct logs_tags){ list.items, list.count };
    return ERR_OK;
}

struct err logs_row_tag_put(const struct rows *rows, struct str resource, struct str tag, struct str value)
{
    return store_run(rows->ctx, rows->db,
                     "INSERT INTO logs_tag (account, resource, tag, value) VALUES ($1, $2, $3, $4)"
                     " ON CONFLICT (account, resource, tag) DO UPDATE SET value = excluded.value",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource), SQL_TEXT(tag), SQL_TEXT(value)), NULL);
}

struct err logs_row_tag_delete(const struct rows *rows, struct str resource, struct str tag)
{
    return store_run(rows->ctx, rows->db, "DELETE FROM logs_tag WHERE account = $1 AND resource = $2 AND tag = $3",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource), SQL_TEXT(tag)), NULL);
}

struct err logs_row_tags_delete(const struct rows *rows, struct str resource)
{
    return store_run(rows->ctx, rows->db, "DELETE FROM logs_tag WHERE account = $1 AND resource = $2",
                     SQL_VALUES(SQL_TEXT(rows->account), SQL_TEXT(resource)), NULL);
}
