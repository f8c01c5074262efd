/* list.c - ListMetrics. spec: CloudWatch API reference, ListMetrics: 500 a page; metrics of the past two weeks. */
#include "svc/cloudwatch/metric.h"

#define RECENT_MS ((int64_t)3 * 3600 * 1000)
#define LISTED_MS ((int64_t)14 * 24 * 3600 * 1000)

enum { PAGE = 500, BATCH = 500 };

static bool has(const struct cloudwatch_dimensions *dimensions, const struct cloudwatch_dimension_filter *filter)
{
    for (size_t i = 0; i < dimensions->count; i++) {
        if (str_equal(dimensions->items[i].name, filter->name)
            && (filter->value.ptr == NULL || str_equal(dimensions->items[i].value, filter->value))) {
            return true;
        }
    }
    return false;
}

static bool passes(struct request *rq, const struct cloudwatch_list_metrics_in *in, const struct metric *metric,
                   struct cloudwatch_dimensions *dimensions)
{
    if ((in->namespace.ptr && !str_equal(in->namespace, metric->namespace)) || (in->metric_name.ptr && !str_equal(in->metric_name, metric->name))
        || metric->last_ms < rq->ctx.now_ms - (in->recently_active.ptr ? RECENT_MS : LISTED_MS)) {
        return false;
    }
    *dimensions = cloudwatch_metric_dimensions(rq->ctx.arena, metric);
    for (size_t i = 0; i < in->dimensions.count; i++) {
        if (!has(dimensions, &in->dimensions.items[i])) {
            return false;
        }
    }
    return true;
}

struct err cloudwatch_list_metrics(struct request *rq, const struct cloudwatch_list_metrics_in *in, struct cloudwatch_list_metrics_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct metrics batch = { NULL, BATCH };
    struct str place = STR("");
    TRY(cloudwatch_page_place(rq, in->next_token, &place));
    out->metrics.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_metric, PAGE);
    while (batch.count == BATCH) {
        TRY(cloudwatch_row_metrics(&rows, place, BATCH, &batch));
        for (size_t i = 0; i < batch.count; i++) {
            struct cloudwatch_dimensions dimensions = { NULL, 0 };
            if (!passes(rq, in, &batch.items[i], &dimensions)) {
                continue;
            }
            if (out->metrics.count == PAGE) {
                out->next_token = cloudwatch_page_token(rq, place);
                return ERR_OK;
            }
            out->metrics.items[out->metrics.count++] = (struct cloudwatch_metric){ batch.items[i].namespace, batch.items[i].name, dimensions };
            place = batch.items[i].id;
        }
        place = batch.count > 0 ? batch.items[batch.count - 1].id : place;
    }
    return ERR_OK;
}
