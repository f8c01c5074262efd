/* describe.c - DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmHistory. */
#include "svc/cloudwatch/alarm.h"
#include "svc/cloudwatch/rule.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 100, BATCH = 200 };

/* AWS tells empty lists of a metric alarm, too. */
static void settle(struct arena *arena, struct cloudwatch_resource_list *list)
{
    if (list->items == NULL) {
        list->items = ARENA_ARRAY(arena, struct str, 1);
    }
}

static struct err describe_metric(const struct rows *rows, const struct alarm *alarm, struct cloudwatch_metric_alarm *out)
{
    struct arena *arena = rows->ctx->arena;
    struct cloudwatch_metric_alarm *config = NULL;
    TRY(cloudwatch_metric_config(rows->ctx, alarm, &config));
    settle(arena, &config->ok_actions);
    settle(arena, &config->alarm_actions);
    settle(arena, &config->insufficient_data_actions);
    if (config->dimensions.items == NULL) {
        config->dimensions.items = ARENA_ARRAY(arena, struct cloudwatch_dimension, 1);
    }
    config->alarm_name = alarm->name;
    config->alarm_arn = cloudwatch_alarm_arn(arena, rows, alarm->name);
    config->alarm_configuration_updated_timestamp = (struct opt_time)SOME(alarm->configured_ms);
    config->state_value = alarm->state;
    config->state_reason = alarm->reason;
    config->state_reason_data = alarm->reason_data;
    config->state_updated_timestamp = (struct opt_time)SOME(alarm->updated_ms);
    config->state_transitioned_timestamp = (struct opt_time)SOME(alarm->transitioned_ms);
    *out = *config;
    return ERR_OK;
}

static struct err describe_composite(const struct rows *rows, const struct alarm *alarm, struct cloudwatch_composite_alarm *out)
{
    struct arena *arena = rows->ctx->arena;
    struct cloudwatch_composite_alarm *config = NULL;
    TRY(cloudwatch_composite_config(rows->ctx, alarm, &config));
    settle(arena, &config->ok_actions);
    settle(arena, &config->alarm_actions);
    settle(arena, &config->insufficient_data_actions);
    config->alarm_name = alarm->name;
    config->alarm_arn = cloudwatch_alarm_arn(arena, rows, alarm->name);
    config->alarm_configuration_updated_timestamp = (struct opt_time)SOME(alarm->configured_ms);
    config->state_value = alarm->state;
    config->state_reason = alarm->reason;
    config->state_reason_data = alarm->reason_data;
    config->state_updated_timestamp = (struct opt_time)SOME(alarm->updated_ms);
    config->state_transitioned_timestamp = (struct opt_time)SOME(alarm->transitioned_ms);
    *out = *config;
    return ERR_OK;
}

/* What DescribeAlarms asks for. */
struct asking {
    const struct rows *rows;
    const struct cloudwatch_describe_alarms_in *in;
    struct rule_names children; /* of ChildrenOfAlarmName */
};

/* spec: DescribeAlarms, AlarmTypes: without it metric alarms alone; but all that are named. */
static bool type_wanted(const struct cloudwatch_describe_alarms_in *in, bool composite)
{
    for (size_t i = 0; i < in->alarm_types.count; i++) {
        if (str_equal(in->alarm_types.items[i], composite ? STR("CompositeAlarm") : STR("MetricAlarm"))) {
            return true;
        }
    }
    const bool related = in->children_of_alarm_name.ptr || in->parents_of_alarm_name.ptr;
    return in->alarm_types.count == 0 && (!composite || related);
}

