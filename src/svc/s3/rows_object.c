/* rows_object.c - versions of objects and the blobs they consist of. */
#include "base/json.h"
#include "svc/s3/rows.h"

#define OBJECT_COLUMNS                                                                                                     \
    "bucket, name, place, version, latest, marker, size, etag, modified_ms, storage_class, owner, headers, checksum, acl," \
    " tags, lock_mode, retain_until_ms, legal_hold, sse, parts"

static const char OBJECT_NEWEST[] =
    "SELECT " OBJECT_COLUMNS ", body FROM s3_object WHERE bucket = $1 AND name = $2 AND latest = 1";
static const char OBJECT_VERSION[] =
    "SELECT " OBJECT_COLUMNS ", body FROM s3_object WHERE bucket = $1 AND name = $2 AND version = $3";
static const char OBJECT_INSERT[] =
    "INSERT INTO s3_object (" OBJECT_COLUMNS ", body)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
static const char OBJECT_UPDATE[] =
    "UPDATE s3_object SET acl = $4, tags = $5, lock_mode = $6, retain_until_ms = $7, legal_hold = $8, storage_class = $9,"
    " headers = $10, sse = $11 WHERE bucket = $1 AND name = $2 AND place = $3";
static const char OBJECT_DELETE[] = "DELETE FROM s3_object WHERE bucket = $1 AND name = $2 AND place = $3";
static const char OBJECT_AGED[] = "UPDATE s3_object SET latest = 0 WHERE bucket = $1 AND name = $2 AND place = $3";
static const char OBJECT_RISE[] =
    "UPDATE s3_object SET latest = 1 WHERE bucket = $1 AND name = $2"
    " AND place = (SELECT min(place) FROM s3_object WHERE bucket = $1 AND name = $2)";
/* The newest, and the one with that id, which may be the same. */
static const char OBJECT_TOUCHED[] =
    "SELECT place, version, latest, parts FROM s3_object WHERE bucket = $1 AND name = $2 AND (latest = 1 OR version = $3)";
static const char LIST_NOW[] =
    "SELECT " OBJECT_COLUMNS " FROM s3_object WHERE bucket = $1 AND latest = 1 AND marker = 0 AND name >= $2"
    " ORDER BY bucket, name LIMIT $3";
static const char LIST_NOW_BELOW[] =
    "SELECT " OBJECT_COLUMNS " FROM s3_object WHERE bucket = $1 AND latest = 1 AND marker = 0 AND name >= $2 AND name < $4"
    " ORDER BY bucket, name LIMIT $3";
static const char LIST_VERSIONS[] =
    "SELECT " OBJECT_COLUMNS " FROM s3_object WHERE bucket = $1 AND name >= $2 AND (name > $2 OR place > $4)"
    " ORDER BY bucket, name, place LIMIT $3";
static const char LIST_VERSIONS_BELOW[] =
    "SELECT " OBJECT_COLUMNS " FROM s3_object WHERE bucket = $1 AND name >= $2 AND (name > $2 OR place > $4) AND name < $5"
    " ORDER BY bucket, name, place LIMIT $3";
static const char BLOB_ADD[] =
    "INSERT INTO s3_blob (id, size, uses, freed_ms) VALUES ($1, $2, 1, 0) ON CONFLICT (id) DO UPDATE SET uses = s3_blob.uses + 1";
static const char BLOB_RELEASE[] = "UPDATE s3_blob SET uses = uses - 1, freed_ms = $2 WHERE id = $1 AND uses > 0";
static const char BLOB_KNOWN[] = "SELECT 1 FROM s3_blob WHERE id = $1";
static const char BLOB_FREE[] = "SELECT id FROM s3_blob WHERE uses = 0 AND freed_ms < $1 ORDER BY freed_ms LIMIT $2";
static const char BLOB_FORGET[] = "DELETE FROM s3_blob WHERE id = $1 AND uses = 0";

