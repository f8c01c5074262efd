/* tag.c - tags of groups. */
#include "svc/logs/item.h"

enum { TAGS_MAX = 50 };

struct err logs_tags_put(struct request *rq, struct str account, struct str resource, struct logs_tags tags)
{
    const struct rows rows = { &rq->ctx, rq->db, account, rq->region };
    struct logs_tags all = { NULL, 0 };
    for (size_t i = 0; i < tags.count; i++) {
        if (str_starts(str_lower(rq->ctx.arena, tags.items[i].key), STR("aws:"))) {
            return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Tag keys that start with aws: are reserved: %" STR_FMT,
                        STR_ARG(tags.items[i].key));
        }
        TRY(logs_row_tag_put(&rows, resource, tags.items[i].key, tags.items[i].value));
    }
    TRY(logs_row_tags(&rows, resource, &all));
    return all.count <= TAGS_MAX ? ERR_OK : fail(&rq->ctx, &LOGS_TOO_MANY_TAGS_EXCEPTION, "A resource can have at most %d tags.", TAGS_MAX);
}

/* --- by the group's name, as of old --- */

static struct err put_tags(struct request *rq, struct str name, struct logs_tags tags)
{
    struct group group = { .name = STR_NONE };
    TRY(logs_group_need(rq, name, &group));
    return logs_tags_put(rq, group.account, logs_group_arn(rq, &group), tags);
}

static struct err drop(struct request *rq, struct str resource, const struct str *keys, size_t count)
{
    const struct rows rows = logs_rows(rq);
    for (size_t i = 0; i < count; i++) {
        TRY(logs_row_tag_delete(&rows, resource, keys[i]));
    }
    return ERR_OK;
}

struct err logs_tag_log_group(struct request *rq, const struct logs_tag_log_group_in *in, struct logs_tag_log_group_out *out)
{
    (void)out;
    return put_tags(rq, in->log_group_name, in->tags);
}

struct err logs_untag_log_group(struct request *rq, const struct logs_untag_log_group_in *in, struct logs_untag_log_group_out *out)
{
    (void)out;
    struct group group = { .name = STR_NONE };
    TRY(logs_group_need(rq, in->log_group_name, &group));
    return drop(rq, logs_group_arn(rq, &group), in->tags.items, in->tags.count);
}

struct err logs_list_tags_log_group(struct request *rq, const struct logs_list_tags_log_group_in *in, struct logs_list_tags_log_group_out *out)
{
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    TRY(logs_group_need(rq, in->log_group_name, &group));
    return logs_row_tags(&rows, logs_group_arn(rq, &group), &out->tags);
}

/* --- by any resource's ARN --- */

/* Whether there is one: a group, or what has a row of its own. */
static struct err need_resource(struct request *rq, struct str arn, struct str *resource)
{
    const struct str kinds[] = { KIND_DESTINATION, KIND_DELIVERY, KIND_DELIVERY_SOURCE, KIND_DELIVERY_DESTINATION };
    const struct rows rows = logs_rows(rq);
    struct str rest = arn, part = STR_NONE;
    struct group group = { .name = STR_NONE };
    struct item item = { .name = STR_NONE };
    bool found = false;
    *resource = arn;
    for (size_t i = 0; i < 6; i++) {
        part = str_cut(rest, ':', &rest);
    }
    if (str_equal(part, STR("log-group"))) {
        TRY(logs_group_need_either(rq, STR_NONE, arn, &group));
        *resource = logs_group_arn(rq, &group);
        return ERR_OK;
    }
    for (size_t i = 0; i < COUNT_OF(kinds) && !found; i++) {
        if (str_equal(part, kinds[i]) && rest.len > 0) {
            TRY(logs_row_item(&rows, kinds[i], rest, 0, &item, &found));
        }
    }
    return found ? ERR_OK : fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified resource does not exist.");
}

struct err logs_tag_resource(struct request *rq, const struct logs_tag_resource_in *in, struct logs_tag_resource_out *out)
{
    (void)out;
    struct str resource = STR_NONE;
    TRY(need_resource(rq, in->resource_arn, &resource));
    return logs_tags_put(rq, rq->account, resource, in->tags);
}

struct err logs_untag_resource(struct request *rq, const struct logs_untag_resource_in *in, struct logs_untag_resource_out *out)
{
    (void)out;
    struct str resource = STR_NONE;
    TRY(need_resource(rq, in->resource_arn, &resource));
    return drop(rq, resource, in->tag_keys.items, in->tag_keys.count);
}

struct err logs_list_tags_for_resource(struct request *rq, const struct logs_list_tags_for_resource_in *in, struct logs_list_tags_for_resource_out *out)
{
    const struct rows rows = logs_rows(rq);
    struct str resource = STR_NONE;
    TRY(need_resource(rq, in->resource_arn, &resource));
    return logs_row_tags(&rows, resource, &out->tags);
}
