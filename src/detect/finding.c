#include "detect/finding.h"

#include "base/clock.h"
#include "detect/finding_parts.h"

static int64_t time_at(const struct json *finding, const char *path)
{
    int64_t ms = 0;
    return clock_parse_iso8601(json_text(json_path(finding, path)), &ms) ? ms : 0;
}

static int64_t count_of(const struct json *finding)
{
    int64_t count = 1;
    return json_int(json_path(finding, "service.count"), &count) && count > 0 ? count : 1;
}

static struct str named_resource(const struct json *resource)
{
    static const char *const paths[] = { "instanceDetails.instanceId", "rdsDbInstanceDetails.dbInstanceIdentifier",
                                         "lambdaDetails.functionName", "ebsSnapshotDetails.snapshotArn",
                                         "ec2ImageDetails.imageArn", "accessKeyDetails.userName",
                                         "accessKeyDetails.principalId" };
    const struct json *buckets = json_get(resource, STR("s3BucketDetails"));
    if (buckets && buckets->child) {
        return json_text(json_get(buckets->child, STR("name")));
    }
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        const struct str name = json_text(json_path(resource, paths[i]));
        if (name.len > 0) {
            return name;
        }
    }
    return STR_NONE;
}

static bool read_tree(const struct json *tree, struct str text, struct finding *out)
{
    const struct json *resource = json_get(tree, STR("resource"));
    *out = (struct finding){
        .id = json_text(json_get(tree, STR("id"))),
        .type = json_text(json_get(tree, STR("type"))),
        .title = json_text(json_get(tree, STR("title"))),
        .description = json_text(json_get(tree, STR("description"))),
        .account = json_text(json_get(tree, STR("accountId"))),
        .region = json_text(json_get(tree, STR("region"))),
        .principal = json_text(json_path(resource, "accessKeyDetails.principalId")),
        .resource_type = json_text(json_get(resource, STR("resourceType"))),
        .resource_id = named_resource(resource),
        .first_ms = time_at(tree, "createdAt"),
        .last_ms = time_at(tree, "updatedAt"),
        .count = count_of(tree),
        .json = text,
    };
    return json_double(json_get(tree, STR("severity")), &out->severity) && out->id.len > 0 && out->type.len > 0;
}

static const struct json *why_of(struct arena *arena, const struct json *finding)
{
    const struct str value = json_text(json_path(finding, "service.additionalInfo.value"));
    return value.len > 0 ? json_parse(arena, value, NULL) : NULL;
}

/* As additionalInfo lists it. */
static struct finding_event seen_of(const struct json *j)
{
    struct finding_event seen = { .id = json_text(json_get(j, STR("id"))), .file = json_text(json_get(j, STR("file"))) };
    (void)(json_int(json_get(j, STR("at")), &seen.at) && json_int(json_get(j, STR("offset")), &seen.offset));
    return seen;
}

int seen_place_order(const struct finding_event *a, const struct finding_event *b)
{
    const int file = str_compare(a->file, b->file);
    return file != 0 ? file : (a->offset > b->offset) - (a->offset < b->offset);
}

int seen_order(const struct finding_event *a, const struct finding_event *b)
{
    if (a->at != b->at) {
        return a->at > b->at ? -1 : 1;
    }
    const int id = str_compare(a->id, b->id);
    return id != 0 || a->id.len > 0 ? id : seen_place_order(a, b);
}

static struct seen_list list_of(const struct json *why)
{
    struct seen_list list = { .count = 0 };
    const struct json *events = json_get(why, STR("events"));
    for (const struct json *j = events ? events->child : NULL; j && list.count < FINDING_EVENTS_MAX; j = j->next) {
        list.items[list.count++] = seen_of(j);
    }
    return list;
}

