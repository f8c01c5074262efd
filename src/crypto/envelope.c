#include "crypto/envelope.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>
#include <sys/mman.h>

#include "base/queue.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16, VERSION = 1, HEAD_SIZE = 1 + NONCE_SIZE };

struct kept_key {
    unsigned char name[HASH_SHA256_SIZE]; /* of the ciphertext */
    unsigned char key[ENVELOPE_KEY_SIZE];
    int64_t until_ms;
};

struct envelope_keys {
    struct lock *lock;
    struct kept_key kept[ENVELOPE_KEYS_MAX];
};

static void close_cipher(EVP_CIPHER_CTX **cipher)
{
    EVP_CIPHER_CTX_free(*cipher);
}

static bool begin(EVP_CIPHER_CTX *cipher, bool sealing, struct str key, const unsigned char *nonce, struct str about)
{
    int wrote = 0;
    return key.len == ENVELOPE_KEY_SIZE && about.len <= INT_MAX
        && EVP_CipherInit_ex2(cipher, EVP_aes_256_gcm(), (const unsigned char *)key.ptr, nonce, sealing, NULL) == 1
        && (about.len == 0
            || EVP_CipherUpdate(cipher, NULL, &wrote, (const unsigned char *)about.ptr, (int)about.len) == 1);
}

struct str envelope_seal(struct ctx *ctx, struct str key, struct str about, struct str plain)
{
    EVP_CIPHER_CTX *cipher CLEANUP(close_cipher) = EVP_CIPHER_CTX_new();
    unsigned char *sealed = arena_alloc_raw(ctx->arena, HEAD_SIZE + plain.len + TAG_SIZE);
    unsigned char *tag = sealed + HEAD_SIZE + plain.len;
    int wrote = 0;
    sealed[0] = VERSION;
    random_bytes(sealed + 1, NONCE_SIZE);
    const bool done = cipher && plain.len <= INT_MAX && begin(cipher, true, key, sealed + 1, about)
        && (plain.len == 0
            || EVP_CipherUpdate(cipher, sealed + HEAD_SIZE, &wrote, (const unsigned char *)plain.ptr, (int)plain.len) == 1)
        && EVP_CipherFinal_ex(cipher, tag, &wrote) == 1
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;
    assert(done);
    (void)done;
    return (struct str){ (const char *)sealed, HEAD_SIZE + plain.len + TAG_SIZE };
}

bool envelope_open(struct ctx *ctx, struct str key, struct str about, struct str sealed, struct str *plain)
{
    EVP_CIPHER_CTX *cipher CLEANUP(close_cipher) = EVP_CIPHER_CTX_new();
    *plain = STR_NONE;
    if (cipher == NULL || sealed.len < HEAD_SIZE + TAG_SIZE || sealed.len > INT_MAX || sealed.ptr[0] != VERSION) {
        return false;
    }
    const size_t size = sealed.len - HEAD_SIZE - TAG_SIZE;
    const unsigned char *bytes = (const unsigned char *)sealed.ptr;
    unsigned char tag[TAG_SIZE];
    unsigned char *out = arena_alloc_raw(ctx->arena, size + 1);
    int wrote = 0;
    memcpy(tag, bytes + HEAD_SIZE + size, TAG_SIZE);
    const bool done = begin(cipher, false, key, bytes + 1, about)
        && (size == 0 || EVP_CipherUpdate(cipher, out, &wrote, bytes + HEAD_SIZE, (int)size) == 1)
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1
        && EVP_CipherFinal_ex(cipher, out + size, &wrote) == 1;
    if (!done) {
        memory_wipe(out, size);
        return false;
    }
    out[size] = '\0';
    *plain = (struct str){ (const char *)out, size };
    return true;
}

struct envelope_keys *envelope_keys_open(void)
{
    void *pages = mmap(NULL, sizeof(struct envelope_keys), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    /* Without locked memory nothing is kept: keys must not reach the swap. */
    if (mlock(pages, sizeof(struct envelope_keys)) != 0) {
        munmap(pages, sizeof(struct envelope_keys));
        return NULL;
    }
    madvise(pages, sizeof(struct envelope_keys), MADV_DONTDUMP);
    struct envelope_keys *keys = pages;
    keys->lock = lock_open();
    return keys;
}

void envelope_keys_close(struct envelope_keys *keys)
{
    if (keys) {
        lock_free(keys->lock);
        memory_wipe(keys, sizeof(*keys));
        munmap(keys, sizeof(*keys));
    }
}

static struct kept_key *place_of(struct envelope_keys *keys, const unsigned char name[HASH_SHA256_SIZE])
{
    return &keys->kept[(name[0] | (size_t)name[1] << 8) % ENVELOPE_KEYS_MAX];
}

bool envelope_keys_find(struct envelope_keys *keys, int64_t now_ms, struct str ciphertext, unsigned char key[ENVELOPE_KEY_SIZE])
{
    unsigned char name[HASH_SHA256_SIZE];
    if (keys == NULL) {
        return false;
    }
    hash_sha256(ciphertext, name);
    lock_take(keys->lock);
    struct kept_key *kept = place_of(keys, name);
    const bool found = kept->until_ms > now_ms && memcmp(kept->name, name, sizeof(name)) == 0;
    if (found) {
        memcpy(key, kept->key, ENVELOPE_KEY_SIZE);
    }
    lock_give(keys->lock);
    return found;
}

void envelope_keys_keep(struct envelope_keys *keys, int64_t now_ms, struct str ciphertext, struct str key)
{
    struct kept_key fresh = { .until_ms = now_ms + ENVELOPE_KEPT_MS };
    if (keys == NULL || key.len != ENVELOPE_KEY_SIZE) {
        return;
    }
    hash_sha256(ciphertext, fresh.name);
    memcpy(fresh.key, key.ptr, ENVELOPE_KEY_SIZE);
    lock_take(keys->lock);
    *place_of(keys, fresh.name) = fresh;
    lock_give(keys->lock);
    memory_wipe(&fresh, sizeof(fresh));
}
