/* insight_metric.c - ListInsightsMetricData: how often an operation was called or failed, counted in the journal.
 * spec: CloudTrail API reference, ListInsightsMetricData: periods of 60, 300 and 3600 seconds, kept for 15, 63 and 90 days. */
#include "store/journal.h"
#include "svc/cloudtrail/insight_parts.h"
#include "svc/cloudtrail/naming.h"
#include "svc/cloudtrail/trail.h"

enum { POINTS_MAX = 21600, CALLS_MAX = 100000, TOKEN_MAX = 256 };
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

struct series {
    struct rate_key key;
    int64_t period_ms, first, end; /* periods: first counts, end does not */
    uint32_t *calls;               /* from first on */
    bool zeros;
    size_t max;
    struct str about; /* what a token is good for */
};

static struct err refuse(struct request *rq, const char *reason)
{
    return fail(&rq->ctx, &CLOUDTRAIL_INVALID_PARAMETER_EXCEPTION, "%s", reason);
}

static struct err read_times(struct request *rq, const struct cloudtrail_list_insights_metric_data_in *in, struct series *series)
{
    static const struct { int64_t seconds, days; } kept[] = { { 60, 15 }, { 300, 63 }, { 3600, 90 } };
    const int64_t seconds = in->period.set ? in->period.v : 3600;
    const int64_t now = rq->ctx.now_ms;
    size_t i = 0;
    while (i < COUNT_OF(kept) && kept[i].seconds != seconds) {
        i++;
    }
    if (i == COUNT_OF(kept)) {
        return refuse(rq, "Period must be 60, 300 or 3600 seconds.");
    }
    const int64_t oldest = now - kept[i].days * DAY_MS;
    const int64_t from = in->start_time.set && in->start_time.v > oldest ? in->start_time.v : oldest;
    const int64_t to = in->end_time.set && in->end_time.v < now ? in->end_time.v : now;
    if (in->start_time.set && in->end_time.set && in->start_time.v >= in->end_time.v) {
        return refuse(rq, "StartTime must be earlier than EndTime.");
    }
    series->period_ms = seconds * 1000;
    series->first = (from + series->period_ms - 1) / series->period_ms;
    series->end = to < from ? series->first : (to + series->period_ms - 1) / series->period_ms;
    return ERR_OK;
}

static struct err read_token(struct request *rq, struct str token, struct series *series)
{
    struct str sealed = STR_NONE, plain = STR_NONE;
    int64_t next = 0;
    if (token.ptr == NULL) {
        return ERR_OK;
    }
    if (token.len > TOKEN_MAX || !str_unbase64(rq->ctx.arena, token, &sealed)
        || !vault_unseal(&rq->ctx, rq->vault, series->about, sealed, &plain) || !str_to_int(plain, &next)) {
        return refuse(rq, "Invalid NextToken; it belongs to the request it came from.");
    }
    series->first = next > series->first ? next : series->first;
    return ERR_OK;
}

static struct err read_series(struct request *rq, const struct cloudtrail_list_insights_metric_data_in *in, struct series *series)
{
    const bool errors = str_equal(in->insight_type, STR("ApiErrorRateInsight"));
    if (errors != (in->error_code.ptr != NULL)) {
        return refuse(rq, errors ? "ApiErrorRateInsight needs an ErrorCode." : "ErrorCode goes with ApiErrorRateInsight only.");
    }
    series->key = (struct rate_key){ rq->account, rq->region, in->event_source, in->event_name, errors ? in->error_code : STR("") };
    series->zeros = str_equal(in->data_type, STR("FillWithZeros"));
    series->max = in->max_results.set ? (size_t)in->max_results.v : POINTS_MAX;
    TRY(read_times(rq, in, series));
    series->about = str_format(rq->ctx.arena, "cloudtrail:metric:%" STR_FMT ":%" STR_FMT ":%" STR_FMT ":%" STR_FMT ":%" STR_FMT ":%lld",
                               STR_ARG(rq->account), STR_ARG(rq->region), STR_ARG(in->event_source), STR_ARG(in->event_name),
                               STR_ARG(series->key.error), (long long)series->period_ms);
    return read_token(rq, in->next_token, series);
}

