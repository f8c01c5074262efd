/* chores.c - what time does: alarms are judged, actions are handed out, old data are rolled up. */
#include "base/json.h"
#include "svc/cloudwatch/alarm.h"
#include "svc/cloudwatch/cloudwatch.h"
#include "wire/value.h"

/* spec: CloudWatch user guide, "Viewing alarm history": it is kept for 30 days. */
#define HISTORY_KEEP_MS ((int64_t)30 * 24 * 3600 * 1000)

enum { SUMMARY_ERROR_MAX = 100 };

/* Calls take for each alarm that would change, until it says stop. */
static struct err each_change(struct ctx *ctx, struct store_conn *db,
                              struct err (*take)(const struct rows *rows, struct alarm *alarm, struct alarm_state state, bool *stop),
                              bool *stop)
{
    struct alarms alarms = { NULL, 0 };
    TRY(cloudwatch_row_alarms_all(ctx, db, &alarms));
    for (size_t i = 0; i < alarms.count && !*stop; i++) {
        struct alarm *alarm = &alarms.items[i];
        const struct rows rows = { ctx, db, alarm->account, alarm->region };
        const struct arena_mark mark = arena_mark(ctx->arena);
        struct alarm_state state = { .data = STR_NONE };
        bool changes = false;
        TRY(alarm->composite ? cloudwatch_composite_judge(&rows, alarm, &state, &changes)
                             : cloudwatch_alarm_judge(&rows, alarm, &state, &changes));
        if (changes) {
            TRY(take(&rows, alarm, state, stop));
        }
        arena_release(ctx->arena, mark);
    }
    return ERR_OK;
}

static struct err take_notice(const struct rows *rows, struct alarm *alarm, struct alarm_state state, bool *stop)
{
    (void)rows;
    (void)alarm;
    (void)state;
    *stop = true;
    return ERR_OK;
}

static struct err take_change(const struct rows *rows, struct alarm *alarm, struct alarm_state state, bool *stop)
{
    (void)stop;
    return cloudwatch_alarm_change(rows, alarm, state);
}

struct err cloudwatch_chores_due(struct ctx *ctx, struct store_conn *db, bool *due)
{
    *due = false;
    TRY(each_change(ctx, db, take_notice, due));
    return *due ? ERR_OK : cloudwatch_roll_due(ctx, db, due);
}

struct err cloudwatch_chores_do(struct ctx *ctx, struct store_conn *db)
{
    bool stop = false;
    TRY(each_change(ctx, db, take_change, &stop));
    TRY(cloudwatch_row_histories_forget(ctx, db, ctx->now_ms - HISTORY_KEEP_MS));
    return cloudwatch_roll(ctx, db);
}

struct err cloudwatch_actions(struct ctx *ctx, struct store_conn *db, size_t max, struct cloudwatch_action *actions, size_t *count)
{
    struct actions due = { NULL, 0 };
    TRY(cloudwatch_row_actions(ctx, db, (int64_t)max, &due));
    for (*count = 0; *count < due.count; (*count)++) {
        const struct action *from = &due.items[*count];
        const struct rows rows = { ctx, db, from->account, from->region };
        actions[*count] = (struct cloudwatch_action){
            .account = from->account,
            .region = from->region,
            .id = from->id,
            .alarm = from->alarm,
            .alarm_arn = cloudwatch_alarm_arn(ctx->arena, &rows, from->alarm),
            .target = from->target,
            .payload = from->payload,
            .composite = from->composite,
        };
    }
    return ERR_OK;
}

struct err cloudwatch_action_done(struct ctx *ctx, struct store_conn *db, const struct cloudwatch_action *action, struct str failure)
{
    const struct rows rows = { ctx, db, action->account, action->region };
    const struct alarm alarm = { .name = action->alarm, .composite = action->composite };
    struct json_writer w = json_writer_new(ctx->arena);
    bool was_there = false;
    TRY(cloudwatch_row_action_delete(&rows, action->id, &was_there));
    if (!was_there) {
        return ERR_OK; /* another server was quicker */
    }
    json_open_object(&w);
    json_member_str(&w, STR("actionState"), failure.ptr ? STR("Failed") : STR("Succeeded"));
    json_member_str(&w, STR("notificationResource"), action->target);
    json_member_str(&w, STR("error"), failure);
    json_close_object(&w);
    const struct str summary = failure.ptr
        ? str_format(ctx->arena, "Failed to execute action %" STR_FMT ". Received error: \"%" STR_FMT "\"", STR_ARG(action->target),
                     STR_ARG(text_shown(failure, SUMMARY_ERROR_MAX)))
        : str_format(ctx->arena, "Successfully executed action %" STR_FMT, STR_ARG(action->target));
    return cloudwatch_history_put(&rows, &alarm, HISTORY_ACTION, summary, json_done(&w));
}
