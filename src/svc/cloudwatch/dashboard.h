/* dashboard.h - dashboards: pages of widgets, kept for the whole account as the JSON they came as. */
#ifndef YAGURA_SVC_CLOUDWATCH_DASHBOARD_H
#define YAGURA_SVC_CLOUDWATCH_DASHBOARD_H

#include "base/json.h"
#include "svc/cloudwatch/metric.h"

/* arn:PARTITION:cloudwatch::ACCOUNT:dashboard/NAME, and the name back; absent when arn is none of this account. */
struct str cloudwatch_dashboard_arn(struct arena *arena, const struct rows *rows, struct str name);
struct str cloudwatch_dashboard_name(const struct rows *rows, struct arena *arena, struct str arn);

/* What is wrong with a body: count of problems, the first of them as the JSON array that AWS shows. */
struct dashboard_problems {
    struct json_writer shown;
    size_t count;
};
void cloudwatch_dashboard_check(struct arena *arena, struct str body, struct dashboard_problems *out);

#endif
