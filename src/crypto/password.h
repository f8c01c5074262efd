/* password.h - passwords at rest: salted and hashed slowly, so that a stolen table gives none of them away.
 *
 * scrypt (RFC 7914) with N 32768, r 8, p 1: 32 MiB and about a tenth of a second. A hash is text,
 * "scrypt$SALT$DIGEST" with hex parts. */
#ifndef YAGURA_CRYPTO_PASSWORD_H
#define YAGURA_CRYPTO_PASSWORD_H

#include "base/err.h"

struct str password_hash(struct ctx *ctx, struct str password);
/* With the salt of another hash, so that one computation compares a new password with many old ones of the same
 * owner; as password_hash when that hash is absent or can't be read. */
struct str password_hash_like(struct ctx *ctx, struct str password, struct str hash);
bool password_verify(struct str password, struct str hash); /* false for a hash that can't be read */

#endif
