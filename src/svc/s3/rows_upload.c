#include "svc/s3/rows_upload.h"

#define UPLOAD_COLUMNS                                                                                                   \
    "bucket, name, upload, created_ms, storage_class, owner, initiator, headers, checksum, acl, tags, lock_mode,"        \
    " retain_until_ms, legal_hold, sse"

static const char UPLOAD_GET[] = "SELECT " UPLOAD_COLUMNS " FROM s3_upload WHERE bucket = $1 AND name = $2 AND upload = $3";
static const char UPLOAD_INSERT[] =
    "INSERT INTO s3_upload (" UPLOAD_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
static const char UPLOAD_DELETE[] = "DELETE FROM s3_upload WHERE bucket = $1 AND name = $2 AND upload = $3";
static const char UPLOAD_LIST[] =
    "SELECT " UPLOAD_COLUMNS " FROM s3_upload WHERE bucket = $1 AND name >= $2 AND (name > $2 OR upload > $3)"
    " ORDER BY bucket, name, upload LIMIT $4";
static const char UPLOAD_AGED[] =
    "SELECT " UPLOAD_COLUMNS " FROM s3_upload WHERE bucket = $1 AND created_ms < $2 ORDER BY created_ms LIMIT $3";
static const char PART_GET[] = "SELECT part FROM s3_part WHERE upload = $1 AND number = $2";
static const char PART_PUT[] =
    "INSERT INTO s3_part (upload, number, size, etag, modified_ms, checksum, part) VALUES ($1, $2, $3, $4, $5, $6, $7)"
    " ON CONFLICT (upload, number) DO UPDATE SET size = $3, etag = $4, modified_ms = $5, checksum = $6, part = $7";
static const char PART_LIST[] =
    "SELECT number, size, etag, modified_ms, checksum, part FROM s3_part WHERE upload = $1 AND number > $2 ORDER BY number LIMIT $3";
static const char PART_BLOBS[] = "SELECT part FROM s3_part WHERE upload = $1";
static const char PART_DELETE[] = "DELETE FROM s3_part WHERE upload = $1";
static const char DONE_PUT[] =
    "INSERT INTO s3_upload_done (bucket, name, upload, version, etag, done_ms) VALUES ($1, $2, $3, $4, $5, $6)";
static const char DONE_GET[] = "SELECT version, etag FROM s3_upload_done WHERE bucket = $1 AND name = $2 AND upload = $3";
static const char DONE_FORGET[] = "DELETE FROM s3_upload_done WHERE done_ms < $1";

static void read_upload(struct ctx *ctx, const struct store_cursor *cursor, struct upload_row *out)
{
    *out = (struct upload_row){
        .bucket = store_text(ctx, cursor, 0),
        .name = store_text(ctx, cursor, 1),
        .upload = store_text(ctx, cursor, 2),
        .created_ms = store_int(cursor, 3),
        .storage_class = store_text(ctx, cursor, 4),
        .owner = store_text(ctx, cursor, 5),
        .initiator = store_text(ctx, cursor, 6),
        .headers = store_text(ctx, cursor, 7),
        .checksum = store_text(ctx, cursor, 8),
        .acl = store_text(ctx, cursor, 9),
        .tags = store_text(ctx, cursor, 10),
        .lock_mode = store_text(ctx, cursor, 11),
        .retain_until_ms = store_int(cursor, 12),
        .legal_hold = store_int(cursor, 13) != 0,
        .sse = store_text(ctx, cursor, 14),
    };
}

struct err upload_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str upload,
                           struct upload_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, UPLOAD_GET, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(name), SQL_TEXT(upload)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    if (*found) {
        read_upload(ctx, &cursor, out);
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err upload_rows_insert(struct ctx *ctx, struct store_conn *db, const struct upload_row *row)
{
    return store_run(ctx, db, UPLOAD_INSERT,
                     SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_TEXT(row->upload), SQL_INT(row->created_ms),
                                SQL_TEXT(row->storage_class.ptr ? row->storage_class : STR("STANDARD")), SQL_TEXT(row->owner),
                                SQL_TEXT(row->initiator), SQL_TEXT(row->headers), SQL_TEXT(row->checksum), SQL_TEXT(row->acl),
                                SQL_TEXT(row->tags), SQL_TEXT(row->lock_mode), SQL_INT(row->retain_until_ms),
                                SQL_INT(row->legal_hold), SQL_TEXT(row->sse)),
                     NULL);
}

static struct err release_parts(struct ctx *ctx, struct store_conn *db, struct str upload)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    struct text blobs = text_new(ctx->arena);
    TRY(store_query(ctx, db, PART_BLOBS, SQL_VALUES(SQL_TEXT(upload)), &cursor));
    while (store_row(ctx, &cursor, &err)) {
        text_add(&blobs, store_text(ctx, &cursor, 0));
        text_add_char(&blobs, '\n');
    }
    TRY(err);
    for (struct str rest = text_str(&blobs), blob = str_cut(rest, '\n', &rest); blob.len > 0; blob = str_cut(rest, '\n', &rest)) {
        TRY(blob_rows_release(ctx, db, blob));
    }
    return ERR_OK;
}

