/* delivery_select.c - which events of the journal a trail takes: by Region, by when it was logging, by its selectors. */
#include "base/clock.h"
#include "base/json.h"
#include "match/match.h"
#include "match/selector.h"
#include "svc/cloudtrail/cloudtrail.h"
#include "svc/cloudtrail/delivery_parts.h"

struct trail_filter {
    const struct trail_row *trail;
    struct match_set *set;
    struct match_scratch *scratch;
    struct projection *projection;
    struct scan *scan;
    uint16_t account, region, time, invoked_by, category, insight, source, bucket;
    struct arena *arena; /* of names */
    struct str *names;   /* of selectors, by id */
};

/* What a trail takes that was given no selectors. */
static const char MANAGEMENT[] = "{\"EventSelectors\":[{\"ReadWriteType\":\"All\",\"IncludeManagementEvents\":true}]}";

/* Selectors of data events name a type of resource, others never do. */
struct err cloudtrail_takes_data(struct ctx *ctx, struct store_conn *db, bool *out)
{
    struct trail_row *trails = NULL;
    size_t count = 0;
    *out = false;
    TRY(trail_rows_list(ctx, db, STR_NONE, &trails, &count));
    for (size_t i = 0; i < count && !*out; i++) {
        *out = trails[i].logging && trails[i].selectors.ptr && str_search(trails[i].selectors, STR("AWS::")) != STR_MISSING;
    }
    return ERR_OK;
}

/* Each selector is a predicate of its own, so that it can be told which took an event; any of them takes it. */
static struct err add_selectors(struct ctx *ctx, struct match_builder *builder, struct trail_filter *filter, struct str selectors)
{
    static const struct str kinds[] = { STR_INIT("EventSelectors"), STR_INIT("AdvancedEventSelectors") };
    const struct json *document = json_parse(ctx->arena, selectors, NULL);
    for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
        const struct json *list = json_get(document, kinds[kind]);
        uint32_t id = 0;
        filter->names = list ? ARENA_ARRAY(filter->arena, struct str, list->count + 1) : filter->names;
        for (const struct json *one = list ? list->child : NULL; one; one = one->next, id++) {
            const struct str name = json_text(json_get(one, STR("Name")));
            const struct str alone = str_format(ctx->arena, "{\"%" STR_FMT "\":[%.*s]}", STR_ARG(kinds[kind]), (int)one->text.len, one->text.ptr);
            const struct predicate *predicate = NULL;
            TRY(selector_json_compile(ctx, json_parse(ctx->arena, alone, NULL), SELECTOR_TRAIL, &predicate));
            TRY(match_builder_add(ctx, builder, id, predicate));
            filter->names[id] = name.len ? str_copy(filter->arena, name) : str_format(filter->arena, "selector %u", id + 1);
        }
    }
    return filter->names ? ERR_OK : fail(ctx, &FAULT_INTERNAL, "the trail's selectors can't be read");
}

struct err trail_filter_open(struct ctx *ctx, const struct trail_row *trail, struct trail_filter **out)
{
    const struct str selectors = trail->selectors.ptr ? trail->selectors : str_of(MANAGEMENT);
    struct match_set *set = NULL;
    struct trail_filter names = { .arena = arena_open() };
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct err err = add_selectors(ctx, builder, &names, selectors);
    if (err.fault) {
        match_builder_close(builder);
    } else {
        err = match_compile(ctx, builder, paths, &set);
    }
    const struct trail_filter made = {
        .trail = trail, .set = set, .scratch = match_scratch_open(),
        .account = projection_slot(paths, STR("recipientAccountId")), .region = projection_slot(paths, STR("awsRegion")),
        .time = projection_slot(paths, STR("eventTime")), .invoked_by = projection_slot(paths, STR("userIdentity.invokedBy")),
        .category = projection_slot(paths, STR("eventCategory")),
        .insight = projection_slot(paths, STR("insightDetails.insightType")),
        .source = projection_slot(paths, STR("eventSource")), .bucket = projection_slot(paths, STR("requestParameters.bucketName")),
        .arena = names.arena, .names = names.names,
    };
    struct trail_filter *filter = memory_new(sizeof(*filter));
    *filter = made;
    filter->projection = projection_end(paths);
    filter->scan = scan_open(filter->projection);
    if (err.fault) {
        trail_filter_close(filter);
        return err;
    }
    *out = filter;
    return ERR_OK;
}

void trail_filter_close(struct trail_filter *filter)
{
    if (filter) {
        scan_close(filter->scan);
        projection_free(filter->projection);
        match_scratch_close(filter->scratch);
        match_set_free(filter->set);
        arena_close(filter->arena);
        memory_free(filter);
    }
}

/* Events carry whole seconds. The calls that start and stop a trail are its first and last ones. */
static bool was_logging(const struct trail_row *trail, int64_t at_ms)
{
    const int64_t at = at_ms / 1000, started = trail->started_ms / 1000, stopped = trail->stopped_ms / 1000;
    if (trail->stopped_ms == 0 || trail->started_ms == 0) {
        return trail->started_ms != 0 && at >= started;
    }
    return trail->started_ms >= trail->stopped_ms ? at <= stopped || at >= started : at <= stopped;
}

bool trail_filter_takes(struct arena *arena, struct trail_filter *filter, struct str event, struct taken *out)
{
    size_t used = 0;
    uint32_t id = 0;
    const struct trail_row *trail = filter->trail;
    if (!scan_document(filter->scan, event, &used)
        || !clock_parse_iso8601(scan_text(arena, scan_get(filter->scan, filter->time)), &out->at_ms)) {
        return false;
    }
    out->account = str_copy(arena, scan_text(arena, scan_get(filter->scan, filter->account)));
    out->region = str_copy(arena, scan_text(arena, scan_get(filter->scan, filter->region)));
    const struct str category = scan_text(arena, scan_get(filter->scan, filter->category));
    const bool here = trail->trail->is_multi_region_trail.v || str_equal(out->region, trail->region);
    out->insight = str_equal(category, STR("Insight"));
    out->own = false;
    out->selector = STR("Insights");
    out->category = category;
    out->source = scan_text(arena, scan_get(filter->scan, filter->source));
    if (out->insight) {
        return here && trail->insights.ptr && was_logging(trail, out->at_ms)
            && str_search(trail->insights, scan_text(arena, scan_get(filter->scan, filter->insight))) != STR_MISSING;
    }
    /* A trail's own writes into a bucket whose data events it takes would never end. */
    out->own = str_equal(scan_text(arena, scan_get(filter->scan, filter->invoked_by)), STR("cloudtrail.amazonaws.com"));
    const bool own = out->own && str_equal(category, STR("Data"));
    if (!here || own || !was_logging(trail, out->at_ms) || match_run(filter->set, filter->scratch, filter->scan, &id, 1) == 0) {
        return false;
    }
    out->selector = filter->names[id];
    out->bucket = str_equal(category, STR("Data")) && str_equal(out->source, STR("s3.amazonaws.com"))
        ? scan_text(arena, scan_get(filter->scan, filter->bucket)) : STR_NONE;
    return true;
}
