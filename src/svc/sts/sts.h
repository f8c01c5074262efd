/* sts.h - temporary credentials; what verifies them is iam_credential_find in svc/iam/iam.h. */
#ifndef YAGURA_SVC_STS_H
#define YAGURA_SVC_STS_H

#include "svc/request.h"

extern const struct service STS;

/* The public keys of an account's web identity tokens (RFC 7517), within a read transaction. */
struct err sts_token_keys(struct ctx *ctx, struct store_conn *db, struct str account, struct str *jwks);
/* Whether the code is one of the caller's own MFA device, good once; within a transaction. AccessDenied. */
struct err sts_check_mfa(struct request *rq, struct str serial, struct str code);

#endif
