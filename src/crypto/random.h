/* random.h - unpredictable bytes and names, from OpenSSL's generator. A machine that can give none ends the process. */
#ifndef YAGURA_CRYPTO_RANDOM_H
#define YAGURA_CRYPTO_RANDOM_H

#include "base/err.h"

void random_bytes(void *out, size_t count);
void random_name(void *out, size_t count); /* up to 16; for names and nonces, not for secrets: many for one call of the generator */
struct str random_hex(struct ctx *ctx, size_t digits); /* lower case */
/* count characters, each equally likely, of an alphabet of 1 to 256. */
struct str random_alphabet(struct ctx *ctx, struct str alphabet, size_t count);
struct str random_uuid(struct ctx *ctx); /* version 4, lower case; for names, not for secrets */

#endif
