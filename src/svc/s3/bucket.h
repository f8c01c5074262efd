/* bucket.h - finding the bucket that a call is about. */
#ifndef YAGURA_SVC_S3_BUCKET_H
#define YAGURA_SVC_S3_BUCKET_H

#include "svc/s3/faults.h"
#include "svc/s3/rows.h"

/* The bucket, in the region of the call. NoSuchBucket; PermanentRedirect with x-amz-bucket-region where it lies elsewhere;
 * AccessDenied where `owner` (ExpectedBucketOwner) is given and somebody else's account. */
struct err bucket_need(struct request *rq, struct str name, struct str owner, struct bucket_row *out);
/* The same in any region: the source of a copy, GetBucketLocation. */
struct err bucket_need_anywhere(struct request *rq, struct str name, struct str owner, struct bucket_row *out);

/* A configuration document of the bucket, typed: absent (NULL) where there is none. */
struct err bucket_setting(struct request *rq, struct str bucket, struct str kind, struct str id, const struct shape *shape,
                          const void **out);
struct err bucket_setting_put(struct request *rq, struct str bucket, struct str kind, struct str id, const struct shape *shape,
                              const void *value);

#endif
