/* delete.c - DeleteObject and DeleteObjects: versions that go, and delete markers. */
#include "svc/s3/access.h"
#include "svc/s3/mfa.h"
#include "svc/s3/notify.h"
#include "svc/s3/object.h"
#include "svc/s3/traits.h"

enum { DELETE_MAX = 1000 };

/* Without a version, where the bucket is versioned: a marker on top. */
static struct err put_marker(struct request *rq, const struct bucket_row *bucket, struct str key, struct str *version)
{
    struct object_row row = { .bucket = bucket->name, .name = key, .version = object_new_version(rq, bucket), .marker = true,
                              .modified_ms = rq->ctx.now_ms / 1000 * 1000, .owner = bucket->account };
    *version = row.version;
    TRY(object_put(rq, &row));
    return notify(rq, bucket, "ObjectRemoved:DeleteMarkerCreated", &row);
}

struct removed {
    struct str version; /* of what went, or of the marker that came */
    bool marker;
};

static struct err remove_one(struct request *rq, const struct bucket_row *bucket, struct str key, struct str version, bool bypass,
                             struct removed *out)
{
    struct object_row row = { .name = STR_NONE };
    bool found = false;
    *out = (struct removed){ .version = version };
    TRY(object_check_key(rq, key));
    TRY(object_check_version(rq, version));
    if (version.ptr == NULL && bucket->versioning.len) {
        out->marker = true;
        return put_marker(rq, bucket, key, &out->version);
    }
    TRY(object_rows_get(&rq->ctx, rq->db, bucket->name, key, version.ptr ? version : STR("null"), &row, &found));
    out->marker = found && row.marker;
    TRY(found ? lock_check(rq, &row, bypass) : ERR_OK);
    TRY(found ? object_rows_delete(&rq->ctx, rq->db, &row) : ERR_OK);
    return found ? notify(rq, bucket, "ObjectRemoved:Delete", &row) : ERR_OK;
}

struct err s3_delete_object(struct request *rq, const struct s3_delete_object_in *in, struct s3_delete_object_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct removed removed = { .version = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    if (in->if_match_last_modified_time.set || in->if_match_size.set) { /* spec: of directory buckets alone */
        request_element(rq, STR("Header"), in->if_match_size.set ? STR("x-amz-if-match-size") : STR("x-amz-if-match-last-modified-time"));
        return fail(&rq->ctx, &S3_NOT_IMPLEMENTED, "A header you provided implies functionality that is not implemented");
    }
    TRY(conditions_check_write(rq, in->if_match, STR_NONE, &bucket, in->key));
    TRY(bucket.mfa_delete && in->version_id.ptr ? mfa_need(rq, in->mfa) : ERR_OK);
    TRY(remove_one(rq, &bucket, in->key, in->version_id, in->bypass_governance_retention.v, &removed));
    out->version_id = object_shown_version(&bucket, removed.version);
    out->delete_marker = removed.marker ? (struct opt_bool)SOME(true) : (struct opt_bool){ false, false };
    return ERR_OK;
}

static struct s3_error refused(struct request *rq, const struct s3_object_identifier *one, struct err err)
{
    return (struct s3_error){ .key = one->key, .version_id = one->version_id, .code = str_of(err.fault->code),
                              .message = str_copy(rq->ctx.arena, str_of(rq->ctx.reason)) };
}

static struct s3_deleted_object deleted(const struct bucket_row *bucket, const struct s3_object_identifier *one, const struct removed *removed)
{
    return (struct s3_deleted_object){ .key = one->key, .version_id = one->version_id,
                                       .delete_marker = { removed->marker, removed->marker },
                                       .delete_marker_version_id = removed->marker ? object_shown_version(bucket, removed->version) : STR_NONE };
}

/* spec: S3 API reference, DeleteObjects: ETag as a condition; the other two are for directory buckets. */
static struct err remove_named(struct request *rq, const struct bucket_row *bucket, const struct s3_object_identifier *one,
                               bool bypass, struct removed *removed)
{
    TRY(conditions_check_write(rq, one->e_tag, STR_NONE, bucket, one->key));
    return remove_one(rq, bucket, one->key, one->version_id, bypass, removed);
}

static bool names_versions(const struct s3_object_identifier_list *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].version_id.ptr) {
            return true;
        }
    }
    return false;
}

struct err s3_delete_objects(struct request *rq, const struct s3_delete_objects_in *in, struct s3_delete_objects_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    const struct s3_object_identifier_list *all = &in->delete->objects;
    rq->resource = str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(in->bucket)); /* as CloudTrail has it */
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    if (all->count == 0 || all->count > DELETE_MAX) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    TRY(bucket.mfa_delete && names_versions(all) ? mfa_need(rq, in->mfa) : ERR_OK);
    out->deleted.items = ARENA_ARRAY(rq->ctx.arena, struct s3_deleted_object, all->count);
    out->errors.items = ARENA_ARRAY(rq->ctx.arena, struct s3_error, all->count);
    for (size_t i = 0; i < all->count; i++) {
        struct removed removed = { .version = STR_NONE };
        const struct err err = access_may_delete(rq, i) ? remove_named(rq, &bucket, &all->items[i], in->bypass_governance_retention.v, &removed)
                                                        : s3_fail(rq, &S3_ACCESS_DENIED);
        if (err.fault && err.fault->http >= 500) {
            return err;
        }
        if (err.fault) {
            out->errors.items[out->errors.count++] = refused(rq, &all->items[i], err);
        } else if (!in->delete->quiet.v) {
            out->deleted.items[out->deleted.count++] = deleted(&bucket, &all->items[i], &removed);
        }
    }
    return ERR_OK;
}
