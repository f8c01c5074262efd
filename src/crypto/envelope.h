/* envelope.h - sealing under a data key (AES-256-GCM), and a few data keys kept deciphered in locked memory.
 *
 * Sealed = version byte, 12-byte nonce, ciphertext, 16-byte tag; `about` is authenticated, as in vault.h. A data key is used for
 * one text only. struct envelope_keys holds ENVELOPE_KEYS_MAX keys at most, each for ENVELOPE_KEPT_MS, known by the ciphertext
 * they came from; its memory is locked, out of core dumps and wiped on close. Safe for threads. */
#ifndef YAGURA_CRYPTO_ENVELOPE_H
#define YAGURA_CRYPTO_ENVELOPE_H

#include "base/err.h"

enum { ENVELOPE_KEY_SIZE = 32, ENVELOPE_KEYS_MAX = 1024, ENVELOPE_KEPT_MS = 5 * 60 * 1000 };

/* key: ENVELOPE_KEY_SIZE bytes. */
struct str envelope_seal(struct ctx *ctx, struct str key, struct str about, struct str plain);
/* False when key, about or bytes are not those of the sealing. */
bool envelope_open(struct ctx *ctx, struct str key, struct str about, struct str sealed, struct str *plain);

struct envelope_keys;
struct envelope_keys *envelope_keys_open(void);
void envelope_keys_close(struct envelope_keys *keys); /* NULL is allowed */
bool envelope_keys_find(struct envelope_keys *keys, int64_t now_ms, struct str ciphertext, unsigned char key[ENVELOPE_KEY_SIZE]);
void envelope_keys_keep(struct envelope_keys *keys, int64_t now_ms, struct str ciphertext, struct str key);

#endif
