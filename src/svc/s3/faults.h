/* faults.h - S3's errors that its model doesn't list, with their texts.
 * spec: S3 API reference, "Error responses", list of error codes. */
#ifndef YAGURA_SVC_S3_FAULTS_H
#define YAGURA_SVC_S3_FAULTS_H

#include "s3_model.h"
#include "svc/request.h"

extern const struct fault S3_AUTHORIZATION_HEADER_MALFORMED, S3_BAD_DIGEST, S3_BUCKET_NOT_EMPTY, S3_CONDITIONAL_REQUEST_CONFLICT,
    S3_ENTITY_TOO_LARGE, S3_ENTITY_TOO_SMALL, S3_ILLEGAL_LOCATION_CONSTRAINT, S3_ILLEGAL_VERSIONING, S3_INVALID_BUCKET_STATE, S3_INCOMPLETE_BODY, S3_INVALID_BUCKET_NAME,
    S3_INVALID_DIGEST, S3_INVALID_LOCATION_CONSTRAINT, S3_INVALID_PART, S3_INVALID_PART_NUMBER, S3_INVALID_PART_ORDER,
    S3_INVALID_RANGE, S3_INVALID_STORAGE_CLASS, S3_INVALID_URI, S3_KEY_TOO_LONG, S3_MALFORMED_XML, S3_METADATA_TOO_LARGE,
    S3_METHOD_NOT_ALLOWED, S3_MISSING_CONTENT_LENGTH, S3_NO_SUCH_VERSION, S3_NOT_FOUND, S3_NOT_IMPLEMENTED, S3_NOT_MODIFIED,
    S3_PERMANENT_REDIRECT, S3_PRECONDITION_FAILED, S3_SLOW_DOWN, S3_TOO_MANY_BUCKETS;

/* The fault in S3's own words, where it always has the same. */
MUST_USE struct err s3_fail(struct request *rq, const struct fault *fault);
MUST_USE struct err s3_invalid_argument(struct request *rq, const char *name, struct str value, const char *message);

#endif
