#include "svc/logs/guard.h"

#include "svc/logs/group.h"

static struct str text_of(const struct request *rq, const void *in, const char *name)
{
    const struct shape *input = rq->operation->input;
    for (uint16_t i = 0; i < input->member_count; i++) {
        if (input->members[i].shape->kind == SHAPE_STRING && strcmp(input->members[i].name, name) == 0) {
            return *(const struct str *)(const void *)((const char *)in + input->members[i].offset);
        }
    }
    return STR_NONE;
}

/* spec: user guide, IAM identity-based policies: resources of groups end in ":*", those of tags don't. */
static struct err about_group(struct request *rq, struct str identifier, struct str stream, struct guard *guard)
{
    struct group group = { .name = STR_NONE };
    struct logs_tags tags = { NULL, 0 };
    if (!logs_group_read(rq, identifier, &group.account, &group.region, &group.name)) {
        return ERR_OK; /* the handler says what is wrong with it */
    }
    const struct rows rows = { &rq->ctx, rq->db, group.account, group.region };
    const struct str arn = logs_group_arn(rq, &group);
    TRY(logs_row_tags(&rows, arn, &tags));
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, tags.count + 1);
    for (size_t i = 0; i < tags.count; i++) {
        pairs[i] = (struct context_pair){ str_format(rq->ctx.arena, "aws:ResourceTag/%" STR_FMT, STR_ARG(tags.items[i].key)),
                                          tags.items[i].value };
    }
    guard->pairs = pairs;
    guard->pair_count = tags.count;
    guard->account = group.account;
    guard->resource = str_format(rq->ctx.arena, "%" STR_FMT ":log-stream:%" STR_FMT, STR_ARG(arn), STR_ARG(stream));
    return ERR_OK;
}

struct err logs_guard(struct request *rq, const void *in, struct guard *guard)
{
    const struct str name = text_of(rq, in, "logGroupName");
    const struct str identifier = name.ptr ? name : text_of(rq, in, "logGroupIdentifier");
    return identifier.ptr ? about_group(rq, identifier, text_of(rq, in, "logStreamName"), guard) : ERR_OK;
}
