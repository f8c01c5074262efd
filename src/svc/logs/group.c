/* group.c - log groups: made, listed, deleted. */
#include "svc/logs/group.h"

#include "crypto/random.h"

enum { LIST_NORMAL = 50, LOOK_AHEAD = 200, DELIVERY_DAYS = 2 };

static int64_t new_id(void)
{
    int64_t id = 0;
    random_bytes(&id, sizeof(id));
    return (int64_t)((uint64_t)id >> 2) + 1;
}

struct err logs_create_log_group(struct request *rq, const struct logs_create_log_group_in *in, struct logs_create_log_group_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    bool found = false;
    TRY(logs_row_group(&rows, in->log_group_name, &group, &found));
    if (found) {
        return fail(&rq->ctx, &LOGS_RESOURCE_ALREADY_EXISTS_EXCEPTION, "The specified log group already exists");
    }
    group = (struct group){
        .account = rq->account, .region = rq->region, .name = in->log_group_name, .id = new_id(),
        .class = in->log_group_class.ptr ? in->log_group_class : CLASS_STANDARD, .created_ms = rq->ctx.now_ms,
        .protected = in->deletion_protection_enabled.v, .next_block = 1, .next_stream = 1,
    };
    /* spec: CreateLogGroup: groups of class DELIVERY keep events for two days, and that can't be changed. */
    group.retention = str_equal(group.class, CLASS_DELIVERY) ? DELIVERY_DAYS : 0;
    if (in->kms_key_id.ptr) {
        TRY(logs_key_use(rq, &group, in->kms_key_id));
    }
    TRY(logs_row_group_put(&rows, &group));
    return in->tags.count ? logs_tags_put(rq, rq->account, logs_group_arn(rq, &group), in->tags) : ERR_OK;
}

struct err logs_delete_log_group(struct request *rq, const struct logs_delete_log_group_in *in, struct logs_delete_log_group_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    TRY(logs_group_need(rq, in->log_group_name, &group));
    if (group.protected) {
        return fail(&rq->ctx, &LOGS_VALIDATION_EXCEPTION, "The specified log group has deletion protection enabled. Disable it with "
                    "PutLogGroupDeletionProtection before you delete the log group.");
    }
    TRY(logs_row_tags_delete(&rows, logs_group_arn(rq, &group)));
    return logs_row_group_delete(&rows, &group);
}

/* What a list is asked for. */
struct wanted {
    struct str prefix, pattern, class;
    struct str parts; /* of ListLogGroups */
    const struct logs_describe_log_groups_log_group_identifiers *identifiers;
};

static bool is_named(struct request *rq, const struct wanted *wanted, const struct group *group)
{
    for (size_t i = 0; i < wanted->identifiers->count; i++) {
        struct str account = STR_NONE, region = STR_NONE, name = STR_NONE;
        if (logs_group_read(rq, wanted->identifiers->items[i], &account, &region, &name) && str_equal(name, group->name)
            && str_equal(account, group->account)) {
            return true;
        }
    }
    return wanted->identifiers->count == 0;
}

/* "^app|web": one of several parts of the name, or its beginning. */
static bool fits(struct str name, struct str pattern)
{
    for (struct str rest = pattern; rest.ptr;) {
        const struct str part = str_cut(rest, '|', &rest);
        const bool anchored = str_starts(part, STR("^"));
        if (anchored ? str_starts(name, str_from(part, 1)) : str_search(name, part) != STR_MISSING) {
            return true;
        }
    }
    return pattern.ptr == NULL;
}

static bool is_wanted(struct request *rq, const struct wanted *wanted, const struct group *group)
{
    return (wanted->class.ptr == NULL || str_equal(wanted->class, group->class))
        && (wanted->pattern.len == 0 || str_search(group->name, wanted->pattern) != STR_MISSING)
        && fits(group->name, wanted->parts) && is_named(rq, wanted, group);
}

