/* outflow.h - the bytes of an object on their way out: from its row, a file, or several; unsealed as they go. */
#ifndef YAGURA_SVC_S3_OUTFLOW_H
#define YAGURA_SVC_S3_OUTFLOW_H

#include "svc/request.h"
#include "svc/s3/sse.h"

/* size bytes from `from` on: small ones in *body, else rq->extra.stream. sse: with its key; NULL: they aren't sealed. */
struct err outflow(struct request *rq, const struct object_row *row, const struct sse *sse, int64_t from, int64_t size, struct str *body);
/* The same as a stream, whatever their size, which the caller reads and closes: the source of a copy. */
struct err outflow_open(struct request *rq, const struct object_row *row, const struct sse *sse, int64_t from, int64_t size,
                        struct http_stream *out);

#endif
