/* verify_source.h - where logs to verify lie: a folder, or a bucket by the client that sources use. */
#ifndef YAGURA_APP_VERIFY_SOURCE_H
#define YAGURA_APP_VERIFY_SOURCE_H

#include "app/verify_logs.h"

struct verify_place;

/* DIR or s3://BUCKET/PREFIX[?region=..&endpoint=..&role=..]. Its objects' keys come with it, in ctx->arena. */
struct err verify_place_open(struct ctx *ctx, struct str where, struct str region, size_t threads, struct verify_place **out,
                             const struct str **keys, size_t *count);
void verify_place_close(struct verify_place *place); /* NULL is allowed */
struct verify_source verify_place_source(struct verify_place *place);
/* A bucket's keys as CloudTrail tells them of the Regions of its digests; a folder has none. Into ctx->arena. */
struct err verify_place_public_keys(struct ctx *ctx, struct verify_place *place, const struct str *keys, size_t key_count,
                                    struct verify_key **out, size_t *count);
/* The answer of ListPublicKeys; adds to *out. FAULT_INVALID: it is none. */
struct err verify_keys_read(struct ctx *ctx, struct str json, struct verify_key **out, size_t *count);

#endif
