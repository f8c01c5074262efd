/* tagging.c - the tags of one version of an object. */
#include "svc/s3/notify.h"
#include "svc/s3/object.h"
#include "svc/s3/traits.h"

struct err s3_put_object_tagging(struct request *rq, const struct s3_put_object_tagging_in *in, struct s3_put_object_tagging_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct object_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(object_need(rq, &bucket, in->key, in->version_id, &row));
    if (in->tagging == NULL) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    TRY(traits_write_tags(rq, &in->tagging->tag_set, &row.tags));
    out->version_id = object_shown_version(&bucket, row.version);
    TRY(object_rows_update(&rq->ctx, rq->db, &row));
    return notify(rq, &bucket, "ObjectTagging:Put", &row);
}

struct err s3_get_object_tagging(struct request *rq, const struct s3_get_object_tagging_in *in, struct s3_get_object_tagging_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct object_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(object_need(rq, &bucket, in->key, in->version_id, &row));
    out->version_id = object_shown_version(&bucket, row.version);
    return traits_read_tags(rq, row.tags, &out->tag_set);
}

struct err s3_delete_object_tagging(struct request *rq, const struct s3_delete_object_tagging_in *in, struct s3_delete_object_tagging_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct object_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(object_need(rq, &bucket, in->key, in->version_id, &row));
    row.tags = STR_NONE;
    out->version_id = object_shown_version(&bucket, row.version);
    TRY(object_rows_update(&rq->ctx, rq->db, &row));
    return notify(rq, &bucket, "ObjectTagging:Delete", &row);
}
