#include "crypto/rsa_sign.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

struct rsa_public {
    EVP_PKEY *key;
};

static struct err encode(struct ctx *ctx, EVP_PKEY *key, int selection, const char *structure, struct str *out)
{
    OSSL_ENCODER_CTX *encoder = OSSL_ENCODER_CTX_new_for_pkey(key, selection, "DER", structure, NULL);
    unsigned char *bytes = NULL;
    size_t size = 0;
    const bool made = encoder && OSSL_ENCODER_to_data(encoder, &bytes, &size) == 1;
    if (made) {
        *out = str_copy(ctx->arena, (struct str){ (const char *)bytes, size });
        OPENSSL_clear_free(bytes, size);
    }
    OSSL_ENCODER_CTX_free(encoder);
    return made ? ERR_OK : fail(ctx, &FAULT_INTERNAL, "an RSA key can't be written down");
}

struct err rsa_sign_make(struct ctx *ctx, unsigned bits, struct rsa_pair *out)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);
    if (key == NULL) {
        return fail(ctx, &FAULT_INTERNAL, "no RSA key can be made");
    }
    struct err err = encode(ctx, key, EVP_PKEY_KEYPAIR, "PrivateKeyInfo", &out->private_key);
    if (!err.fault) {
        err = encode(ctx, key, EVP_PKEY_PUBLIC_KEY, "type-specific", &out->public_key);
    }
    EVP_PKEY_free(key);
    return err;
}

static EVP_PKEY *decode(struct str bytes, int selection, const char *structure)
{
    EVP_PKEY *key = NULL;
    const unsigned char *at = (const unsigned char *)bytes.ptr;
    size_t left = bytes.len;
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(&key, "DER", structure, "RSA", selection, NULL, NULL);
    const bool read = decoder && OSSL_DECODER_from_data(decoder, &at, &left) == 1 && left == 0;
    OSSL_DECODER_CTX_free(decoder);
    if (!read) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

struct err rsa_sign(struct ctx *ctx, struct str private_key, struct str message, struct str *signature)
{
    EVP_PKEY *key = decode(private_key, EVP_PKEY_KEYPAIR, "PrivateKeyInfo");
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    size_t size = 0;
    bool signed_well = key && digest && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestSign(digest, NULL, &size, (const unsigned char *)message.ptr, message.len) == 1;
    if (signed_well) {
        unsigned char *bytes = arena_alloc(ctx->arena, size + 1);
        signed_well = EVP_DigestSign(digest, bytes, &size, (const unsigned char *)message.ptr, message.len) == 1;
        *signature = (struct str){ (const char *)bytes, size };
    }
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(key);
    return signed_well ? ERR_OK : fail(ctx, &FAULT_INTERNAL, "the digest's signing key is damaged");
}

struct rsa_public *rsa_public_open(struct str public_key)
{
    EVP_PKEY *key = decode(public_key, EVP_PKEY_PUBLIC_KEY, "type-specific");
    if (key == NULL) {
        return NULL;
    }
    struct rsa_public *public = memory_new(sizeof(*public));
    public->key = key;
    return public;
}

void rsa_public_close(struct rsa_public *key)
{
    if (key) {
        EVP_PKEY_free(key->key);
        memory_free(key);
    }
}

bool rsa_public_verify(const struct rsa_public *key, struct str message, struct str signature)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    const bool sound = digest && EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, key->key) == 1
        && EVP_DigestVerify(digest, (const unsigned char *)signature.ptr, signature.len, (const unsigned char *)message.ptr,
                            message.len) == 1;
    EVP_MD_CTX_free(digest);
    return sound;
}
