/* evaluate.c - which state an alarm's data call for.
 *
 * spec: CloudWatch user guide, "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data": more periods are
 * looked at than EvaluationPeriods; of those with data the newest count; what is missing is only filled in where too few are
 * left. How many more, AWS doesn't say but in an example (two); for periods under a minute it is two minutes' worth, since
 * such a metric may bring a datum a minute.
 * An assumption of ours: while a period is still running it counts already when it can't but breach, whatever else comes (a
 * growing sum above the threshold). AWS waits for its end; the verdict is the same. */
#include "base/clock.h"
#include "base/json.h"
#include "svc/cloudwatch/alarm.h"

enum { EXTRA_PERIODS = 2, EXTRA_SECONDS = 120, DATAPOINTS_TOLD_MAX = 25 };

struct err cloudwatch_alarm_queries(struct ctx *ctx, const struct cloudwatch_metric_alarm *config, struct queries *out)
{
    if (config->metrics.count > 0) {
        return query_prepare(ctx, config->metrics, out);
    }
    struct cloudwatch_metric *metric = ARENA_NEW(ctx->arena, struct cloudwatch_metric);
    struct cloudwatch_metric_stat *stat = ARENA_NEW(ctx->arena, struct cloudwatch_metric_stat);
    struct cloudwatch_metric_data_query *query = ARENA_NEW(ctx->arena, struct cloudwatch_metric_data_query);
    *metric = (struct cloudwatch_metric){ config->namespace, config->metric_name, config->dimensions };
    *stat = (struct cloudwatch_metric_stat){ metric, config->period,
                                             config->statistic.ptr ? config->statistic : config->extended_statistic, config->unit };
    *query = (struct cloudwatch_metric_data_query){ .id = STR("m1"), .metric_stat = stat };
    return query_prepare(ctx, (struct cloudwatch_metric_data_queries){ query, 1 }, out);
}

/* Periods, the newest last; those without a datum have none. */
struct slot {
    int64_t at_ms;
    double value;
    bool present, breaching;
};
struct evaluation {
    struct ctx *ctx;
    const struct cloudwatch_metric_alarm *config;
    int64_t period_s, periods, needed; /* N and M of "M of N" */
    struct slot *slots;
    size_t count;
    size_t present;
};

static bool breaches(const struct cloudwatch_metric_alarm *config, double value)
{
    const double threshold = config->threshold.v;
    const struct str operator = config->comparison_operator;
    return str_equal(operator, STR("GreaterThanThreshold"))            ? value > threshold
        : str_equal(operator, STR("GreaterThanOrEqualToThreshold")) ? value >= threshold
        : str_equal(operator, STR("LessThanThreshold"))             ? value < threshold
                                                                    : value <= threshold;
}

static const struct query *returning(const struct queries *queries)
{
    for (size_t i = 0; i < queries->count; i++) {
        if (query_returns(&queries->items[i])) {
            return &queries->items[i];
        }
    }
    return NULL;
}

static struct err load(const struct rows *rows, struct evaluation *e, int64_t end_ms)
{
    struct queries queries = { NULL, 0 };
    TRY(cloudwatch_alarm_queries(e->ctx, e->config, &queries));
    const int64_t period_ms = e->period_s * 1000;
    const int64_t start_ms = end_ms - (int64_t)e->count * period_ms;
    const struct query *query = returning(&queries);
    const struct err err = query_run(rows, &queries, start_ms, end_ms, e->period_s);
    const bool computed = !err_is(err, &CLOUDWATCH_VALIDATION_EXCEPTION); /* else there are no data, and other alarms go on */
    TRY(computed ? err : ERR_OK);
    const struct series *series = computed && query && query->value.count > 0 ? &query->value.items[0] : NULL;
    e->present = 0;
    for (size_t i = 0, at = 0; i < e->count; i++) {
        struct slot *slot = &e->slots[i];
        *slot = (struct slot){ .at_ms = start_ms + (int64_t)i * period_ms };
        if (series && at < series->count && series->items[at].at_ms == slot->at_ms) {
            slot->present = true;
            slot->value = series->items[at++].value;
            slot->breaching = breaches(e->config, slot->value);
            e->present++;
        }
    }
    return ERR_OK;
}

