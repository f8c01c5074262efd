/* selectors.c - which events a trail takes: kept as the API's JSON, judged by the matcher's front end (match/selector.h). */
#include "match/selector.h"
#include "svc/cloudtrail/trail.h"
#include "wire/codec.h"

static struct str as_json(struct request *rq, const struct shape *shape, const void *value)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, shape, value);
    return json_done(&w);
}

/* Selectors as they are kept: the input without the trail's name. */
static struct err check(struct request *rq, struct str selectors)
{
    const struct predicate *predicate = NULL;
    return selector_json_compile(&rq->ctx, json_parse(rq->ctx.arena, selectors, NULL), SELECTOR_TRAIL, &predicate);
}

struct err cloudtrail_put_event_selectors(struct request *rq, const struct cloudtrail_put_event_selectors_in *in,
                                          struct cloudtrail_put_event_selectors_out *out)
{
    struct trail_row row = { .logging = false };
    struct cloudtrail_put_event_selectors_in kept = *in;
    const bool basic = in->event_selectors.count > 0;
    const bool advanced = in->advanced_event_selectors.count > 0;
    TRY(trail_need_home(rq, in->trail_name, &row));
    if (basic == advanced) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_EVENT_SELECTORS_EXCEPTION,
                    "Specify either EventSelectors or AdvancedEventSelectors, but not both.");
    }
    kept.trail_name = STR_NONE;
    kept.event_selectors.items = basic ? kept.event_selectors.items : NULL;
    kept.advanced_event_selectors.items = advanced ? kept.advanced_event_selectors.items : NULL;
    row.selectors = as_json(rq, CLOUDTRAIL_SHAPE_PUT_EVENT_SELECTORS_IN, &kept);
    TRY(check(rq, row.selectors));
    TRY(trail_rows_put(&rq->ctx, rq->db, &row));
    out->trail_arn = row.trail->trail_arn;
    out->event_selectors = kept.event_selectors;
    out->advanced_event_selectors = kept.advanced_event_selectors;
    return ERR_OK;
}

/* spec: a new trail takes all management events. */
static void show_default(struct request *rq, struct cloudtrail_get_event_selectors_out *out)
{
    struct cloudtrail_event_selector *all = ARENA_NEW(rq->ctx.arena, struct cloudtrail_event_selector);
    *all = (struct cloudtrail_event_selector){
        .read_write_type = STR("All"),
        .include_management_events = SOME(true),
        .data_resources = { ARENA_NEW(rq->ctx.arena, struct cloudtrail_data_resource), 0 },
        .exclude_management_event_sources = { ARENA_NEW(rq->ctx.arena, struct str), 0 },
    };
    out->event_selectors.items = all;
    out->event_selectors.count = 1;
}

struct err cloudtrail_get_event_selectors(struct request *rq, const struct cloudtrail_get_event_selectors_in *in,
                                          struct cloudtrail_get_event_selectors_out *out)
{
    struct trail_row row = { .logging = false };
    void *kept = NULL;
    TRY(trail_need(rq, in->trail_name, &row));
    if (row.selectors.ptr == NULL) {
        show_default(rq, out);
        out->trail_arn = row.trail->trail_arn;
        return ERR_OK;
    }
    TRY(wire_json_read(&rq->ctx, CLOUDTRAIL_SHAPE_PUT_EVENT_SELECTORS_IN, row.selectors, &kept));
    const struct cloudtrail_put_event_selectors_in *selectors = kept;
    out->trail_arn = row.trail->trail_arn;
    out->event_selectors = selectors->event_selectors;
    out->advanced_event_selectors = selectors->advanced_event_selectors;
    return ERR_OK;
}

static struct err need_named(struct request *rq, struct str trail, struct str store)
{
    if (store.ptr) {
        return fail(&rq->ctx, &CLOUDTRAIL_UNSUPPORTED_OPERATION_EXCEPTION,
                    "Event data stores are closed to new customers; Insights are kept for trails.");
    }
    return trail.ptr ? ERR_OK
                     : fail(&rq->ctx, &CLOUDTRAIL_INVALID_PARAMETER_COMBINATION_EXCEPTION, "TrailName must be specified.");
}

static struct err check_insights(struct request *rq, const struct cloudtrail_insight_selector *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < items[i].event_categories.count; j++) {
            if (str_equal(items[i].event_categories.items[j], STR("Data"))) {
                return fail(&rq->ctx, &CLOUDTRAIL_UNSUPPORTED_OPERATION_EXCEPTION,
                            "Insights are of management events here; leave EventCategories out.");
            }
        }
        for (size_t j = 0; j < i; j++) {
            if (str_equal(items[i].insight_type, items[j].insight_type)) {
                return fail(&rq->ctx, &CLOUDTRAIL_INVALID_INSIGHT_SELECTORS_EXCEPTION,
                            "The insight type %" STR_FMT " is listed twice.", STR_ARG(items[i].insight_type));
            }
        }
    }
    return ERR_OK;
}

struct err cloudtrail_put_insight_selectors(struct request *rq, const struct cloudtrail_put_insight_selectors_in *in,
                                            struct cloudtrail_put_insight_selectors_out *out)
{
    struct trail_row row = { .logging = false };
    struct cloudtrail_put_insight_selectors_in kept = { .insight_selectors = in->insight_selectors };
    TRY(need_named(rq, in->trail_name, in->event_data_store));
    TRY(trail_need_home(rq, in->trail_name, &row));
    TRY(check_insights(rq, in->insight_selectors.items, in->insight_selectors.count));
    row.insights = in->insight_selectors.count ? as_json(rq, CLOUDTRAIL_SHAPE_PUT_INSIGHT_SELECTORS_IN, &kept) : STR_NONE;
    TRY(trail_rows_put(&rq->ctx, rq->db, &row));
    out->trail_arn = row.trail->trail_arn;
    out->insight_selectors = in->insight_selectors;
    return ERR_OK;
}

struct err cloudtrail_get_insight_selectors(struct request *rq, const struct cloudtrail_get_insight_selectors_in *in,
                                            struct cloudtrail_get_insight_selectors_out *out)
{
    struct trail_row row = { .logging = false };
    void *kept = NULL;
    TRY(need_named(rq, in->trail_name, in->event_data_store));
    TRY(trail_need(rq, in->trail_name, &row));
    if (row.insights.ptr == NULL) {
        return fail(&rq->ctx, &CLOUDTRAIL_INSIGHT_NOT_ENABLED_EXCEPTION, "Trail %" STR_FMT " does not have Insights enabled.",
                    STR_ARG(row.trail->trail_arn));
    }
    TRY(wire_json_read(&rq->ctx, CLOUDTRAIL_SHAPE_PUT_INSIGHT_SELECTORS_IN, row.insights, &kept));
    out->trail_arn = row.trail->trail_arn;
    out->insight_selectors = ((const struct cloudtrail_put_insight_selectors_in *)kept)->insight_selectors;
    return ERR_OK;
}
