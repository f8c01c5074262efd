/* aead.h - AES-256-GCM under one key, whose schedule is made once: for the root key and for keys of KMS.
 *
 * A struct aead may be used by several threads at a time. It lies in pages of its own that are locked in memory, left out of
 * core dumps and wiped on closing. A nonce must never be used twice under a key. */
#ifndef YAGURA_CRYPTO_AEAD_H
#define YAGURA_CRYPTO_AEAD_H

#include "base/str.h"

enum { AEAD_KEY_SIZE = 32, AEAD_NONCE_SIZE = 12, AEAD_TAG_SIZE = 16 };

struct aead;
struct aead *aead_open(const unsigned char key[AEAD_KEY_SIZE]);
/* For a key that serves once or twice: cheap to open and close, in plain memory that is wiped on closing. */
struct aead *aead_open_brief(const unsigned char key[AEAD_KEY_SIZE]);
void aead_close(struct aead *aead); /* NULL is allowed */

/* out takes plain.len + AEAD_TAG_SIZE bytes; `about` is authenticated with it. */
void aead_seal(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str plain,
               unsigned char *out);
/* out takes sealed.len - AEAD_TAG_SIZE bytes. False, and nothing in out, when anything was changed. */
bool aead_unseal(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str sealed,
                 unsigned char *out);

/* The same with the tag elsewhere; out takes as many bytes as come in and may be where they are. */
void aead_seal_apart(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str plain,
                     unsigned char *out, unsigned char tag[AEAD_TAG_SIZE]);
bool aead_unseal_apart(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str sealed,
                       const unsigned char tag[AEAD_TAG_SIZE], unsigned char *out);

#endif
