/* list.c - ListObjects, ListObjectsV2. Common prefixes are found by skipping over all that lies below one, not by reading it. */
#include "svc/s3/object.h"
#include "svc/s3/listing.h"
#include "svc/s3/owner.h"

static struct err decode_token(struct request *rq, struct str token, struct str *after)
{
    *after = STR_NONE;
    if (token.ptr && (!str_unbase64(rq->ctx.arena, token, after) || after->len == 0)) {
        return s3_invalid_argument(rq, "continuation-token", token, "The continuation token provided is incorrect");
    }
    return ERR_OK;
}

static struct s3_object_list show_objects(struct request *rq, const struct listing *found, bool owner, bool url)
{
    struct s3_object_list list = { ARENA_ARRAY(rq->ctx.arena, struct s3_object, found->count + 1), 0 };
    for (size_t i = 0; i < found->count; i++) {
        const struct object_row *row = &found->rows[i];
        list.items[list.count++] = (struct s3_object){
            .key = listing_shown(rq->ctx.arena, row->name, url),
            .last_modified = SOME(row->modified_ms),
            .e_tag = object_etag(rq->ctx.arena, row),
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
