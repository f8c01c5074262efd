/* rows_upload.h - the SQL of multipart uploads: those under way, their parts, and those that became objects. */
#ifndef YAGURA_SVC_S3_ROWS_UPLOAD_H
#define YAGURA_SVC_S3_ROWS_UPLOAD_H

#include "svc/s3/rows.h"

/* What its object will bear is as in struct object_row. */
struct upload_row {
    struct str bucket, name, upload;
    int64_t created_ms;
    struct str storage_class;
    struct str owner;     /* account */
    struct str initiator; /* ARN */
    struct str headers, checksum, acl, tags, lock_mode;
    int64_t retain_until_ms;
    bool legal_hold;
    struct str sse;
};

struct upload_part_row {
    int64_t number, size;
    struct str etag;      /* without quotes */
    int64_t modified_ms;
    struct str checksum;  /* base64; absent: none */
    struct str blob;      /* sealed as the upload says */
};

struct err upload_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str upload,
                           struct upload_row *out, bool *found);
struct err upload_rows_insert(struct ctx *ctx, struct store_conn *db, const struct upload_row *row);
/* And its parts. Their blobs are released unless they were handed to an object. */
struct err upload_rows_delete(struct ctx *ctx, struct store_conn *db, const struct upload_row *row, bool release);

/* By key and id, beyond (key, upload); upload absent: all of that key are passed over. */
struct upload_range {
    struct str bucket, prefix, key, upload;
    size_t max;
};
struct err upload_rows_list(struct ctx *ctx, struct store_conn *db, const struct upload_range *range, struct upload_row **out,
                            size_t *count);
/* Of any bucket, begun before a time. */
struct err upload_rows_begun_before(struct ctx *ctx, struct store_conn *db, struct str bucket, int64_t before_ms, size_t max,
                                    struct upload_row **out, size_t *count);

/* Replaces a part of that number; its blob is released, the new one must have been noted (blob_rows_use). */
struct err upload_part_rows_put(struct ctx *ctx, struct store_conn *db, struct str upload, const struct upload_part_row *row);
/* By number, beyond `after`. */
struct err upload_part_rows_list(struct ctx *ctx, struct store_conn *db, struct str upload, int64_t after, size_t max,
                                 struct upload_part_row **out, size_t *count);

struct upload_done_row {
    struct str bucket, name, upload, version, etag;
};
struct err upload_done_rows_put(struct ctx *ctx, struct store_conn *db, const struct upload_done_row *row);
struct err upload_done_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str upload,
                                struct upload_done_row *out, bool *found);
struct err upload_done_rows_forget(struct ctx *ctx, struct store_conn *db, int64_t before_ms);

#endif
