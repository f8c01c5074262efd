/* destination.h - where a subscription filter sends events: a Lambda function, or a destination that another account offers. */
#ifndef YAGURA_SVC_LOGS_DESTINATION_H
#define YAGURA_SVC_LOGS_DESTINATION_H

#include "svc/logs/item.h"

/* Whether events of the group can be sent there, in AWS's words otherwise. */
struct err destination_check(struct request *rq, const struct group *group, const struct logs_put_subscription_filter_in *in);
/* "arn:aws:logs:REGION:ACCOUNT:destination:NAME"; false: none. */
bool destination_read(struct str arn, struct str *region, struct str *account, struct str *name);
struct err destination_find(const struct rows *rows, struct str name, struct logs_destination **out); /* *out NULL: none */

#endif
