/* store.h - custom key stores: PKCS #11 tokens that hold keys of KMS, and do the ciphering with them.
 *
 * AWS's cluster ids (cluster-…) name tokens here: serve --hsm CLUSTER=pkcs11:… says which. The KeyStorePassword is the token's
 * PIN; it lies sealed in the store. */
#ifndef YAGURA_SVC_KMS_STORE_H
#define YAGURA_SVC_KMS_STORE_H

#include "crypto/token.h"
#include "svc/kms/rows.h"

/* A key of the token for a new key of a custom key store, which must be connected; sets its material. */
struct err store_make_key(struct request *rq, struct key *key);

/* The key in the token goes; a token that can't be reached keeps it, which is logged. */
void store_delete_key(struct request *rq, const struct key *key);

/* The token behind a key's store, logged in to; it stays open. */
struct err store_token(struct request *rq, const struct key *key, struct token **out);
struct str store_label(struct arena *arena, const struct key *key);

void store_close_tokens(void);

/* Whether the key's store is connected: its keys are usable only then. */
struct err store_is_connected(struct request *rq, const struct key *key, bool *out);

#endif