static bool named(const struct cloudwatch_alarm_names *names, struct str name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (str_equal(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

static bool in_names(const struct rows *rows, const struct rule_names *names, struct str name)
{
    const struct str arn = cloudwatch_alarm_arn(rows->ctx->arena, rows, name);
    for (size_t i = 0; i < names->count; i++) {
        if (str_equal(names->items[i], name) || str_equal(names->items[i], arn)) {
            return true;
        }
    }
    return false;
}

static bool acts(struct cloudwatch_resource_list list, struct str prefix)
{
    for (size_t i = 0; i < list.count; i++) {
        if (str_starts(list.items[i], prefix)) {
            return true;
        }
    }
    return false;
}

static struct err passes_action(const struct asking *asking, const struct alarm *alarm, bool *out)
{
    struct cloudwatch_metric_alarm *metric = NULL;
    struct cloudwatch_composite_alarm *composite = NULL;
    const struct str prefix = asking->in->action_prefix;
    if (prefix.ptr && alarm->composite) {
        TRY(cloudwatch_composite_config(asking->rows->ctx, alarm, &composite));
        *out = acts(composite->ok_actions, prefix) || acts(composite->alarm_actions, prefix)
            || acts(composite->insufficient_data_actions, prefix);
    } else if (prefix.ptr) {
        TRY(cloudwatch_metric_config(asking->rows->ctx, alarm, &metric));
        *out = acts(metric->ok_actions, prefix) || acts(metric->alarm_actions, prefix) || acts(metric->insufficient_data_actions, prefix);
    }
    return ERR_OK;
}

static struct err passes(const struct asking *asking, const struct alarm *alarm, bool *out)
{
    const struct cloudwatch_describe_alarms_in *in = asking->in;
    const struct rows *rows = asking->rows;
    *out = type_wanted(in, alarm->composite) && (in->alarm_names.count == 0 || named(&in->alarm_names, alarm->name))
        && (in->alarm_name_prefix.ptr == NULL || str_starts(alarm->name, in->alarm_name_prefix))
        && (in->state_value.ptr == NULL || str_equal(alarm->state, in->state_value))
        && (in->children_of_alarm_name.ptr == NULL || in_names(rows, &asking->children, alarm->name));
    if (*out && in->parents_of_alarm_name.ptr) {
        struct rule_names names = { NULL, 0 };
        TRY(rule_names_of(rows->ctx, alarm, &names));
        *out = in_names(rows, &names, in->parents_of_alarm_name);
    }
    return *out ? passes_action(asking, alarm, out) : ERR_OK;
}

static struct err check_describe(struct request *rq, const struct cloudwatch_describe_alarms_in *in)
{
    if (in->alarm_names.count > 0 && in->alarm_name_prefix.ptr) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "AlarmNames and AlarmNamePrefix can't be specified together.");
    }
    if ((in->children_of_alarm_name.ptr || in->parents_of_alarm_name.ptr)
        && (in->alarm_names.count > 0 || in->alarm_name_prefix.ptr || in->state_value.ptr || in->action_prefix.ptr)) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION,
                    "ChildrenOfAlarmName and ParentsOfAlarmName can only be specified together with MaxRecords and NextToken.");
    }
    return ERR_OK;
}

static struct err load_children(struct request *rq, struct asking *asking)
{
    struct alarm parent = { .name = STR_NONE };
    bool found = false;
    if (asking->in->children_of_alarm_name.ptr == NULL) {
        return ERR_OK;
    }
    TRY(cloudwatch_row_alarm_get(asking->rows, asking->in->children_of_alarm_name, &parent, &found));
    return found ? rule_names_of(&rq->ctx, &parent, &asking->children) : ERR_OK;
}

static struct err take(const struct rows *rows, const struct alarm *alarm, struct cloudwatch_describe_alarms_out *out)
{
    return alarm->composite ? describe_composite(rows, alarm, &out->composite_alarms.items[out->composite_alarms.count++])
                            : describe_metric(rows, alarm, &out->metric_alarms.items[out->metric_alarms.count++]);
}

struct err cloudwatch_describe_alarms(struct request *rq, const struct cloudwatch_describe_alarms_in *in,
                                      struct cloudwatch_describe_alarms_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct asking asking = { .rows = &rows, .in = in };
    struct alarms batch = { NULL, BATCH };
    struct str place = STR("");
    const size_t most = in->max_records.set ? (size_t)in->max_records.v : PAGE_DEFAULT;
    TRY(check_describe(rq, in));
    TRY(cloudwatch_page_place(rq, in->next_token, &place));
    TRY(load_children(rq, &asking));
    out->metric_alarms.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_metric_alarm, most);
    out->composite_alarms.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_composite_alarm, most);
    out->log_alarms.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_log_alarm, 1); /* none: they can't be made here */
    while (batch.count == BATCH) {
        TRY(cloudwatch_row_alarms(&rows, place, BATCH, &batch));
        for (size_t i = 0; i < batch.count; i++) {
            bool wanted = false;
            TRY(passes(&asking, &batch.items[i], &wanted));
            if (wanted && out->metric_alarms.count + out->composite_alarms.count == most) {
                out->next_token = cloudwatch_page_token(rq, place);
                return ERR_OK;
            }
            if (wanted) {
                TRY(take(&rows, &batch.items[i], out));
            }
            place = batch.items[i].name;
        }
    }
    return ERR_OK;
}

