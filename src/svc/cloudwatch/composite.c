/* composite.c - alarms on the states of other alarms. spec: CloudWatch API reference, PutCompositeAlarm. */
#include "base/clock.h"
#include "base/json.h"
#include "svc/cloudwatch/alarm.h"
#include "svc/cloudwatch/rule.h"
#include "wire/codec.h"

enum { CHILDREN_MAX = 100 };

struct err rule_names_of(struct ctx *ctx, const struct alarm *alarm, struct rule_names *out)
{
    struct cloudwatch_composite_alarm *config = NULL;
    struct str reason = STR_NONE;
    if (!alarm->composite) {
        return ERR_OK;
    }
    TRY(cloudwatch_composite_config(ctx, alarm, &config));
    const struct rule *rule = rule_parse(ctx->arena, config->alarm_rule, &reason);
    if (rule) {
        *out = rule_names(ctx->arena, rule);
    }
    return ERR_OK;
}

static struct err find_child(const struct rows *rows, struct str name_or_arn, struct alarm *out, bool *found)
{
    const struct str name = str_starts(name_or_arn, STR("arn:")) ? cloudwatch_alarm_name(rows, rows->ctx->arena, name_or_arn) : name_or_arn;
    *found = false;
    return name.ptr ? cloudwatch_row_alarm_get(rows, name, out, found) : ERR_OK;
}

static struct err check_children(struct request *rq, const struct rows *rows, struct str own, const struct rule *rule)
{
    const struct rule_names names = rule_names(rq->ctx.arena, rule);
    struct text missing = text_new(rq->ctx.arena);
    if (names.count > CHILDREN_MAX) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "AlarmRule can name at most %d alarms.", CHILDREN_MAX);
    }
    for (size_t i = 0; i < names.count; i++) {
        struct alarm child = { .name = STR_NONE };
        bool found = false;
        TRY(find_child(rows, names.items[i], &child, &found));
        if (found && str_equal(child.name, own)) {
            return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "AlarmRule can't name the composite alarm itself.");
        }
        if (!found) {
            text_add_format(&missing, "%s%" STR_FMT, missing.len > 0 ? ", " : "", STR_ARG(names.items[i]));
        }
    }
    return missing.len == 0 ? ERR_OK
                            : fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION,
                                   "Unable to create composite alarm. The following alarms do not exist: [%" STR_FMT "].",
                                   STR_ARG(text_str(&missing)));
}

static struct err check(struct request *rq, const struct rows *rows, const struct cloudwatch_put_composite_alarm_in *in)
{
    struct str reason = STR_NONE;
    if (in->actions_suppressor.ptr) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "ActionsSuppressor is not implemented by Yagura yet.");
    }
    const struct rule *rule = rule_parse(rq->ctx.arena, in->alarm_rule, &reason);
    if (rule == NULL) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "%" STR_FMT, STR_ARG(reason));
    }
    TRY(cloudwatch_actions_check(rq, in->ok_actions));
    TRY(cloudwatch_actions_check(rq, in->alarm_actions));
    TRY(cloudwatch_actions_check(rq, in->insufficient_data_actions));
    return check_children(rq, rows, in->alarm_name, rule);
}

static struct str config_of(struct request *rq, const struct cloudwatch_put_composite_alarm_in *in)
{
    const struct cloudwatch_composite_alarm config = {
        .actions_enabled = SOME(!in->actions_enabled.set || in->actions_enabled.v),
        .alarm_actions = in->alarm_actions,
        .alarm_description = in->alarm_description,
        .alarm_rule = in->alarm_rule,
        .insufficient_data_actions = in->insufficient_data_actions,
        .ok_actions = in->ok_actions,
        .action_configuration = in->action_configuration,
    };
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, CLOUDWATCH_SHAPE_COMPOSITE_ALARM, &config);
    return json_done(&w);
}

