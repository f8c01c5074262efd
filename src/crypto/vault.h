/* vault.h - the root key of a data folder, and sealing under it (AES-256-GCM).
 *
 * The key lies in DATA/root.key (32 random bytes, mode 0600), made on first start; in memory it is locked and wiped on
 * close. Sealed = version byte, 12-byte nonce, ciphertext, 16-byte tag; `about` is authenticated and must be the same at
 * opening (say "iam:access-key:AKIA…"), so that a sealed value can't be moved elsewhere. Safe for threads once open. */
#ifndef YAGURA_CRYPTO_VAULT_H
#define YAGURA_CRYPTO_VAULT_H

#include "base/err.h"

struct vault;

enum { VAULT_KEY_SIZE = 32 };

struct err vault_open(struct ctx *ctx, struct str key_file, struct vault **out);
struct vault *vault_of_key(const unsigned char key[VAULT_KEY_SIZE]); /* copies it */
/* Tells which key it is and gives nothing of it away. */
struct str vault_fingerprint(struct arena *arena, const struct vault *vault);
void vault_close(struct vault *vault); /* NULL is allowed */
struct str vault_seal(struct ctx *ctx, const struct vault *vault, struct str about, struct str plain);
/* False when the bytes were changed, belong to another `about` or another key. */
bool vault_unseal(struct ctx *ctx, const struct vault *vault, struct str about, struct str sealed, struct str *plain);

#endif
