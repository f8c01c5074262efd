/* alarm_state.c - an alarm's state changes; its history and its actions. */
#include "base/clock.h"
#include "base/json.h"
#include "crypto/random.h"
#include "svc/cloudwatch/alarm.h"
#include "wire/codec.h"
#include "wire/value.h"

enum { HISTORY_DATA_MAX = 4095, SUMMARY_MAX = 255, NAME_SHOWN_MAX = 200, ORDER_SHIFT = 47 };

struct str cloudwatch_partition(struct str region)
{
    return str_starts(region, STR("cn-")) ? STR("aws-cn") : str_starts(region, STR("us-gov-")) ? STR("aws-us-gov") : STR("aws");
}

static struct str arn_prefix(struct arena *arena, const struct rows *rows)
{
    return str_format(arena, "arn:%" STR_FMT ":cloudwatch:%" STR_FMT ":%" STR_FMT ":alarm:", STR_ARG(cloudwatch_partition(rows->region)),
                      STR_ARG(rows->region), STR_ARG(rows->account));
}

struct str cloudwatch_alarm_arn(struct arena *arena, const struct rows *rows, struct str name)
{
    return str_format(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(arn_prefix(arena, rows)), STR_ARG(name));
}

struct str cloudwatch_alarm_name(const struct rows *rows, struct arena *arena, struct str arn)
{
    const struct str prefix = arn_prefix(arena, rows);
    return str_starts(arn, prefix) ? str_from(arn, prefix.len) : STR_NONE;
}

struct rows cloudwatch_alarm_rows(const struct rows *rows, const struct alarm *alarm)
{
    return (struct rows){ rows->ctx, rows->db, alarm->account, alarm->region };
}

struct err cloudwatch_metric_config(struct ctx *ctx, const struct alarm *alarm, struct cloudwatch_metric_alarm **out)
{
    void *value = NULL;
    TRY(wire_json_read(ctx, CLOUDWATCH_SHAPE_METRIC_ALARM, alarm->config, &value));
    *out = value;
    return ERR_OK;
}

struct err cloudwatch_composite_config(struct ctx *ctx, const struct alarm *alarm, struct cloudwatch_composite_alarm **out)
{
    void *value = NULL;
    TRY(wire_json_read(ctx, CLOUDWATCH_SHAPE_COMPOSITE_ALARM, alarm->config, &value));
    *out = value;
    return ERR_OK;
}

struct str cloudwatch_time_text(struct arena *arena, int64_t ms)
{
    const struct str text = clock_format_iso8601_ms(arena, ms);
    return str_format(arena, "%" STR_FMT "+0000", STR_ARG(str_slice(text, 0, text.len - 1)));
}

struct str cloudwatch_double_text(struct arena *arena, double value)
{
    struct json_writer w = json_writer_new(arena);
    json_write_double(&w, value);
    const struct str text = json_done(&w);
    const bool whole = str_find(text, '.') == STR_MISSING && str_find(text, 'e') == STR_MISSING && str_find(text, 'n') == STR_MISSING;
    return whole ? str_format(arena, "%" STR_FMT ".0", STR_ARG(text)) : text;
}

struct err cloudwatch_history_put(const struct rows *rows, const struct alarm *alarm, enum history_kind kind, struct str summary,
                                  struct str data)
{
    static const struct str names[] = { STR_INIT("ConfigurationUpdate"), STR_INIT("StateUpdate"), STR_INIT("Action") };
    uint64_t number = 0;
    random_bytes(&number, sizeof(number));
    const struct history history = {
        .at_ms = rows->ctx->now_ms,
        .number = (int64_t)kind << ORDER_SHIFT | (int64_t)(number >> (64 - ORDER_SHIFT)), /* in order within a millisecond */
        .alarm = alarm->name,
        .composite = alarm->composite,
        .kind = names[kind],
        .summary = text_shown(summary, SUMMARY_MAX),
        .data = data,
    };
    return cloudwatch_row_history_add(rows, &history);
}

static void write_side(struct json_writer *w, struct str key, struct alarm_state state)
{
    json_key(w, key);
    json_open_object(w);
    json_member_str(w, STR("stateValue"), state.value);
    json_member_str(w, STR("stateReason"), state.reason);
    if (state.data.ptr) {
        json_key(w, STR("stateReasonData"));
        json_raw(w, state.data);
    }
    json_close_object(w);
}

static struct str state_data(struct arena *arena, struct alarm_state before, struct alarm_state after)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("version"), STR("1.0"));
    write_side(&w, STR("oldState"), before);
    write_side(&w, STR("newState"), after);
    json_close_object(&w);
    return json_done(&w);
}