static bool fits_metric(const struct cloudwatch_describe_alarms_for_metric_in *in, const struct cloudwatch_metric_alarm *alarm)
{
    return (in->statistic.ptr == NULL || str_equal(in->statistic, alarm->statistic))
        && (in->extended_statistic.ptr == NULL || str_equal(in->extended_statistic, alarm->extended_statistic))
        && (!in->period.set || in->period.v == alarm->period.v) && (in->unit.ptr == NULL || str_equal(in->unit, alarm->unit));
}

struct err cloudwatch_describe_alarms_for_metric(struct request *rq, const struct cloudwatch_describe_alarms_for_metric_in *in,
                                                 struct cloudwatch_describe_alarms_for_metric_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    const struct metric metric = cloudwatch_metric_of(rq->ctx.arena, in->namespace, in->metric_name, in->dimensions);
    struct alarms alarms = { NULL, 0 };
    TRY(cloudwatch_row_alarms_of(&rows, metric.id, &alarms));
    out->metric_alarms.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_metric_alarm, alarms.count);
    for (size_t i = 0; i < alarms.count; i++) {
        struct cloudwatch_metric_alarm *alarm = &out->metric_alarms.items[out->metric_alarms.count];
        TRY(describe_metric(&rows, &alarms.items[i], alarm));
        out->metric_alarms.count += fits_metric(in, alarm);
    }
    return ERR_OK;
}

static bool history_wanted(const struct cloudwatch_describe_alarm_history_in *in, const struct history *history)
{
    bool type = in->alarm_types.count == 0 && (!history->composite || in->alarm_name.ptr);
    for (size_t i = 0; i < in->alarm_types.count; i++) {
        type = type || str_equal(in->alarm_types.items[i], history->composite ? STR("CompositeAlarm") : STR("MetricAlarm"));
    }
    return type && (in->history_item_type.ptr == NULL || str_equal(in->history_item_type, history->kind))
        && (!in->start_date.set || history->at_ms >= in->start_date.v) && (!in->end_date.set || history->at_ms <= in->end_date.v);
}

static struct err history_place(struct request *rq, struct str token, bool ascending, struct history_place *out)
{
    struct str number = STR_NONE;
    struct str place = STR_NONE;
    *out = ascending ? (struct history_place){ 0, 0 } : (struct history_place){ INT64_MAX, INT64_MAX };
    TRY(cloudwatch_page_place(rq, token, &place));
    if (place.ptr == NULL) {
        return ERR_OK;
    }
    const struct str at = str_cut(place, ' ', &number);
    return str_to_int(at, &out->at_ms) && str_to_int(number, &out->number)
        ? ERR_OK : fail(&rq->ctx, &CLOUDWATCH_INVALID_NEXT_TOKEN, "Invalid next token.");
}

struct err cloudwatch_describe_alarm_history(struct request *rq, const struct cloudwatch_describe_alarm_history_in *in,
                                             struct cloudwatch_describe_alarm_history_out *out)
{
    const struct rows rows = cloudwatch_rows(rq);
    const bool ascending = str_equal(in->scan_by, STR("TimestampAscending"));
    const size_t most = in->max_records.set ? (size_t)in->max_records.v : PAGE_MAX;
    struct histories batch = { NULL, BATCH };
    struct history_place place = { 0, 0 };
    TRY(history_place(rq, in->next_token, ascending, &place));
    out->alarm_history_items.items = ARENA_ARRAY(rq->ctx.arena, struct cloudwatch_alarm_history_item, most);
    while (batch.count == BATCH) {
        TRY(cloudwatch_row_histories(&rows, in->alarm_name, ascending, place, BATCH, &batch));
        for (size_t i = 0; i < batch.count; i++) {
            const struct history *one = &batch.items[i];
            const bool wanted = history_wanted(in, one);
            if (wanted && out->alarm_history_items.count == most) {
                out->next_token = cloudwatch_page_token(
                    rq, str_format(rq->ctx.arena, "%lld %lld", (long long)place.at_ms, (long long)place.number));
                return ERR_OK;
            }
            if (wanted) {
                out->alarm_history_items.items[out->alarm_history_items.count++] = (struct cloudwatch_alarm_history_item){
                    .alarm_name = one->alarm,
                    .alarm_type = one->composite ? STR("CompositeAlarm") : STR("MetricAlarm"),
                    .timestamp = SOME(one->at_ms),
                    .history_item_type = one->kind,
                    .history_summary = one->summary,
                    .history_data = one->data,
                };
            }
            place = (struct history_place){ one->at_ms, one->number };
        }
    }
    return ERR_OK;
}
