/* tag.c - a secret's tags. */
#include "svc/secretsmanager/secret.h"

enum { TAGS_MAX = 50 };

static struct err tag_judge(struct request *rq, struct str key)
{
    return str_starts(str_lower(rq->ctx.arena, key), STR("aws:"))
               ? fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                      "The tag key %" STR_FMT " can't start with aws:, which is reserved for AWS.", STR_ARG(key))
               : ERR_OK;
}

struct err secret_tags_put(struct request *rq, const struct secret *secret, struct secretsmanager_tag_list_type tags)
{
    const struct rows rows = secret_rows(rq, secret);
    struct tags all = { NULL, 0 };
    for (size_t i = 0; i < tags.count; i++) {
        const struct str value = tags.items[i].value;
        if (tags.items[i].key.ptr == NULL) {
            return fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION, "You must provide a Key for each tag.");
        }
        TRY(tag_judge(rq, tags.items[i].key));
        TRY(secret_row_tag_put(&rows, secret->arn, tags.items[i].key, value.ptr ? value : STR("")));
    }
    TRY(secret_row_tags(&rows, secret->arn, &all));
    return all.count <= TAGS_MAX ? ERR_OK
                                 : fail(&rq->ctx, &SECRETSMANAGER_INVALID_PARAMETER_EXCEPTION,
                                        "A secret can have at most %d tags.", TAGS_MAX);
}

struct err secret_tags_out(struct request *rq, const struct secret *secret, struct secretsmanager_tag_list_type *out)
{
    const struct rows rows = secret_rows(rq, secret);
    struct tags tags = { NULL, 0 };
    TRY(secret_row_tags(&rows, secret->arn, &tags));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct secretsmanager_tag, tags.count);
    out->count = tags.count;
    for (size_t i = 0; i < tags.count; i++) {
        out->items[i] = (struct secretsmanager_tag){ tags.items[i].key, tags.items[i].value };
    }
    if (!secret->tagged) {
        out->items = NULL; /* AWS tells an empty list only where there were tags once */
    }
    return ERR_OK;
}

struct err secretsmanager_tag_resource(struct request *rq, const struct secretsmanager_tag_resource_in *in,
                                       struct secretsmanager_tag_resource_out *out)
{
    (void)out;
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    TRY(secret_tags_put(rq, &secret, in->tags));
    secret.tagged = true;
    return secret_save(rq, &secret);
}

struct err secretsmanager_untag_resource(struct request *rq, const struct secretsmanager_untag_resource_in *in,
                                         struct secretsmanager_untag_resource_out *out)
{
    (void)out;
    struct secret secret = { .name = STR_NONE };
    TRY(secret_need(rq, in->secret_id, NEED_OWN, &secret));
    const struct rows rows = secret_rows(rq, &secret);
    for (size_t i = 0; i < in->tag_keys.count; i++) {
        TRY(secret_row_tag_delete(&rows, secret.arn, in->tag_keys.items[i]));
    }
    return secret_save(rq, &secret);
}
