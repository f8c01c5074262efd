/* guard.h - what authorisation must know of a secret: its ARN, owner, policy and the keys of Secrets Manager. */
#ifndef YAGURA_SVC_SECRETSMANAGER_GUARD_H
#define YAGURA_SVC_SECRETSMANAGER_GUARD_H

#include "svc/guard.h"

struct err secretsmanager_guard(struct request *rq, const void *in, struct guard *guard);

#endif
