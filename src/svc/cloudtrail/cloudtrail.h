/* cloudtrail.h - all that the outside sees of CloudTrail: the service. What a call becomes stands in app/audit_event.h, how
 * events reach a bucket in svc/cloudtrail/delivery.h. */
#ifndef YAGURA_SVC_CLOUDTRAIL_CLOUDTRAIL_H
#define YAGURA_SVC_CLOUDTRAIL_CLOUDTRAIL_H

#include "svc/request.h"

extern const struct service CLOUDTRAIL;

#endif
