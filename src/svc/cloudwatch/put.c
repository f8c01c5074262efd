/* put.c - PutMetricData. spec: CloudWatch API reference, PutMetricData, MetricDatum. */
#include <math.h>
#include <stdlib.h>

#include "svc/cloudwatch/cloudwatch.h"
#include "svc/cloudwatch/metric.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define PAST_MS (14 * 24 * HOUR_MS)
#define FUTURE_MS (2 * HOUR_MS)
#define VALUE_MAX 0x1p360

enum { DATA_MAX = 1000, VALUES_MAX = 150 };

/* One datum of the call, judged. */
struct item {
    struct metric metric;
    struct str unit;
    int level;
    struct datum datum;
    size_t place; /* keeps the order of what belongs together */
};
struct items {
    struct item *items;
    size_t count;
};

static struct err refuse_value(struct request *rq, size_t number, const char *member)
{
    return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION, "The value for parameter MetricData.member.%zu.%s is invalid.",
                number, member);
}

static bool value_ok(double value)
{
    return isfinite(value) && fabs(value) <= VALUE_MAX;
}

static struct err read_values(struct request *rq, const struct cloudwatch_metric_datum *in, size_t number, struct datum *out)
{
    if (in->counts.items && in->counts.count != in->values.count) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The parameters MetricData.member.%zu.Values and MetricData.member.%zu.Counts must be of the same size.", number, number);
    }
    if (in->values.count > VALUES_MAX) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The parameter MetricData.member.%zu.Values must not contain more than %d values.", number, VALUES_MAX);
    }
    for (size_t i = 0; i < in->values.count; i++) {
        const double count = in->counts.items ? in->counts.items[i] : 1;
        if (!value_ok(in->values.items[i])) {
            return refuse_value(rq, number, "Values");
        }
        if (!value_ok(count) || count < 0) {
            return refuse_value(rq, number, "Counts");
        }
        const struct datum one = datum_of_value(rq->ctx.arena, out->start_ms, in->values.items[i], count);
        datum_add(rq->ctx.arena, out, &one);
    }
    return ERR_OK;
}

static struct err read_set(struct request *rq, const struct cloudwatch_statistic_set *set, size_t number, struct datum *out)
{
    const double sums[] = { set->sample_count.v, set->sum.v, set->minimum.v, set->maximum.v };
    for (size_t i = 0; i < COUNT_OF(sums); i++) {
        if (!value_ok(sums[i])) {
            return refuse_value(rq, number, "StatisticValues");
        }
    }
    if (set->sample_count.v < 0 || set->minimum.v > set->maximum.v) {
        return refuse_value(rq, number, "StatisticValues");
    }
    const bool same = !(set->minimum.v < set->maximum.v);
    *out = same ? datum_of_value(rq->ctx.arena, out->start_ms, set->minimum.v, set->sample_count.v)
                : (struct datum){ out->start_ms, set->sample_count.v, set->sum.v, set->minimum.v, set->maximum.v, NULL, 0 };
    return ERR_OK;
}

static struct err read_samples(struct request *rq, const struct cloudwatch_metric_datum *in, size_t number, struct datum *out)
{
    const char *const names[] = { "Value", "Values", "StatisticValues" };
    const bool given[] = { in->value.set, in->values.count > 0, in->statistic_values != NULL };
    const char *first = NULL;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (given[i] && first) {
            return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_COMBINATION_EXCEPTION,
                        "The parameters MetricData.member.%zu.%s and MetricData.member.%zu.%s are mutually exclusive and you have "
                        "specified both.",
                        number, first, number, names[i]);
        }
        first = given[i] ? names[i] : first;
    }
    if (first == NULL) {
        return fail(&rq->ctx, &CLOUDWATCH_MISSING_REQUIRED_PARAMETER_EXCEPTION,
                    "At least one of the parameters MetricData.member.%zu.Value, MetricData.member.%zu.Values and "
                    "MetricData.member.%zu.StatisticValues must be specified.",
                    number, number, number);
    }
    if (in->value.set) {
        *out = datum_of_value(rq->ctx.arena, out->start_ms, in->value.v, 1);
        return value_ok(in->value.v) ? ERR_OK : refuse_value(rq, number, "Value");
    }
    return in->statistic_values ? read_set(rq, in->statistic_values, number, out) : read_values(rq, in, number, out);
}

