#include "crypto/hmac.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { WRAP_BLOCK = 8, WRAPPED_MAX = 65536 };

size_t hmac_of(enum pkey_digest digest, struct str secret, struct str message, unsigned char out[HMAC_SIZE_MAX])
{
    static const EVP_MD *(*const digests[])(void) = {
        [PKEY_SHA1] = EVP_sha1, [PKEY_SHA224] = EVP_sha224, [PKEY_SHA256] = EVP_sha256, [PKEY_SHA384] = EVP_sha384,
        [PKEY_SHA512] = EVP_sha512, [PKEY_SM3] = EVP_sm3,
    };
    unsigned size = 0;
    const unsigned char *done = HMAC(digests[digest](), secret.ptr, (int)secret.len,
                                     (const unsigned char *)(message.ptr ? message.ptr : ""), message.len, out, &size);
    assert(done);
    (void)done;
    return size;
}

bool key_unwrap(struct arena *arena, struct str key, struct str wrapped, struct str *plain)
{
    const EVP_CIPHER *cipher = key.len == 16 ? EVP_aes_128_wrap_pad()
        : key.len == 24                      ? EVP_aes_192_wrap_pad()
        : key.len == 32                      ? EVP_aes_256_wrap_pad()
                                             : NULL;
    if (cipher == NULL || wrapped.len < 2 * WRAP_BLOCK || wrapped.len % WRAP_BLOCK || wrapped.len > WRAPPED_MAX) {
        return false;
    }
    unsigned char *out = arena_alloc_raw(arena, wrapped.len);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int size = 0;
    int rest = 0;
    EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    const bool done = EVP_DecryptInit_ex2(context, cipher, (const unsigned char *)key.ptr, NULL, NULL) == 1
        && EVP_DecryptUpdate(context, out, &size, (const unsigned char *)wrapped.ptr, (int)wrapped.len) == 1
        && EVP_DecryptFinal_ex(context, out + size, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
    *plain = (struct str){ (const char *)out, done ? (size_t)(size + rest) : 0 };
    return done;
}
