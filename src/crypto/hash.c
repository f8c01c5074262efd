/* The low-level functions are deprecated in OpenSSL 3, yet alone keep their state in plain memory: no allocation, no
 * per-thread context to free, and a keyed state that can be copied. EVP costs twice the time at signature sizes. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hash.h"

#include <assert.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

enum { HMAC_BLOCK = 64 };

union state {
    MD5_CTX md5;
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
};
_Static_assert(sizeof(union state) <= sizeof(((struct hash *)0)->state), "struct hash holds every state");
_Static_assert(_Alignof(union state) <= _Alignof(uint64_t), "struct hash is aligned for every state");

size_t hash_size(enum hash_kind kind)
{
    static const size_t sizes[] = { HASH_MD5_SIZE, HASH_SHA1_SIZE, HASH_SHA256_SIZE, HASH_SHA512_SIZE };
    return sizes[kind];
}

struct hash hash_begin(enum hash_kind kind)
{
    struct hash hash = { .kind = kind };
    void *state = hash.state;
    const int done = kind == HASH_MD5 ? MD5_Init(state)
        : kind == HASH_SHA1           ? SHA1_Init(state)
        : kind == HASH_SHA256         ? SHA256_Init(state)
                                      : SHA512_Init(state);
    assert(done == 1);
    (void)done;
    return hash;
}

void hash_add(struct hash *hash, struct str data)
{
    void *state = hash->state;
    if (data.len == 0) {
        return;
    }
    switch (hash->kind) {
    case HASH_MD5:
        MD5_Update(state, data.ptr, data.len);
        break;
    case HASH_SHA1:
        SHA1_Update(state, data.ptr, data.len);
        break;
    case HASH_SHA256:
        SHA256_Update(state, data.ptr, data.len);
        break;
    case HASH_SHA512:
        SHA512_Update(state, data.ptr, data.len);
        break;
    }
}

void hash_end(struct hash *hash, unsigned char *out)
{
    void *state = hash->state;
    switch (hash->kind) {
    case HASH_MD5:
        MD5_Final(out, state);
        break;
    case HASH_SHA1:
        SHA1_Final(out, state);
        break;
    case HASH_SHA256:
        SHA256_Final(out, state);
        break;
    case HASH_SHA512:
        SHA512_Final(out, state);
        break;
    }
}

void hash_sha256(struct str data, unsigned char out[HASH_SHA256_SIZE])
{
    struct hash hash = hash_begin(HASH_SHA256);
    hash_add(&hash, data);
    hash_end(&hash, out);
}

struct str hash_hex(struct arena *arena, enum hash_kind kind, struct str data)
{
    unsigned char digest[HASH_SIZE_MAX];
    struct hash hash = hash_begin(kind);
    hash_add(&hash, data);
    hash_end(&hash, digest);
    return str_hex(arena, digest, hash_size(kind));
}

static struct hash padded(const unsigned char key[HMAC_BLOCK], unsigned char with)
{
    unsigned char block[HMAC_BLOCK];
    for (size_t i = 0; i < HMAC_BLOCK; i++) {
        block[i] = (unsigned char)(key[i] ^ with);
    }
    struct hash hash = hash_begin(HASH_SHA256);
    hash_add(&hash, (struct str){ (const char *)block, HMAC_BLOCK });
    memory_wipe(block, sizeof(block));
    return hash;
}

/* spec: RFC 2104. */
struct hmac_key hmac_key(struct str secret)
{
    unsigned char block[HMAC_BLOCK] = { 0 };
    if (secret.len > HMAC_BLOCK) {
        hash_sha256(secret, block);
    }
    if (secret.len > 0 && secret.len <= HMAC_BLOCK) {
        memcpy(block, secret.ptr, secret.len);
    }
    const struct hmac_key key = { padded(block, 0x36), padded(block, 0x5C) };
    memory_wipe(block, sizeof(block));
    return key;
}

void hmac_end(const struct hmac_key *key, struct hash *inner, unsigned char out[HASH_SHA256_SIZE])
{
    hash_end(inner, out);
    struct hash outer = key->outer;
    hash_add(&outer, (struct str){ (const char *)out, HASH_SHA256_SIZE });
    hash_end(&outer, out);
}

void hmac_sign(const struct hmac_key *key, struct str message, unsigned char out[HASH_SHA256_SIZE])
{
    struct hash inner = key->inner;
    hash_add(&inner, message);
    hmac_end(key, &inner, out);
}

void hmac_sha256(struct str secret, struct str message, unsigned char out[HASH_SHA256_SIZE])
{
    struct hmac_key key = hmac_key(secret);
    hmac_sign(&key, message, out);
    memory_wipe(&key, sizeof(key));
}
