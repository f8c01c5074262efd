/* alarms.h - judges CloudWatch's alarms every second or so, and performs their actions.
 *
 * Lambda functions are invoked as lambda.alarms.cloudwatch.amazonaws.com, for which their policies must speak. Targets that
 * Yagura can't reach yet (SNS, EC2, Auto Scaling, Systems Manager) are told as failed in the alarm's history. What was under
 * way when the server died is found again at the next start. */
#ifndef YAGURA_APP_ALARMS_H
#define YAGURA_APP_ALARMS_H

#include "app/inside.h"

struct alarms_options {
    struct store *store;
    struct store_writer *writer;
    struct inside *inside;
};

struct alarms;

struct err alarms_open(struct ctx *ctx, const struct alarms_options *options, struct alarms **out);
void alarms_start(struct alarms *alarms);
void alarms_stop(struct alarms *alarms); /* begins no more actions; NULL is allowed, as below */
/* Waits for the action under way, and frees it. */
void alarms_close(struct alarms *alarms);

#endif
