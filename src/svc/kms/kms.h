/* kms.h - KMS as the outside sees it. */
#ifndef YAGURA_SVC_KMS_KMS_H
#define YAGURA_SVC_KMS_KMS_H

#include "kms_model.h"
#include "svc/request.h"

extern const struct service KMS;

/* What time does: automatic rotation, material that expires, keys whose waiting period is over. Whether any is due, within a
 * read transaction; done within a write transaction. */
struct err kms_chores_due(struct ctx *ctx, struct store_conn *db, bool *due);
struct err kms_chores_do(struct ctx *ctx, struct store_conn *db, const struct vault *vault);

/* Unsealed keys that are kept for the next call are wiped. When no request is under way any more. */
void kms_close(void);

#endif
