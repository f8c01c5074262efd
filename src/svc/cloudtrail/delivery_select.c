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
    uint16_t account, region, time, invoked_by, category, insight;
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

struct err trail_filter_open(struct ctx *ctx, const struct trail_row *trail, struct trail_filter **out)
{
    const struct str selectors = trail->selectors.ptr ? trail->selectors : str_of(MANAGEMENT);
    const struct predicate *predicate = NULL;
    struct match_set *set = NULL;
    TRY(selector_json_compile(ctx, json_parse(ctx->arena, selectors, NULL), SELECTOR_TRAIL, &predicate));
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct err err = match_builder_add(ctx, builder, 0, predicate);
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
    if (out->insight) {
        return here && trail->insights.ptr && was_logging(trail, out->at_ms)
            && str_search(trail->insights, scan_text(arena, scan_get(filter->scan, filter->insight))) != STR_MISSING;
    }
    /* A trail's own writes into a bucket whose data events it takes would never end. */
    out->own = str_equal(scan_text(arena, scan_get(filter->scan, filter->invoked_by)), STR("cloudtrail.amazonaws.com"));
    const bool own = out->own && str_equal(category, STR("Data"));
    return here && !own && was_logging(trail, out->at_ms) && match_run(filter->set, filter->scratch, filter->scan, &id, 1) > 0;
}
