/* rsa_sign.h - signing keys of log digests: RSA with SHA-256, PKCS #1 v1.5.
 *
 * The public half is DER of PKCS #1's RSAPublicKey, as CloudTrail publishes it; the private one DER of PKCS #8, a secret. */
#ifndef YAGURA_CRYPTO_RSA_SIGN_H
#define YAGURA_CRYPTO_RSA_SIGN_H

#include "base/err.h"

struct rsa_pair {
    struct str private_key, public_key;
};

struct err rsa_sign_make(struct ctx *ctx, unsigned bits, struct rsa_pair *out);
struct err rsa_sign(struct ctx *ctx, struct str private_key, struct str message, struct str *signature);

/* A public key made ready for many signatures; may be shared by threads. NULL: the bytes are no such key. */
struct rsa_public;
struct rsa_public *rsa_public_open(struct str public_key);
void rsa_public_close(struct rsa_public *key); /* NULL is allowed */
bool rsa_public_verify(const struct rsa_public *key, struct str message, struct str signature);

#endif
