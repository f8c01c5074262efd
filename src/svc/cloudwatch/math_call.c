/* math_call.c - the functions of metric math. */
#include <math.h>
#include <stdlib.h>

#include "svc/cloudwatch/math_parts.h"

static bool argument(struct math_run *run, const struct math_node *node, size_t which, struct math_value *out)
{
    const struct math_node *child = node->child;
    while (which-- > 0) {
        child = child->next;
    }
    return math_node_value(run, child, out);
}

static bool series_argument(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    return argument(run, node, 0, out)
        && (out->kind != MATH_SCALAR
            || math_refuse(run, str_format(run->arena, "Error in expression: %" STR_FMT " takes a time series",
                                           STR_ARG(MATH_FUNCTIONS[node->function].name))));
}

/* What each series becomes. */
typedef struct series (*series_map)(struct math_run *run, const struct series *series);

static bool each_series(struct math_run *run, const struct math_node *node, struct math_value *out, series_map map)
{
    struct math_value in = { .kind = MATH_SCALAR };
    if (!series_argument(run, node, &in)) {
        return false;
    }
    *out = (struct math_value){ .kind = in.kind, .items = ARENA_ARRAY(run->arena, struct series, in.count), .count = in.count };
    for (size_t i = 0; i < in.count; i++) {
        out->items[i] = map(run, &in.items[i]);
    }
    return true;
}

static bool each_value(struct math_run *run, const struct math_node *node, struct math_value *out, double (*map)(double))
{
    struct math_value in = { .kind = MATH_SCALAR };
    if (!argument(run, node, 0, &in)) {
        return false;
    }
    *out = (struct math_value){ in.kind, map(in.scalar), ARENA_ARRAY(run->arena, struct series, in.count), in.count };
    for (size_t i = 0; i < in.count; i++) {
        const struct series *from = &in.items[i];
        struct series *to = &out->items[i];
        to->items = math_points(run, from->count);
        for (size_t k = 0; k < from->count; k++) {
            const double value = map(from->items[k].value);
            if (isfinite(value)) {
                to->items[to->count++] = (struct point){ from->items[k].at_ms, value };
            }
        }
    }
    return true;
}

/* Sums over points: of one series they make a number, of several a series. */
struct fold {
    double count, sum, squares, minimum, maximum;
};

static void fold_add(struct fold *fold, double value)
{
    fold->minimum = fold->count > 0 ? fmin(fold->minimum, value) : value;
    fold->maximum = fold->count > 0 ? fmax(fold->maximum, value) : value;
    fold->count += 1;
    fold->sum += value;
    fold->squares += value * value;
}

static double fold_sum(const struct fold *fold) { return fold->sum; }
static double fold_average(const struct fold *fold) { return fold->sum / fold->count; }
static double fold_minimum(const struct fold *fold) { return fold->minimum; }
static double fold_maximum(const struct fold *fold) { return fold->maximum; }
static double fold_deviation(const struct fold *fold)
{
    const double mean = fold->sum / fold->count;
    return sqrt(fmax(0, fold->squares / fold->count - mean * mean));
}

static int by_time(const void *a, const void *b)
{
    const struct point *one = a;
    const struct point *other = b;
    return (one->at_ms > other->at_ms) - (one->at_ms < other->at_ms);
}

static struct series all_points(struct math_run *run, const struct math_value *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        count += list->items[i].count;
    }
    struct series out = { math_points(run, count), 0 };
    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < list->items[i].count; k++) {
            out.items[out.count++] = list->items[i].items[k];
        }
    }
    if (out.count > 0) {
        qsort(out.items, out.count, sizeof(*out.items), by_time);
    }
    return out;
}

