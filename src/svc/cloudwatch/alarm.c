/* alarm.c - alarms on metrics: PutMetricAlarm, and what is done to alarms of both kinds.
 * spec: CloudWatch API reference, PutMetricAlarm, DeleteAlarms, SetAlarmState, EnableAlarmActions. */
#include "svc/cloudwatch/alarm.h"

#include "base/json.h"
#include "wire/codec.h"

#define HOUR_S ((int64_t)3600)
#define DAY_S (24 * HOUR_S)

enum { ALARMS_MAX = 5000, DELETED_MAX = 100, ACTIONS_MAX = 5 };

static struct err refuse(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "%s", words);
}

struct err cloudwatch_actions_check(struct request *rq, struct cloudwatch_resource_list actions)
{
    for (size_t i = 0; i < actions.count; i++) {
        if (!str_starts(actions.items[i], STR("arn:"))) {
            return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "Invalid arn syntax: %" STR_FMT, STR_ARG(actions.items[i]));
        }
    }
    return actions.count <= ACTIONS_MAX ? ERR_OK : refuse(rq, "An alarm can have at most 5 actions for each state.");
}

static bool known(struct str value, const char *const *values)
{
    for (size_t i = 0; values[i]; i++) {
        if (str_equal(value, str_of(values[i]))) {
            return true;
        }
    }
    return false;
}

static struct err check_not_built(struct request *rq, const struct cloudwatch_put_metric_alarm_in *in)
{
    if (in->threshold_metric_id.ptr || str_equal(in->comparison_operator, STR("LessThanLowerOrGreaterThanUpperThreshold"))
        || str_equal(in->comparison_operator, STR("LessThanLowerThreshold"))
        || str_equal(in->comparison_operator, STR("GreaterThanUpperThreshold"))) {
        return refuse(rq, "Alarms on anomaly detection (ThresholdMetricId) are not implemented by Yagura yet.");
    }
    if (in->evaluation_criteria || in->evaluation_interval.set) {
        return refuse(rq, "Alarms on PromQL queries (EvaluationCriteria) are not implemented by Yagura yet.");
    }
    return in->evaluation_window && in->evaluation_window->wall_clock_window
        ? refuse(rq, "Alarms with a WallClockWindow are not implemented by Yagura yet.")
        : ERR_OK;
}

static struct err check_periods(struct request *rq, const struct cloudwatch_put_metric_alarm_in *in, int64_t period_s)
{
    if (!cloudwatch_period_ok(period_s) || period_s < 10) {
        return refuse(rq, "Period must be 10, 20, 30 or a multiple of 60.");
    }
    const int64_t total_s = period_s * in->evaluation_periods.v;
    if (period_s < HOUR_S && total_s > DAY_S) {
        return refuse(rq, "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
    }
    return total_s <= 7 * DAY_S
        ? ERR_OK
        : refuse(rq, "Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= 604800).");
}

static struct err check_one_metric(struct request *rq, const struct cloudwatch_put_metric_alarm_in *in)
{
    struct statistic statistic = { .kind = STATISTIC_AVERAGE };
    if (in->metric_name.ptr == NULL || in->namespace.ptr == NULL) {
        return refuse(rq, "Either MetricName with Namespace, or Metrics must be specified.");
    }
    if ((in->statistic.ptr == NULL) == (in->extended_statistic.ptr == NULL)) {
        return refuse(rq, "Either Statistic or ExtendedStatistic must be specified, and not both.");
    }
    if (in->extended_statistic.ptr && (!statistic_parse(in->extended_statistic, &statistic) || statistic.kind <= STATISTIC_MAXIMUM)) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "The value %" STR_FMT " for parameter ExtendedStatistic is not supported.",
                    STR_ARG(in->extended_statistic));
    }
    return in->period.set ? check_periods(rq, in, in->period.v) : refuse(rq, "Period must be specified.");
}

static struct err check_queries(struct request *rq, const struct cloudwatch_put_metric_alarm_in *in)
{
    struct queries queries = { NULL, 0 };
    size_t returning = 0;
    if (in->metric_name.ptr || in->namespace.ptr || in->statistic.ptr || in->extended_statistic.ptr || in->dimensions.count > 0
        || in->period.set || in->unit.ptr) {
        return refuse(rq, "MetricName, Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic can't stand beside Metrics.");
    }
    TRY(query_prepare(&rq->ctx, in->metrics, &queries));
    for (size_t i = 0; i < queries.count; i++) {
        returning += query_returns(&queries.items[i]);
    }
    return returning == 1 ? check_periods(rq, in, query_period(&queries))
                          : refuse(rq, "Exactly one element of Metrics must have ReturnData set to true.");
}

