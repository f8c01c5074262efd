/* blob_bucket.h - a bucket of another S3 for the bytes of objects: serve --blobs s3://BUCKET/PREFIX?region=…&endpoint=…&role=….
 *
 * It speaks to it as sources do (app/source_parts.h): with the keys of the environment, a profile, the instance or the role
 * that the URI names, again and again while that may help. */
#ifndef YAGURA_APP_BLOB_BUCKET_H
#define YAGURA_APP_BLOB_BUCKET_H

#include "store/blob.h"

struct blob_bucket;

/* Tries that the bucket can be listed. uri must outlive it. */
struct err blob_bucket_open(struct ctx *ctx, struct str uri, struct str region, struct blob_bucket **out);
void blob_bucket_close(struct blob_bucket *bucket); /* NULL is allowed */
const struct blob_remote *blob_bucket_remote(struct blob_bucket *bucket);

#endif
