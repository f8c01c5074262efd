#include "svc/s3/faults.h"

const struct fault S3_AUTHORIZATION_HEADER_MALFORMED = { "AuthorizationHeaderMalformed", NULL, NULL, 400 };
const struct fault S3_BAD_DIGEST = { "BadDigest", NULL, NULL, 400 };
const struct fault S3_BUCKET_NOT_EMPTY = { "BucketNotEmpty", NULL, NULL, 409 };
const struct fault S3_CONDITIONAL_REQUEST_CONFLICT = { "ConditionalRequestConflict", NULL, NULL, 409 };
const struct fault S3_ENTITY_TOO_LARGE = { "EntityTooLarge", NULL, NULL, 400 };
const struct fault S3_ENTITY_TOO_SMALL = { "EntityTooSmall", NULL, NULL, 400 };
const struct fault S3_ILLEGAL_LOCATION_CONSTRAINT = { "IllegalLocationConstraintException", NULL, NULL, 400 };
const struct fault S3_ILLEGAL_VERSIONING = { "IllegalVersioningConfigurationException", NULL, NULL, 400 };
const struct fault S3_INVALID_BUCKET_STATE = { "InvalidBucketState", NULL, NULL, 409 };
const struct fault S3_INCOMPLETE_BODY = { "IncompleteBody", NULL, NULL, 400 };
const struct fault S3_INVALID_BUCKET_NAME = { "InvalidBucketName", NULL, NULL, 400 };
const struct fault S3_INVALID_DIGEST = { "InvalidDigest", NULL, NULL, 400 };
const struct fault S3_INVALID_LOCATION_CONSTRAINT = { "InvalidLocationConstraint", NULL, NULL, 400 };
const struct fault S3_INVALID_PART = { "InvalidPart", NULL, NULL, 400 };
const struct fault S3_INVALID_PART_NUMBER = { "InvalidPartNumber", NULL, NULL, 416 };
const struct fault S3_INVALID_PART_ORDER = { "InvalidPartOrder", NULL, NULL, 400 };
const struct fault S3_INVALID_RANGE = { "InvalidRange", NULL, NULL, 416 };
const struct fault S3_INVALID_STORAGE_CLASS = { "InvalidStorageClass", NULL, NULL, 400 };
const struct fault S3_INVALID_URI = { "InvalidURI", NULL, NULL, 400 };
const struct fault S3_KEY_TOO_LONG = { "KeyTooLongError", NULL, NULL, 400 };
const struct fault S3_MALFORMED_XML = { "MalformedXML", NULL, NULL, 400 };
const struct fault S3_METADATA_TOO_LARGE = { "MetadataTooLarge", NULL, NULL, 400 };
const struct fault S3_METHOD_NOT_ALLOWED = { "MethodNotAllowed", NULL, NULL, 405 };
const struct fault S3_MISSING_CONTENT_LENGTH = { "MissingContentLength", NULL, NULL, 411 };
const struct fault S3_NO_SUCH_VERSION = { "NoSuchVersion", NULL, NULL, 404 };
const struct fault S3_NOT_FOUND = { "NotFound", NULL, NULL, 404 };
const struct fault S3_NOT_IMPLEMENTED = { "NotImplemented", NULL, NULL, 501 };
const struct fault S3_NOT_MODIFIED = { "NotModified", NULL, NULL, 304 };
const struct fault S3_PERMANENT_REDIRECT = { "PermanentRedirect", NULL, NULL, 301 };
const struct fault S3_PRECONDITION_FAILED = { "PreconditionFailed", NULL, NULL, 412 };
const struct fault S3_SLOW_DOWN = { "SlowDown", NULL, NULL, 503 };
const struct fault S3_TOO_MANY_BUCKETS = { "TooManyBuckets", NULL, NULL, 400 };

static const struct {
    const struct fault *fault;
    const char *text;
} TEXTS[] = {
    { &S3_ACCESS_DENIED, "Access Denied" },
    { &S3_BAD_DIGEST, "The Content-MD5 you specified did not match what we received." },
    { &S3_BUCKET_ALREADY_EXISTS, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
                                 "Please select a different name and try again." },
    { &S3_BUCKET_ALREADY_OWNED_BY_YOU, "Your previous request to create the named bucket succeeded and you already own it." },
    { &S3_BUCKET_NOT_EMPTY, "The bucket you tried to delete is not empty" },
    { &S3_CONDITIONAL_REQUEST_CONFLICT, "The conditional request cannot succeed due to a conflicting operation against this resource." },
    { &S3_ENTITY_TOO_LARGE, "Your proposed upload exceeds the maximum allowed size" },
    { &S3_ENTITY_TOO_SMALL, "Your proposed upload is smaller than the minimum allowed size" },
    { &S3_INCOMPLETE_BODY, "You did not provide the number of bytes specified by the Content-Length HTTP header" },
    { &S3_INVALID_BUCKET_NAME, "The specified bucket is not valid." },
    { &S3_INVALID_DIGEST, "The Content-MD5 you specified was invalid." },
    { &S3_INVALID_LOCATION_CONSTRAINT, "The specified location-constraint is not valid" },
    { &S3_INVALID_PART, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
                        "specified entity tag may not match the part's entity tag." },
    { &S3_INVALID_PART_NUMBER, "The requested partnumber is not satisfiable" },
    { &S3_INVALID_PART_ORDER, "The list of parts was not in ascending order. Parts must be ordered by part number." },
    { &S3_INVALID_RANGE, "The requested range is not satisfiable" },
    { &S3_INVALID_STORAGE_CLASS, "The storage class you specified is not valid" },
    { &S3_INVALID_URI, "Couldn't parse the specified URI." },
    { &S3_KEY_TOO_LONG, "Your key is too long" },
    { &S3_MALFORMED_XML, "The XML you provided was not well-formed or did not validate against our published schema" },
    { &S3_METADATA_TOO_LARGE, "Your metadata headers exceed the maximum allowed metadata size" },
    { &S3_METHOD_NOT_ALLOWED, "The specified method is not allowed against this resource." },
    { &S3_MISSING_CONTENT_LENGTH, "You must provide the Content-Length HTTP header." },
    { &S3_NO_SUCH_BUCKET, "The specified bucket does not exist" },
    { &S3_NO_SUCH_KEY, "The specified key does not exist." },
    { &S3_NO_SUCH_UPLOAD, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
                          "completed." },
    { &S3_NO_SUCH_VERSION, "The specified version does not exist." },
    { &S3_NOT_FOUND, "Not Found" },
    { &S3_NOT_MODIFIED, "Not Modified" },
    { &S3_PERMANENT_REDIRECT, "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all "
                              "future requests to this endpoint." },
    { &S3_PRECONDITION_FAILED, "At least one of the pre-conditions you specified did not hold" },
    { &S3_SLOW_DOWN, "Please reduce your request rate." },
    { &S3_TOO_MANY_BUCKETS, "You have attempted to create more buckets than allowed" },
};

struct err s3_fail(struct request *rq, const struct fault *fault)
{
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        if (TEXTS[i].fault == fault) {
            return fail(&rq->ctx, fault, "%s", TEXTS[i].text);
        }
    }
    return fail(&rq->ctx, fault, "%s", fault->code);
}

struct err s3_invalid_argument(struct request *rq, const char *name, struct str value, const char *message)
{
    request_element(rq, STR("ArgumentName"), str_of(name));
    request_element(rq, STR("ArgumentValue"), value);
    return fail(&rq->ctx, &S3_INVALID_ARGUMENT, "%s", message);
}