static struct err check(struct request *rq, const struct cloudwatch_put_metric_alarm_in *in)
{
    static const char *const missing[] = { "missing", "ignore", "breaching", "notBreaching", NULL };
    static const char *const low_samples[] = { "evaluate", "ignore", NULL };
    TRY(check_not_built(rq, in));
    if (!in->evaluation_periods.set || in->comparison_operator.ptr == NULL || !in->threshold.set) {
        return refuse(rq, "EvaluationPeriods, ComparisonOperator and Threshold must be specified.");
    }
    if (in->datapoints_to_alarm.set && in->datapoints_to_alarm.v > in->evaluation_periods.v) {
        return refuse(rq, "DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
    }
    if (in->treat_missing_data.ptr && !known(in->treat_missing_data, missing)) {
        return refuse(rq, "TreatMissingData must be one of missing, ignore, breaching, notBreaching.");
    }
    if (in->evaluate_low_sample_count_percentile.ptr && !known(in->evaluate_low_sample_count_percentile, low_samples)) {
        return refuse(rq, "EvaluateLowSampleCountPercentile must be evaluate or ignore.");
    }
    TRY(cloudwatch_actions_check(rq, in->ok_actions));
    TRY(cloudwatch_actions_check(rq, in->alarm_actions));
    TRY(cloudwatch_actions_check(rq, in->insufficient_data_actions));
    return in->metrics.count > 0 ? check_queries(rq, in) : check_one_metric(rq, in);
}

static struct str config_of(struct request *rq, const struct cloudwatch_put_metric_alarm_in *in)
{
    const struct cloudwatch_metric_alarm config = {
        .alarm_description = in->alarm_description,
        .actions_enabled = SOME(!in->actions_enabled.set || in->actions_enabled.v),
        .ok_actions = in->ok_actions,
        .alarm_actions = in->alarm_actions,
        .insufficient_data_actions = in->insufficient_data_actions,
        .metric_name = in->metric_name,
        .namespace = in->namespace,
        .statistic = in->statistic,
        .extended_statistic = in->extended_statistic,
        .dimensions = in->dimensions,
        .period = in->period,
        .unit = in->unit,
        .evaluation_periods = in->evaluation_periods,
        .datapoints_to_alarm = in->datapoints_to_alarm,
        .threshold = in->threshold,
        .comparison_operator = in->comparison_operator,
        .treat_missing_data = in->treat_missing_data,
        .evaluate_low_sample_count_percentile = in->evaluate_low_sample_count_percentile,
        .metrics = in->metrics,
        .action_configuration = in->action_configuration,
        .warm_up_configuration = in->warm_up_configuration,
    };
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, CLOUDWATCH_SHAPE_METRIC_ALARM, &config);
    return json_done(&w);
}

struct err cloudwatch_put_metric_alarm(struct request *rq, const struct cloudwatch_put_metric_alarm_in *in,
                                       struct cloudwatch_put_metric_alarm_out *out)
{
    (void)out;
    const struct rows rows = cloudwatch_rows(rq);
    struct alarm alarm = { .name = STR_NONE };
    int64_t count = 0;
    bool found = false;
    TRY(check(rq, in));
    TRY(cloudwatch_row_alarm_get(&rows, in->alarm_name, &alarm, &found));
    if (found && alarm.composite) {
        return refuse(rq, "A composite alarm of this name exists already.");
    }
    const struct str before = found ? alarm.config : STR_NONE;
    if (!found) {
        TRY(cloudwatch_row_alarm_count(&rows, &count));
        if (count >= ALARMS_MAX) {
            return fail(&rq->ctx, &CLOUDWATCH_LIMIT_EXCEEDED_FAULT, "The maximum limit of %d alarms has been reached.", ALARMS_MAX);
        }
        alarm = (struct alarm){ .account = rq->account, .region = rq->region, .name = in->alarm_name, .state = STATE_INSUFFICIENT,
                                .reason = STR("Unchecked: Initial alarm creation"), .updated_ms = rq->ctx.now_ms,
                                .transitioned_ms = rq->ctx.now_ms };
        TRY(cloudwatch_tags_put(rq, cloudwatch_alarm_arn(rq->ctx.arena, &rows, in->alarm_name), in->tags));
    }
    alarm.config = config_of(rq, in);
    alarm.configured_ms = rq->ctx.now_ms;
    alarm.metric = in->metric_name.ptr
        ? cloudwatch_metric_of(rq->ctx.arena, in->namespace, in->metric_name, in->dimensions).id : STR_NONE;
    TRY(cloudwatch_row_alarm_put(&rows, &alarm));
    return cloudwatch_history_config(&rows, &alarm, before, alarm.config);
}