/* --- parts --- */

struct str object_parts_write(struct arena *arena, const struct object_part *parts, size_t count)
{
    struct json_writer w = json_writer_new(arena);
    json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        json_open_object(&w);
        json_member_int(&w, STR("number"), parts[i].number);
        json_member_int(&w, STR("size"), parts[i].size);
        json_member_str(&w, STR("blob"), parts[i].blob);
        json_member_str(&w, STR("checksum"), parts[i].checksum);
        json_close_object(&w);
    }
    json_close_array(&w);
    return json_done(&w);
}

struct err object_parts_read(struct ctx *ctx, struct str text, struct object_part **out, size_t *count)
{
    const struct json *list = text.ptr ? json_parse(ctx->arena, text, NULL) : NULL;
    *count = 0;
    if (text.ptr && list == NULL) {
        return fail(ctx, &FAULT_INTERNAL, "the parts of an object can't be read");
    }
    *out = list ? ARENA_ARRAY(ctx->arena, struct object_part, list->count + 1) : NULL;
    for (const struct json *one = list ? list->child : NULL; one; one = one->next) {
        struct object_part *part = &(*out)[(*count)++];
        json_int(json_get(one, STR("number")), &part->number);
        json_int(json_get(one, STR("size")), &part->size);
        part->blob = json_text(json_get(one, STR("blob")));
        part->checksum = json_text(json_get(one, STR("checksum")));
    }
    return ERR_OK;
}

/* --- blobs --- */

struct err blob_rows_use(struct ctx *ctx, struct store_conn *db, struct str id, int64_t size)
{
    return store_run(ctx, db, BLOB_ADD, SQL_VALUES(SQL_TEXT(id), SQL_INT(size)), NULL);
}

struct err blob_rows_release(struct ctx *ctx, struct store_conn *db, struct str id)
{
    return store_run(ctx, db, BLOB_RELEASE, SQL_VALUES(SQL_TEXT(id), SQL_INT(ctx->now_ms)), NULL);
}

struct err blob_rows_known(struct ctx *ctx, struct store_conn *db, struct str id, bool *out)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, BLOB_KNOWN, SQL_VALUES(SQL_TEXT(id)), &cursor));
    TRY(store_next(ctx, &cursor, out));
    store_end(&cursor);
    return ERR_OK;
}

