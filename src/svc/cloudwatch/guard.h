/* guard.h - what authorisation is told of CloudWatch's resources (svc/guard.h). */
#ifndef YAGURA_SVC_CLOUDWATCH_GUARD_H
#define YAGURA_SVC_CLOUDWATCH_GUARD_H

#include "svc/guard.h"

struct err cloudwatch_guard(struct request *rq, const void *in, struct guard *guard);

#endif