enum missing { MISSING, IGNORE, BREACHING, NOT_BREACHING };

static enum missing treatment(const struct cloudwatch_metric_alarm *config)
{
    const struct str text = config->treat_missing_data;
    return str_equal(text, STR("ignore"))          ? IGNORE
        : str_equal(text, STR("breaching"))     ? BREACHING
        : str_equal(text, STR("notBreaching")) ? NOT_BREACHING
                                                : MISSING;
}

/* The verdict and what it rests on: the newest periods that have a datum, and how many were filled in. */
struct verdict {
    struct str state; /* absent: as it is */
    size_t considered, breaching, filled;
};

/* spec: "Avoiding premature transitions to alarm state": all there is breaches, and the oldest of it is old enough. */
static bool breaching_long_enough(const struct evaluation *e)
{
    for (size_t i = 0; i < e->count; i++) {
        if (e->slots[i].present) {
            return (int64_t)(e->count - i) >= e->needed;
        }
    }
    return false;
}

static struct verdict judge(const struct evaluation *e)
{
    const enum missing missing = treatment(e->config);
    struct verdict v = { .state = STR_NONE };
    for (size_t i = e->count; i > 0 && (int64_t)v.considered < e->periods; i--) {
        v.considered += e->slots[i - 1].present;
        v.breaching += e->slots[i - 1].breaching;
    }
    const int64_t lacking = e->periods - (int64_t)v.considered;
    if ((int64_t)v.breaching >= e->needed) {
        v.state = STATE_ALARM;
    } else if (lacking == 0) {
        v.state = STATE_OK;
    } else if (missing == BREACHING || missing == NOT_BREACHING) {
        v.filled = (size_t)lacking;
        v.state = missing == BREACHING && (int64_t)v.breaching + lacking >= e->needed ? STATE_ALARM : STATE_OK;
    } else if (v.considered == 0) {
        v.state = missing == MISSING ? STATE_INSUFFICIENT : STR_NONE;
    } else if (v.breaching < v.considered) {
        v.state = STATE_OK;
    } else {
        v.state = missing == MISSING && breaching_long_enough(e) ? STATE_ALARM : STR_NONE;
    }
    return v;
}

static const char *operator_words(struct str operator)
{
    return str_equal(operator, STR("GreaterThanThreshold"))            ? "greater than"
        : str_equal(operator, STR("GreaterThanOrEqualToThreshold")) ? "greater than or equal to"
        : str_equal(operator, STR("LessThanThreshold"))             ? "less than"
                                                                    : "less than or equal to";
}

static void add_datapoints(struct text *text, const struct evaluation *e, size_t count)
{
    size_t told = 0;
    text_add_char(text, '[');
    for (size_t i = e->count; i > 0 && told < count && told < DATAPOINTS_TOLD_MAX; i--) {
        const struct slot *slot = &e->slots[i - 1];
        if (slot->present) {
            const struct civil_time at = clock_civil(slot->at_ms);
            text_add_format(text, "%s%" STR_FMT " (%02d/%02d/%02d %02d:%02d:%02d)", told > 0 ? ", " : "",
                            STR_ARG(cloudwatch_double_text(text->arena, slot->value)), at.day, at.month, (int)(at.year % 100), at.hour,
                            at.minute, at.second);
            told++;
        }
    }
    text_add_char(text, ']');
}

