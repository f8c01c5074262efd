#include "svc/s3/tag_set.h"

enum { KEY_MAX = 128, VALUE_MAX = 256, BUCKET_TAGS_MAX = 50, OBJECT_TAGS_MAX = 10 };

static const struct fault INVALID_TAG = { "InvalidTag", NULL, NULL, 400 };
static const struct fault BAD_REQUEST = { "BadRequest", NULL, NULL, 400 };

/* spec: S3 user guide, "Using cost allocation S3 bucket tags": letters, numbers and spaces in UTF-8, and + - = . _ : / @. */
bool tag_text_fits(struct str text, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
        if (!letter && (c == '\0' || strchr(" +-=._:/@", c) == NULL)) {
            return false;
        }
        count += (c & 0xC0) != 0x80;
    }
    return count <= max && str_utf8_valid(text);
}

static struct err invalid(struct request *rq, struct str key, const char *words)
{
    request_element(rq, STR("TagKey"), key);
    return fail(&rq->ctx, &INVALID_TAG, "%s", words);
}

static struct err check_tag(struct request *rq, const struct s3_tag *tag, enum tags_of of)
{
    if (str_equal_nocase(str_slice(tag->key, 0, 4), STR("aws:"))) {
        return invalid(rq, tag->key, of == TAGS_OF_BUCKET ? "System tags cannot be added/updated by requester"
                                                          : "Your TagKey cannot be prefixed with aws:");
    }
    if (tag->key.len == 0 || !tag_text_fits(tag->key, KEY_MAX)) {
        return invalid(rq, tag->key, "The TagKey you have provided is invalid");
    }
    if (!tag_text_fits(tag->value, VALUE_MAX)) {
        request_element(rq, STR("TagValue"), tag->value);
        return invalid(rq, tag->key, "The TagValue you have provided is invalid");
    }
    return ERR_OK;
}

static struct err check_alone(struct request *rq, const struct s3_tag_set *tags, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (str_equal(tags->items[i].key, tags->items[at].key)) {
            return invalid(rq, tags->items[at].key, "Cannot provide multiple Tags with the same key");
        }
    }
    return ERR_OK;
}

struct err tag_set_check(struct request *rq, const struct s3_tag_set *tags, enum tags_of of)
{
    const size_t max = of == TAGS_OF_BUCKET ? BUCKET_TAGS_MAX : OBJECT_TAGS_MAX;
    if (tags->count > max) {
        return fail(&rq->ctx, &BAD_REQUEST, "%s tags cannot be greater than %zu", of == TAGS_OF_BUCKET ? "Bucket" : "Object", max);
    }
    for (size_t i = 0; i < tags->count; i++) {
        TRY(check_tag(rq, &tags->items[i], of));
        TRY(check_alone(rq, tags, i));
    }
    return ERR_OK;
}