struct err blob_rows_free(struct ctx *ctx, struct store_conn *db, int64_t before_ms, size_t max, struct str *ids, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *count = 0;
    TRY(store_query(ctx, db, BLOB_FREE, SQL_VALUES(SQL_INT(before_ms), SQL_INT((int64_t)max)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        ids[(*count)++] = store_text(ctx, &cursor, 0);
    }
    return err;
}

struct err blob_rows_forget(struct ctx *ctx, struct store_conn *db, struct str id)
{
    return store_run(ctx, db, BLOB_FORGET, SQL_VALUES(SQL_TEXT(id)), NULL);
}

/* --- objects --- */

enum { HOLD_NEVER, HOLD_ON, HOLD_OFF };

static int64_t hold_of(const struct object_row *row)
{
    return row->legal_hold ? HOLD_ON : row->hold_said ? HOLD_OFF : HOLD_NEVER;
}

static struct err read_object(struct ctx *ctx, const struct store_cursor *cursor, struct object_row *out)
{
    *out = (struct object_row){
        .bucket = store_text(ctx, cursor, 0),
        .name = store_text(ctx, cursor, 1),
        .place = store_int(cursor, 2),
        .version = store_text(ctx, cursor, 3),
        .latest = store_int(cursor, 4) != 0,
        .marker = store_int(cursor, 5) != 0,
        .size = store_int(cursor, 6),
        .etag = store_text(ctx, cursor, 7),
        .modified_ms = store_int(cursor, 8),
        .storage_class = store_text(ctx, cursor, 9),
        .owner = store_text(ctx, cursor, 10),
        .headers = store_text(ctx, cursor, 11),
        .checksum = store_text(ctx, cursor, 12),
        .acl = store_text(ctx, cursor, 13),
        .tags = store_text(ctx, cursor, 14),
        .lock_mode = store_text(ctx, cursor, 15),
        .retain_until_ms = store_int(cursor, 16),
        .legal_hold = store_int(cursor, 17) == HOLD_ON,
        .hold_said = store_int(cursor, 17) != HOLD_NEVER,
        .sse = store_text(ctx, cursor, 18),
    };
    return object_parts_read(ctx, store_text(ctx, cursor, 19), &out->parts, &out->part_count);
}

struct err object_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str version,
                           struct object_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(version.ptr
            ? store_query(ctx, db, OBJECT_VERSION, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(name), SQL_TEXT(version)), &cursor)
            : store_query(ctx, db, OBJECT_NEWEST, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(name)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    if (!*found) {
        return ERR_OK;
    }
    const struct err err = read_object(ctx, &cursor, out);
    out->body = store_text(ctx, &cursor, 20);
    store_end(&cursor);
    return err;
}

static const char OBJECT_AT[] = "SELECT " OBJECT_COLUMNS " FROM s3_object WHERE bucket = $1 AND name = $2 AND place = $3";

struct err object_rows_at(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, int64_t place, struct object_row *out,
                          bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, OBJECT_AT, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(name), SQL_INT(place)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    const struct err err = *found ? read_object(ctx, &cursor, out) : ERR_OK;
    store_end(&cursor);
    return err;
}

static struct err release_parts(struct ctx *ctx, struct store_conn *db, const struct object_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TRY(parts[i].blob.ptr ? blob_rows_release(ctx, db, parts[i].blob) : ERR_OK);
    }
    return ERR_OK;
}

struct touched {
    int64_t place;
    bool same, latest; /* same: it has the new one's version id */
    struct object_part *parts;
    size_t part_count;
};

static struct err find_touched(struct ctx *ctx, struct store_conn *db, const struct object_row *row, struct touched found[2],
                               size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *count = 0;
    TRY(store_query(ctx, db, OBJECT_TOUCHED, SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_TEXT(row->version)), &cursor));
    while (*count < 2 && store_row(ctx, &cursor, &err)) {
        struct touched *one = &found[(*count)++];
        *one = (struct touched){ .place = store_int(&cursor, 0), .same = str_equal(store_text(ctx, &cursor, 1), row->version),
                                 .latest = store_int(&cursor, 2) != 0 };
        err = object_parts_read(ctx, store_text(ctx, &cursor, 3), &one->parts, &one->part_count);
        if (err.fault) {
            break;
        }
    }
    store_end(&cursor);
    return err;
}

static struct err make_room(struct ctx *ctx, struct store_conn *db, const struct object_row *row, const struct touched *one)
{
    if (!one->same) {
        return store_run(ctx, db, OBJECT_AGED, SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_INT(one->place)), NULL);
    }
    TRY(release_parts(ctx, db, one->parts, one->part_count));
    return store_run(ctx, db, OBJECT_DELETE, SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_INT(one->place)), NULL);
}

static struct err insert(struct ctx *ctx, struct store_conn *db, const struct object_row *row)
{
    const struct str parts = row->part_count ? object_parts_write(ctx->arena, row->parts, row->part_count) : STR_NONE;
    return store_run(ctx, db, OBJECT_INSERT,
                     SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_INT(row->place), SQL_TEXT(row->version),
                                SQL_INT(row->latest), SQL_INT(row->marker), SQL_INT(row->size),
                                SQL_TEXT(row->etag.ptr ? row->etag : STR("")), SQL_INT(row->modified_ms),
                                SQL_TEXT(row->storage_class.ptr ? row->storage_class : STR("STANDARD")), SQL_TEXT(row->owner),
                                SQL_TEXT(row->headers), SQL_TEXT(row->checksum), SQL_TEXT(row->acl), SQL_TEXT(row->tags),
                                SQL_TEXT(row->lock_mode), SQL_INT(row->retain_until_ms), SQL_INT(hold_of(row)),
                                SQL_TEXT(row->sse), SQL_TEXT(parts), SQL_BLOB(row->body)),
                     NULL);
}