/* One page, and the name behind which the next one begins; absent: there is none. */
static struct err list(struct request *rq, const struct wanted *wanted, struct str after, size_t limit, struct groups *out,
                       struct str *next)
{
    const struct rows rows = logs_rows(rq);
    struct groups some = { NULL, LOOK_AHEAD };
    *out = (struct groups){ ARENA_ARRAY(rq->ctx.arena, struct group, limit), 0 };
    *next = STR_NONE;
    while (some.count == LOOK_AHEAD) {
        TRY(logs_row_groups(&rows, wanted->prefix, after, LOOK_AHEAD, &some));
        for (size_t i = 0; i < some.count; i++) {
            if (wanted->prefix.ptr && !str_starts(some.items[i].name, wanted->prefix)) {
                return ERR_OK;
            }
            if (!is_wanted(rq, wanted, &some.items[i])) {
                continue;
            }
            if (out->count == limit) {
                *next = out->items[limit - 1].name;
                return ERR_OK;
            }
            out->items[out->count++] = some.items[i];
        }
        after = some.count ? some.items[some.count - 1].name : after;
    }
    return ERR_OK;
}

static struct logs_log_group shown(struct request *rq, const struct group *group)
{
    const struct str arn = logs_group_arn(rq, group);
    return (struct logs_log_group){
        .log_group_name = group->name,
        .creation_time = SOME(group->created_ms),
        .retention_in_days = { .set = group->retention > 0, .v = (int32_t)group->retention },
        .metric_filter_count = SOME((int32_t)group->metric_filters),
        .arn = str_format(rq->ctx.arena, "%" STR_FMT ":*", STR_ARG(arn)),
        .log_group_arn = arn,
        .stored_bytes = SOME(group->stored),
        .kms_key_id = group->kms_key,
        .log_group_class = group->class,
        .deletion_protection_enabled = SOME(group->protected),
    };
}

struct err logs_describe_log_groups(struct request *rq, const struct logs_describe_log_groups_in *in, struct logs_describe_log_groups_out *out)
{
    const struct wanted wanted = { .prefix = in->log_group_name_prefix, .pattern = in->log_group_name_pattern,
                                   .class = in->log_group_class, .identifiers = &in->log_group_identifiers };
    struct groups groups = { NULL, 0 };
    struct str after = STR_NONE, next = STR_NONE;
    if (wanted.prefix.ptr && wanted.pattern.ptr) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
    }
    TRY(logs_page_start(rq, in->next_token, &after));
    TRY(list(rq, &wanted, after, (size_t)logs_page_size(in->limit, LIST_NORMAL), &groups, &next));
    out->log_groups.items = ARENA_ARRAY(rq->ctx.arena, struct logs_log_group, groups.count);
    out->log_groups.count = groups.count;
    for (size_t i = 0; i < groups.count; i++) {
        out->log_groups.items[i] = shown(rq, &groups.items[i]);
    }
    out->next_token = next.ptr ? logs_page_token(rq, next) : STR_NONE;
    return ERR_OK;
}

struct err logs_list_log_groups(struct request *rq, const struct logs_list_log_groups_in *in, struct logs_list_log_groups_out *out)
{
    static const struct logs_describe_log_groups_log_group_identifiers any = { NULL, 0 };
    const struct wanted wanted = { .parts = in->log_group_name_pattern, .class = in->log_group_class, .identifiers = &any };
    struct groups groups = { NULL, 0 };
    struct str after = STR_NONE, next = STR_NONE;
    if (in->data_sources.count || in->field_index_names.count || in->log_group_tags.count) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION,
                    "dataSources, fieldIndexNames and logGroupTags are not implemented by Yagura; ask by name or class.");
    }
    TRY(logs_page_start(rq, in->next_token, &after));
    TRY(list(rq, &wanted, after, (size_t)logs_page_size(in->limit, LIST_NORMAL), &groups, &next));
    out->log_groups.items = ARENA_ARRAY(rq->ctx.arena, struct logs_log_group_summary, groups.count);
    out->log_groups.count = groups.count;
    for (size_t i = 0; i < groups.count; i++) {
        const struct group *group = &groups.items[i];
        out->log_groups.items[i] = (struct logs_log_group_summary){ group->name, logs_group_arn(rq, group), group->class };
    }
    out->next_token = next.ptr ? logs_page_token(rq, next) : STR_NONE;
    return ERR_OK;
}
