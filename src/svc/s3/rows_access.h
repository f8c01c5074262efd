/* rows_access.h - the SQL behind facts.h: what judging a call asks of a bucket in one look, and what accounts say. */
#ifndef YAGURA_SVC_S3_ROWS_ACCESS_H
#define YAGURA_SVC_S3_ROWS_ACCESS_H

#include "svc/s3/rows.h"

/* The settings that a bucket has one of, and under the kind SETTING_OF_ACCOUNT its account's public access block. */
#define SETTING_OF_ACCOUNT STR("#account")
struct err setting_rows_whole(struct ctx *ctx, struct store_conn *db, const struct bucket_row *bucket, struct setting_row **out, size_t *count);

struct err account_setting_get(struct ctx *ctx, struct store_conn *db, struct str account, struct str kind, struct str *document);
struct err account_setting_put(struct ctx *ctx, struct store_conn *db, struct str account, struct str kind, struct str document);
struct err account_setting_delete(struct ctx *ctx, struct store_conn *db, struct str account, struct str kind);

/* ACL, tags and owner of a version (absent: the newest), without its body. */
struct object_belongings {
    struct str acl, tags, owner;
};
struct err object_belongings_get(struct ctx *ctx, struct store_conn *db, struct str bucket, struct str name, struct str version,
                                 struct object_belongings *out, bool *found);

#endif
