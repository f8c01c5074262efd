#include "svc/logs/guard.h"

#include "base/json.h"
#include "svc/logs/destination.h"
#include "wire/codec.h"

enum { RESOURCE_POLICIES_MAX = 100 };

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

static bool is_about_tags(const struct request *rq)
{
    return strstr(rq->operation->name, "Tag") != NULL;
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
    guard->resource = is_about_tags(rq) ? arn : str_format(rq->ctx.arena, "%" STR_FMT ":log-stream:%" STR_FMT, STR_ARG(arn), STR_ARG(stream));
    return ERR_OK;
}

/* --- policies of resources --- */

static struct err add_statements(struct request *rq, struct json_writer *w, struct str document)
{
    const struct json *statements = json_get(json_parse(rq->ctx.arena, document, NULL), STR("Statement"));
    if (statements && statements->kind == JSON_ARRAY) {
        for (const struct json *one = statements->child; one; one = one->next) {
            json_write_tree(w, one);
        }
    } else if (statements) {
        json_write_tree(w, statements);
    }
    return ERR_OK;
}

/* The account's policies, and the group's own, are one. spec: PutResourcePolicy. */
static struct err resource_policy(struct request *rq, const struct rows *rows, struct guard *guard)
{
    struct items items = { NULL, 0 };
    struct json_writer w = json_writer_new(rq->ctx.arena);
    TRY(logs_row_items(rows, KIND_RESOURCE_POLICY, NULL, RESOURCE_POLICIES_MAX, &items));
    if (items.count == 0) {
        return ERR_OK;
    }
    json_open_object(&w);
    json_member_str(&w, STR("Version"), STR("2012-10-17"));
    json_key(&w, STR("Statement"));
    json_open_array(&w);
    for (size_t i = 0; i < items.count; i++) {
        void *value = NULL;
        TRY(wire_json_read(&rq->ctx, LOGS_SHAPE_RESOURCE_POLICY, items.items[i].document, &value));
        const struct logs_resource_policy *policy = value;
        if (policy->resource_arn.ptr == NULL || str_starts(guard->resource, policy->resource_arn)) {
            TRY(add_statements(rq, &w, policy->policy_document));
        }
    }
    json_close_array(&w);
    json_close_object(&w);
    guard->policy = json_done(&w);
    return ERR_OK;
}

/* A filter that sends to another account's destination needs that one's word, too. */
static struct err about_destination(struct request *rq, struct str arn, struct guard *guard)
{
    struct rows rows = { .ctx = &rq->ctx, .db = rq->db };
    struct str name = STR_NONE;
    struct logs_destination *destination = NULL;
    if (!destination_read(arn, &rows.region, &rows.account, &name)) {
        return ERR_OK;
    }
    TRY(destination_find(&rows, name, &destination));
    struct guard *other = ARENA_NEW(rq->ctx.arena, struct guard);
    *other = (struct guard){ .action = guard->action, .resource = arn, .account = rows.account,
                             .policy = destination ? destination->access_policy : STR_NONE };
    guard->next = other;
    return ERR_OK;
}

/* Each group of a live tail must be allowed. */
static struct err about_tail(struct request *rq, const struct logs_start_live_tail_in *in, struct guard *guard)
{
    struct guard *last = guard;
    for (size_t i = 0; i < in->log_group_identifiers.count; i++) {
        if (i > 0) {
            last->next = ARENA_NEW(rq->ctx.arena, struct guard);
            *last->next = (struct guard){ .action = guard->action, .resource = STR("*"), .account = rq->account };
            last = last->next;
        }
        TRY(about_group(rq, in->log_group_identifiers.items[i], STR(""), last));
    }
    return ERR_OK;
}

struct err logs_guard(struct request *rq, const void *in, struct guard *guard)
{
    static const char *const members[] = { "logGroupName", "logGroupIdentifier", "resourceIdentifier" };
    const struct rows rows = { &rq->ctx, rq->db, rq->account, rq->region };
    struct str identifier = is_about_tags(rq) ? text_of(rq, in, "resourceArn") : STR_NONE;
    for (size_t i = 0; i < COUNT_OF(members) && identifier.ptr == NULL; i++) {
        identifier = text_of(rq, in, members[i]);
    }
    if (identifier.ptr) {
        TRY(about_group(rq, identifier, text_of(rq, in, "logStreamName"), guard));
    }
    if (strcmp(rq->operation->name, "StartLiveTail") == 0) {
        TRY(about_tail(rq, in, guard));
    }
    const struct str destination = text_of(rq, in, "destinationArn");
    if (destination.ptr) {
        TRY(about_destination(rq, destination, guard));
    }
    const struct rows theirs = { &rq->ctx, rq->db, guard->account, rows.region };
    return resource_policy(rq, &theirs, guard);
}
