/* guard.h - what authorisation must know of a call to CloudWatch Logs. */
#ifndef YAGURA_SVC_LOGS_GUARD_H
#define YAGURA_SVC_LOGS_GUARD_H

#include "svc/guard.h"

struct err logs_guard(struct request *rq, const void *in, struct guard *guard);

#endif
