/* tag.c - tags of buckets, one at a time: the same that PutBucketTagging puts whole.
 *
 * spec: S3 Control API reference, TagResource: 50 tags, keys of 128 and values of 256 characters. */
#include "svc/s3/bucket.h"
#include "svc/s3/tag_set.h"
#include "svc/s3control/bucket_arn.h"
#include "svc/s3control/s3control.h"

enum { TAGS_MAX = 50, KEY_MAX = 128, VALUE_MAX = 256 };

static const struct fault NO_SUCH_RESOURCE = { "NoSuchResource", NULL, NULL, 404 };
static const struct fault INVALID_TAG = { "InvalidTag", NULL, NULL, 400 };
static const struct fault TOO_MANY_TAGS = { "TooManyTags", NULL, NULL, 400 };

/* A bucket's tags in the making. */
struct tags {
    struct str bucket;
    struct s3_tag *items;
    size_t count;
};

static struct err read_tags(struct request *rq, struct str arn, size_t room, struct tags *out)
{
    struct bucket_row row = { .name = STR_NONE };
    const void *known = NULL;
    const struct str name = bucket_of_arn(arn);
    bool found = false;
    TRY(name.ptr ? bucket_rows_get(&rq->ctx, rq->db, name, &row, &found) : ERR_OK);
    if (!found) {
        return fail(&rq->ctx, &NO_SUCH_RESOURCE, "The specified resource doesn't exist.");
    }
    TRY(bucket_setting(rq, row.name, STR("tagging"), STR(""), S3_SHAPE_TAGGING, &known));
    const struct s3_tag_set set = known ? ((const struct s3_tagging *)known)->tag_set : (struct s3_tag_set){ NULL, 0 };
    *out = (struct tags){ row.name, ARENA_ARRAY(rq->ctx.arena, struct s3_tag, set.count + room + 1), set.count };
    for (size_t i = 0; i < set.count; i++) {
        out->items[i] = set.items[i];
    }
    return ERR_OK;
}

static struct err write_tags(struct request *rq, const struct tags *tags)
{
    const struct s3_tagging tagging = { .tag_set = { tags->items, tags->count } };
    rq->extra.status = 204;
    return tags->count ? bucket_setting_put(rq, tags->bucket, STR("tagging"), STR(""), S3_SHAPE_TAGGING, &tagging)
                       : setting_rows_delete(&rq->ctx, rq->db, tags->bucket, STR("tagging"), STR(""), NULL);
}

static size_t place_of(const struct tags *tags, struct str key)
{
    size_t at = 0;
    while (at < tags->count && !str_equal(tags->items[at].key, key)) {
        at++;
    }
    return at;
}

static struct err check(struct request *rq, const struct s3control_tag *tag)
{
    if (tag->key.ptr == NULL || tag->value.ptr == NULL) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    if (str_equal_nocase(str_slice(tag->key, 0, 4), STR("aws:"))) {
        return fail(&rq->ctx, &INVALID_TAG, "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. "
                                            "Remove \"aws:\" from your tag keys and try again.");
    }
    const bool sound = tag->key.len > 0 && tag_text_fits(tag->key, KEY_MAX) && tag_text_fits(tag->value, VALUE_MAX);
    return sound ? ERR_OK
                 : fail(&rq->ctx, &INVALID_TAG,
                        "This request contains a tag key or value that isn't valid. Valid characters include the following: "
                        "[a-zA-Z+-=._:/]. Tag keys can contain up to 128 characters. Tag values can contain up to 256 characters.");
}

static struct err check_all(struct request *rq, const struct s3control_tag_list *tags)
{
    for (size_t i = 0; i < tags->count; i++) {
        TRY(check(rq, &tags->items[i]));
        for (size_t j = 0; j < i; j++) {
            if (str_equal(tags->items[i].key, tags->items[j].key)) {
                return fail(&rq->ctx, &INVALID_TAG, "There are duplicate tag keys in your request. Remove the duplicate tag keys and try again.");
            }
        }
    }
    return ERR_OK;
}

struct err s3control_tag_resource(struct request *rq, const struct s3control_tag_resource_in *in, struct s3control_tag_resource_out *out)
{
    struct tags tags = { .bucket = STR_NONE };
    (void)out;
    TRY(check_all(rq, &in->tags));
    TRY(read_tags(rq, in->resource_arn, in->tags.count, &tags));
    for (size_t i = 0; i < in->tags.count; i++) {
        const size_t at = place_of(&tags, in->tags.items[i].key);
        tags.items[at] = (struct s3_tag){ in->tags.items[i].key, in->tags.items[i].value };
        tags.count = at == tags.count ? at + 1 : tags.count;
    }
    if (tags.count > TAGS_MAX) {
        return fail(&rq->ctx, &TOO_MANY_TAGS, "A resource can have at most %d tags.", (int)TAGS_MAX);
    }
    return write_tags(rq, &tags);
}

struct err s3control_untag_resource(struct request *rq, const struct s3control_untag_resource_in *in,
                                    struct s3control_untag_resource_out *out)
{
    struct tags tags = { .bucket = STR_NONE };
    (void)out;
    TRY(read_tags(rq, in->resource_arn, 0, &tags));
    for (size_t i = 0; i < in->tag_keys.count; i++) {
        const size_t at = place_of(&tags, in->tag_keys.items[i]);
        if (at < tags.count) {
            memmove(&tags.items[at], &tags.items[at + 1], (tags.count - at) * sizeof(*tags.items));
            tags.count--;
        }
    }
    return write_tags(rq, &tags);
}

struct err s3control_list_tags_for_resource(struct request *rq, const struct s3control_list_tags_for_resource_in *in,
                                            struct s3control_list_tags_for_resource_out *out)
{
    struct tags tags = { .bucket = STR_NONE };
    TRY(read_tags(rq, in->resource_arn, 0, &tags));
    out->tags.items = ARENA_ARRAY(rq->ctx.arena, struct s3control_tag, tags.count + 1);
    out->tags.count = tags.count;
    for (size_t i = 0; i < tags.count; i++) {
        out->tags.items[i] = (struct s3control_tag){ tags.items[i].key, tags.items[i].value };
    }
    return ERR_OK;
}
