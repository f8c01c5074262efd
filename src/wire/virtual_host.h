/* virtual_host.h - S3 buckets named by the host instead of the path.
 *
 * BUCKET.s3.REST, BUCKET.s3-REGION.REST and BUCKET.localhost name a bucket; addresses and all other hosts don't. A bucket's
 * name may hold dots. ACCOUNT.REST of S3 Control names none. To be called once the signature is verified, which covers host and path as they were sent.
 * spec: S3 user guide, "Virtual hosting of general purpose buckets". */
#ifndef YAGURA_WIRE_VIRTUAL_HOST_H
#define YAGURA_WIRE_VIRTUAL_HOST_H

#include "base/http.h"

/* The bucket that the Host header names, borrowed from it; STR_NONE when it names none. */
struct str virtual_host_bucket(const struct http_request *request);
/* Puts that bucket in front of the path, which then reads as in path style. */
void virtual_host_resolve(struct arena *arena, struct http_request *request);

#endif
