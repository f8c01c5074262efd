/* rows.h - all the SQL of KMS: rows as structs, in the arena of rq->ctx. Every statement is of one account and Region, those
 * of struct place; nothing is asked of the caller's. */
#ifndef YAGURA_SVC_KMS_ROWS_H
#define YAGURA_SVC_KMS_ROWS_H

#include "svc/kms/key.h"

struct rows {
    struct ctx *ctx;
    struct store_conn *db;
    struct str account, region;
};

struct page {
    struct str after; /* what the last row seen was ordered by; empty: from the start */
    int64_t limit;    /* one row more than this is read, to tell that there are more */
};

struct err kms_rows_key_find(const struct rows *rows, struct str id, struct key *out, bool *found);
struct err kms_rows_key_insert(const struct rows *rows, const struct key *key);
struct err kms_rows_key_update(const struct rows *rows, const struct key *key);
struct err kms_rows_key_delete(const struct rows *rows, struct str id); /* with all that hangs on it */
struct err kms_rows_keys(const struct rows *rows, struct page page, struct key **out, size_t *count);
struct err kms_rows_key_regions(const struct rows *rows, struct str id, struct key **out, size_t *count); /* in all Regions */
struct err kms_rows_keys_due(const struct rows *rows, int64_t now_ms, struct key **out, size_t *count); /* of all accounts */

struct material_row {
    struct str id;
    int64_t position;
    struct str sealed;      /* absent: deleted, expired or yet to be imported */
    struct str state;       /* CURRENT, NON_CURRENT, PENDING_ROTATION */
    struct str description;
    int64_t expires_ms;     /* 0: never */
    int64_t rotated_ms;     /* when it became current by a rotation; 0: it was the first */
    struct str rotation;    /* AUTOMATIC, ON_DEMAND or empty */
};
struct err kms_rows_material_find(const struct rows *rows, struct str key, struct str id, struct material_row *out, bool *found);
struct err kms_rows_material_put(const struct rows *rows, struct str key, const struct material_row *row);
struct err kms_rows_materials(const struct rows *rows, struct str key, struct material_row **out, size_t *count);

struct alias_row {
    struct str name; /* "alias/…" */
    struct str key;
    int64_t created_ms, updated_ms;
};
struct err kms_rows_alias_find(const struct rows *rows, struct str name, struct alias_row *out, bool *found);
struct err kms_rows_alias_put(const struct rows *rows, const struct alias_row *row);
struct err kms_rows_alias_delete(const struct rows *rows, struct str name);
/* key absent: of every key. */
struct err kms_rows_aliases(const struct rows *rows, struct str key, struct page page, struct alias_row **out, size_t *count);

struct grant_row {
    struct str key, id, name, grantee, retiring, operations, constraints, issuer;
    bool grantee_service, retiring_service;
    struct str account;
    int64_t created_ms;
};
struct err kms_rows_grant_find(const struct rows *rows, struct str key, struct str id, struct grant_row *out, bool *found);
struct err kms_rows_grant_insert(const struct rows *rows, const struct grant_row *row);
struct err kms_rows_grant_delete(const struct rows *rows, struct str key, struct str id);
/* grantee absent: everyone. */
struct err kms_rows_grants(const struct rows *rows, struct str key, struct str grantee, struct page page, struct grant_row **out,
                       size_t *count);
struct err kms_rows_grants_retirable(const struct rows *rows, struct str principal, struct page page, struct grant_row **out,
                                 size_t *count); /* of every account */
struct err kms_rows_grant_count(const struct rows *rows, struct str key, int64_t *out);

struct tag_row {
    struct str name, value;
};
struct err kms_rows_tags(const struct rows *rows, struct str key, struct page page, struct tag_row **out, size_t *count);
struct err kms_rows_tag_put(const struct rows *rows, struct str key, const struct tag_row *row);
struct err kms_rows_tag_delete(const struct rows *rows, struct str key, struct str name);

struct store_row {
    struct str id, name, cluster, certificate, password, state;
    int64_t created_ms;
};
struct err kms_rows_store_find(const struct rows *rows, struct str id, struct store_row *out, bool *found);
struct err kms_rows_store_put(const struct rows *rows, const struct store_row *row); /* STORE_CONFLICT: the name is taken */
struct err kms_rows_store_delete(const struct rows *rows, struct str id);
struct err kms_rows_stores(const struct rows *rows, struct page page, struct store_row **out, size_t *count);
struct err kms_rows_store_keys(const struct rows *rows, struct str id, int64_t *count);

#endif
