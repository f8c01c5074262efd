/* list.c - ListObjects, ListObjectsV2, ListObjectVersions. Common prefixes are found by skipping over all that lies below one, not by reading it. */
#include "svc/s3/checksum.h"
#include "svc/s3/listing.h"
#include "svc/s3/object.h"
#include "svc/s3/owner.h"

static struct err decode_token(struct request *rq, struct str token, struct str *after)
{
    *after = STR_NONE;
    if (token.ptr && (!str_unbase64(rq->ctx.arena, token, after) || after->len == 0)) {
        return s3_invalid_argument(rq, "continuation-token", token, "The continuation token provided is incorrect");
    }
    return ERR_OK;
}

/* The algorithms of its checksum: one. */
static struct s3_checksum_algorithm_list algorithms(struct request *rq, const struct checksum *checksum)
{
    struct s3_checksum_algorithm_list list = { ARENA_ARRAY(rq->ctx.arena, struct str, 1), checksum->kind != CHECKSUM_NONE };
    list.items[0] = str_of(checksum_name(checksum->kind));
    return list;
}

static struct str checksum_type(const struct checksum *checksum)
{
    return checksum->kind == CHECKSUM_NONE ? STR_NONE : checksum->composite ? STR("COMPOSITE") : STR("FULL_OBJECT");
}

static struct s3_object_list show_objects(struct request *rq, const struct listing *found, bool owner, bool url)
{
    struct s3_object_list list = { ARENA_ARRAY(rq->ctx.arena, struct s3_object, found->count + 1), 0 };
    for (size_t i = 0; i < found->count; i++) {
        const struct object_row *row = &found->rows[i];
        const struct checksum checksum = checksum_read(rq->ctx.arena, row->checksum);
        list.items[list.count++] = (struct s3_object){
            .key = listing_shown(rq->ctx.arena, row->name, url),
            .last_modified = SOME(row->modified_ms),
            .e_tag = object_etag(rq->ctx.arena, row),
            .checksum_algorithm = algorithms(rq, &checksum),
            .checksum_type = checksum_type(&checksum),
            .size = SOME(row->size),
            .storage_class = row->storage_class,
            .owner = owner ? owner_of_account(rq->ctx.arena, row->owner) : NULL,
        };
    }
    return list;
}

struct err s3_list_objects_v2(struct request *rq, const struct s3_list_objects_v2_in *in, struct s3_list_objects_v2_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct listing found = { 0 };
    struct str after = STR_NONE;
    const bool url = str_equal(in->encoding_type, STR("url"));
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(decode_token(rq, in->continuation_token, &after));
    TRY(listing_find(rq, &(const struct listing_wish){ .bucket = bucket.name, .prefix = in->prefix, .delimiter = in->delimiter,
                                                       .after = after.ptr ? after : in->start_after, .max = in->max_keys }, &found));
    *out = (struct s3_list_objects_v2_out){
        .is_truncated = SOME(found.truncated),
        .contents = show_objects(rq, &found, in->fetch_owner.v, url),
        .name = bucket.name,
        .prefix = listing_shown(rq->ctx.arena, in->prefix.ptr ? in->prefix : STR(""), url),
        .delimiter = listing_shown(rq->ctx.arena, in->delimiter, url),
        .max_keys = SOME(found.max),
        .common_prefixes = listing_prefixes(rq->ctx.arena, &found, url),
        .encoding_type = in->encoding_type,
        .key_count = SOME((int32_t)(found.count + found.prefix_count)),
        .continuation_token = in->continuation_token,
        .next_continuation_token = found.truncated ? str_base64(rq->ctx.arena, found.last) : STR_NONE,
        .start_after = listing_shown(rq->ctx.arena, in->start_after, url),
    };
    return ERR_OK;
}

/* spec: S3 API reference, ListObjects: NextMarker comes with a delimiter alone; without one the last key serves. A Marker within a
 * common prefix leaves that out, as AWS was recorded to do. */