static bool fold_series(struct math_run *run, const struct math_node *node, struct math_value *out, double (*of)(const struct fold *))
{
    struct math_value in = { .kind = MATH_SCALAR };
    if (!series_argument(run, node, &in)) {
        return false;
    }
    const struct series points = all_points(run, &in);
    const bool one = in.kind == MATH_SERIES;
    struct series *result = ARENA_NEW(run->arena, struct series);
    result->items = math_points(run, points.count);
    struct fold fold = { .count = 0 };
    for (size_t i = 0; i < points.count; i++) {
        fold_add(&fold, points.items[i].value);
        if (!one && (i + 1 == points.count || points.items[i + 1].at_ms != points.items[i].at_ms)) {
            result->items[result->count++] = (struct point){ points.items[i].at_ms, of(&fold) };
            fold = (struct fold){ .count = 0 };
        }
    }
    *out = one ? (struct math_value){ .kind = MATH_SCALAR, .scalar = fold.count > 0 ? of(&fold) : 0 }
               : (struct math_value){ .kind = MATH_SERIES, .items = result, .count = 1 };
    return true;
}

static bool call_sum(struct math_run *run, const struct math_node *node, struct math_value *out) { return fold_series(run, node, out, fold_sum); }
static bool call_avg(struct math_run *run, const struct math_node *node, struct math_value *out) { return fold_series(run, node, out, fold_average); }
static bool call_min(struct math_run *run, const struct math_node *node, struct math_value *out) { return fold_series(run, node, out, fold_minimum); }
static bool call_max(struct math_run *run, const struct math_node *node, struct math_value *out) { return fold_series(run, node, out, fold_maximum); }
static bool call_stddev(struct math_run *run, const struct math_node *node, struct math_value *out) { return fold_series(run, node, out, fold_deviation); }
static bool call_abs(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_value(run, node, out, fabs); }
static bool call_ceil(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_value(run, node, out, ceil); }
static bool call_floor(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_value(run, node, out, floor); }
static bool call_log(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_value(run, node, out, log); }
static bool call_log10(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_value(run, node, out, log10); }

static struct series map_differences(struct math_run *run, const struct series *series, double (*of)(struct point, struct point))
{
    struct series out = { math_points(run, series->count), 0 };
    for (size_t i = 1; i < series->count; i++) {
        out.items[out.count++] = (struct point){ series->items[i].at_ms, of(series->items[i - 1], series->items[i]) };
    }
    return out;
}

static double seconds_between(struct point a, struct point b) { return (double)(b.at_ms - a.at_ms) / 1000; }
static double difference(struct point a, struct point b) { return b.value - a.value; }
static double rate(struct point a, struct point b) { return difference(a, b) / seconds_between(a, b); }
static struct series map_diff(struct math_run *run, const struct series *series) { return map_differences(run, series, difference); }
static struct series map_time(struct math_run *run, const struct series *series) { return map_differences(run, series, seconds_between); }
static struct series map_rate(struct math_run *run, const struct series *series) { return map_differences(run, series, rate); }
static struct series map_running_sum(struct math_run *run, const struct series *series)
{
    struct series out = { math_points(run, series->count), 0 };
    double sum = 0;
    for (size_t i = 0; i < series->count; i++) {
        sum += series->items[i].value;
        out.items[out.count++] = (struct point){ series->items[i].at_ms, sum };
    }
    return out;
}

static bool call_diff(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_series(run, node, out, map_diff); }
static bool call_diff_time(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_series(run, node, out, map_time); }
static bool call_rate(struct math_run *run, const struct math_node *node, struct math_value *out) { return each_series(run, node, out, map_rate); }
static bool call_running_sum(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    return each_series(run, node, out, map_running_sum);
}

static bool call_metrics(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    if (node->count == 1 && node->child->form != MATH_TEXT) {
        return math_refuse(run, STR("Error in expression: METRICS takes a text"));
    }
    *out = run->scope->metrics(run->scope->argument, node->count == 1 ? node->child->text : STR(""));
    return true;
}

static bool call_metric_count(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    struct math_value in = { .kind = MATH_SCALAR };
    if (!series_argument(run, node, &in)) {
        return false;
    }
    *out = (struct math_value){ .kind = MATH_SCALAR, .scalar = (double)in.count };
    return true;
}

static bool call_datapoint_count(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    struct math_value in = { .kind = MATH_SCALAR };
    if (!series_argument(run, node, &in)) {
        return false;
    }
    *out = (struct math_value){ .kind = MATH_SCALAR, .scalar = (double)all_points(run, &in).count };
    return true;
}

