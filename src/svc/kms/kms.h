/* kms.h - KMS as the outside sees it. */
#ifndef YAGURA_SVC_KMS_KMS_H
#define YAGURA_SVC_KMS_KMS_H

#include "kms_model.h"
#include "svc/request.h"

extern const struct service KMS;

/* Tokens that hold keys of custom key stores, by the cluster ids that callers name; the array stays the caller's. Once, before the
 * first request. */
struct kms_cluster {
    struct str id;  /* "cluster-…" */
    struct str uri; /* crypto/token.h */
};
void kms_set_clusters(const struct kms_cluster *clusters, size_t count);

/* What time does: automatic rotation, material that expires, keys whose waiting period is over. Whether any is due, within a
 * read transaction; done within a write transaction. */
struct err kms_chores_due(struct ctx *ctx, struct store_conn *db, bool *due);
struct err kms_chores_do(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct service_event **told);

/* Unsealed keys that are kept for the next call are wiped. When no request is under way any more. */
void kms_close(void);

#endif