struct err s3_list_objects(struct request *rq, const struct s3_list_objects_in *in, struct s3_list_objects_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct listing found = { 0 };
    const bool url = str_equal(in->encoding_type, STR("url"));
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(listing_find(rq, &(const struct listing_wish){ .bucket = bucket.name, .prefix = in->prefix, .delimiter = in->delimiter,
                                                       .after = in->marker, .folded = true, .max = in->max_keys }, &found));
    *out = (struct s3_list_objects_out){
        .is_truncated = SOME(found.truncated),
        .marker = listing_shown(rq->ctx.arena, in->marker.ptr ? in->marker : STR(""), url),
        .next_marker = found.truncated && in->delimiter.len ? listing_shown(rq->ctx.arena, found.last, url) : STR_NONE,
        .contents = show_objects(rq, &found, true, url),
        .name = bucket.name,
        .prefix = listing_shown(rq->ctx.arena, in->prefix.ptr ? in->prefix : STR(""), url),
        .delimiter = listing_shown(rq->ctx.arena, in->delimiter, url),
        .max_keys = SOME(found.max),
        .common_prefixes = listing_prefixes(rq->ctx.arena, &found, url),
        .encoding_type = in->encoding_type,
    };
    return ERR_OK;
}

/* --- versions --- */

static void show_versions(struct request *rq, const struct listing *found, bool url, struct s3_list_object_versions_out *out)
{
    out->versions.items = ARENA_ARRAY(rq->ctx.arena, struct s3_object_version, found->count + 1);
    out->delete_markers.items = ARENA_ARRAY(rq->ctx.arena, struct s3_delete_marker_entry, found->count + 1);
    for (size_t i = 0; i < found->count; i++) {
        const struct object_row *row = &found->rows[i];
        const struct str key = listing_shown(rq->ctx.arena, row->name, url);
        const struct s3_owner *owner = owner_of_account(rq->ctx.arena, row->owner);
        const struct checksum checksum = checksum_read(rq->ctx.arena, row->checksum);
        if (row->marker) {
            out->delete_markers.items[out->delete_markers.count++] = (struct s3_delete_marker_entry){
                .owner = owner, .key = key, .version_id = row->version, .is_latest = SOME(row->latest), .last_modified = SOME(row->modified_ms),
            };
            continue;
        }
        out->versions.items[out->versions.count++] = (struct s3_object_version){
            .e_tag = object_etag(rq->ctx.arena, row),
            .checksum_algorithm = algorithms(rq, &checksum),
            .checksum_type = checksum_type(&checksum),
            .size = SOME(row->size),
            .storage_class = row->storage_class,
            .key = key,
            .version_id = row->version,
            .is_latest = SOME(row->latest),
            .last_modified = SOME(row->modified_ms),
            .owner = owner,
        };
    }
}

/* Where among the versions of a key the next page begins: behind that version. One that is gone: behind all of them. */
static struct err find_place(struct request *rq, const struct bucket_row *bucket, struct str key, struct str version, int64_t *place)
{
    struct object_row row = { .name = STR_NONE };
    bool found = false;
    if (version.len && key.len == 0) {
        return s3_invalid_argument(rq, "version-id-marker", version, "A version-id marker cannot be specified without a key marker.");
    }
    TRY(version.len ? object_rows_get(&rq->ctx, rq->db, bucket->name, key, version, &row, &found) : ERR_OK);
    *place = found ? row.place : 0;
    return ERR_OK;
}

struct err s3_list_object_versions(struct request *rq, const struct s3_list_object_versions_in *in, struct s3_list_object_versions_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct listing found = { 0 };
    int64_t place = 0;
    const bool url = str_equal(in->encoding_type, STR("url"));
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(find_place(rq, &bucket, in->key_marker, in->version_id_marker, &place));
    TRY(listing_find(rq, &(const struct listing_wish){ .bucket = bucket.name, .prefix = in->prefix, .delimiter = in->delimiter,
                                                       .after = in->key_marker, .after_place = place, .versions = true,
                                                       .max = in->max_keys }, &found));
    *out = (struct s3_list_object_versions_out){
        .is_truncated = SOME(found.truncated),
        .key_marker = listing_shown(rq->ctx.arena, in->key_marker.ptr ? in->key_marker : STR(""), url),
        .version_id_marker = in->version_id_marker.ptr ? in->version_id_marker : STR(""),
        .next_key_marker = found.truncated ? listing_shown(rq->ctx.arena, found.last, url) : STR_NONE,
        .next_version_id_marker = found.truncated ? found.last_version : STR_NONE,
        .name = bucket.name,
        .prefix = listing_shown(rq->ctx.arena, in->prefix.ptr ? in->prefix : STR(""), url),
        .delimiter = listing_shown(rq->ctx.arena, in->delimiter, url),
        .max_keys = SOME(found.max),
        .common_prefixes = listing_prefixes(rq->ctx.arena, &found, url),
        .encoding_type = in->encoding_type,
    };
    show_versions(rq, &found, url, out);
    return ERR_OK;
}
