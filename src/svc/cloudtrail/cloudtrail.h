/* cloudtrail.h - all that the outside sees of CloudTrail: the service. What a call becomes stands in app/audit_event.h, how
 * events reach a bucket in svc/cloudtrail/delivery.h. */
#ifndef YAGURA_SVC_CLOUDTRAIL_CLOUDTRAIL_H
#define YAGURA_SVC_CLOUDTRAIL_CLOUDTRAIL_H

#include "svc/request.h"

extern const struct service CLOUDTRAIL;

/* Whether any trail that is logging selects data events. Within a transaction. */
struct err cloudtrail_takes_data(struct ctx *ctx, struct store_conn *db, bool *out);

#endif
