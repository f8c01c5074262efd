/* cloudwatch.h - all that the outside sees of CloudWatch: the service, what time does to it, and actions for app to perform.
 *
 * Nothing happens to an alarm by itself: app asks for judgement again and again, then performs the actions that lie in the
 * store, and tells what came of each. A kill between the two loses nothing; an action may then be performed twice. */
#ifndef YAGURA_SVC_CLOUDWATCH_CLOUDWATCH_H
#define YAGURA_SVC_CLOUDWATCH_CLOUDWATCH_H

#include "cloudwatch_model.h"
#include "svc/request.h"

extern const struct service CLOUDWATCH;

/* Whether some alarm's state would change, or old data wait to be rolled up: within a read transaction. */
struct err cloudwatch_chores_due(struct ctx *ctx, struct store_conn *db, bool *due);
/* Does it, within a write transaction. */
struct err cloudwatch_chores_do(struct ctx *ctx, struct store_conn *db);

/* What another service counted, within its own write transaction. A fault below 500 left nothing behind. */
struct err cloudwatch_count(struct ctx *ctx, struct store_conn *db, struct str account, struct str region,
                            const struct cloudwatch_put_metric_data_in *in);

struct cloudwatch_action {
    struct str account, region, id;
    struct str alarm;     /* its name */
    struct str alarm_arn;
    struct str target;    /* ARN of what is called */
    struct str payload;   /* JSON */
    bool composite;
};
/* The longest waiting first. */
struct err cloudwatch_actions(struct ctx *ctx, struct store_conn *db, size_t max, struct cloudwatch_action *actions, size_t *count);
/* Within a write transaction: it is done, or couldn't be (failure: why, in words); the alarm's history says so. */
struct err cloudwatch_action_done(struct ctx *ctx, struct store_conn *db, const struct cloudwatch_action *action, struct str failure);

#endif
