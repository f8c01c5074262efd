/* guard.c - what authorisation must know of a call: the function's ARN as policies write it, its owner and its policy. */
#include "svc/guard.h"

#include "svc/lambda/permission.h"

/* The input's first member of one of these names, which every operation about a function or layer has. */
static struct str member(const struct request *rq, const void *in, const char *name)
{
    const struct shape *input = rq->operation->input;
    for (uint16_t i = 0; i < input->member_count; i++) {
        if (input->members[i].shape->kind == SHAPE_STRING && strcmp(input->members[i].name, name) == 0) {
            return *(const struct str *)(const void *)((const char *)in + input->members[i].offset);
        }
    }
    return STR_NONE;
}

static struct err condition_pairs(struct request *rq, const void *in, const struct function_name *name, struct guard *guard)
{
    struct lambda_tags tags = { NULL, 0 };
    TRY(function_tags_get(name_rows(rq, name), name->name, &tags));
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, tags.count + 3);
    for (size_t i = 0; i < tags.count; i++) {
        pairs[i] = (struct context_pair){ str_format(rq->ctx.arena, "aws:ResourceTag/%" STR_FMT, STR_ARG(tags.items[i].key)),
                                          tags.items[i].value };
    }
    guard->pairs = pairs;
    guard->pair_count = tags.count;
    const bool by_url = strcmp(rq->operation->action, LAMBDA_URL_ACTION) == 0;
    const struct str kind = member(rq, in, by_url ? "InvocationType" : "FunctionUrlAuthType");
    if (kind.ptr) {
        pairs[guard->pair_count++] = (struct context_pair){ STR("lambda:FunctionUrlAuthType"), kind };
    }
    const struct str principal = member(rq, in, "Principal");
    if (principal.ptr) {
        pairs[guard->pair_count++] = (struct context_pair){ STR("lambda:Principal"), principal };
    }
    return ERR_OK;
}

static struct err about_function(struct request *rq, const void *in, struct str text, struct str qualifier, struct guard *guard)
{
    struct function_name name = { 0 };
    if (name_of(rq, text, qualifier, &name).fault) {
        return ERR_OK; /* the handler says what is wrong with it */
    }
    guard->resource = name_arn(&rq->ctx, &name);
    guard->account = name.account;
    TRY(condition_pairs(rq, in, &name, guard));
    return permission_document(name_rows(rq, &name), name.name, name.qualifier, &guard->policy);
}

static struct err guard_call(struct request *rq, const void *in, struct guard *guard)
{
    const struct str function = member(rq, in, "FunctionName");
    const struct str resource = member(rq, in, "Resource");
    const struct str layer = member(rq, in, "LayerName");
    const struct str arn = member(rq, in, "Arn");
    if (function.ptr || resource.ptr) {
        return about_function(rq, in, function.ptr ? function : resource, member(rq, in, "Qualifier"), guard);
    }
    return layer.ptr || arn.ptr ? layer_guard(rq, in, layer.ptr ? layer : arn, guard) : ERR_OK;
}

const struct service LAMBDA = { .model = &LAMBDA_MODEL, .guard = guard_call, .before = code_before };