/* In AWS's words. */
static struct str reason_of(const struct evaluation *e, const struct verdict *v)
{
    struct text text = text_new(e->ctx->arena);
    const bool alarm = str_equal(v->state, STATE_ALARM);
    const bool counted = e->config->datapoints_to_alarm.set;
    const char *plural = v->considered == 1 ? "" : "s";
    if (str_equal(v->state, STATE_INSUFFICIENT)) {
        text_add_format(&text, "Insufficient Data: %lld datapoint%s unknown.", (long long)e->periods, e->periods == 1 ? " was" : "s were");
        return text_str(&text);
    }
    text_add(&text, STR("Threshold Crossed: "));
    if (v->considered == 0) {
        text_add_format(&text, "no datapoints were received for %lld period%s", (long long)e->periods, e->periods == 1 ? "" : "s");
    } else {
        if (counted) {
            text_add_format(&text, "%zu out of the last %lld datapoints ", alarm ? v->breaching : v->considered - v->breaching,
                            (long long)e->periods);
        } else {
            text_add_format(&text, "%zu datapoint%s ", v->considered, plural);
        }
        add_datapoints(&text, e, v->considered);
        text_add_format(&text, " %s%s %s the threshold (%" STR_FMT ")", v->considered == 1 ? "was" : "were", alarm ? "" : " not",
                        operator_words(e->config->comparison_operator),
                        STR_ARG(cloudwatch_double_text(e->ctx->arena, e->config->threshold.v)));
    }
    if (v->filled > 0) {
        text_add_format(&text, " and %zu missing datapoint%s treated as [%s]", v->filled, v->filled == 1 ? " was" : "s were",
                        treatment(e->config) == BREACHING ? "Breaching" : "NonBreaching");
    }
    if (counted && v->considered > 0) {
        text_add_format(&text, " (minimum %lld datapoint%s for %s transition)", (long long)e->needed, e->needed == 1 ? "" : "s",
                        alarm ? "OK -> ALARM" : "ALARM -> OK");
    }
    text_add_char(&text, '.');
    return str_slice(text_str(&text), 0, 1023);
}

/* What each period looked at had to say; sample counts where there is but one metric. */
static struct err write_evaluated(const struct rows *rows, const struct evaluation *e, const struct verdict *v, struct json_writer *w)
{
    struct data data = { NULL, 0 };
    const size_t shown = v->considered + v->filled < DATAPOINTS_TOLD_MAX ? v->considered + v->filled : DATAPOINTS_TOLD_MAX;
    const struct window window = { e->slots[0].at_ms, e->slots[e->count - 1].at_ms + e->period_s * 1000, e->period_s * 1000 };
    if (e->config->metric_name.ptr) {
        const struct metric metric =
            cloudwatch_metric_of(e->ctx->arena, e->config->namespace, e->config->metric_name, e->config->dimensions);
        TRY(cloudwatch_metric_data(rows, e->ctx->arena, metric.id, e->config->unit, window, &data));
    }
    json_key(w, STR("evaluatedDatapoints"));
    json_open_array(w);
    for (size_t i = e->count, told = 0; i > 0 && told < shown; i--) {
        const struct slot *slot = &e->slots[i - 1];
        if (!slot->present && v->filled == 0) {
            continue; /* passed over for an older one */
        }
        json_open_object(w);
        json_member_str(w, STR("timestamp"), cloudwatch_time_text(e->ctx->arena, slot->at_ms));
        for (size_t k = 0; k < data.count; k++) {
            if (data.items[k].start_ms == slot->at_ms) {
                json_key(w, STR("sampleCount"));
                json_raw(w, cloudwatch_double_text(e->ctx->arena, data.items[k].count));
            }
        }
        if (slot->present) {
            json_key(w, STR("value"));
            json_raw(w, cloudwatch_double_text(e->ctx->arena, slot->value));
        }
        json_close_object(w);
        told++;
    }
    json_close_array(w);
    return ERR_OK;
}

static int64_t oldest_considered(const struct evaluation *e, const struct verdict *v)
{
    int64_t at_ms = 0;
    for (size_t i = e->count, seen = 0; i > 0 && seen < v->considered; i--) {
        if (e->slots[i - 1].present) {
            at_ms = e->slots[i - 1].at_ms;
            seen++;
        }
    }
    return at_ms;
}

