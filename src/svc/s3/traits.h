/* traits.h - what a new object bears beside its bytes and headers: tags and its lock, from the headers of PutObject, CopyObject
 * and CreateMultipartUpload and from what the bucket says; and what a lock forbids.
 *
 * Tags lie in rows as the JSON of a TagSet, in the order of their keys. spec: S3 user guide, "Object tagging"; "Locking objects". */
#ifndef YAGURA_SVC_S3_TRAITS_H
#define YAGURA_SVC_S3_TRAITS_H

#include "svc/s3/bucket.h"

struct traits {
    struct str tags;      /* absent: none */
    struct str lock_mode; /* absent: none */
    int64_t retain_until_ms;
    bool legal_hold;
    bool hold_said;       /* once a hold was set or taken off it is shown: "ON", "OFF" */
};

struct err traits_take(struct request *rq, const void *in, const struct bucket_row *bucket, struct traits *out);
/* TagCount, ObjectLockMode, ObjectLockRetainUntilDate and ObjectLockLegalHoldStatus of an output. */
void traits_show(struct request *rq, const struct object_row *row, void *out);

/* Sorted and checked, as rows hold them; absent: an empty set. */
struct err traits_write_tags(struct request *rq, const struct s3_tag_set *tags, struct str *json);
struct err traits_read_tags(struct request *rq, struct str json, struct s3_tag_set *out);

/* AccessDenied where the version must stay. bypass: the caller asked for it, and may. */
struct err lock_check(struct request *rq, const struct object_row *row, bool bypass);

#endif