static bool call_period(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    struct math_value value = { .kind = MATH_SCALAR };
    int64_t period_s = 0;
    if (node->child->form != MATH_NAME || !run->scope->find(run->scope->argument, node->child->text, &value, &period_s)) {
        return math_refuse(run, STR("Error in expression: PERIOD takes the id of a metric"));
    }
    *out = (struct math_value){ .kind = MATH_SCALAR, .scalar = (double)period_s };
    return true;
}

static bool slots_of(struct math_run *run, size_t *slots)
{
    const struct window *window = &run->scope->window;
    const int64_t count = (window->end_ms - window->start_ms + window->period_ms - 1) / window->period_ms;
    if (count < 0 || count > MATH_POINTS_MAX) {
        return math_refuse(run, STR("Error in expression: too many datapoints; ask for a shorter time or a longer period"));
    }
    *slots = (size_t)count;
    return true;
}

static struct math_value constant(struct math_run *run, double value, size_t slots)
{
    struct series *series = ARENA_NEW(run->arena, struct series);
    *series = (struct series){ math_points(run, slots), slots };
    for (size_t i = 0; i < slots; i++) {
        series->items[i] = (struct point){ run->scope->window.start_ms + (int64_t)i * run->scope->window.period_ms, value };
    }
    return (struct math_value){ .kind = MATH_SERIES, .items = series, .count = 1 };
}

static bool call_time_series(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    struct math_value in = { .kind = MATH_SCALAR };
    size_t slots = 0;
    if (!argument(run, node, 0, &in) || !slots_of(run, &slots)) {
        return false;
    }
    if (in.kind != MATH_SCALAR) {
        return math_refuse(run, STR("Error in expression: TIME_SERIES takes a number"));
    }
    *out = constant(run, in.scalar, slots);
    return true;
}

enum fill { FILL_VALUE, FILL_REPEAT, FILL_LINEAR };

/* The value of a slot that has none, from its neighbours; false: it stays empty. */
static bool filling(enum fill fill, double value, const struct series *from, size_t next, int64_t at_ms, double *out)
{
    *out = value;
    if (fill == FILL_VALUE) {
        return true;
    }
    if (next == 0 || (fill == FILL_LINEAR && next == from->count)) {
        return false;
    }
    const struct point before = from->items[next - 1];
    *out = before.value;
    if (fill == FILL_LINEAR) {
        const struct point after = from->items[next];
        *out += (after.value - before.value) * ((double)(at_ms - before.at_ms) / (double)(after.at_ms - before.at_ms));
    }
    return true;
}

static struct series filled(struct math_run *run, enum fill fill, double value, const struct series *from, size_t slots)
{
    struct series out = { math_points(run, slots + from->count), 0 };
    size_t next = 0;
    for (size_t i = 0; i < slots; i++) {
        const int64_t at_ms = run->scope->window.start_ms + (int64_t)i * run->scope->window.period_ms;
        double made = 0;
        if (next < from->count && from->items[next].at_ms <= at_ms) {
            out.items[out.count++] = from->items[next++];
        } else if (filling(fill, value, from, next, at_ms, &made)) {
            out.items[out.count++] = (struct point){ at_ms, made };
        }
    }
    return out;
}

static bool call_fill(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    const struct math_node *how = node->child->next;
    const bool repeat = how->form == MATH_NAME && str_equal_nocase(how->text, STR("REPEAT"));
    const bool linear = how->form == MATH_NAME && str_equal_nocase(how->text, STR("LINEAR"));
    struct math_value in = { .kind = MATH_SCALAR };
    struct math_value value = { .kind = MATH_SCALAR };
    size_t slots = 0;
    if (!series_argument(run, node, &in) || !slots_of(run, &slots) || (!repeat && !linear && !argument(run, node, 1, &value))) {
        return false;
    }
    if (value.kind != MATH_SCALAR) {
        return math_refuse(run, STR("Error in expression: FILL takes a number, REPEAT or LINEAR"));
    }
    *out = (struct math_value){ .kind = in.kind, .items = ARENA_ARRAY(run->arena, struct series, in.count), .count = in.count };
    for (size_t i = 0; i < in.count; i++) {
        out->items[i] = filled(run, repeat ? FILL_REPEAT : linear ? FILL_LINEAR : FILL_VALUE, value.scalar, &in.items[i], slots);
    }
    return true;
}

