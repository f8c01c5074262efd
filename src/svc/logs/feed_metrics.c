/* feed_metrics.c - what metric filters make of events: figures of each minute.
 *
 * spec: user guide, "Creating metrics from log events using filters". A minute of a batch without a match counts the default value,
 * where there is one. */
#include "base/json.h"
#include "match/log_filter.h"
#include "svc/logs/unseal.h"
#include "wire/codec.h"

enum { MINUTE_MS = 60000, DATA_MAX = 1000 }; /* spec: PutMetricData takes 1000 */

struct counter {
    struct ctx *ctx;
    struct log_filter *filter;
    const struct logs_metric_transformation *t;
    struct logs_metric_report *report;
};

static struct str value_named(const struct log_filter_value *values, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(values[i].name, name)) {
            return values[i].value;
        }
    }
    return STR_NONE;
}

/* One step of "$.a.b[0]": a key or an index. */
static const struct json *step(const struct json *at, struct str key, struct str index)
{
    int64_t number = 0;
    if (index.ptr == NULL) {
        return json_get(at, key);
    }
    const struct json *item = at && at->kind == JSON_ARRAY && str_to_int(index, &number) && number >= 0 ? at->child : NULL;
    while (item && number-- > 0) {
        item = item->next;
    }
    return item;
}

/* What a document holds at a selector that need not stand in the pattern. */
static struct str selected(struct arena *arena, struct str message, struct str selector)
{
    const struct json *at = json_parse(arena, message, NULL);
    for (struct str rest = str_from(selector, sizeof("$.") - 1); rest.ptr && at;) {
        struct str brackets = STR_NONE;
        const struct str key = str_cut(str_cut(rest, '.', &rest), '[', &brackets);
        at = key.len ? step(at, key, STR_NONE) : at;
        while (brackets.ptr && at) {
            at = step(at, STR_NONE, str_cut(brackets, ']', &brackets));
            brackets = str_starts(brackets, STR("[")) ? str_from(brackets, 1) : STR_NONE;
        }
    }
    return at && (at->kind == JSON_STRING || at->kind == JSON_NUMBER) ? at->text : STR_NONE;
}

/* The field of an event that a metric is told by name. */
static struct str field(struct counter *c, const struct log_filter_value *values, size_t count, struct str message, struct str name)
{
    const struct str named = value_named(values, count, name);
    return named.ptr || !str_starts(name, STR("$.")) ? named : selected(c->ctx->arena, message, name);
}

static bool same_dimensions(const struct logs_metric_datum *datum, const struct logs_dimensions_entry *dimensions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(datum->dimensions[i].value, dimensions[i].value)) {
            return false;
        }
    }
    return datum->dimension_count == count;
}

/* NULL: there is no room for more. */
static struct logs_metric_datum *datum_of(struct counter *c, int64_t minute_ms, const struct logs_dimensions_entry *dimensions, size_t count)
{
    struct logs_metric_report *report = c->report;
    for (size_t i = report->count; i > 0; i--) {
        struct logs_metric_datum *datum = &report->data[i - 1];
        if (datum->minute_ms == minute_ms && same_dimensions(datum, dimensions, count)) {
            return datum;
        }
    }
    if (report->count == DATA_MAX) {
        return NULL;
    }
    struct logs_metric_datum *datum = &report->data[report->count++];
    *datum = (struct logs_metric_datum){ .minute_ms = minute_ms, .dimensions = dimensions, .dimension_count = count };
    return datum;
}

static void add(struct logs_metric_datum *datum, double value)
{
    datum->minimum = datum->count == 0 || value < datum->minimum ? value : datum->minimum;
    datum->maximum = datum->count == 0 || value > datum->maximum ? value : datum->maximum;
    datum->sum += value;
    datum->count += 1;
}

/* spec: an event without one of the dimensions' fields, or whose value is no number, is not counted. */
static void count_match(struct counter *c, const struct block_event *event)
{
    const struct logs_metric_transformation *t = c->t;
    const struct log_filter_value *values = NULL;
    const bool constant = !str_starts(t->metric_value, STR("$"));
    const size_t count = constant && t->dimensions.count == 0 ? 0 : log_filter_values(c->filter, c->ctx->arena, event->message, &values);
    struct logs_dimensions_entry *dimensions = ARENA_ARRAY(c->ctx->arena, struct logs_dimensions_entry, t->dimensions.count);
    double value = 0;
    if (!str_to_double(constant ? t->metric_value : field(c, values, count, event->message, t->metric_value), &value)) {
        return;
    }
    for (size_t i = 0; i < t->dimensions.count; i++) {
        dimensions[i] = (struct logs_dimensions_entry){ t->dimensions.items[i].key, field(c, values, count, event->message, t->dimensions.items[i].value) };
        if (dimensions[i].value.len == 0) {
            return;
        }
    }
    struct logs_metric_datum *datum = datum_of(c, event->at_ms - event->at_ms % MINUTE_MS, dimensions, t->dimensions.count);
    if (datum) {
        add(datum, value);
    }
}

static void count_block(struct counter *c, struct block_reader *reader)
{
    struct block_event event = { .at_ms = 0 };
    while (block_next(reader, &event)) {
        const struct arena_mark mark = arena_mark(c->ctx->arena);
        if (log_filter_test(c->filter, c->ctx->arena, event.message)) {
            count_match(c, &event);
            continue;
        }
        arena_release(c->ctx->arena, mark);
        if (c->t->default_value.set) {
            datum_of(c, event.at_ms - event.at_ms % MINUTE_MS, NULL, 0);
        }
    }
}

/* Minutes without a match. */
static void fill_in(struct counter *c)
{
    for (size_t i = 0; i < c->report->count; i++) {
        if (c->report->data[i].count == 0) {
            add(&c->report->data[i], c->t->default_value.v);
        }
    }
}

struct err logs_batch_metrics(struct ctx *ctx, const struct logs_batch *batch, const struct item *filter, struct logs_metric_report *out)
{
    void *value = NULL;
    TRY(wire_json_read(ctx, LOGS_SHAPE_METRIC_FILTER, filter->document, &value));
    const struct logs_metric_filter *metric = value;
    *out = (struct logs_metric_report){ &metric->metric_transformations.items[0], ARENA_ARRAY(ctx->arena, struct logs_metric_datum, DATA_MAX), 0 };
    struct counter counter = { .ctx = ctx, .t = out->transformation, .report = out };
    TRY(log_filter_compile(ctx, metric->filter_pattern, &counter.filter));
    for (size_t i = 0; i < batch->blocks.count; i++) {
        struct block_reader reader = { .at_ms = 0 };
        if (logs_batch_open(ctx, batch, &batch->blocks.items[i], &reader)) {
            count_block(&counter, &reader);
        }
    }
    log_filter_free(counter.filter);
    fill_in(&counter);
    return ERR_OK;
}