bool finding_read(struct arena *arena, struct str json, struct finding *out)
{
    const struct json *tree = json_parse(arena, json, NULL);
    if (tree == NULL || !read_tree(tree, json, out)) {
        return false;
    }
    const struct json *why = why_of(arena, tree);
    const struct str principal = json_text(json_get(why, STR("principal")));
    const struct str resource = json_text(json_get(why, STR("resource")));
    out->principal = principal.len > 0 ? principal : out->principal;
    out->resource_id = resource.len > 0 ? resource : out->resource_id;
    const struct seen_list events = list_of(why);
    out->has_event = out->count == 1 && events.count == 1;
    out->event = out->has_event ? events.items[0] : (struct finding_event){ .at = 0 };
    return true;
}

/* Both lists run newest first; so does what comes out. Returns how many stand in both. */
static int64_t join(const struct seen_list *a, const struct seen_list *b, struct seen_list *out)
{
    int64_t common = 0;
    size_t i = 0;
    size_t j = 0;
    out->count = 0;
    while (i < a->count || j < b->count) {
        const int order = i == a->count ? 1 : j == b->count ? -1 : seen_order(&a->items[i], &b->items[j]);
        struct finding_event next = order <= 0 ? a->items[i] : b->items[j];
        if (order == 0 && seen_place_order(&b->items[j], &next) < 0) {
            next = b->items[j];
        }
        common += order == 0;
        i += order <= 0;
        j += order >= 0;
        if (out->count < FINDING_EVENTS_MAX) {
            out->items[out->count++] = next;
        }
    }
    return common;
}

static void write_events(struct json_writer *w, const struct seen_list *list)
{
    json_open_array(w);
    for (size_t i = 0; i < list->count; i++) {
        const struct finding_event *seen = &list->items[i];
        json_open_object(w);
        if (seen->id.len > 0) {
            json_member_str(w, STR("id"), seen->id);
        }
        json_member_int(w, STR("at"), seen->at);
        if (seen->file.len > 0) {
            json_member_str(w, STR("file"), seen->file);
        }
        json_member_int(w, STR("offset"), seen->offset);
        json_close_object(w);
    }
    json_close_array(w);
}

/* Two findings becoming one. */
struct merge {
    struct arena *arena;
    const struct json *old;    /* what the service has written on it stays */
    const struct json *newest; /* everything else is of this one */
    const struct json *why;    /* the newest one's additionalInfo.value, parsed */
    struct seen_list events;
    int64_t count, first_ms, last_ms;
};

static struct str merged_why(const struct merge *merge)
{
    struct json_writer w = json_writer_new(merge->arena);
    json_open_object(&w);
    for (const struct json *j = merge->why ? merge->why->child : NULL; j; j = j->next) {
        json_key(&w, j->key);
        if (str_equal(j->key, STR("events"))) {
            write_events(&w, &merge->events);
        }
        if (!str_equal(j->key, STR("events"))) {
            json_write_tree(&w, j);
        }
    }
    json_close_object(&w);
    return json_done(&w);
}

static void write_info(struct json_writer *w, const struct merge *merge)
{
    json_key(w, STR("additionalInfo"));
    json_open_object(w);
    json_member_str(w, STR("value"), merged_why(merge));
    json_member_str(w, STR("type"), STR("default"));
    json_close_object(w);
}

/* Members of `from` but those in leave, which ends with an absent text. */
static void copy_but(struct json_writer *w, const struct json *from, const struct str *leave)
{
    for (const struct json *j = from ? from->child : NULL; j; j = j->next) {
        bool wanted = true;
        for (const struct str *name = leave; name->ptr; name++) {
            wanted = wanted && !str_equal(*name, j->key);
        }
        if (wanted) {
            json_key(w, j->key);
            json_write_tree(w, j);
        }
    }
}

static void copy_from_old(struct json_writer *w, const struct json *old, struct str key)
{
    const struct json *value = json_get(old, key);
    if (value) {
        json_key(w, key);
        json_write_tree(w, value);
    }
}

