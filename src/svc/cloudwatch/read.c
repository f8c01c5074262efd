/* read.c - GetMetricData and GetMetricStatistics. */
#include "base/json.h"
#include "svc/cloudwatch/query.h"

enum { DATAPOINTS_MAX = 100800, STATISTICS_MAX = 1440 };

static struct err check_times(struct request *rq, int64_t start_ms, int64_t end_ms, const struct fault *fault)
{
    return start_ms < end_ms ? ERR_OK : fail(&rq->ctx, fault, "The parameter StartTime must be less than the parameter EndTime.");
}

/* Answers of a page: so many points are left out at the start, so many fit. */
struct page {
    int64_t skip, room;
    bool full;
};

/* Of several statistics of one metric the label says which it is. */
static bool stands_alone(const struct queries *queries, const struct query *query)
{
    for (size_t i = 0; i < queries->count; i++) {
        const struct query *other = &queries->items[i];
        if (other != query && other->node == NULL && str_equal(other->metric, query->metric)
            && !str_equal(other->item->metric_stat->stat, query->item->metric_stat->stat)) {
            return false;
        }
    }
    return true;
}

static struct str label_of(struct arena *arena, const struct queries *queries, const struct query *query)
{
    const struct cloudwatch_metric_stat *stat = query->item->metric_stat;
    if (query->item->label.ptr || query->node) {
        return query->item->label.ptr ? query->item->label : query->item->id;
    }
    return stands_alone(queries, query)
        ? stat->metric->metric_name
        : str_format(arena, "%" STR_FMT " %" STR_FMT, STR_ARG(stat->metric->metric_name), STR_ARG(stat->stat));
}

static void fill_result(struct arena *arena, struct str id, struct str label, const struct series *series, bool ascending,
                        struct page *page, struct cloudwatch_metric_data_result *out)
{
    *out = (struct cloudwatch_metric_data_result){
        .id = id,
        .label = label,
        .timestamps = { ARENA_ARRAY(arena, int64_t, series->count), 0 },
        .values = { ARENA_ARRAY(arena, double, series->count), 0 },
        .status_code = STR("Complete"),
    };
    for (size_t i = 0; i < series->count; i++) {
        const struct point point = series->items[ascending ? i : series->count - 1 - i];
        if (page->skip > 0) {
            page->skip--;
        } else if (page->room > 0) {
            page->room--;
            out->timestamps.items[out->timestamps.count++] = point.at_ms;
            out->values.items[out->values.count++] = point.value;
        } else {
            page->full = true;
            out->status_code = STR("PartialData");
            return;
        }
    }
}

static size_t result_count(const struct queries *queries)
{
    size_t count = 0;
    for (size_t i = 0; i < queries->count; i++) {
        count += query_returns(&queries->items[i]) ? queries->items[i].value.count : 0;
    }
    return count;
}

static struct err fill_results(struct request *rq, const struct queries *queries, bool ascending, struct page *page,
                               struct cloudwatch_metric_data_results *out)
{
    *out = (struct cloudwatch_metric_data_results){
        ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_metric_data_result, result_count(queries)), 0
    };
    for (size_t i = 0; i < queries->count; i++) {
        const struct query *query = &queries->items[i];
        if (!query_returns(query)) {
            continue;
        }
        if (query->value.kind == MATH_SCALAR) {
            return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "Error in expression '%" STR_FMT "': the result must be a time series.",
                        STR_ARG(query->item->id));
        }
        for (size_t k = 0; k < query->value.count; k++) {
            fill_result(rq->ctx.arena, query->item->id, label_of(rq->ctx.arena, queries, query), &query->value.items[k], ascending, page,
                        &out->items[out->count++]);
        }
    }
    return ERR_OK;
}

struct err cloudwatch_get_metric_data(struct request *rq, const struct cloudwatch_get_metric_data_in *in,
                                      struct cloudwatch_get_metric_data_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    const bool ascending = str_equal(in->scan_by, STR("TimestampAscending"));
    const int64_t most = in->max_datapoints.set ? in->max_datapoints.v : DATAPOINTS_MAX;
    struct queries queries = { NULL, 0 };
    struct str place = STR("0");
    struct page page = { .room = most };
    TRY(check_times(rq, in->start_time.v, in->end_time.v, &CLOUDWATCH_VALIDATION_EXCEPTION));
    if (most < 1 || most > DATAPOINTS_MAX) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "The parameter MaxDatapoints must be 1 to %d.", DATAPOINTS_MAX);
    }
    TRY(cloudwatch_page_place(rq, in->next_token, &place));
    TRY(query_prepare(&rq->ctx, in->metric_data_queries, &queries));
    TRY(query_run(&rows, &queries, in->start_time.v, in->end_time.v, 0));
    if (!str_to_int(place, &page.skip)) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_NEXT_TOKEN, "Invalid next token.");
    }
    const int64_t before = page.skip;
    TRY(fill_results(rq, &queries, ascending, &page, &out->metric_data_results));
    out->messages.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_message_data, 1);
    if (page.full) {
        out->next_token = cloudwatch_page_token(rq, str_format(rq->ctx.arena, "%lld", (long long)(before + most)));
    }
    return ERR_OK;
}

