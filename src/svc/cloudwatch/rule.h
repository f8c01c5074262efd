/* rule.h - the rule of a composite alarm: ALARM("a") AND NOT (OK("b") OR INSUFFICIENT_DATA("c")).
 *
 * spec: CloudWatch API reference, PutCompositeAlarm, AlarmRule. Text may be hostile: depth and size are bounded. */
#ifndef YAGURA_SVC_CLOUDWATCH_RULE_H
#define YAGURA_SVC_CLOUDWATCH_RULE_H

#include "svc/cloudwatch/rows.h"

enum { RULE_DEPTH_MAX = 50, RULE_NODES_MAX = 1000 };

struct rule;

/* NULL: *reason says why, in words. The tree borrows from text, unless a name has escapes. */
const struct rule *rule_parse(struct arena *arena, struct str text, struct str *reason);
/* in_state: whether the alarm (a name or an ARN) is in that state now. */
bool rule_holds(const struct rule *rule, bool (*in_state)(void *argument, struct str alarm, struct str state), void *argument);

struct rule_names {
    struct str *items; /* names or ARNs, as they are written; one may stand there twice */
    size_t count;
};
struct rule_names rule_names(struct arena *arena, const struct rule *rule);
/* Of a composite alarm; none of another. */
struct err rule_names_of(struct ctx *ctx, const struct alarm *alarm, struct rule_names *out);

#endif
