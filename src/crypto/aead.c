#include "crypto/aead.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdatomic.h>

#include "crypto/secret.h"

enum { SPARES = 8, RESTED = 32 };

struct aead {
    unsigned char key[AEAD_KEY_SIZE];
    EVP_CIPHER *cipher;
    _Atomic(EVP_CIPHER_CTX *) spare[SPARES]; /* with the key schedule made: setting one up costs more than sealing */
    bool brief;
};

/* Contexts without a key (its schedule is that of zeros), for those that come and go. */
static _Atomic(EVP_CIPHER_CTX *) rested[RESTED];

static EVP_CIPHER *fetch_cipher(void)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    assert(cipher);
    return cipher;
}

/* One for the life of the process. */
static EVP_CIPHER *shared_cipher(void)
{
    static _Atomic(EVP_CIPHER *) shared;
    EVP_CIPHER *cipher = atomic_load(&shared);
    if (cipher) {
        return cipher;
    }
    EVP_CIPHER *made = fetch_cipher();
    if (atomic_compare_exchange_strong(&shared, &cipher, made)) {
        return made;
    }
    EVP_CIPHER_free(made);
    return cipher;
}

struct aead *aead_open(const unsigned char key[AEAD_KEY_SIZE])
{
    struct aead *aead = secret_new(sizeof(*aead));
    memcpy(aead->key, key, AEAD_KEY_SIZE);
    aead->cipher = fetch_cipher();
    return aead;
}

static EVP_CIPHER_CTX *take(_Atomic(EVP_CIPHER_CTX *) *pool, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        EVP_CIPHER_CTX *found = atomic_load(&pool[i]) ? atomic_exchange(&pool[i], NULL) : NULL;
        if (found) {
            return found;
        }
    }
    return NULL;
}

static void give(_Atomic(EVP_CIPHER_CTX *) *pool, size_t size, EVP_CIPHER_CTX *cipher)
{
    for (size_t i = 0; i < size; i++) {
        EVP_CIPHER_CTX *expected = NULL;
        if (atomic_compare_exchange_strong(&pool[i], &expected, cipher)) {
            return;
        }
    }
    EVP_CIPHER_CTX_free(cipher);
}

static bool use_key(EVP_CIPHER_CTX *cipher, const unsigned char key[AEAD_KEY_SIZE])
{
    return EVP_CipherInit_ex2(cipher, NULL, key, NULL, 1, NULL) == 1;
}

struct aead *aead_open_brief(const unsigned char key[AEAD_KEY_SIZE])
{
    struct aead *aead = memory_new(sizeof(*aead));
    memcpy(aead->key, key, AEAD_KEY_SIZE);
    aead->cipher = shared_cipher();
    aead->brief = true;
    EVP_CIPHER_CTX *cipher = take(rested, RESTED);
    if (cipher && use_key(cipher, key)) {
        atomic_store(&aead->spare[0], cipher);
    } else {
        EVP_CIPHER_CTX_free(cipher);
    }
    return aead;
}

/* Wiping a context by the schedule of another key is much cheaper than making the next one. */
static void rest(EVP_CIPHER_CTX *cipher)
{
    static const unsigned char zeros[AEAD_KEY_SIZE];
    if (cipher && use_key(cipher, zeros)) {
        give(rested, RESTED, cipher);
    } else {
        EVP_CIPHER_CTX_free(cipher);
    }
}

static void close_brief(struct aead *aead)
{
    for (size_t i = 0; i < SPARES; i++) {
        rest(atomic_load(&aead->spare[i]));
    }
    memory_wipe(aead->key, sizeof(aead->key));
    memory_free(aead);
}

void aead_close(struct aead *aead)
{
    if (aead == NULL) {
        return;
    }
    if (aead->brief) {
        close_brief(aead);
        return;
    }
    for (size_t i = 0; i < SPARES; i++) {
        EVP_CIPHER_CTX_free(atomic_load(&aead->spare[i]));
    }
    EVP_CIPHER_free(aead->cipher);
    secret_free(aead, sizeof(*aead));
}