static struct err check_statistics(struct request *rq, const struct cloudwatch_get_metric_statistics_in *in)
{
    const int64_t period_ms = (int64_t)in->period.v * 1000;
    if (in->statistics.count == 0 && in->extended_statistics.count == 0) {
        return fail(&rq->ctx, &CLOUDWATCH_MISSING_REQUIRED_PARAMETER_EXCEPTION,
                    "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
    }
    if (!cloudwatch_period_ok(in->period.v)) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
    }
    TRY(check_times(rq, in->start_time.v, in->end_time.v, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION));
    const int64_t asked = (in->end_time.v - in->start_time.v) / period_ms;
    if (asked > STATISTICS_MAX) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION,
                    "You have requested up to %lld datapoints, which exceeds the limit of %d. You may reduce the datapoints requested by "
                    "increasing Period, or decreasing the time range.",
                    (long long)asked, STATISTICS_MAX);
    }
    return ERR_OK;
}

static struct opt_double asked(const struct cloudwatch_get_metric_statistics_in *in, struct str name, const struct datum *datum)
{
    struct opt_double out = { .set = false };
    struct statistic statistic = { .kind = STATISTIC_AVERAGE };
    for (size_t i = 0; i < in->statistics.count; i++) {
        out.set = out.set || str_equal(in->statistics.items[i], name);
    }
    out.set = out.set && statistic_parse(name, &statistic) && statistic_of(&statistic, datum, &out.v);
    return out;
}

static struct err fill_extended(struct request *rq, const struct cloudwatch_get_metric_statistics_in *in, const struct datum *datum,
                                struct cloudwatch_datapoint_value_map *out)
{
    const struct str *names = in->extended_statistics.items;
    if (names == NULL) {
        return ERR_OK;
    }
    out->items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_datapoint_value_map_entry, in->extended_statistics.count);
    for (size_t i = 0; i < in->extended_statistics.count; i++) {
        struct statistic statistic = { .kind = STATISTIC_AVERAGE };
        double value = 0;
        if (!statistic_parse(names[i], &statistic) || statistic.kind <= STATISTIC_MAXIMUM) {
            return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                        "The value %" STR_FMT " for parameter ExtendedStatistics.member.%zu is not supported.", STR_ARG(names[i]), i + 1);
        }
        if (statistic_of(&statistic, datum, &value)) {
            out->items[out->count++] = (struct cloudwatch_datapoint_value_map_entry){ names[i], value };
        }
    }
    return ERR_OK;
}

static struct err fill_datapoints(struct request *rq, const struct cloudwatch_get_metric_statistics_in *in, struct str unit,
                                  struct data data, struct cloudwatch_datapoints *out)
{
    out->items = arena_grow(rq->ctx.arena, out->items, out->count * sizeof(*out->items), (out->count + data.count) * sizeof(*out->items));
    for (size_t i = 0; i < data.count; i++) {
        const struct datum *datum = &data.items[i];
        struct cloudwatch_datapoint *point = &out->items[out->count++];
        *point = (struct cloudwatch_datapoint){
            .timestamp = SOME(datum->start_ms),
            .sample_count = asked(in, STR("SampleCount"), datum),
            .average = asked(in, STR("Average"), datum),
            .sum = asked(in, STR("Sum"), datum),
            .minimum = asked(in, STR("Minimum"), datum),
            .maximum = asked(in, STR("Maximum"), datum),
            .unit = unit,
        };
        TRY(fill_extended(rq, in, datum, &point->extended_statistics));
    }
    return ERR_OK;
}

/* spec: GetMetricStatistics, Unit: without one, data of each unit come apart. */
struct err cloudwatch_get_metric_statistics(struct request *rq, const struct cloudwatch_get_metric_statistics_in *in,
                                            struct cloudwatch_get_metric_statistics_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    const struct metric metric = cloudwatch_metric_of(rq->ctx.arena, in->namespace, in->metric_name, in->dimensions);
    struct units units = { NULL, 0 };
    TRY(check_statistics(rq, in));
    const struct window window = cloudwatch_window(in->start_time.v, in->end_time.v, in->period.v);
    out->label = in->metric_name;
    out->datapoints.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_datapoint, 1);
    TRY(cloudwatch_row_units(&rows, metric.id, &units));
    for (size_t i = 0; i < units.count; i++) {
        const struct str unit = units.items[i];
        struct data data = { NULL, 0 };
        if (in->unit.ptr == NULL || str_equal(in->unit, unit)) {
            TRY(cloudwatch_metric_data(&rows, rq->ctx.arena, metric.id, unit, window, &data));
            TRY(fill_datapoints(rq, in, unit, data, &out->datapoints));
        }
    }
    return ERR_OK;
}
