#include "svc/request.h"

/* The text of a string member of the input; STR_NONE when it is absent or no such member exists. */
static struct str member_text(const struct shape *input, const void *in, struct str name)
{
    for (uint16_t i = 0; i < input->member_count; i++) {
        const struct member *member = &input->members[i];
        if (member->shape->kind == SHAPE_STRING && str_equal(str_of(member->name), name)) {
            return *(const struct str *)(const void *)((const char *)in + member->offset);
        }
    }
    return STR_NONE;
}

/* The template with each {Member} replaced. */
static struct str expand(const struct request *rq, struct str rest, const void *in)
{
    struct text text = text_new(rq->ctx.arena);
    while (rest.ptr) {
        struct str tail = STR_NONE;
        text_add(&text, str_cut(rest, '{', &tail));
        if (tail.ptr == NULL) {
            break;
        }
        const struct str value = member_text(rq->operation->input, in, str_cut(tail, '}', &rest));
        text_add(&text, value.len > 0 ? value : STR("*"));
    }
    return text_str(&text);
}

struct str request_resource(struct request *rq, const void *in)
{
    const struct str template = str_of(rq->operation->resource);
    if (str_equal(template, STR("*"))) {
        return template;
    }
    const struct str filled = expand(rq, template, in);
    const bool whole = str_starts(template, STR("arn:")) || str_starts(template, STR("{"));
    if (whole && str_starts(filled, STR("arn:"))) {
        return filled;
    }
    const struct str service = str_of(rq->service->signing_name);
    const bool global = str_equal(service, STR("iam")) || str_equal(service, STR("sts"));
    const struct str region = global ? STR("") : rq->region;
    const struct str parts[] = { rq->partition, service, region, rq->account, filled };
    struct text arn = text_new(rq->ctx.arena); /* every call comes by here: no format to interpret */
    text_add(&arn, STR("arn"));
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        text_add_char(&arn, ':');
        text_add(&arn, parts[i]);
    }
    return text_str(&arn);
}

static void add(struct http_header *list, size_t *count, struct str name, struct str value)
{
    if (*count < ANSWER_HEADERS_MAX && value.ptr) {
        list[(*count)++] = (struct http_header){ name, value };
    }
}

void request_header(struct request *rq, struct str name, struct str value)
{
    add(rq->extra.headers, &rq->extra.header_count, name, value);
}

void request_element(struct request *rq, struct str name, struct str value)
{
    add(rq->extra.elements, &rq->extra.element_count, name, value);
}
