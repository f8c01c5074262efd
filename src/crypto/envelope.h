/* envelope.h - sealing one text under a data key of its own (AES-256-GCM).
 *
 * Sealed = version byte, 12-byte nonce, ciphertext, 16-byte tag; `about` is authenticated, as in vault.h. */
#ifndef YAGURA_CRYPTO_ENVELOPE_H
#define YAGURA_CRYPTO_ENVELOPE_H

#include "base/err.h"

enum { ENVELOPE_KEY_SIZE = 32 };

/* key: ENVELOPE_KEY_SIZE bytes. */
struct str envelope_seal(struct ctx *ctx, struct str key, struct str about, struct str plain);
/* False when key, about or bytes are not those of the sealing. */
bool envelope_open(struct ctx *ctx, struct str key, struct str about, struct str sealed, struct str *plain);

#endif
