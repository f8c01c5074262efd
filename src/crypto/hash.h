/* hash.h - digests and HMAC-SHA256, at once or piece by piece, without memory of their own.
 *
 * A struct hash lives wherever its owner puts it, may be copied to fork a computation, and needs no closing; wipe it
 * (memory_wipe) when it has seen a secret. hash_end gives hash_size(kind) bytes; the hash must be started anew after it.
 * A struct hmac_key is a key made ready once for any number of messages; it is a secret. MD5 and SHA-1 serve formats
 * that ask for them (Content-MD5, S3 checksums, ETags); nothing of ours relies on their strength. */
#ifndef YAGURA_CRYPTO_HASH_H
#define YAGURA_CRYPTO_HASH_H

#include "base/str.h"

enum hash_kind { HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA512 };
enum { HASH_MD5_SIZE = 16, HASH_SHA1_SIZE = 20, HASH_SHA256_SIZE = 32, HASH_SHA512_SIZE = 64, HASH_SIZE_MAX = 64 };

struct hash {
    enum hash_kind kind;
    uint64_t state[27];
};

size_t hash_size(enum hash_kind kind);
struct hash hash_begin(enum hash_kind kind);
void hash_add(struct hash *hash, struct str data);
void hash_end(struct hash *hash, unsigned char *out);

void hash_sha256(struct str data, unsigned char out[HASH_SHA256_SIZE]);
/* The digest of data in lower-case hex. */
struct str hash_hex(struct arena *arena, enum hash_kind kind, struct str data);

struct hmac_key {
    struct hash inner;
    struct hash outer;
};

struct hmac_key hmac_key(struct str secret);
void hmac_sign(const struct hmac_key *key, struct str message, unsigned char out[HASH_SHA256_SIZE]);
void hmac_sha256(struct str secret, struct str message, unsigned char out[HASH_SHA256_SIZE]);

/* Piece by piece: start from a copy of key->inner, hash_add to it, then close with the key. */
void hmac_end(const struct hmac_key *key, struct hash *inner, unsigned char out[HASH_SHA256_SIZE]);

#endif
