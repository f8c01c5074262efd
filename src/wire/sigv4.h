/* sigv4.h - AWS Signature Version 4: who claims to have signed a request, whether that is true, and signing our own.
 *
 *     struct sigv4_claim claim;
 *     TRY(sigv4_parse(ctx, request, &claim));              // what the request says; nothing is believed yet
 *     ... find the secret of claim.access_key; unknown: fail(ctx, &SIGV4_INVALID_CLIENT_TOKEN_ID, ...) ...
 *     TRY(sigv4_verify(ctx, keys, &claim, request, secret));
 *     if (claim.payload >= SIGV4_CHUNKED) ... wire/chunked.h takes the body apart ...
 *
 * Path and query must be as they stood in the request line. A claim borrows from request and arena. Faults carry the
 * codes of the query services; sigv4_fault gives what other protocols call them. The same request is accepted again
 * within the skew, as AWS does. Signature Version 4A (ECDSA) and Version 2 are refused in plain words.
 * spec: AWS Signature Version 4 for API requests, "Create a signed AWS API request". */
#ifndef YAGURA_WIRE_SIGV4_H
#define YAGURA_WIRE_SIGV4_H

#include "base/http.h"
#include "crypto/hash.h"
#include "wire/model.h"

enum { SIGV4_SKEW_MS = 15 * 60 * 1000, SIGV4_EXPIRES_MAX_S = 7 * 24 * 3600, SIGV4_SECRET_MAX = 128 };

enum sigv4_payload {
    SIGV4_HASHED,           /* the body's SHA-256 is signed */
    SIGV4_UNSIGNED,         /* S3 alone: the body is not covered */
    SIGV4_CHUNKED,          /* S3 alone, from here on: aws-chunked, each chunk signed */
    SIGV4_CHUNKED_TRAILER,  /* and a signed trailer */
    SIGV4_CHUNKED_UNSIGNED, /* chunks without signatures, and a trailer */
};

struct sigv4_claim {
    struct str access_key;
    struct str day; /* 20150830; day, region and service are the credential scope */
    struct str region;
    struct str service;
    struct str date; /* 20150830T123600Z */
    struct str signed_headers;
    struct str signature;
    struct str token;        /* session token; absent if none */
    struct str payload_hash; /* S3's header or marker; absent for others: they sign the body's own hash */
    int64_t at_ms;
    int64_t expires_ms; /* how long after at_ms a presigned request holds */
    enum sigv4_payload payload;
    bool presigned;
    bool s3; /* S3's rules for path and payload */
    bool body_later; /* S3 alone: the body isn't there yet, or too large to be hashed now; sigv4_check_body comes later */
};

extern const struct fault SIGV4_MISSING_AUTHENTICATION_TOKEN; /* nothing was signed: an anonymous call */
extern const struct fault SIGV4_INCOMPLETE_SIGNATURE;
extern const struct fault SIGV4_INVALID_CLIENT_TOKEN_ID;      /* for the caller: no such key, or not with this token */
extern const struct fault SIGV4_EXPIRED_TOKEN;                /* for the caller: the session is over */
extern const struct fault SIGV4_SIGNATURE_DOES_NOT_MATCH;
extern const struct fault SIGV4_SKEWED;                       /* SignatureDoesNotMatch: the clocks differ */
extern const struct fault SIGV4_REQUEST_EXPIRED;              /* a presigned request whose time is over */
extern const struct fault SIGV4_PAYLOAD_MISMATCH;             /* S3: the body isn't what x-amz-content-sha256 says */
extern const struct fault SIGV4_INVALID_REQUEST;              /* S3 */

#define SIGV4_MISMATCH_TEXT                                                                                    \
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "   \
    "Access Key and signing method. Consult the service documentation for details."
#define SIGV4_UNKNOWN_KEY_TEXT "The security token included in the request is invalid."
#define SIGV4_EXPIRED_TOKEN_TEXT "The security token included in the request is expired"

/* S3's own words. */
#define SIGV4_S3_MISMATCH_TEXT                                                                                 \
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."

/* What the claim's signature should have been made of: no secret. */
struct sigv4_text {
    struct str canonical, to_sign;
};
void sigv4_tell(struct ctx *ctx, const struct sigv4_claim *claim, const struct http_request *request, struct sigv4_text *out);

MUST_USE struct err sigv4_parse(struct ctx *ctx, const struct http_request *request, struct sigv4_claim *claim);

/* Signing keys made before, by key id and scope: bounded, wiped, safe for threads. */
struct sigv4_keys;
struct sigv4_keys *sigv4_keys_open(void);
void sigv4_keys_close(struct sigv4_keys *keys); /* NULL is allowed */

/* keys NULL: no cache. */
MUST_USE struct err sigv4_verify(struct ctx *ctx, struct sigv4_keys *keys, const struct sigv4_claim *claim,
                                 const struct http_request *request, struct str secret);
/* The body of a claim with body_later. */
MUST_USE struct err sigv4_check_body(struct ctx *ctx, const struct sigv4_claim *claim, struct str body);
/* The key that signs within the claim's scope, for chunks; the caller wipes it. */
struct hmac_key sigv4_signing_key(struct sigv4_keys *keys, const struct sigv4_claim *claim, struct str secret);

/* What a client of that protocol expects instead of one of the faults above; any other fault comes back as it is. */
const struct fault *sigv4_fault(const struct fault *fault, uint8_t protocol, struct str service);

/* Client side. The request holds all but date, token and signature, and has a Host header. */
struct sigv4_signer {
    struct str access_key;
    struct str secret;
    struct str token; /* absent if none */
    struct str region;
    struct str service;
};
/* Signs every header but hop-by-hop ones at ctx->now_ms; request->headers becomes a new list in the arena.
 * An x-amz-content-sha256 header that is there already stays. */
void sigv4_sign(struct ctx *ctx, const struct sigv4_signer *signer, struct http_request *request);
/* Puts the signature into request->query; only Host is signed. */
void sigv4_presign(struct ctx *ctx, const struct sigv4_signer *signer, struct http_request *request, int64_t expires_s);

#endif
