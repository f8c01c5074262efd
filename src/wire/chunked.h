/* chunked.h - aws-chunked bodies of S3 uploads: chunks, their chain of signatures, trailers and checksums.
 *
 * Decoded after sigv4_verify, whose signature is the first link of the chain. Everything is checked: each chunk's
 * signature where they are signed, the trailer's, the announced length, every x-amz-checksum-* of the trailer. Nothing
 * may follow the end. Results live in the arena. Chunks smaller than S3's 8 KiB are accepted (S3 refuses them).
 * spec: S3 API reference, "Signature calculations: transferring payload in multiple chunks" and "... with trailing headers". */
#ifndef YAGURA_WIRE_CHUNKED_H
#define YAGURA_WIRE_CHUNKED_H

#include "wire/sigv4.h"

enum { CHUNKED_TRAILERS_MAX = 16 };

extern const struct fault CHUNKED_INCOMPLETE_BODY;    /* 400: ends early, or isn't as long as announced */
extern const struct fault CHUNKED_INVALID_CHUNK;      /* 400: not aws-chunked */
extern const struct fault CHUNKED_MISSING_LENGTH;     /* 411: no x-amz-decoded-content-length */
extern const struct fault CHUNKED_MALFORMED_TRAILER;  /* 400 */
extern const struct fault CHUNKED_BAD_DIGEST;         /* 400: a checksum that doesn't fit */

struct chunked_body {
    struct str body;
    const struct http_header *trailers; /* without x-amz-trailer-signature */
    size_t trailer_count;
};

/* key: sigv4_signing_key of the claim; NULL when claim->payload is SIGV4_CHUNKED_UNSIGNED. */
MUST_USE struct err chunked_decode(struct ctx *ctx, const struct sigv4_claim *claim, const struct hmac_key *key,
                                   const struct http_request *request, struct chunked_body *out);

/* The same into room, which has request->body.len bytes and may be that very body: it is decoded in place. Checksums of the
 * trailer are left to whoever reads the whole body anyway (chunked_check_sum). */
MUST_USE struct err chunked_decode_into(struct ctx *ctx, const struct sigv4_claim *claim, const struct hmac_key *key,
                                        const struct http_request *request, char *room, struct chunked_body *out);

/* ERR_OK too when name is no checksum that we know: x-amz-checksum-crc32, -crc32c, -crc64nvme, -sha1, -sha256. */
MUST_USE struct err chunked_check_sum(struct ctx *ctx, struct str name, struct str value, struct str body);

#endif
