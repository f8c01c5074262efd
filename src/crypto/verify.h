/* verify.h - signatures that others made, by their public keys: of web tokens (JWS) and of XML.
 *
 * Keys that are too weak to trust are refused as they are read: RSA below 2,048 or beyond 8,192 bits or with an even or tiny
 * exponent, curves other than P-256, P-384 and P-521, points off their curve. A scheme fits one kind of key only, so that no
 * token chooses how its key is used. Signatures of ECDSA are r and s side by side (RFC 7518, 3.4), as XML has them too. */
#ifndef YAGURA_CRYPTO_VERIFY_H
#define YAGURA_CRYPTO_VERIFY_H

#include "base/str.h"

enum verify_scheme { VERIFY_RS256, VERIFY_RS384, VERIFY_RS512, VERIFY_ES256, VERIFY_ES384, VERIFY_ES512 };

struct verify_key;

/* Big-endian numbers. NULL: weak or malformed. */
struct verify_key *verify_key_rsa(struct str modulus, struct str exponent);
/* The curve is "P-256", "P-384" or "P-521"; coordinates have its full length. */
struct verify_key *verify_key_ec(struct str curve, struct str x, struct str y);
struct verify_key *verify_key_certificate(struct str der);
void verify_key_close(struct verify_key *key); /* NULL is allowed */

/* False also when the scheme doesn't fit the key. */
bool verify_signature(const struct verify_key *key, enum verify_scheme scheme, struct str message, struct str signature);

#endif