/* The spares are a cache: taking one changes nothing that a caller can see. */
static _Atomic(EVP_CIPHER_CTX *) *spares_of(const struct aead *aead)
{
    return ((struct aead *)(uintptr_t)aead)->spare;
}

static EVP_CIPHER_CTX *take_cipher(const struct aead *aead)
{
    EVP_CIPHER_CTX *found = take(spares_of(aead), SPARES);
    if (found) {
        return found;
    }
    EVP_CIPHER_CTX *made = EVP_CIPHER_CTX_new();
    const int ready = made ? EVP_CipherInit_ex2(made, aead->cipher, aead->key, NULL, 1, NULL) : 0;
    assert(ready == 1);
    (void)ready;
    return made;
}

static void give_cipher(const struct aead *aead, EVP_CIPHER_CTX *cipher)
{
    give(spares_of(aead), SPARES, cipher);
}

/* One pass in either direction; the tag is made or asked for by the caller. */
static bool run_cipher(EVP_CIPHER_CTX *cipher, bool sealing, const unsigned char *nonce, struct str about, struct str in,
                       unsigned char *out)
{
    int wrote = 0;
    if (about.len > INT_MAX || in.len > INT_MAX) {
        return false;
    }
    return EVP_CipherInit_ex2(cipher, NULL, NULL, nonce, sealing ? 1 : 0, NULL) == 1
        && (about.len == 0
            || EVP_CipherUpdate(cipher, NULL, &wrote, (const unsigned char *)about.ptr, (int)about.len) == 1)
        && (in.len == 0 || EVP_CipherUpdate(cipher, out, &wrote, (const unsigned char *)in.ptr, (int)in.len) == 1);
}

void aead_seal_apart(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str plain,
                     unsigned char *out, unsigned char tag[AEAD_TAG_SIZE])
{
    EVP_CIPHER_CTX *cipher = take_cipher(aead);
    int wrote = 0;
    const bool done = run_cipher(cipher, true, nonce, about, plain, out)
        && EVP_CipherFinal_ex(cipher, tag, &wrote) == 1
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, tag) == 1;
    give_cipher(aead, cipher);
    assert(done);
    (void)done;
}

void aead_seal(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str plain,
               unsigned char *out)
{
    aead_seal_apart(aead, nonce, about, plain, out, out + plain.len);
}

bool aead_unseal_apart(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str sealed,
                       const unsigned char tag[AEAD_TAG_SIZE], unsigned char *out)
{
    unsigned char expected[AEAD_TAG_SIZE];
    unsigned char none = 0; /* of nothing sealed */
    memcpy(expected, tag, AEAD_TAG_SIZE);
    EVP_CIPHER_CTX *cipher = take_cipher(aead);
    int wrote = 0;
    const bool done = run_cipher(cipher, false, nonce, about, sealed, out)
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, expected) == 1
        && EVP_CipherFinal_ex(cipher, sealed.len ? out + sealed.len : &none, &wrote) == 1;
    give_cipher(aead, cipher);
    if (!done) {
        memory_wipe(out, sealed.len); /* what was deciphered before the tag failed is nobody's business */
    }
    return done;
}

bool aead_unseal(const struct aead *aead, const unsigned char nonce[AEAD_NONCE_SIZE], struct str about, struct str sealed,
                 unsigned char *out)
{
    if (sealed.len < AEAD_TAG_SIZE) {
        return false;
    }
    const struct str hidden = str_slice(sealed, 0, sealed.len - AEAD_TAG_SIZE);
    unsigned char tag[AEAD_TAG_SIZE];
    memcpy(tag, sealed.ptr + hidden.len, AEAD_TAG_SIZE);
    return aead_unseal_apart(aead, nonce, about, hidden, tag, out);
}
