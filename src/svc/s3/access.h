/* access.h - the guard of S3: which actions on which ARNs a call needs, which policy and ACL speak, and what policies may ask. */
#ifndef YAGURA_SVC_S3_ACCESS_H
#define YAGURA_SVC_S3_ACCESS_H

#include "svc/guard.h"
#include "svc/s3/bucket_access.h"
#include "svc/s3/rows_access.h"

/* NoSuchBucket to anybody, as S3 does. */
struct err s3_guard(struct request *rq, const void *in, struct guard *guard);

/* What the guard found out for a handler, where none was asked (a test) as if all were allowed. */
bool access_may_list(const struct request *rq);               /* else a key that isn't there is AccessDenied */
bool access_may_delete(const struct request *rq, size_t at);  /* the object at that place of DeleteObjects */

/* --- between access.c and access_keys.c --- */

/* What one guard is about. */
struct subject {
    struct bucket_row bucket;
    struct bucket_access access;
    struct str key, version;     /* absent: the bucket itself, the newest version */
    bool looked, found;          /* belongings are known; there is such an object */
    struct object_belongings belongings;
};

struct err subject_look(struct request *rq, struct subject *subject);
/* guard->late: keys of S3 that depend on more than the input. */
struct str access_late_key(struct request *rq, const struct guard *guard, struct str key);

#endif
