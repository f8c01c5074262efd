/* rows_item.h - the SQL of everything in IAM that is no user, group, role or policy: one table, a kind for each;
 * schema/002_item.sql says what its columns hold. */
#ifndef YAGURA_SVC_IAM_ROWS_ITEM_H
#define YAGURA_SVC_IAM_ROWS_ITEM_H

#include "svc/iam/rows.h"

enum item_kind {
    ITEM_MFA, ITEM_LOGIN, ITEM_OLD_PASSWORD, ITEM_INSTANCE_PROFILE, ITEM_SERVER_CERTIFICATE, ITEM_SIGNING_CERTIFICATE,
    ITEM_SSH_KEY, ITEM_SERVICE_CREDENTIAL, ITEM_OIDC, ITEM_SAML, ITEM_SAML_KEY, ITEM_SETTING, ITEM_PROPERTY, ITEM_JOB,
    ITEM_REPORT, ITEM_TASK, ITEM_DELEGATION
};

struct item {
    enum item_kind kind;
    struct str key, name, id, path, owner, status;
    int64_t number;
    int64_t created_ms, changed_ms, expires_ms;
    struct str body, more, secret;
};
struct items {
    struct item *items;
    size_t count;
};

const char *rows_item_kind(enum item_kind kind);
struct err rows_item_find(const struct rows *rows, enum item_kind kind, struct str key, struct item *out, bool *found);
/* STORE_CONFLICT: the key is taken. Absent path is "/", absent owner "". */
struct err rows_item_insert(const struct rows *rows, const struct item *item);
/* All columns but the key and created_ms; new_key absent: it stays. STORE_CONFLICT: new_key is taken. */
struct err rows_item_update(const struct rows *rows, const struct item *item, struct str new_key);
struct err rows_item_delete(const struct rows *rows, enum item_kind kind, struct str key);
struct err rows_item_delete_of(const struct rows *rows, enum item_kind kind, struct str owner);
struct err rows_item_delete_before(const struct rows *rows, enum item_kind kind, int64_t before_ms);
/* owner absent: of all; path_prefix absent: any. Providers' metadata, certificates and reports come without body, more and
 * secret, which may be long. */
struct err rows_items(const struct rows *rows, enum item_kind kind, struct str owner, struct str path_prefix,
                      struct page page, struct items *out);
/* owner absent: of all. */
struct err rows_item_count(const struct rows *rows, enum item_kind kind, struct str owner, int64_t *count);
/* How many have an owner. */
struct err rows_item_owned(const struct rows *rows, enum item_kind kind, int64_t *count);

struct use {
    struct str owner, service, operation, region;
    int64_t used_ms;
};
struct uses {
    struct use *items;
    size_t count;
};
/* In the order of service and operation. */
struct err rows_uses(const struct rows *rows, struct str owner, struct uses *out);
struct err rows_uses_of_account(const struct rows *rows, struct uses *out); /* the newest of each service, by anybody */
/* Of a service, or of one operation of it; NULL: none. */
const struct use *uses_newest(const struct uses *uses, struct str service, struct str operation);
struct err rows_use_put(const struct rows *rows, const struct use *use);
struct err rows_use_last(const struct rows *rows, struct str owner, struct use *out, bool *found);
struct err rows_use_delete(const struct rows *rows, struct str owner);

#endif