/* Places go down with time, and with each version where the clock doesn't move. */
struct err object_rows_put(struct ctx *ctx, struct store_conn *db, struct object_row *row)
{
    struct touched found[2];
    size_t count = 0;
    row->place = -ctx->now_ms * 1000;
    row->latest = true;
    TRY(find_touched(ctx, db, row, found, &count));
    for (size_t i = 0; i < count; i++) {
        row->place = found[i].latest && found[i].place <= row->place ? found[i].place - 1 : row->place;
        TRY(make_room(ctx, db, row, &found[i]));
    }
    return insert(ctx, db, row);
}

struct err object_rows_update(struct ctx *ctx, struct store_conn *db, const struct object_row *row)
{
    return store_run(ctx, db, OBJECT_UPDATE,
                     SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_INT(row->place), SQL_TEXT(row->acl),
                                SQL_TEXT(row->tags), SQL_TEXT(row->lock_mode), SQL_INT(row->retain_until_ms),
                                SQL_INT(hold_of(row)), SQL_TEXT(row->storage_class), SQL_TEXT(row->headers), SQL_TEXT(row->sse)),
                     NULL);
}

struct err object_rows_delete(struct ctx *ctx, struct store_conn *db, const struct object_row *row)
{
    TRY(release_parts(ctx, db, row->parts, row->part_count));
    TRY(store_run(ctx, db, OBJECT_DELETE, SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_INT(row->place)), NULL));
    return row->latest ? store_run(ctx, db, OBJECT_RISE, SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name)), NULL) : ERR_OK;
}

/* --- lists --- */

/* No key holds a NUL, so that this is the next one in the order of bytes. */
static struct str just_after(struct arena *arena, struct str key)
{
    return str_format(arena, "%" STR_FMT "\x01", STR_ARG(key));
}

static struct err query_range(struct ctx *ctx, struct store_conn *db, const struct object_range *range,
                              struct store_cursor *cursor)
{
    const struct str first = range->from.ptr ? range->from : STR("");
    const struct str from = range->after ? just_after(ctx->arena, first) : first;
    const struct store_value bucket = SQL_TEXT(range->bucket), max = SQL_INT((int64_t)range->max);
    const int64_t place = range->from_place ? range->from_place : INT64_MIN;
    if (range->versions) {
        return range->to.ptr
            ? store_query(ctx, db, LIST_VERSIONS_BELOW, SQL_VALUES(bucket, SQL_TEXT(from), max, SQL_INT(place), SQL_TEXT(range->to)), cursor)
            : store_query(ctx, db, LIST_VERSIONS, SQL_VALUES(bucket, SQL_TEXT(from), max, SQL_INT(place)), cursor);
    }
    return range->to.ptr ? store_query(ctx, db, LIST_NOW_BELOW, SQL_VALUES(bucket, SQL_TEXT(from), max, SQL_TEXT(range->to)), cursor)
                         : store_query(ctx, db, LIST_NOW, SQL_VALUES(bucket, SQL_TEXT(from), max), cursor);
}

struct err object_rows_list(struct ctx *ctx, struct store_conn *db, const struct object_range *range, struct object_row **out,
                            size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct object_row, range->max + 1);
    *count = 0;
    TRY(query_range(ctx, db, range, &cursor));
    while (*count < range->max && store_row(ctx, &cursor, &err)) {
        err = read_object(ctx, &cursor, &(*out)[(*count)++]);
        if (err.fault) {
            break;
        }
    }
    store_end(&cursor);
    return err;
}
