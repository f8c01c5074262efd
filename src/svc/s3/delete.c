/* delete.c - DeleteObject and DeleteObjects: versions that go, and delete markers. */
#include "svc/s3/object.h"

/* Without a version, where the bucket is versioned: a marker on top. */
static struct err put_marker(struct request *rq, const struct bucket_row *bucket, struct str key, struct str *version)
{
    struct object_row row = { .bucket = bucket->name, .name = key, .version = object_new_version(rq, bucket), .marker = true,
                              .modified_ms = rq->ctx.now_ms / 1000 * 1000, .owner = bucket->account };
    *version = row.version;
    return object_rows_put(&rq->ctx, rq->db, &row);
}

struct removed {
    struct str version; /* of what went, or of the marker that came */
    bool marker;
};

static struct err remove_one(struct request *rq, const struct bucket_row *bucket, struct str key, struct str version, struct removed *out)
{
    struct object_row row = { .name = STR_NONE };
    bool found = false;
    *out = (struct removed){ .version = version };
    TRY(object_check_key(rq, key));
    if (version.ptr == NULL && bucket->versioning.len) {
        out->marker = true;
        return put_marker(rq, bucket, key, &out->version);
    }
    TRY(object_rows_get(&rq->ctx, rq->db, bucket->name, key, version.ptr ? version : STR("null"), &row, &found));
    out->marker = found && row.marker;
    return found ? object_rows_delete(&rq->ctx, rq->db, &row) : ERR_OK;
}

struct err s3_delete_object(struct request *rq, const struct s3_delete_object_in *in, struct s3_delete_object_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct removed removed = { .version = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(conditions_check_write(rq, in->if_match, STR_NONE, &bucket, in->key));
    TRY(remove_one(rq, &bucket, in->key, in->version_id, &removed));
    out->version_id = object_shown_version(&bucket, removed.version);
    out->delete_marker = removed.marker ? (struct opt_bool)SOME(true) : (struct opt_bool){ false, false };
    return ERR_OK;
}
