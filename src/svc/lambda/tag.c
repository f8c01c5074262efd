/* tag.c - tags, which belong to a function whatever its version. */
#include "crypto/random.h"
#include "svc/lambda/function.h"

enum { TAGS_MAX = 50 };

struct err function_tags_get(struct lambda_rows rows, struct str name, struct lambda_tags *out)
{
    struct item *items = NULL;
    size_t count = 0;
    TRY(rows_extra_list(rows, name, ITEM_TAG, &items, &count));
    out->items = ARENA_ARRAY(rows.ctx->arena, struct lambda_tags_entry, count + 1); /* ListTags answers with an empty map */
    for (size_t i = 0; i < count; i++) {
        out->items[out->count++] = (struct lambda_tags_entry){ items[i].part, items[i].body };
    }
    return ERR_OK;
}

struct err function_tags_put(struct request *rq, struct lambda_rows rows, struct str name, const struct lambda_tags *tags)
{
    struct lambda_tags all = { NULL, 0 };
    for (size_t i = 0; i < tags->count; i++) {
        if (str_starts(str_lower(rq->ctx.arena, tags->items[i].key), STR("aws:"))) {
            return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "aws: prefixed tag key names are not allowed for external use.");
        }
        TRY(rows_extra_put(rows, name, ITEM_TAG, tags->items[i].key, tags->items[i].value));
    }
    TRY(function_tags_get(rows, name, &all));
    return all.count <= TAGS_MAX ? ERR_OK : fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Number of tags exceeds resource tag limit.");
}

/* Tags stand on functions alone. */
static struct err need_tagged(struct request *rq, struct str resource, struct function_name *name, struct function_row *row)
{
    TRY(name_of(rq, resource, STR_NONE, name));
    if (name->qualifier.ptr) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Tags on function aliases and versions are not supported. Please "
                    "specify a function ARN.");
    }
    return name_need_latest(name_rows(rq, name), name, row);
}

/* Other tags are another revision of the function. */
static struct err revise(struct request *rq, const struct function_name *name, struct function_row *row)
{
    row->config.revision_id = random_uuid(&rq->ctx);
    return rows_function_put(name_rows(rq, name), row);
}

struct err lambda_tag_resource(struct request *rq, const struct lambda_tag_resource_in *in, struct lambda_tag_resource_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    (void)out;
    TRY(need_tagged(rq, in->resource, &name, &row));
    if (in->tags.count == 0) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "An error occurred and the request cannot be processed.");
    }
    TRY(function_tags_put(rq, name_rows(rq, &name), name.name, &in->tags));
    return revise(rq, &name, &row);
}

struct err lambda_untag_resource(struct request *rq, const struct lambda_untag_resource_in *in, struct lambda_untag_resource_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    bool ignored = false;
    (void)out;
    TRY(need_tagged(rq, in->resource, &name, &row));
    for (size_t i = 0; i < in->tag_keys.count; i++) {
        TRY(rows_extra_delete(name_rows(rq, &name), name.name, ITEM_TAG, in->tag_keys.items[i], &ignored));
    }
    return revise(rq, &name, &row);
}

struct err lambda_list_tags(struct request *rq, const struct lambda_list_tags_in *in, struct lambda_list_tags_out *out)
{
    struct function_name name = { 0 };
    struct function_row row = { .number = 0 };
    TRY(need_tagged(rq, in->resource, &name, &row));
    return function_tags_get(name_rows(rq, &name), name.name, &out->tags);
}
