/* password.h - passwords at rest: salted and hashed slowly, so that a stolen table gives none of them away.
 *
 * A hash is text, "pbkdf2-sha256$ROUNDS$SALT$DIGEST" with hex parts, so that rounds can grow without touching old ones.
 * spec: OWASP's password storage cheat sheet, 2023: 600,000 rounds for PBKDF2-HMAC-SHA256. */
#ifndef YAGURA_CRYPTO_PASSWORD_H
#define YAGURA_CRYPTO_PASSWORD_H

#include "base/err.h"

struct str password_hash(struct ctx *ctx, struct str password);
/* With the salt and rounds of another hash, so that one computation compares a new password with many old ones of the same
 * owner; as password_hash when that hash is absent or can't be read. */
struct str password_hash_like(struct ctx *ctx, struct str password, struct str hash);
bool password_verify(struct str password, struct str hash); /* false for a hash that can't be read */

#endif