/* Whole where there is room, else without what is said of the old state, or of both. */
static struct str fitting_state_data(struct arena *arena, struct alarm_state before, struct alarm_state after)
{
    struct str data = state_data(arena, before, after);
    if (data.len > HISTORY_DATA_MAX) {
        before.data = STR_NONE;
        data = state_data(arena, before, after);
    }
    if (data.len > HISTORY_DATA_MAX) {
        after.data = STR_NONE;
        data = state_data(arena, before, after);
    }
    return data;
}

struct err cloudwatch_history_config(const struct rows *rows, const struct alarm *alarm, struct str before, struct str after)
{
    struct arena *arena = rows->ctx->arena;
    const char *kind = !before.ptr ? "Create" : after.ptr ? "Update" : "Delete";
    const char *done = !before.ptr ? "created" : after.ptr ? "updated" : "deleted";
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("version"), STR("1.0"));
    json_member_str(&w, STR("type"), str_of(kind));
    json_key(&w, str_format(arena, "%sAlarm", done));
    json_raw(&w, after.ptr ? after : before);
    json_close_object(&w);
    struct str data = json_done(&w);
    if (data.len > HISTORY_DATA_MAX) {
        data = str_format(arena, "{\"version\":\"1.0\",\"type\":\"%s\"}", kind);
    }
    return cloudwatch_history_put(rows, alarm, HISTORY_CONFIGURATION,
                                  str_format(arena, "Alarm \"%" STR_FMT "\" %s", STR_ARG(text_shown(alarm->name, NAME_SHOWN_MAX)), done), data);
}

static void write_state(struct json_writer *w, struct str key, struct alarm_state state, int64_t at_ms)
{
    json_key(w, key);
    json_open_object(w);
    json_member_str(w, STR("value"), state.value);
    json_member_str(w, STR("reason"), state.reason);
    json_member_str(w, STR("reasonData"), state.data);
    json_member_str(w, STR("timestamp"), cloudwatch_time_text(w->text.arena, at_ms));
    json_close_object(w);
}

static void write_metric(struct json_writer *w, const struct cloudwatch_metric_stat *stat)
{
    const struct cloudwatch_metric *metric = stat->metric;
    json_key(w, STR("metricStat"));
    json_open_object(w);
    json_key(w, STR("metric"));
    json_open_object(w);
    json_member_str(w, STR("namespace"), metric->namespace);
    json_member_str(w, STR("name"), metric->metric_name);
    json_key(w, STR("dimensions"));
    json_open_object(w);
    for (size_t i = 0; i < metric->dimensions.count; i++) {
        json_member_str(w, metric->dimensions.items[i].name, metric->dimensions.items[i].value);
    }
    json_close_object(w);
    json_close_object(w);
    json_member_int(w, STR("period"), stat->period.v);
    json_member_str(w, STR("stat"), stat->stat);
    json_member_str(w, STR("unit"), stat->unit);
    json_close_object(w);
}

static struct err write_metric_configuration(struct ctx *ctx, struct json_writer *w, const struct alarm *alarm)
{
    struct cloudwatch_metric_alarm *config = NULL;
    struct queries queries = { NULL, 0 };
    TRY(cloudwatch_metric_config(ctx, alarm, &config));
    TRY(cloudwatch_alarm_queries(ctx, config, &queries));
    json_member_str(w, STR("description"), config->alarm_description);
    json_key(w, STR("metrics"));
    json_open_array(w);
    for (size_t i = 0; i < queries.count; i++) {
        const struct cloudwatch_metric_data_query *item = queries.items[i].item;
        json_open_object(w);
        json_member_str(w, STR("id"), config->metrics.items ? item->id : random_uuid(ctx));
        json_member_str(w, STR("expression"), item->expression);
        json_member_str(w, STR("label"), item->label);
        if (item->metric_stat) {
            write_metric(w, item->metric_stat);
        }
        json_member_bool(w, STR("returnData"), query_returns(&queries.items[i]));
        json_close_object(w);
    }
    json_close_array(w);
    return ERR_OK;
}

static struct err write_configuration(struct ctx *ctx, struct json_writer *w, const struct alarm *alarm)
{
    struct cloudwatch_composite_alarm *config = NULL;
    json_key(w, STR("configuration"));
    json_open_object(w);
    if (alarm->composite) {
        TRY(cloudwatch_composite_config(ctx, alarm, &config));
        json_member_str(w, STR("description"), config->alarm_description);
        json_member_str(w, STR("alarmRule"), config->alarm_rule);
    } else {
        TRY(write_metric_configuration(ctx, w, alarm));
    }
    json_close_object(w);
    return ERR_OK;
}

