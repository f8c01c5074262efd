/* rows_key.h - the SQL of S3's own keys: several for a bucket, the newest in use. */
#ifndef YAGURA_SVC_S3_ROWS_KEY_H
#define YAGURA_SVC_S3_ROWS_KEY_H

#include "store/store.h"

struct key_row {
    struct str id, sealed; /* under the root key, about "s3:key:BUCKET:ID" */
    int64_t made_ms;
};

struct err key_rows_newest(struct ctx *ctx, struct store_conn *db, struct str bucket, struct key_row *out, bool *found);
struct err key_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str id, struct key_row *out, bool *found);
/* One that is there already stays: two calls may bring the same. */
struct err key_rows_put(struct ctx *ctx, struct store_conn *db, struct str bucket, const struct key_row *row);

#endif
