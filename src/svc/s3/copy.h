/* copy.h - where a copy comes from: x-amz-copy-source, of CopyObject and UploadPartCopy. */
#ifndef YAGURA_SVC_S3_COPY_H
#define YAGURA_SVC_S3_COPY_H

#include "svc/s3/intake.h"
#include "svc/s3/object.h"

struct copy_source {
    struct str bucket, key, version; /* version absent: the newest */
};

/* "bucket/key?versionId=ID", percent-encoded, perhaps with a slash before it. InvalidArgument. */
struct err copy_source_parse(struct request *rq, struct str text, struct copy_source *out);
/* The object itself; rq->db is within a transaction. */
struct err copy_source_need(struct request *rq, const struct copy_source *source, struct str owner, struct bucket_row *bucket,
                            struct object_row *row);
/* On a thread that may wait: takes what the stream gives as if it had come as a body, and closes it. intake->asked says which
 * checksum. The intake is to be found by intake_of. */
struct err intake_copy(struct request *rq, struct intake *intake, const struct http_stream *source);

#endif
