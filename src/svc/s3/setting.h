/* setting.h - the configuration documents of a bucket: each is one typed value under its kind, put, shown and dropped alike.
 *
 * Operations find their document in the payload of input and output, or in the output as a whole; what is stored is the JSON
 * of `shape`. */
#ifndef YAGURA_SVC_S3_SETTING_H
#define YAGURA_SVC_S3_SETTING_H

#include "svc/s3/bucket.h"

struct setting_kind {
    const char *kind;              /* of s3_bucket_setting */
    const struct shape *shape;
    const struct fault *absent;    /* what Get says where there is none; NULL: an empty answer */
    const char *absent_text;
};

extern const struct setting_kind SETTING_ABAC, SETTING_ACCELERATE, SETTING_ACL, SETTING_ANALYTICS, SETTING_CORS, SETTING_ENCRYPTION,
    SETTING_INTELLIGENT_TIERING, SETTING_INVENTORY, SETTING_LIFECYCLE, SETTING_LOGGING, SETTING_METRICS, SETTING_NOTIFICATION,
    SETTING_OBJECT_LOCK, SETTING_OWNERSHIP, SETTING_PAYMENT, SETTING_PUBLIC_ACCESS, SETTING_REPLICATION, SETTING_TAGGING,
    SETTING_WEBSITE;
extern const struct fault S3_NO_SUCH_CONFIGURATION;

/* All of them find the bucket first, in the region of the call. */
struct err s3_setting_put(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, const void *value);
struct err s3_setting_drop(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner);
/* Into the output of rq->operation. */
struct err s3_setting_show(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, void *out);
struct err s3_setting_absent(struct request *rq, const struct setting_kind *kind, struct str bucket);

/* Kinds of which a bucket has many, each under an id. */
struct err s3_setting_put_one(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str id,
                           const void *value);
struct err s3_setting_drop_one(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str id);
struct err s3_setting_show_one(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str id,
                            void *out);
/* Up to 100 from the token on, by id: an array of the kind's structs. *next: the token of the rest; absent: that was all. */
struct err s3_setting_page(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str token,
                        void **items, size_t *count, struct str *next);

#endif
