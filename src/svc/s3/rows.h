/* rows.h - the SQL of S3: buckets and their settings, versions of objects, blobs. Of multipart uploads: rows_upload.h. */
#ifndef YAGURA_SVC_S3_ROWS_H
#define YAGURA_SVC_S3_ROWS_H

#include "store/store.h"

struct bucket_row {
    struct str name, account, region;
    int64_t created_ms;
    struct str versioning; /* empty: never; "Enabled", "Suspended" */
    bool mfa_delete;
    bool object_lock;
};

struct err bucket_rows_get(struct ctx *ctx, struct store_conn *db, struct str name, struct bucket_row *out, bool *found);
/* Within a write transaction: it stays as long, or waits for those that need it to stay. */
enum bucket_future { BUCKET_WILL_STAY, BUCKET_WILL_GO };
struct err bucket_rows_hold(struct ctx *ctx, struct store_conn *db, struct str name, enum bucket_future future, struct bucket_row *out,
                            bool *found);
struct err bucket_rows_insert(struct ctx *ctx, struct store_conn *db, const struct bucket_row *row); /* STORE_CONFLICT: taken */
struct err bucket_rows_update(struct ctx *ctx, struct store_conn *db, const struct bucket_row *row); /* versioning, MFA delete, lock */
struct err bucket_rows_delete(struct ctx *ctx, struct store_conn *db, struct str name);              /* and its settings */
struct err bucket_rows_holds_any(struct ctx *ctx, struct store_conn *db, struct str name, bool *out);
/* Of an account, by name, after `after`, that begin with `prefix`; up to max. region absent: of any. */
struct err bucket_rows_list(struct ctx *ctx, struct store_conn *db, struct str account, struct str after, struct str prefix,
                            struct str region, size_t max, struct bucket_row **out, size_t *count);

/* Settings: absent (ptr NULL) where there is none. */
struct err setting_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct str id,
                            struct str *document);
struct err setting_rows_put(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct str id,
                            struct str document);
struct err setting_rows_delete(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct str id,
                               bool *found); /* found may be NULL */
struct setting_row {
    struct str kind, id, document;
};
/* By kind and id; kind absent: all of the bucket. */
struct err setting_rows_list(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str kind, struct setting_row **out,
                             size_t *count);

/* The first bucket beyond `after` that has a setting of that kind; absent: none. */
struct err setting_rows_next_bucket(struct ctx *ctx, struct store_conn *db, struct str kind, struct str after, struct str *out);

/* A stretch of an object's bytes: one for an object that was put, one for each part of a multipart upload. */
struct object_part {
    int64_t number;      /* from 1; of an object that was put: 0 */
    int64_t size;        /* of its plain bytes */
    struct str blob;     /* id; absent: the row's body */
    struct str checksum; /* of a multipart object's part, base64; absent: none */
};

struct object_row {
    struct str bucket, name;
    int64_t place;        /* see the schema; object_rows_put sets it */
    struct str version;   /* "null" or an id */
    bool latest, marker;
    int64_t size;
    struct str etag;      /* without quotes */
    int64_t modified_ms;
    struct str storage_class; /* "STANDARD" */
    struct str owner;     /* account */
    struct str headers;   /* JSON: svc/s3/headers.h; absent: none */
    struct str checksum;  /* JSON: svc/s3/checksum.h */
    struct str acl, tags; /* JSON; absent: the default, none */
    struct str lock_mode; /* "GOVERNANCE", "COMPLIANCE"; absent: none */
    int64_t retain_until_ms;
    bool legal_hold, hold_said; /* hold_said: it was set, or taken off again */
    struct str sse;       /* JSON: how its bytes are sealed; absent: they aren't */
    struct object_part *parts;
    size_t part_count;
    struct str body;      /* of a small object */
};

/* version absent: the newest, which may be a delete marker. With body. */
struct err object_rows_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str version,
                           struct object_row *out, bool *found);
/* The version at a place, without its body. */
struct err object_rows_at(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, int64_t place, struct object_row *out,
                          bool *found);
/* As the newest version of its name; one with the same version id (the "null" version) is replaced, and its blobs are let
 * go. Blobs of the row that are new must have been noted (blob_rows_use). */
struct err object_rows_put(struct ctx *ctx, struct store_conn *db, struct object_row *row);
/* What may change of a version: acl, tags, lock, storage class, headers, sse. */
struct err object_rows_update(struct ctx *ctx, struct store_conn *db, const struct object_row *row);
/* That version alone, its blobs let go; the next older one becomes the newest. */
struct err object_rows_delete(struct ctx *ctx, struct store_conn *db, const struct object_row *row);

/* Listing, without bodies and in the order of keys and, with versions, newest first. */
struct object_range {
    struct str bucket;
    struct str from;      /* first key, or the key of from_place */
    bool after;           /* keys beyond `from` */
    int64_t from_place;   /* with versions: of `from` only those older than this place; 0: all */
    struct str to;        /* keys below this; absent: to the end */
    bool versions;        /* all of them, and delete markers; else what is there now */
    size_t max;
};
struct err object_rows_list(struct ctx *ctx, struct store_conn *db, const struct object_range *range, struct object_row **out,
                            size_t *count);

/* One more object or part consists of this blob: a new one, or a copy's. */
struct err blob_rows_use(struct ctx *ctx, struct store_conn *db, struct str id, int64_t size);
/* One less. Its file goes later (svc/s3/chores.c). */
struct err blob_rows_release(struct ctx *ctx, struct store_conn *db, struct str id);
struct err blob_rows_known(struct ctx *ctx, struct store_conn *db, struct str id, bool *out);
/* Those nobody uses since before a time. */
struct err blob_rows_free(struct ctx *ctx, struct store_conn *db, int64_t before_ms, size_t max, struct str *ids, size_t *count);
struct err blob_rows_forget(struct ctx *ctx, struct store_conn *db, struct str id);

/* parts as JSON, as the columns hold them. */
struct str object_parts_write(struct arena *arena, const struct object_part *parts, size_t count);
struct err object_parts_read(struct ctx *ctx, struct str json, struct object_part **out, size_t *count);

#endif
