/* lifecycle.h - what a bucket's lifecycle rules say about one version of an object, or one unfinished upload.
 *
 * Pure: no store, no clock. Times are Unix milliseconds. Transitions are not carried out: there is one kind of disk here, and
 * an object keeps the storage class that it was put with.
 *
 * spec: S3 user guide, "Lifecycle configuration elements" and "Setting lifecycle configuration on a bucket": days are added to
 * the time of creation (of the next version, for noncurrent ones) and rounded up to the next midnight in UTC. */
#ifndef YAGURA_SVC_S3_LIFECYCLE_H
#define YAGURA_SVC_S3_LIFECYCLE_H

#include "base/str.h"

struct lifecycle_tag {
    struct str key, value;
};

struct lifecycle_rule {
    struct str id;
    bool enabled;
    struct str prefix;
    const struct lifecycle_tag *tags; /* all of them */
    size_t tag_count;
    bool greater_set, less_set;       /* the size, both exclusive */
    int64_t greater, less;
    int64_t days;                     /* 0: none */
    int64_t date_ms;                  /* 0: none */
    bool lone_markers;                /* ExpiredObjectDeleteMarker */
    int64_t noncurrent_days;          /* 0: none */
    int64_t noncurrent_kept;          /* NewerNoncurrentVersions */
    int64_t abort_days;               /* AbortIncompleteMultipartUpload; 0: none */
};

struct lifecycle_version {
    struct str key;
    const struct lifecycle_tag *tags;
    size_t tag_count;
    int64_t size;
    int64_t modified_ms;
    bool marker, latest;
    bool alone;             /* the key has no other version */
    int64_t noncurrent_ms;  /* of one that isn't the latest: when the next one was made */
    int64_t newer;          /* noncurrent versions of its key that are newer */
};

/* The rule by which it goes first, and when (*when_ms may be in the future); NULL: it stays. What going means is the bucket's
 * affair: an object that is the latest leaves a delete marker where there is versioning. */
const struct lifecycle_rule *lifecycle_expiry(const struct lifecycle_rule *rules, size_t count, const struct lifecycle_version *version,
                                              int64_t *when_ms);
/* The same for an upload begun at started_ms. */
const struct lifecycle_rule *lifecycle_abort(const struct lifecycle_rule *rules, size_t count, struct str key, int64_t started_ms,
                                             int64_t *when_ms);

#endif
