#include "svc/kms/tag.h"

#include "svc/kms/page.h"

enum { TAGS_MAX = 50, PAGE = 50 };

static struct err refuse(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &KMS_TAG_EXCEPTION, "%s", words);
}

struct err kms_tag_check(struct request *rq, const struct kms_tag *tags, size_t count, size_t existing)
{
    if (count + existing > TAGS_MAX) {
        return refuse(rq, "Too many tags");
    }
    for (size_t i = 0; i < count; i++) {
        if (str_starts(str_lower(rq->ctx.arena, tags[i].tag_key), STR("aws:"))) {
            return refuse(rq, "Tags beginning with aws: are reserved");
        }
        for (size_t j = 0; j < i; j++) {
            if (str_equal(tags[i].tag_key, tags[j].tag_key)) {
                return refuse(rq, "Duplicate tag keys");
            }
        }
    }
    return ERR_OK;
}

struct err kms_tag_put(struct request *rq, const struct key *key, const struct kms_tag *tags, size_t count)
{
    const struct rows rows = kms_rows_of(rq, key);
    for (size_t i = 0; i < count; i++) {
        TRY(kms_rows_tag_put(&rows, key->id, &(struct tag_row){ tags[i].tag_key, tags[i].tag_value }));
    }
    return ERR_OK;
}

/* How many of the key's tags are none of these. */
static struct err count_others(struct request *rq, const struct key *key, const struct kms_tag *tags, size_t count,
                               size_t *others)
{
    struct tag_row *rows_there = NULL;
    size_t there = 0;
    const struct rows rows = kms_rows_of(rq, key);
    TRY(kms_rows_tags(&rows, key->id, (struct page){ STR(""), TAGS_MAX }, &rows_there, &there));
    *others = 0;
    for (size_t i = 0; i < there; i++) {
        bool replaced = false;
        for (size_t j = 0; j < count; j++) {
            replaced = replaced || str_equal(rows_there[i].name, tags[j].tag_key);
        }
        *others += !replaced;
    }
    return ERR_OK;
}

struct err kms_tag_resource(struct request *rq, const struct kms_tag_resource_in *in, struct kms_tag_resource_out *out)
{
    struct key key = { .id = STR_NONE };
    size_t others = 0;
    (void)out;
    TRY(key_need(rq, in->key_id, NEED_NOT_LEAVING, &key));
    TRY(key_refuse_managed(rq, &key));
    TRY(count_others(rq, &key, in->tags.items, in->tags.count, &others));
    TRY(kms_tag_check(rq, in->tags.items, in->tags.count, others));
    return kms_tag_put(rq, &key, in->tags.items, in->tags.count);
}

struct err kms_untag_resource(struct request *rq, const struct kms_untag_resource_in *in, struct kms_untag_resource_out *out)
{
    struct key key = { .id = STR_NONE };
    (void)out;
    TRY(key_need(rq, in->key_id, NEED_NOT_LEAVING, &key));
    TRY(key_refuse_managed(rq, &key));
    const struct rows rows = kms_rows_of(rq, &key);
    for (size_t i = 0; i < in->tag_keys.count; i++) {
        TRY(kms_rows_tag_delete(&rows, key.id, in->tag_keys.items[i]));
    }
    return ERR_OK;
}

struct err kms_list_resource_tags(struct request *rq, const struct kms_list_resource_tags_in *in,
                                  struct kms_list_resource_tags_out *out)
{
    struct key key = { .id = STR_NONE };
    struct page page = { .limit = 0 };
    struct tag_row *rows_found = NULL;
    size_t count = 0;
    TRY(key_find(rq, in->key_id, &key));
    TRY(kms_page_begin(rq, key.id, in->limit, PAGE, in->marker, &page));
    const struct rows rows = kms_rows_of(rq, &key);
    TRY(kms_rows_tags(&rows, key.id, page, &rows_found, &count));
    out->truncated = (struct opt_bool)SOME(count > (size_t)page.limit);
    if (out->truncated.v) {
        count = (size_t)page.limit;
        out->next_marker = kms_page_marker(rq, key.id, rows_found[count - 1].name);
    }
    out->tags.items = ARENA_ARRAY(rq->ctx.arena, struct kms_tag, count + 1);
    out->tags.count = count;
    for (size_t i = 0; i < count; i++) {
        out->tags.items[i] = (struct kms_tag){ rows_found[i].name, rows_found[i].value };
    }
    return ERR_OK;
}