/* spec: CloudWatch user guide, "Invoke a Lambda function from an alarm": the event's JSON. */
static struct err event_of(const struct rows *rows, const struct alarm *alarm, struct alarm_state before, int64_t before_ms, struct str *out)
{
    struct arena *arena = rows->ctx->arena;
    const struct alarm_state now = { alarm->state, alarm->reason, alarm->reason_data };
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("source"), STR("aws.cloudwatch"));
    json_member_str(&w, STR("alarmArn"), cloudwatch_alarm_arn(arena, rows, alarm->name));
    json_member_str(&w, STR("accountId"), rows->account);
    json_member_str(&w, STR("time"), cloudwatch_time_text(arena, alarm->updated_ms));
    json_member_str(&w, STR("region"), rows->region);
    json_key(&w, STR("alarmData"));
    json_open_object(&w);
    json_member_str(&w, STR("alarmName"), alarm->name);
    write_state(&w, STR("state"), now, alarm->updated_ms);
    write_state(&w, STR("previousState"), before, before_ms);
    TRY(write_configuration(rows->ctx, &w, alarm));
    json_close_object(&w);
    json_close_object(&w);
    *out = json_done(&w);
    return ERR_OK;
}

struct doing {
    bool enabled;
    struct cloudwatch_resource_list list;
};

static struct cloudwatch_resource_list list_for(struct str state, struct cloudwatch_resource_list ok, struct cloudwatch_resource_list alarm,
                                                struct cloudwatch_resource_list insufficient)
{
    return str_equal(state, STATE_OK) ? ok : str_equal(state, STATE_ALARM) ? alarm : insufficient;
}

static struct err actions_of(struct ctx *ctx, const struct alarm *alarm, struct doing *out)
{
    struct cloudwatch_metric_alarm *metric = NULL;
    struct cloudwatch_composite_alarm *composite = NULL;
    if (alarm->composite) {
        TRY(cloudwatch_composite_config(ctx, alarm, &composite));
        *out = (struct doing){ composite->actions_enabled.v, list_for(alarm->state, composite->ok_actions, composite->alarm_actions,
                                                                      composite->insufficient_data_actions) };
        return ERR_OK;
    }
    TRY(cloudwatch_metric_config(ctx, alarm, &metric));
    *out = (struct doing){ metric->actions_enabled.v,
                           list_for(alarm->state, metric->ok_actions, metric->alarm_actions, metric->insufficient_data_actions) };
    return ERR_OK;
}

static struct err act(const struct rows *rows, const struct alarm *alarm, struct alarm_state before, int64_t before_ms)
{
    struct doing doing = { .enabled = false };
    struct str event = STR_NONE;
    TRY(actions_of(rows->ctx, alarm, &doing));
    if (!doing.enabled || doing.list.count == 0) {
        return ERR_OK;
    }
    TRY(event_of(rows, alarm, before, before_ms, &event));
    for (size_t i = 0; i < doing.list.count; i++) {
        const struct action action = { .id = random_uuid(rows->ctx), .alarm = alarm->name, .target = doing.list.items[i], .payload = event,
                                       .composite = alarm->composite };
        TRY(cloudwatch_row_action_add(rows, &action));
    }
    return ERR_OK;
}

struct err cloudwatch_alarm_change(const struct rows *rows, struct alarm *alarm, struct alarm_state state)
{
    const struct rows own = cloudwatch_alarm_rows(rows, alarm);
    struct arena *arena = rows->ctx->arena;
    const struct alarm_state before = { alarm->state, alarm->reason, alarm->reason_data };
    const int64_t before_ms = alarm->updated_ms;
    const bool another = !str_equal(state.value, alarm->state);
    alarm->state = state.value;
    alarm->reason = state.reason;
    alarm->reason_data = state.data;
    alarm->updated_ms = rows->ctx->now_ms;
    alarm->transitioned_ms = another ? rows->ctx->now_ms : alarm->transitioned_ms;
    TRY(cloudwatch_row_alarm_put(&own, alarm));
    if (!another) {
        return ERR_OK;
    }
    const struct str summary =
        str_format(arena, "Alarm updated from %" STR_FMT " to %" STR_FMT, STR_ARG(before.value), STR_ARG(state.value));
    TRY(cloudwatch_history_put(&own, alarm, HISTORY_STATE, summary, fitting_state_data(arena, before, state)));
    return act(&own, alarm, before, before_ms);
}
