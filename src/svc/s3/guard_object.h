/* guard_object.h - what a call on objects touches, and with which right: versions have rights of their own, a copy reads its
 * source, DeleteObjects names many. */
#ifndef YAGURA_SVC_S3_GUARD_OBJECT_H
#define YAGURA_SVC_S3_GUARD_OBJECT_H

#include "svc/guard.h"

/* Completes guard, and adds to guard->next what else the call is about: with action and resource, whose owner and policy are for
 * the caller to find. */
struct err guard_object(struct request *rq, const void *in, struct guard *guard);
/* The bucket's name in an ARN of a bucket or an object; absent: neither. */
struct str guard_bucket_of(struct str arn);

#endif