struct err cloudwatch_put_composite_alarm(struct request *rq, const struct cloudwatch_put_composite_alarm_in *in,
                                          struct cloudwatch_put_composite_alarm_out *out)
{
    (void)out;
    const struct rows rows = cloudwatch_rows(rq);
    struct alarm alarm = { .name = STR_NONE };
    bool found = false;
    TRY(check(rq, &rows, in));
    TRY(cloudwatch_row_alarm_get(&rows, in->alarm_name, &alarm, &found));
    if (found && !alarm.composite) {
        return fail(&rq->ctx, &CLOUDWATCH_VALIDATION_EXCEPTION, "A metric alarm of this name exists already.");
    }
    const struct str before = found ? alarm.config : STR_NONE;
    if (!found) {
        alarm = (struct alarm){ .account = rq->account, .region = rq->region, .name = in->alarm_name, .composite = true,
                                .state = STATE_INSUFFICIENT, .reason = STR("Unchecked: Initial alarm creation"),
                                .updated_ms = rq->ctx.now_ms, .transitioned_ms = rq->ctx.now_ms };
        TRY(cloudwatch_tags_put(rq, cloudwatch_alarm_arn(rq->ctx.arena, &rows, in->alarm_name), in->tags));
    }
    alarm.config = config_of(rq, in);
    alarm.configured_ms = rq->ctx.now_ms;
    TRY(cloudwatch_row_alarm_put(&rows, &alarm));
    return cloudwatch_history_config(&rows, &alarm, before, alarm.config);
}

struct looking {
    const struct rows *rows;
    struct alarm newest; /* the child that changed last */
    struct err err;
};

static bool in_state(void *argument, struct str name, struct str state)
{
    struct looking *looking = argument;
    struct alarm child = { .name = STR_NONE };
    bool found = false;
    const struct err err = find_child(looking->rows, name, &child, &found);
    if (err.fault) {
        looking->err = err;
    }
    if (found && child.transitioned_ms >= looking->newest.transitioned_ms) {
        looking->newest = child;
    }
    return found && str_equal(child.state, state);
}

static struct alarm_state describe(const struct rows *rows, const struct alarm *alarm, const struct alarm *child, struct str state)
{
    struct arena *arena = rows->ctx->arena;
    struct json_writer w = json_writer_new(arena);
    if (child->name.ptr == NULL || str_equal(alarm->state, STATE_INSUFFICIENT)) {
        return (struct alarm_state){ state,
                                     str_format(arena, "%" STR_FMT " was created and its alarm rule evaluates to %" STR_FMT,
                                                STR_ARG(cloudwatch_alarm_arn(arena, rows, alarm->name)), STR_ARG(state)),
                                     STR_NONE };
    }
    const struct str arn = cloudwatch_alarm_arn(arena, rows, child->name);
    json_open_object(&w);
    json_key(&w, STR("triggeringAlarms"));
    json_open_array(&w);
    json_open_object(&w);
    json_member_str(&w, STR("arn"), arn);
    json_key(&w, STR("state"));
    json_open_object(&w);
    json_member_str(&w, STR("value"), child->state);
    json_member_str(&w, STR("timestamp"), cloudwatch_time_text(arena, child->transitioned_ms));
    json_close_object(&w);
    json_close_object(&w);
    json_close_array(&w);
    json_close_object(&w);
    return (struct alarm_state){ state,
                                 str_format(arena, "%" STR_FMT " transitioned to %" STR_FMT " at %" STR_FMT, STR_ARG(arn),
                                            STR_ARG(child->state), STR_ARG(clock_format_rfc7231(arena, child->transitioned_ms))),
                                 json_done(&w) };
}

struct err cloudwatch_composite_judge(const struct rows *rows, const struct alarm *alarm, struct alarm_state *state, bool *changes)
{
    const struct rows own = cloudwatch_alarm_rows(rows, alarm);
    struct cloudwatch_composite_alarm *config = NULL;
    struct looking looking = { .rows = &own };
    struct str reason = STR_NONE;
    TRY(cloudwatch_composite_config(rows->ctx, alarm, &config));
    const struct rule *rule = rule_parse(rows->ctx->arena, config->alarm_rule, &reason);
    const bool holds = rule && rule_holds(rule, in_state, &looking);
    TRY(looking.err);
    *changes = rule && !str_equal(alarm->state, holds ? STATE_ALARM : STATE_OK);
    if (*changes) {
        *state = describe(&own, alarm, &looking.newest, holds ? STATE_ALARM : STATE_OK);
    }
    return ERR_OK;
}