struct err upload_rows_delete(struct ctx *ctx, struct store_conn *db, const struct upload_row *row, bool release)
{
    TRY(release ? release_parts(ctx, db, row->upload) : ERR_OK);
    TRY(store_run(ctx, db, PART_DELETE, SQL_VALUES(SQL_TEXT(row->upload)), NULL));
    return store_run(ctx, db, UPLOAD_DELETE, SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_TEXT(row->upload)), NULL);
}

static struct err take_uploads(struct ctx *ctx, struct store_cursor *cursor, size_t max, struct upload_row **out, size_t *count)
{
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct upload_row, max + 1);
    *count = 0;
    while (*count < max && store_row(ctx, cursor, &err)) {
        read_upload(ctx, cursor, &(*out)[(*count)++]);
    }
    store_end(cursor);
    return err;
}

/* No upload's id is as high as this. */
#define ANY_UPLOAD STR("~")

struct err upload_rows_list(struct ctx *ctx, struct store_conn *db, const struct upload_range *range, struct upload_row **out,
                            size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    const bool beyond = range->key.len > 0 && str_compare(range->key, range->prefix) >= 0;
    const struct str from = beyond ? range->key : range->prefix.ptr ? range->prefix : STR("");
    const struct str upload = !beyond ? STR("") : range->upload.len ? range->upload : ANY_UPLOAD;
    TRY(store_query(ctx, db, UPLOAD_LIST,
                    SQL_VALUES(SQL_TEXT(range->bucket), SQL_TEXT(from), SQL_TEXT(upload), SQL_INT((int64_t)range->max)), &cursor));
    return take_uploads(ctx, &cursor, range->max, out, count);
}

struct err upload_rows_begun_before(struct ctx *ctx, struct store_conn *db, struct str bucket, int64_t before_ms, size_t max,
                                    struct upload_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, UPLOAD_AGED, SQL_VALUES(SQL_TEXT(bucket), SQL_INT(before_ms), SQL_INT((int64_t)max)), &cursor));
    return take_uploads(ctx, &cursor, max, out, count);
}

/* --- parts --- */

struct err upload_part_rows_put(struct ctx *ctx, struct store_conn *db, struct str upload, const struct upload_part_row *row)
{
    struct store_cursor cursor = { .conn = NULL };
    bool replaced = false;
    TRY(store_query(ctx, db, PART_GET, SQL_VALUES(SQL_TEXT(upload), SQL_INT(row->number)), &cursor));
    TRY(store_next(ctx, &cursor, &replaced));
    const struct str old = replaced ? store_text(ctx, &cursor, 0) : STR_NONE;
    store_end(&cursor);
    TRY(replaced ? blob_rows_release(ctx, db, old) : ERR_OK);
    return store_run(ctx, db, PART_PUT,
                     SQL_VALUES(SQL_TEXT(upload), SQL_INT(row->number), SQL_INT(row->size), SQL_TEXT(row->etag),
                                SQL_INT(row->modified_ms), SQL_TEXT(row->checksum), SQL_TEXT(row->blob)),
                     NULL);
}

struct err upload_part_rows_list(struct ctx *ctx, struct store_conn *db, struct str upload, int64_t after, size_t max,
                                 struct upload_part_row **out, size_t *count)
{
    struct store_cursor cursor = { .conn = NULL };
    struct err err = ERR_OK;
    *out = ARENA_ARRAY(ctx->arena, struct upload_part_row, max + 1);
    *count = 0;
    TRY(store_query(ctx, db, PART_LIST, SQL_VALUES(SQL_TEXT(upload), SQL_INT(after), SQL_INT((int64_t)max)), &cursor));
    while (*count < max && store_row(ctx, &cursor, &err)) {
        (*out)[(*count)++] = (struct upload_part_row){
            .number = store_int(&cursor, 0),
            .size = store_int(&cursor, 1),
            .etag = store_text(ctx, &cursor, 2),
            .modified_ms = store_int(&cursor, 3),
            .checksum = store_text(ctx, &cursor, 4),
            .blob = store_text(ctx, &cursor, 5),
        };
    }
    store_end(&cursor);
    return err;
}

/* --- done --- */

struct err upload_done_rows_put(struct ctx *ctx, struct store_conn *db, const struct upload_done_row *row)
{
    return store_run(ctx, db, DONE_PUT,
                     SQL_VALUES(SQL_TEXT(row->bucket), SQL_TEXT(row->name), SQL_TEXT(row->upload), SQL_TEXT(row->version),
                                SQL_TEXT(row->etag), SQL_INT(ctx->now_ms)),
                     NULL);
}

struct err upload_done_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str upload,
                                struct upload_done_row *out, bool *found)
{
    struct store_cursor cursor = { .conn = NULL };
    TRY(store_query(ctx, db, DONE_GET, SQL_VALUES(SQL_TEXT(bucket), SQL_TEXT(name), SQL_TEXT(upload)), &cursor));
    TRY(store_next(ctx, &cursor, found));
    if (*found) {
        *out = (struct upload_done_row){ bucket, name, upload, store_text(ctx, &cursor, 0), store_text(ctx, &cursor, 1) };
        store_end(&cursor);
    }
    return ERR_OK;
}

struct err upload_done_rows_forget(struct ctx *ctx, struct store_conn *db, int64_t before_ms)
{
    return store_run(ctx, db, DONE_FORGET, SQL_VALUES(SQL_INT(before_ms)), NULL);
}
