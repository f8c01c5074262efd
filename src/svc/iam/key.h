/* key.h - making a lasting access key, for CreateAccessKey and for the first administrator. */
#ifndef YAGURA_SVC_IAM_KEY_H
#define YAGURA_SVC_IAM_KEY_H

#include "svc/iam/rows.h"

/* What the vault binds a sealed secret to. */
struct str key_about(struct ctx *ctx, struct str id);
/* Stores a new key of owner (a user's id, or the account for its root). */
struct err key_create(const struct rows *rows, const struct vault *vault, struct str owner, struct key_row *key,
                      struct str *secret);

#endif
