/* sealed_stream.h - a stretch of one sealed blob as a stream, unsealed as it is read. */
#ifndef YAGURA_SVC_S3_SEALED_STREAM_H
#define YAGURA_SVC_S3_SEALED_STREAM_H

#include "store/blob.h"
#include "svc/s3/sse.h"

/* size bytes from `from` on, within the part's plain bytes; size at least 1. */
struct err sealed_stream(struct ctx *ctx, struct blob_store *store, const struct object_part *part, const unsigned char key[SEGMENTS_KEY_SIZE],
                         uint64_t from, uint64_t size, struct http_stream *out);

/* The same at once, in ctx->arena: for parts that aren't large. */
struct err sealed_bytes(struct ctx *ctx, struct blob_store *store, const struct object_part *part, const unsigned char key[SEGMENTS_KEY_SIZE],
                        uint64_t from, uint64_t size, struct str *out);

#endif