static struct err read_time(struct request *rq, const struct cloudwatch_metric_datum *in, size_t number, int64_t *at_ms)
{
    *at_ms = in->timestamp.set ? in->timestamp.v : rq->ctx.now_ms;
    if (*at_ms < rq->ctx.now_ms - PAST_MS || *at_ms > rq->ctx.now_ms + FUTURE_MS) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The parameter MetricData.member.%zu.Timestamp must specify a time within the past two weeks and no more than two "
                    "hours in the future.",
                    number);
    }
    return ERR_OK;
}

static struct err read_datum(struct request *rq, struct str namespace, const struct cloudwatch_metric_datum *in, struct items *out)
{
    const size_t number = out->count + 1;
    const int32_t resolution = in->storage_resolution.set ? in->storage_resolution.v : 60;
    struct item *item = &out->items[out->count];
    if (resolution != 1 && resolution != 60) {
        return refuse_value(rq, number, "StorageResolution");
    }
    item->level = resolution == 1 ? 0 : 1;
    item->unit = in->unit.ptr ? in->unit : STR("None");
    item->place = out->count;
    TRY(read_time(rq, in, number, &item->datum.start_ms));
    TRY(read_samples(rq, in, number, &item->datum));
    item->metric = cloudwatch_metric_of(rq->ctx.arena, namespace, in->metric_name, in->dimensions);
    item->metric.last_ms = rq->ctx.now_ms;
    out->count++;
    return ERR_OK;
}

static int by_metric(const void *a, const void *b)
{
    const struct item *one = a;
    const struct item *other = b;
    const int order = str_compare(one->metric.id, other->metric.id);
    return order != 0 ? order : (one->place > other->place) - (one->place < other->place);
}

/* In one order for all calls, so that none waits for another that waits for it. */
static struct err store(struct request *rq, struct items *items)
{
    const struct rows rows = cloudwatch_rows(rq);
    qsort(items->items, items->count, sizeof(*items->items), by_metric);
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->items[i];
        if (i == 0 || !str_equal(item->metric.id, items->items[i - 1].metric.id)) {
            TRY(cloudwatch_row_metric_touch(&rows, &item->metric));
        }
        if (item->datum.count > 0) {
            TRY(cloudwatch_metric_add(&rows, item->metric.id, item->unit, item->level, &item->datum));
        }
    }
    return ERR_OK;
}

static size_t data_count(const struct cloudwatch_put_metric_data_in *in)
{
    size_t count = in->metric_data.count;
    for (size_t i = 0; i < in->entity_metric_data.count; i++) {
        count += in->entity_metric_data.items[i].metric_data.count;
    }
    return count;
}

struct err cloudwatch_put_metric_data(struct request *rq, const struct cloudwatch_put_metric_data_in *in,
                                      struct cloudwatch_put_metric_data_out *out)
{
    (void)out;
    const size_t count = data_count(in);
    if (count == 0) {
        return fail(&rq->ctx, &CLOUDWATCH_MISSING_REQUIRED_PARAMETER_EXCEPTION, "The parameter MetricData is required.");
    }
    if (count > DATA_MAX) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "The collection MetricData must not have a size greater than %d.", DATA_MAX);
    }
    if (str_starts(in->namespace, STR("AWS/")) && rq->caller.type != PRINCIPAL_AWS_SERVICE) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION, "The value AWS/ for parameter Namespace is invalid.");
    }
    struct items items = { ARENA_ARRAY(rq->ctx.arena, struct item, count), 0 };
    for (size_t i = 0; i < in->metric_data.count; i++) {
        TRY(read_datum(rq, in->namespace, &in->metric_data.items[i], &items));
    }
    for (size_t i = 0; i < in->entity_metric_data.count; i++) {
        const struct cloudwatch_metric_data *of_entity = &in->entity_metric_data.items[i].metric_data;
        for (size_t k = 0; k < of_entity->count; k++) {
            TRY(read_datum(rq, in->namespace, &of_entity->items[k], &items));
        }
    }
    return store(rq, &items);
}

struct err cloudwatch_count(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                            const struct cloudwatch_put_metric_data_in *in)
{
    struct request rq = { .ctx = *ctx, .db = db, .account = account, .region = region, .caller.type = PRINCIPAL_AWS_SERVICE };
    struct cloudwatch_put_metric_data_out out;
    const struct err err = cloudwatch_put_metric_data(&rq, in, &out);
    return err.fault ? fail(ctx, err.fault, "%s", rq.ctx.reason) : ERR_OK;
}
