/* rows.h - the SQL of CloudTrail: trails, tags, signing keys. Of delivery: rows_delivery.h. */
#ifndef YAGURA_SVC_CLOUDTRAIL_ROWS_H
#define YAGURA_SVC_CLOUDTRAIL_ROWS_H

#include "cloudtrail_model.h"
#include "store/store.h"

struct trail_row {
    struct str account, region, name; /* region: its home */
    struct str organization;          /* its id; empty: no organisation trail */
    struct cloudtrail_trail *trail;
    struct str selectors;             /* JSON; absent: none were put */
    struct str insights;
    int64_t created_ms, started_ms, stopped_ms; /* 0: never */
    bool logging;
};

/* All of an account; account absent: of the server. By region and name. */
struct err trail_rows_list(struct ctx *ctx, struct store_conn *db, struct str account, struct trail_row **out, size_t *count);
struct err trail_rows_get(struct ctx *ctx, struct store_conn *db, struct str account, struct str region, struct str name,
                          struct trail_row *out, bool *found);
struct err trail_rows_put(struct ctx *ctx, struct store_conn *db, const struct trail_row *row);
/* With all that hangs on it. */
struct err trail_rows_delete(struct ctx *ctx, struct store_conn *db, const struct trail_row *row);

struct err trail_rows_tag_put(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource, struct str tag,
                        struct str value);
struct err trail_rows_tag_delete(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource, struct str tag);
struct err trail_rows_tag_delete_all(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource);
struct err trail_rows_tag_list(struct ctx *ctx, struct store_conn *db, struct str account, struct str resource,
                         struct cloudtrail_tags_list *out);

struct key_row {
    struct str fingerprint; /* lower-case hex of the public half's MD5 */
    struct str public_key;  /* DER, PKCS #1 */
    struct str sealed;
    int64_t from_ms, to_ms;
};
/* Of a region, newest first. */
struct err trail_rows_key_list(struct ctx *ctx, struct store_conn *db, struct str home, struct str region, struct key_row **out,
                         size_t *count);
struct err trail_rows_key_put(struct ctx *ctx, struct store_conn *db, struct str home, struct str region, const struct key_row *key);

#endif
