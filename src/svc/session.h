/* session.h - temporary credentials without a database: the session token carries all of them, sealed.
 *
 * sts makes them, iam reads them back when a call is signed. The token is bound to its access key and, by the vault, to
 * this server's data folder. Also the form of access key ids, which tell their account as AWS's own do. */
#ifndef YAGURA_SVC_SESSION_H
#define YAGURA_SVC_SESSION_H

#include "svc/context.h"
#include "svc/request.h"

struct session {
    struct principal principal; /* access_key and session_policy included */
    struct str secret;
    int64_t expires_ms;
    const struct context_pair *tags; /* "aws:PrincipalTag/KEY" */
    size_t tag_count;
    int64_t token_size_min; /* the token is made at least so long; 0: as it comes */
};

/* Fills access_key and secret, both new, and gives the token (base64). */
struct str session_seal(struct ctx *ctx, const struct vault *vault, struct session *session);
/* False when the token is not ours, was changed, or belongs to another key. Doesn't look at expires_ms. */
bool session_unseal(struct ctx *ctx, const struct vault *vault, struct str access_key, struct str token,
                    struct session *out);

/* prefix ("AKIA", "ASIA") and 16 characters of base 32 that hold the account number and 39 random bits.
 * Lasting keys are unique all the same: the store's key says so. */
struct str access_key_new(struct ctx *ctx, struct str prefix, struct str account);
/* The account of a key; false when the text can't be one. */
bool access_key_account(struct ctx *ctx, struct str access_key, struct str *account);
struct str secret_key_new(struct ctx *ctx); /* 40 characters */

#endif
