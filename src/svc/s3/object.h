/* object.h - what the calls on one object share. */
#ifndef YAGURA_SVC_S3_OBJECT_H
#define YAGURA_SVC_S3_OBJECT_H

#include "svc/s3/bucket.h"

/* KeyTooLongError, InvalidURI: a key that no object can have. */
struct err object_check_key(struct request *rq, struct str key);
struct err object_check_version(struct request *rq, struct str version); /* InvalidArgument: it can't be one; absent is fine */
/* The object or that version of it (absent: the newest). NoSuchKey, NoSuchVersion, and MethodNotAllowed for a delete marker that
 * was asked for by its version, each with S3's headers; InvalidArgument for what can't be a version. */
struct err object_need(struct request *rq, const struct bucket_row *bucket, struct str key, struct str version, struct object_row *out);
/* A version id for a new version: "null" where the bucket isn't versioned. */
struct str object_new_version(struct request *rq, const struct bucket_row *bucket);
/* What answers show of it (PutObject's less: see there); absent where the bucket never was versioned. */
struct str object_shown_version(const struct bucket_row *bucket, struct str version);
/* object_rows_put; SlowDown where another server was faster (PostgreSQL). */
struct err object_put(struct request *rq, struct object_row *row);
struct str object_etag(struct arena *arena, const struct object_row *row); /* in quotes */

/* What takes long of a PutObject: its body, sealed. */
struct err object_before_put(struct request *rq, const struct s3_put_object_in *in);

/* conditions.c: If-Match and its kin of a read, in S3's precedence: PreconditionFailed, NotModified. */
struct conditions {
    struct str if_match, if_none_match;
    struct opt_time if_modified_since, if_unmodified_since;
};
struct err conditions_check(struct request *rq, const struct conditions *conditions, const struct object_row *row);
/* Of the source of a copy: all of them are PreconditionFailed. */
struct err conditions_check_source(struct request *rq, const struct conditions *conditions, const struct object_row *row);
/* Of a write: If-None-Match: *, If-Match; against what is there now. PreconditionFailed, NoSuchKey. */
struct err conditions_check_write(struct request *rq, struct str if_match, struct str if_none_match, const struct bucket_row *bucket,
                                  struct str key);
/* The same of PutObject, CopyObject and CompleteMultipartUpload, which take no If-Match: *. */
struct err conditions_check_put(struct request *rq, struct str if_match, struct str if_none_match, const struct bucket_row *bucket,
                                struct str key);

#endif
