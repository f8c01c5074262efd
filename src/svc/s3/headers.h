/* headers.h - what an object bears for its readers: Content-Type and its kin, and the user's metadata, as JSON in its row. */
#ifndef YAGURA_SVC_S3_HEADERS_H
#define YAGURA_SVC_S3_HEADERS_H

#include "svc/s3/faults.h"

/* From PutObject, CopyObject, CreateMultipartUpload. MetadataTooLarge. */
struct err headers_take(struct request *rq, const void *in, struct str *json);
/* Into an output that has such members, GetObject's or HeadObject's. */
struct err headers_show(struct request *rq, struct str json, void *out);

#endif
