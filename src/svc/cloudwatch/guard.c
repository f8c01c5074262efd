/* guard.c - what authorisation is told: the alarms and dashboards that a call is about, their tags, and which services may put
 * metrics. */
#include "svc/cloudwatch/guard.h"

#include "svc/cloudwatch/alarm.h"
#include "svc/cloudwatch/cloudwatch.h"
#include "svc/cloudwatch/dashboard.h"

const struct service CLOUDWATCH = { .model = &CLOUDWATCH_MODEL, .guard = cloudwatch_guard };

static const struct str SERVICES_MAY_PUT = STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":"
    "{\"Service\":[\"logs.amazonaws.com\",\"lambda.amazonaws.com\"]},\"Action\":\"cloudwatch:PutMetricData\",\"Resource\":\"*\"}]}");

static const void *member(const struct request *rq, const void *in, const char *name)
{
    const struct shape *input = rq->operation->input;
    for (uint16_t i = 0; i < input->member_count; i++) {
        if (strcmp(input->members[i].name, name) == 0) {
            return (const char *)in + input->members[i].offset;
        }
    }
    return NULL;
}

static struct str text_of(const struct request *rq, const void *in, const char *name)
{
    const struct str *text = member(rq, in, name);
    return text ? *text : STR_NONE;
}

static struct err add_tags(struct request *rq, struct guard *guard)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct tags tags = { NULL, 0 };
    TRY(cloudwatch_row_tags(&rows, guard->resource, &tags));
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, tags.count);
    for (size_t i = 0; i < tags.count; i++) {
        pairs[i] = (struct context_pair){
            str_format(rq->ctx.arena, "aws:ResourceTag/%" STR_FMT, STR_ARG(tags.items[i].key)), tags.items[i].value
        };
    }
    guard->pairs = pairs;
    guard->pair_count = tags.count;
    return ERR_OK;
}

static struct err about_alarm(struct request *rq, struct str name, struct guard *guard)
{
    const struct rows rows = cloudwatch_rows(rq);
    guard->resource = cloudwatch_alarm_arn(rq->ctx.arena, &rows, name);
    return add_tags(rq, guard);
}

static struct err about_dashboard(struct request *rq, struct str name, struct guard *guard)
{
    const struct rows rows = cloudwatch_rows(rq);
    guard->resource = cloudwatch_dashboard_arn(rq->ctx.arena, &rows, name);
    return add_tags(rq, guard);
}

static struct err about_each(struct request *rq, const struct any_list *names, struct guard *guard,
                             struct err (*about)(struct request *, struct str, struct guard *))
{
    for (size_t i = 0; i < names->count; i++) {
        TRY(about(rq, ((const struct str *)names->items)[i], guard));
        if (i + 1 < names->count) {
            struct guard *next = ARENA_NEW(rq->ctx.arena, struct guard);
            *next = *guard;
            guard->next = next;
            guard = next;
        }
    }
    return ERR_OK;
}

struct err cloudwatch_guard(struct request *rq, const void *in, struct guard *guard)
{
    const char *operation = rq->operation->name;
    const struct str name = text_of(rq, in, "AlarmName");
    const struct str arn = text_of(rq, in, "ResourceARN");
    const bool many = strcmp(operation, "DeleteAlarms") == 0 || strcmp(operation, "EnableAlarmActions") == 0
        || strcmp(operation, "DisableAlarmActions") == 0;
    if (strcmp(operation, "PutMetricData") == 0) {
        guard->policy = rq->caller.type == PRINCIPAL_AWS_SERVICE ? SERVICES_MAY_PUT : STR_NONE;
        return ERR_OK;
    }
    if (strcmp(operation, "DescribeAlarms") == 0) {
        return about_alarm(rq, STR("*"), guard);
    }
    const struct any_list *alarms = many ? member(rq, in, "AlarmNames") : NULL;
    const struct any_list *dashboards = member(rq, in, "DashboardNames");
    if (alarms || dashboards) {
        return about_each(rq, alarms ? alarms : dashboards, guard, alarms ? about_alarm : about_dashboard);
    }
    const struct str dashboard = strcmp(operation, "ListDashboards") == 0 ? STR("*") : text_of(rq, in, "DashboardName");
    if (dashboard.ptr) {
        return about_dashboard(rq, dashboard, guard);
    }
    if (arn.ptr) {
        guard->resource = arn;
        return add_tags(rq, guard);
    }
    return name.ptr ? about_alarm(rq, name, guard) : ERR_OK;
}
