/* chores.c - files of blobs that no object consists of any more. They stay a little while: somebody may be reading them. */
#include "svc/s3/owner.h"
#include "svc/s3/rows.h"
#include "svc/s3/s3.h"
#include "wire/codec.h"

enum { REST_MS = 10 * 1000 };

struct err s3_blob_known(struct ctx *ctx, struct store_conn *db, struct str id, bool *out)
{
    return blob_rows_known(ctx, db, id, out);
}

struct err s3_blobs_free(struct ctx *ctx, struct store_conn *db, size_t max, struct str *ids, size_t *count)
{
    return blob_rows_free(ctx, db, ctx->now_ms - REST_MS, max, ids, count);
}

struct err s3_blob_forget(struct ctx *ctx, struct store_conn *db, struct str id)
{
    return blob_rows_forget(ctx, db, id);
}

static void take_target(const struct s3_logging_enabled *enabled, struct s3_logging *out)
{
    const struct s3_target_object_key_format *format = enabled->target_object_key_format;
    out->target = enabled->target_bucket;
    out->prefix = enabled->target_prefix;
    out->partitioned = format && format->partitioned_prefix;
    out->by_event_time = out->partitioned && str_equal(format->partitioned_prefix->partition_date_source, STR("EventTime"));
}

struct err s3_logging_next(struct ctx *ctx, struct store_conn *db, struct str after, struct s3_logging *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct str document = STR_NONE;
    void *value = NULL;
    bool found = false;
    *out = (struct s3_logging){ .bucket = STR_NONE };
    TRY(setting_rows_next_bucket(ctx, db, STR("logging"), after, &out->bucket));
    if (out->bucket.ptr == NULL) {
        return ERR_OK;
    }
    TRY(bucket_rows_get(ctx, db, out->bucket, &bucket, &found));
    TRY(setting_rows_get(ctx, db, out->bucket, STR("logging"), STR(""), &document));
    TRY(wire_json_read(ctx, S3_SHAPE_BUCKET_LOGGING_STATUS, document, &value));
    const struct s3_bucket_logging_status *status = value;
    out->account = bucket.account;
    out->region = bucket.region;
    if (status->logging_enabled) {
        take_target(status->logging_enabled, out);
    }
    return ERR_OK;
}

struct str s3_owner_id(struct arena *arena, struct str account)
{
    return owner_id(arena, account);
}
