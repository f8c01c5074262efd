/* chores.c - files of blobs that no object consists of any more. They stay a little while: somebody may be reading them. */
#include "svc/s3/rows.h"
#include "svc/s3/s3.h"

enum { REST_MS = 10 * 1000 };

struct err s3_blob_known(struct ctx *ctx, struct store_conn *db, struct str id, bool *out)
{
    return blob_rows_known(ctx, db, id, out);
}

struct err s3_blobs_free(struct ctx *ctx, struct store_conn *db, size_t max, struct str *ids, size_t *count)
{
    return blob_rows_free(ctx, db, ctx->now_ms - REST_MS, max, ids, count);
}

struct err s3_blob_forget(struct ctx *ctx, struct store_conn *db, struct str id)
{
    return blob_rows_forget(ctx, db, id);
}
