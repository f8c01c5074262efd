#include "wire/sigv4.h"

/* What AWS's json services say for the same trouble; their clients match on the longer names. */
static const struct fault JSON_MISSING = { "MissingAuthenticationTokenException", NULL, NULL, 400 };
static const struct fault JSON_INCOMPLETE = { "IncompleteSignatureException", NULL, NULL, 400 };
static const struct fault JSON_UNKNOWN = { "UnrecognizedClientException", NULL, NULL, 400 };
static const struct fault JSON_EXPIRED_TOKEN = { "ExpiredTokenException", NULL, NULL, 400 };
static const struct fault JSON_MISMATCH = { "InvalidSignatureException", NULL, NULL, 400 };

static const struct fault REST_MISSING = { "MissingAuthenticationTokenException", NULL, NULL, 403 };
static const struct fault REST_INCOMPLETE = { "IncompleteSignatureException", NULL, NULL, 403 };
static const struct fault REST_UNKNOWN = { "UnrecognizedClientException", NULL, NULL, 403 };
static const struct fault REST_EXPIRED_TOKEN = { "ExpiredTokenException", NULL, NULL, 403 };
static const struct fault REST_MISMATCH = { "InvalidSignatureException", NULL, NULL, 403 };

static const struct fault EC2_UNKNOWN = { "AuthFailure", NULL, NULL, 401 };

static const struct fault S3_DENIED = { "AccessDenied", NULL, NULL, 403 };
static const struct fault S3_MALFORMED = { "AuthorizationHeaderMalformed", NULL, NULL, 400 };
static const struct fault S3_UNKNOWN = { "InvalidAccessKeyId", NULL, NULL, 403 };
static const struct fault S3_EXPIRED_TOKEN = { "ExpiredToken", NULL, NULL, 400 };
static const struct fault S3_SKEWED = { "RequestTimeTooSkewed", NULL, NULL, 403 };

static const struct row {
    const struct fault *general, *json, *rest, *ec2, *s3; /* NULL: the general one */
} rows[] = {
    { &SIGV4_MISSING_AUTHENTICATION_TOKEN, &JSON_MISSING, &REST_MISSING, NULL, &S3_DENIED },
    { &SIGV4_INCOMPLETE_SIGNATURE, &JSON_INCOMPLETE, &REST_INCOMPLETE, NULL, &S3_MALFORMED },
    { &SIGV4_INVALID_CLIENT_TOKEN_ID, &JSON_UNKNOWN, &REST_UNKNOWN, &EC2_UNKNOWN, &S3_UNKNOWN },
    { &SIGV4_EXPIRED_TOKEN, &JSON_EXPIRED_TOKEN, &REST_EXPIRED_TOKEN, NULL, &S3_EXPIRED_TOKEN },
    { &SIGV4_SIGNATURE_DOES_NOT_MATCH, &JSON_MISMATCH, &REST_MISMATCH, &EC2_UNKNOWN, NULL },
    { &SIGV4_SKEWED, &JSON_MISMATCH, &REST_MISMATCH, NULL, &S3_SKEWED },
    { &SIGV4_REQUEST_EXPIRED, &JSON_MISMATCH, &REST_MISMATCH, NULL, &S3_DENIED },
};

static const struct fault *pick(const struct row *row, uint8_t protocol, struct str service)
{
    if (str_equal(service, STR("s3"))) {
        return row->s3;
    }
    switch (protocol) {
    case PROTOCOL_JSON:
    case PROTOCOL_CBOR:
        return row->json;
    case PROTOCOL_REST_JSON:
        return row->rest;
    case PROTOCOL_EC2:
        return row->ec2;
    default:
        return NULL;
    }
}

const struct fault *sigv4_fault(const struct fault *fault, uint8_t protocol, struct str service)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].general == fault) {
            const struct fault *own = pick(&rows[i], protocol, service);
            return own ? own : fault;
        }
    }
    return fault;
}