/* The value of one branch of IF at a time; false: it has none there. */
static bool value_at(const struct math_value *value, int64_t at_ms, double *out)
{
    if (value->kind == MATH_SCALAR) {
        *out = value->scalar;
        return true;
    }
    const struct point key = { at_ms, 0 };
    const struct point *found = value->items->count == 0
        ? NULL : bsearch(&key, value->items->items, value->items->count, sizeof(key), by_time);
    if (found) {
        *out = found->value;
    }
    return found != NULL;
}

/* spec: "IF(condition, trueValue, falseValue)"; without the third there is no point where the condition fails. */
static bool call_if(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    struct math_value parts[3] = { { .kind = MATH_SCALAR }, { .kind = MATH_SCALAR }, { .kind = MATH_SCALAR } };
    for (size_t i = 0; i < node->count; i++) {
        if (!argument(run, node, i, &parts[i])) {
            return false;
        }
        if (parts[i].kind == MATH_LIST) {
            return math_refuse(run, STR("Error in expression: IF takes no arrays"));
        }
    }
    const struct math_value *chosen = parts[0].scalar != 0 ? &parts[1] : &parts[2];
    if (parts[0].kind == MATH_SCALAR) {
        *out = *chosen;
        return chosen == &parts[1] || node->count == 3 || math_refuse(run, STR("Error in expression: IF has no value to give"));
    }
    const struct series *condition = parts[0].items;
    struct series *series = ARENA_NEW(run->arena, struct series);
    series->items = math_points(run, condition->count);
    for (size_t i = 0; i < condition->count; i++) {
        const bool holds = condition->items[i].value != 0;
        double value = 0;
        if ((holds || node->count == 3) && value_at(holds ? &parts[1] : &parts[2], condition->items[i].at_ms, &value)) {
            series->items[series->count++] = (struct point){ condition->items[i].at_ms, value };
        }
    }
    *out = (struct math_value){ .kind = MATH_SERIES, .items = series, .count = 1 };
    return true;
}

const struct math_function MATH_FUNCTIONS[] = {
    { STR_INIT("ABS"), 1, 1, call_abs },
    { STR_INIT("AVG"), 1, 1, call_avg },
    { STR_INIT("CEIL"), 1, 1, call_ceil },
    { STR_INIT("DATAPOINT_COUNT"), 1, 1, call_datapoint_count },
    { STR_INIT("DIFF"), 1, 1, call_diff },
    { STR_INIT("DIFF_TIME"), 1, 1, call_diff_time },
    { STR_INIT("FILL"), 2, 2, call_fill },
    { STR_INIT("FLOOR"), 1, 1, call_floor },
    { STR_INIT("IF"), 2, 3, call_if },
    { STR_INIT("LOG"), 1, 1, call_log },
    { STR_INIT("LOG10"), 1, 1, call_log10 },
    { STR_INIT("MAX"), 1, 1, call_max },
    { STR_INIT("METRIC_COUNT"), 1, 1, call_metric_count },
    { STR_INIT("METRICS"), 0, 1, call_metrics },
    { STR_INIT("MIN"), 1, 1, call_min },
    { STR_INIT("PERIOD"), 1, 1, call_period },
    { STR_INIT("RATE"), 1, 1, call_rate },
    { STR_INIT("RUNNING_SUM"), 1, 1, call_running_sum },
    { STR_INIT("STDDEV"), 1, 1, call_stddev },
    { STR_INIT("SUM"), 1, 1, call_sum },
    { STR_INIT("TIME_SERIES"), 1, 1, call_time_series },
};
const size_t MATH_FUNCTION_COUNT = COUNT_OF(MATH_FUNCTIONS);