/* spec: "for trails that have enabled Insights". *has: it keeps this kind of them. */
static struct err ask_trail(struct request *rq, const struct cloudtrail_list_insights_metric_data_in *in, struct str *arn, bool *has)
{
    struct trail_row row = { .logging = false };
    *has = true;
    if (in->trail_name.ptr == NULL) {
        return ERR_OK;
    }
    if (trail_need(rq, in->trail_name, &row).fault) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_TRAIL_NAME_EXCEPTION, "Unknown trail: %" STR_FMT, STR_ARG(in->trail_name));
    }
    const struct str quoted = str_format(rq->ctx.arena, "\"%" STR_FMT "\"", STR_ARG(in->insight_type));
    *has = row.insights.ptr && str_search(row.insights, quoted) != STR_MISSING;
    *arn = row.trail->trail_arn;
    return ERR_OK;
}

static void count(void *self, const struct insight_call *call)
{
    struct series *series = self;
    const int64_t period = call->at_ms / series->period_ms;
    if (period >= series->first && period < series->end && (series->key.error.len || !call->read_only)) {
        series->calls[period - series->first]++;
    }
}

static struct err count_calls(struct request *rq, struct series *series)
{
    const struct insight_walk walk = { .key = &series->key, .from_ms = series->first * series->period_ms, .most = CALLS_MAX,
                                       .forget = true, .each = count, .self = series };
    struct insight_scan scan;
    bool all = true;
    series->calls = ARENA_ARRAY(rq->ctx.arena, uint32_t, (size_t)(series->end - series->first));
    insight_scan_open(&scan);
    const struct err err = rq->journal ? insight_walk(&rq->ctx, rq->journal, &walk, &scan, &all) : ERR_OK;
    insight_scan_close(&scan);
    TRY(err);
    return all ? ERR_OK : refuse(rq, "There are too many calls since StartTime to count at once; ask for a later one.");
}

static void show(struct request *rq, const struct series *series, struct cloudtrail_list_insights_metric_data_out *out)
{
    const size_t periods = (size_t)(series->end - series->first);
    const size_t max = periods < series->max ? periods : series->max;
    size_t shown = 0, i = 0;
    int64_t *times = ARENA_ARRAY(rq->ctx.arena, int64_t, max);
    double *values = ARENA_ARRAY(rq->ctx.arena, double, max);
    for (; i < periods && shown < max; i++) {
        if (series->calls[i] || series->zeros) {
            times[shown] = (series->first + (int64_t)i) * series->period_ms;
            values[shown++] = series->calls[i];
        }
    }
    while (i < periods && !series->zeros && series->calls[i] == 0) {
        i++;
    }
    out->timestamps.items = times;
    out->values.items = values;
    out->timestamps.count = out->values.count = shown;
    if (i < periods) {
        const struct str next = str_format(rq->ctx.arena, "%lld", (long long)(series->first + (int64_t)i));
        out->next_token = str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, series->about, next));
    }
}

struct err cloudtrail_list_insights_metric_data(struct request *rq, const struct cloudtrail_list_insights_metric_data_in *in,
                                                struct cloudtrail_list_insights_metric_data_out *out)
{
    struct series series = { .max = POINTS_MAX };
    bool has = false;
    TRY(read_series(rq, in, &series));
    TRY(ask_trail(rq, in, &out->trail_arn, &has));
    out->event_source = in->event_source;
    out->event_name = in->event_name;
    out->insight_type = in->insight_type;
    out->error_code = in->error_code;
    if (has && series.end > series.first) {
        TRY(count_calls(rq, &series));
        show(rq, &series, out);
    }
    return ERR_OK;
}