struct err cloudwatch_delete_alarms(struct request *rq, const struct cloudwatch_delete_alarms_in *in,
                                    struct cloudwatch_delete_alarms_out *out)
{
    (void)out;
    const struct rows rows = cloudwatch_rows(rq);
    if (in->alarm_names.count > DELETED_MAX) {
        return refuse(rq, "At most 100 alarms can be deleted at once.");
    }
    for (size_t i = 0; i < in->alarm_names.count; i++) {
        const struct str name = in->alarm_names.items[i];
        struct alarm alarm = { .name = STR_NONE };
        bool found = false;
        TRY(cloudwatch_row_alarm_get(&rows, name, &alarm, &found));
        if (found) {
            TRY(cloudwatch_row_alarm_delete(&rows, name));
            TRY(cloudwatch_row_tags_delete(&rows, cloudwatch_alarm_arn(rq->ctx.arena, &rows, name)));
            TRY(cloudwatch_history_config(&rows, &alarm, alarm.config, STR_NONE));
        }
    }
    return ERR_OK;
}

struct err cloudwatch_set_alarm_state(struct request *rq, const struct cloudwatch_set_alarm_state_in *in,
                                      struct cloudwatch_set_alarm_state_out *out)
{
    (void)out;
    const struct rows rows = cloudwatch_rows(rq);
    struct alarm alarm = { .name = STR_NONE };
    bool found = false;
    TRY(cloudwatch_row_alarm_get(&rows, in->alarm_name, &alarm, &found));
    if (!found) {
        return fail(&rq->ctx, &CLOUDWATCH_RESOURCE_NOT_FOUND, "%s", ""); /* AWS says no more */
    }
    if (in->state_reason_data.ptr && json_parse(rq->ctx.arena, in->state_reason_data, NULL) == NULL) {
        return fail(&rq->ctx, &CLOUDWATCH_INVALID_FORMAT_FAULT, "StateReasonData is not valid JSON.");
    }
    return cloudwatch_alarm_change(&rows, &alarm, (struct alarm_state){ in->state_value, in->state_reason, in->state_reason_data });
}

static struct str switched(struct request *rq, const struct shape *shape, void *config, struct opt_bool *enabled, bool to)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    *enabled = (struct opt_bool)SOME(to);
    wire_json_write(&w, shape, config);
    return json_done(&w);
}

static struct err switch_actions(struct request *rq, struct cloudwatch_alarm_names names, bool to)
{
    const struct rows rows = cloudwatch_rows(rq);
    for (size_t i = 0; i < names.count; i++) {
        struct cloudwatch_metric_alarm *metric = NULL;
        struct cloudwatch_composite_alarm *composite = NULL;
        struct alarm alarm = { .name = STR_NONE };
        bool found = false;
        TRY(cloudwatch_row_alarm_get(&rows, names.items[i], &alarm, &found));
        if (!found) {
            continue; /* AWS says nothing of it either */
        }
        const struct str before = alarm.config;
        if (alarm.composite) {
            TRY(cloudwatch_composite_config(&rq->ctx, &alarm, &composite));
            alarm.config = switched(rq, CLOUDWATCH_SHAPE_COMPOSITE_ALARM, composite, &composite->actions_enabled, to);
        } else {
            TRY(cloudwatch_metric_config(&rq->ctx, &alarm, &metric));
            alarm.config = switched(rq, CLOUDWATCH_SHAPE_METRIC_ALARM, metric, &metric->actions_enabled, to);
        }
        alarm.configured_ms = rq->ctx.now_ms;
        TRY(cloudwatch_row_alarm_put(&rows, &alarm));
        TRY(cloudwatch_history_config(&rows, &alarm, before, alarm.config));
    }
    return ERR_OK;
}

struct err cloudwatch_enable_alarm_actions(struct request *rq, const struct cloudwatch_enable_alarm_actions_in *in,
                                           struct cloudwatch_enable_alarm_actions_out *out)
{
    (void)out;
    return switch_actions(rq, in->alarm_names, true);
}

struct err cloudwatch_disable_alarm_actions(struct request *rq, const struct cloudwatch_disable_alarm_actions_in *in,
                                            struct cloudwatch_disable_alarm_actions_out *out)
{
    (void)out;
    return switch_actions(rq, in->alarm_names, false);
}
