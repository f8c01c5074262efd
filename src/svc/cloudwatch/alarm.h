/* alarm.h - alarms: their configuration, how their state changes, and what their history says. */
#ifndef YAGURA_SVC_CLOUDWATCH_ALARM_H
#define YAGURA_SVC_CLOUDWATCH_ALARM_H

#include "svc/cloudwatch/query.h"

#define STATE_OK STR("OK")
#define STATE_ALARM STR("ALARM")
#define STATE_INSUFFICIENT STR("INSUFFICIENT_DATA")

struct str cloudwatch_partition(struct str region);
/* arn:PARTITION:cloudwatch:REGION:ACCOUNT:alarm:NAME, and the name back; absent when arn is none of this place. */
struct str cloudwatch_alarm_arn(struct arena *arena, const struct rows *rows, struct str name);
struct str cloudwatch_alarm_name(const struct rows *rows, struct arena *arena, struct str arn);

/* The configuration as it is stored; members of the state are absent. */
struct err cloudwatch_metric_config(struct ctx *ctx, const struct alarm *alarm, struct cloudwatch_metric_alarm **out);
struct err cloudwatch_composite_config(struct ctx *ctx, const struct alarm *alarm, struct cloudwatch_composite_alarm **out);
struct rows cloudwatch_alarm_rows(const struct rows *rows, const struct alarm *alarm); /* of its account and Region */

/* A state that it has from now on, if it is another: stored, told in the history, and its actions are due. */
struct alarm_state {
    struct str value, reason;
    struct str data; /* JSON; absent: none */
};
struct err cloudwatch_alarm_change(const struct rows *rows, struct alarm *alarm, struct alarm_state state);
struct err cloudwatch_history_put(const struct rows *rows, const struct alarm *alarm, enum history_kind kind, struct str summary,
                                  struct str data);
/* What the configuration became; before absent: it is new; after absent: it is deleted. Both are JSON. */
struct err cloudwatch_history_config(const struct rows *rows, const struct alarm *alarm, struct str before, struct str after);

/* The queries behind a metric alarm; one that returns. */
struct err cloudwatch_alarm_queries(struct ctx *ctx, const struct cloudwatch_metric_alarm *config, struct queries *out);
/* The state that data call for now. *changes: another than it has. */
struct err cloudwatch_alarm_judge(const struct rows *rows, const struct alarm *alarm, struct alarm_state *state, bool *changes);
struct err cloudwatch_composite_judge(const struct rows *rows, const struct alarm *alarm, struct alarm_state *state, bool *changes);

struct str cloudwatch_time_text(struct arena *arena, int64_t ms); /* 2026-11-25T02:00:00.000+0000 */
struct str cloudwatch_double_text(struct arena *arena, double value); /* 21.0 */

struct err cloudwatch_tags_put(struct request *rq, struct str arn, struct cloudwatch_tag_list tags);
/* spec: PutMetricAlarm, AlarmActions: up to five ARNs for each state. */
struct err cloudwatch_actions_check(struct request *rq, struct cloudwatch_resource_list actions);

#endif