static struct err write_data(const struct rows *rows, const struct evaluation *e, const struct verdict *v, struct str *out)
{
    struct arena *arena = e->ctx->arena;
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("version"), STR("1.0"));
    json_member_str(&w, STR("queryDate"), cloudwatch_time_text(arena, e->ctx->now_ms));
    if (v->considered > 0) {
        json_member_str(&w, STR("startDate"), cloudwatch_time_text(arena, oldest_considered(e, v)));
    }
    json_member_str(&w, STR("unit"), e->config->unit);
    json_member_str(&w, STR("statistic"), e->config->statistic.ptr ? e->config->statistic : e->config->extended_statistic);
    json_member_int(&w, STR("period"), e->period_s);
    json_key(&w, STR("recentDatapoints"));
    json_open_array(&w);
    for (size_t i = 0, left = e->present; i < e->count; i++) {
        const bool recent = e->slots[i].present && left-- <= v->considered;
        if (recent && left < DATAPOINTS_TOLD_MAX) {
            json_raw(&w, cloudwatch_double_text(arena, e->slots[i].value));
        }
    }
    json_close_array(&w);
    json_key(&w, STR("threshold"));
    json_raw(&w, cloudwatch_double_text(arena, e->config->threshold.v));
    TRY(write_evaluated(rows, e, v, &w));
    json_close_object(&w);
    *out = json_done(&w);
    return ERR_OK;
}

/* Whether a running period that breaches now will breach at its end, too. */
static bool grows(const struct cloudwatch_metric_alarm *config)
{
    const bool above = str_starts(config->comparison_operator, STR("GreaterThan"));
    return above ? str_equal(config->statistic, STR("SampleCount")) || str_equal(config->statistic, STR("Maximum"))
                 : str_equal(config->statistic, STR("Minimum"));
}

static bool sum_grows(const struct cloudwatch_metric_alarm *config)
{
    return str_equal(config->statistic, STR("Sum")) && str_starts(config->comparison_operator, STR("GreaterThan"))
        && config->threshold.v >= 0;
}

/* A sum grows as long as nothing below zero was put. */
static struct err nothing_negative(const struct rows *rows, const struct evaluation *e, bool *out)
{
    struct data data = { NULL, 0 };
    const struct slot *last = &e->slots[e->count - 1];
    const struct window window = { last->at_ms, last->at_ms + e->period_s * 1000, e->period_s * 1000 };
    const struct metric metric =
        cloudwatch_metric_of(e->ctx->arena, e->config->namespace, e->config->metric_name, e->config->dimensions);
    TRY(cloudwatch_metric_data(rows, e->ctx->arena, metric.id, e->config->unit, window, &data));
    *out = data.count == 1 && data.items[0].minimum >= 0;
    return ERR_OK;
}

/* Up to the last whole step of time; or with the one under way, where that breaches for good. */
static struct err look(const struct rows *rows, struct evaluation *e)
{
    const int64_t step_ms = e->period_s < 60 ? e->period_s * 1000 : 60000;
    const int64_t whole_ms = chunk_floor(e->ctx->now_ms, step_ms);
    bool sure = grows(e->config);
    if (sure || sum_grows(e->config)) {
        TRY(load(rows, e, whole_ms + step_ms));
        const bool breaching = e->slots[e->count - 1].breaching;
        if (breaching && !sure) {
            TRY(nothing_negative(rows, e, &sure));
        }
        if (breaching && sure) {
            return ERR_OK;
        }
    }
    return load(rows, e, whole_ms);
}

struct err cloudwatch_alarm_judge(const struct rows *rows, const struct alarm *alarm, struct alarm_state *state, bool *changes)
{
    struct cloudwatch_metric_alarm *config = NULL;
    struct queries queries = { NULL, 0 };
    TRY(cloudwatch_metric_config(rows->ctx, alarm, &config));
    TRY(cloudwatch_alarm_queries(rows->ctx, config, &queries));
    struct evaluation e = { .ctx = rows->ctx, .config = config, .period_s = query_period(&queries), .periods = config->evaluation_periods.v };
    const int64_t extra = e.period_s < 60 ? EXTRA_SECONDS / e.period_s : EXTRA_PERIODS;
    e.needed = config->datapoints_to_alarm.set ? config->datapoints_to_alarm.v : e.periods;
    e.count = (size_t)(e.periods + extra);
    e.slots = ARENA_ARRAY(rows->ctx->arena, struct slot, e.count);
    TRY(look(rows, &e));
    const struct verdict v = judge(&e);
    *changes = v.state.ptr && !str_equal(v.state, alarm->state);
    if (*changes) {
        state->value = v.state;
        state->reason = reason_of(&e, &v);
        TRY(write_data(rows, &e, &v, &state->data));
    }
    return ERR_OK;
}
