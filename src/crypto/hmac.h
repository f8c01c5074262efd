/* hmac.h - HMAC over any digest of the SHA-2 family, in one go; and the unwrapping of keys (RFC 5649, AES with padding). */
#ifndef YAGURA_CRYPTO_HMAC_H
#define YAGURA_CRYPTO_HMAC_H

#include "crypto/pkey.h"

enum { HMAC_SIZE_MAX = 64 };
/* Gives the size. */
size_t hmac_of(enum pkey_digest digest, struct str secret, struct str message, unsigned char out[HMAC_SIZE_MAX]);

/* False when the key (16, 24 or 32 bytes) doesn't open it. plain is in the arena. */
bool key_unwrap(struct arena *arena, struct str key, struct str wrapped, struct str *plain);

#endif
