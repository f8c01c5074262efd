#include "svc/cloudtrail/channel.h"
#include "svc/cloudtrail/trail.h"

/* A trail or channel. *owner: whose tags they are. */
static struct err need_resource(struct request *rq, struct str arn, struct str *owner)
{
    struct trail_row trail = { .logging = false };
    struct channel_row channel = { .id = STR_NONE };
    if (!str_starts(arn, STR("arn:"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_CLOUD_TRAIL_ARN_INVALID_EXCEPTION, "%" STR_FMT " is not a valid ARN.", STR_ARG(arn));
    }
    const bool is_channel = str_search(arn, STR(":channel/")) != STR_MISSING;
    const struct err err = is_channel ? channel_need(rq, arn, &channel) : trail_need(rq, arn, &trail);
    *owner = is_channel ? channel.account : trail.account;
    if (err_is(err, &CLOUDTRAIL_TRAIL_NOT_FOUND_EXCEPTION) || err_is(err, &CLOUDTRAIL_CHANNEL_NOT_FOUND_EXCEPTION)) {
        return fail(&rq->ctx, &CLOUDTRAIL_RESOURCE_NOT_FOUND_EXCEPTION, "Resource not found: %" STR_FMT, STR_ARG(arn));
    }
    return err;
}

struct err trail_tags_put(struct request *rq, struct str arn, const struct cloudtrail_tags_list *tags)
{
    struct cloudtrail_tags_list all = { NULL, 0 };
    for (size_t i = 0; i < tags->count; i++) {
        const struct cloudtrail_tag *tag = &tags->items[i];
        if (str_equal_nocase(str_slice(tag->key, 0, 4), STR("aws:"))) {
            return fail(&rq->ctx, &CLOUDTRAIL_INVALID_TAG_PARAMETER_EXCEPTION, "Tag keys must not begin with aws:.");
        }
        for (size_t j = 0; j < i; j++) {
            if (str_equal(tag->key, tags->items[j].key)) {
                return fail(&rq->ctx, &CLOUDTRAIL_INVALID_TAG_PARAMETER_EXCEPTION, "The tag key %" STR_FMT " is given twice.",
                            STR_ARG(tag->key));
            }
        }
        TRY(trail_rows_tag_put(&rq->ctx, rq->db, rq->account, arn, tag->key, tag->value.ptr ? tag->value : STR("")));
    }
    TRY(trail_rows_tag_list(&rq->ctx, rq->db, rq->account, arn, &all));
    return all.count <= TRAIL_TAGS_MAX ? ERR_OK
                                       : fail(&rq->ctx, &CLOUDTRAIL_TAGS_LIMIT_EXCEEDED_EXCEPTION,
                                              "A trail can have at most %d tags.", TRAIL_TAGS_MAX);
}

struct err cloudtrail_add_tags(struct request *rq, const struct cloudtrail_add_tags_in *in, struct cloudtrail_add_tags_out *out)
{
    struct str owner = STR_NONE;
    (void)out;
    TRY(need_resource(rq, in->resource_id, &owner));
    return trail_tags_put(rq, in->resource_id, &in->tags_list);
}

struct err cloudtrail_remove_tags(struct request *rq, const struct cloudtrail_remove_tags_in *in,
                                  struct cloudtrail_remove_tags_out *out)
{
    struct str owner = STR_NONE;
    (void)out;
    TRY(need_resource(rq, in->resource_id, &owner));
    for (size_t i = 0; i < in->tags_list.count; i++) {
        TRY(trail_rows_tag_delete(&rq->ctx, rq->db, rq->account, in->resource_id, in->tags_list.items[i].key));
    }
    return ERR_OK;
}

struct err cloudtrail_list_tags(struct request *rq, const struct cloudtrail_list_tags_in *in, struct cloudtrail_list_tags_out *out)
{
    const size_t count = in->resource_id_list.count;
    out->resource_tag_list.items = ARENA_ARRAY(rq->ctx.arena, struct cloudtrail_resource_tag, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct str owner = STR_NONE;
        struct cloudtrail_resource_tag *shown = &out->resource_tag_list.items[out->resource_tag_list.count++];
        TRY(need_resource(rq, in->resource_id_list.items[i], &owner));
        shown->resource_id = in->resource_id_list.items[i];
        TRY(trail_rows_tag_list(&rq->ctx, rq->db, owner, shown->resource_id, &shown->tags_list));
    }
    return ERR_OK;
}
