#include "crypto/envelope.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>

#include "crypto/random.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16, VERSION = 1, HEAD_SIZE = 1 + NONCE_SIZE };

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
    random_name(sealed + 1, NONCE_SIZE);
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