static void write_service(struct json_writer *w, const struct merge *merge)
{
    static const struct str own[] = { STR_INIT("archived"), STR_INIT("userFeedback"), STR_INIT("detectorId"),
                                      STR_INIT("count"), STR_INIT("eventFirstSeen"), STR_INIT("eventLastSeen"),
                                      STR_INIT("additionalInfo"), { NULL, 0 } };
    const struct json *old = json_get(merge->old, STR("service"));
    json_key(w, STR("service"));
    json_open_object(w);
    copy_but(w, json_get(merge->newest, STR("service")), own);
    for (size_t i = 0; i < 3; i++) {
        copy_from_old(w, old, own[i]);
    }
    json_member_int(w, STR("count"), merge->count);
    json_member_str(w, STR("eventFirstSeen"), clock_format_iso8601(merge->arena, merge->first_ms));
    json_member_str(w, STR("eventLastSeen"), clock_format_iso8601(merge->arena, merge->last_ms));
    write_info(w, merge);
    json_close_object(w);
}

static struct str merged_json(const struct merge *merge)
{
    static const struct str own[] = { STR_INIT("arn"), STR_INIT("service"), STR_INIT("createdAt"), STR_INIT("updatedAt"), { NULL, 0 } };
    struct json_writer w = json_writer_new(merge->arena);
    json_open_object(&w);
    copy_but(&w, merge->newest, own);
    copy_from_old(&w, merge->old, own[0]);
    write_service(&w, merge);
    json_member_str(&w, own[2], clock_format_iso8601_ms(merge->arena, merge->first_ms));
    json_member_str(&w, own[3], clock_format_iso8601_ms(merge->arena, merge->last_ms));
    json_close_object(&w);
    return json_done(&w);
}

/* Whose details are shown: the later one; at the same moment the event with the lesser id, so that order does not matter. */
static bool more_is_newest(const struct finding *old, const struct finding *more, const struct seen_list *was,
                           const struct seen_list *is)
{
    if (old->last_ms != more->last_ms) {
        return more->last_ms > old->last_ms;
    }
    return was->count > 0 && is->count > 0 && seen_order(&is->items[0], &was->items[0]) < 0;
}

struct str finding_merge(struct arena *arena, struct str old_text, struct str more_text)
{
    const struct json *old_tree = json_parse(arena, old_text, NULL);
    const struct json *more_tree = json_parse(arena, more_text, NULL);
    struct finding old;
    struct finding more;
    if (old_tree == NULL || more_tree == NULL || !read_tree(old_tree, old_text, &old) || !read_tree(more_tree, more_text, &more)) {
        return STR_NONE;
    }
    const struct json *old_why = why_of(arena, old_tree);
    const struct json *more_why = why_of(arena, more_tree);
    const struct seen_list was = list_of(old_why);
    const struct seen_list is = list_of(more_why);
    const bool newer = more_is_newest(&old, &more, &was, &is);
    struct merge merge = {
        .arena = arena,
        .old = old_tree,
        .newest = newer ? more_tree : old_tree,
        .why = newer ? more_why : old_why,
        .first_ms = old.first_ms < more.first_ms ? old.first_ms : more.first_ms,
        .last_ms = old.last_ms > more.last_ms ? old.last_ms : more.last_ms,
    };
    const int64_t common = join(&was, &is, &merge.events);
    merge.count = old.count > INT32_MAX - more.count ? INT32_MAX : old.count + more.count - common;
    return merged_json(&merge);
}

struct str finding_of_all(struct arena *arena, struct str newest, const struct seen_list *events, int64_t count, int64_t first_ms,
                          int64_t last_ms)
{
    const struct json *tree = json_parse(arena, newest, NULL);
    if (tree == NULL) {
        return STR_NONE;
    }
    const struct merge merge = {
        .arena = arena, .old = tree, .newest = tree, .why = why_of(arena, tree), .events = *events,
        .count = count, .first_ms = first_ms, .last_ms = last_ms,
    };
    return merged_json(&merge);
}
