#include "crypto/pkey.h"

#include <assert.h>
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>

enum { SPARES = 4 };

/* A context made ready for one scheme: making one costs a fifth of an ECDSA signature. */
struct signer {
    EVP_PKEY_CTX *context;
    struct pkey_scheme scheme;
};

struct pkey {
    EVP_PKEY *evp;
    enum pkey_kind kind;
    _Atomic(struct signer *) spare[SPARES];
};

static const struct {
    const char *type;
    const char *group; /* of curves */
    unsigned bits;     /* of RSA */
} KINDS[PKEY_KINDS] = {
    [PKEY_RSA_2048] = { "RSA", NULL, 2048 },
    [PKEY_RSA_3072] = { "RSA", NULL, 3072 },
    [PKEY_RSA_4096] = { "RSA", NULL, 4096 },
    [PKEY_P256] = { "EC", "prime256v1", 0 },
    [PKEY_P384] = { "EC", "secp384r1", 0 },
    [PKEY_P521] = { "EC", "secp521r1", 0 },
    [PKEY_SECP256K1] = { "EC", "secp256k1", 0 },
    [PKEY_ED25519] = { "ED25519", NULL, 0 },
    [PKEY_SM2] = { "SM2", NULL, 0 },
};

static const struct {
    const char *name;
    size_t size;
} DIGESTS[] = {
    [PKEY_SHA1] = { "SHA1", 20 },
    [PKEY_SHA224] = { "SHA224", 28 },
    [PKEY_SHA256] = { "SHA256", 32 },
    [PKEY_SHA384] = { "SHA384", 48 },
    [PKEY_SHA512] = { "SHA512", 64 },
    [PKEY_SM3] = { "SM3", 32 },
};

/* spec: GB/T 32918.2 and RFC 8998: the identity where nobody agreed on another. */
static const struct str SM2_IDENTITY = STR_INIT("1234567812345678");

static void free_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
    ERR_clear_error(); /* what went wrong is told by the result; the queue would only grow */
}

static void free_digest(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
    ERR_clear_error();
}

size_t pkey_digest_size(enum pkey_digest digest)
{
    return DIGESTS[digest].size;
}

static const EVP_MD *digest_of(enum pkey_digest digest)
{
    static const EVP_MD *(*const digests[])(void) = {
        [PKEY_SHA1] = EVP_sha1, [PKEY_SHA224] = EVP_sha224, [PKEY_SHA256] = EVP_sha256, [PKEY_SHA384] = EVP_sha384,
        [PKEY_SHA512] = EVP_sha512, [PKEY_SM3] = EVP_sm3,
    };
    return digests[digest]();
}

static bool fits(const EVP_PKEY *evp, enum pkey_kind kind)
{
    if (!EVP_PKEY_is_a(evp, KINDS[kind].type)) {
        return false;
    }
    if (KINDS[kind].bits) {
        return EVP_PKEY_get_bits(evp) == (int)KINDS[kind].bits;
    }
    char group[64];
    size_t length = 0;
    int spelled_out = 0; /* curves are named; one written as numbers may hide others */
    if (EVP_PKEY_get_int_param(evp, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelled_out) == 1 && spelled_out) {
        return false;
    }
    return KINDS[kind].group == NULL
        || (EVP_PKEY_get_group_name(evp, group, sizeof(group), &length) == 1
            && str_equal(str_of(group), str_of(KINDS[kind].group)));
}

/* Takes over evp; NULL stays NULL. */
static struct pkey *wrap(EVP_PKEY *evp)
{
    ERR_clear_error();
    for (enum pkey_kind kind = 0; evp && kind < PKEY_KINDS; kind++) {
        if (fits(evp, kind)) {
            struct pkey *key = memory_new(sizeof(*key));
            key->evp = evp;
            key->kind = kind;
            return key;
        }
    }
    EVP_PKEY_free(evp);
    return NULL;
}

struct pkey *pkey_new(enum pkey_kind kind)
{
    const char *type = KINDS[kind].type;
    EVP_PKEY *evp = KINDS[kind].bits ? EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)KINDS[kind].bits)
        : KINDS[kind].group          ? EVP_PKEY_Q_keygen(NULL, NULL, type, KINDS[kind].group)
                                     : EVP_PKEY_Q_keygen(NULL, NULL, type);
    assert(evp);
    struct pkey *key = wrap(evp);
    assert(key);
    return key;
}

static bool consistent(EVP_PKEY *evp)
{
    EVP_PKEY_CTX *context CLEANUP(free_context) = evp ? EVP_PKEY_CTX_new(evp, NULL) : NULL;
    return context && EVP_PKEY_check(context) == 1;
}

struct pkey *pkey_of_private(struct str der)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    if (der.len == 0 || der.len > INT_MAX) {
        return NULL;
    }
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    EVP_PKEY *evp = info && at == (const unsigned char *)der.ptr + der.len ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    return wrap(evp);
}

bool pkey_consistent(const struct pkey *key)
{
    return consistent(key->evp);
}

struct pkey *pkey_of_public(struct str der)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    EVP_PKEY *evp = der.len > 0 && der.len <= INT_MAX ? d2i_PUBKEY(NULL, &at, (long)der.len) : NULL;
    if (evp && at != (const unsigned char *)der.ptr + der.len) {
        EVP_PKEY_free(evp);
        evp = NULL;
    }
    return wrap(evp);
}

static void signer_close(struct signer *signer)
{
    if (signer) {
        EVP_PKEY_CTX_free(signer->context);
        memory_free(signer);
    }
}

void pkey_close(struct pkey *key)
{
    if (key) {
        for (size_t i = 0; i < SPARES; i++) {
            signer_close(atomic_load(&key->spare[i]));
        }
        EVP_PKEY_free(key->evp);
        memory_free(key);
    }
}

enum pkey_kind pkey_kind(const struct pkey *key)
{
    return key->kind;
}

struct str pkey_private_der(struct arena *arena, const struct pkey *key)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->evp);
    unsigned char *der = NULL;
    const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    assert(size > 0);
    const struct str copy = str_copy(arena, (struct str){ (const char *)der, (size_t)size });
    OPENSSL_clear_free(der, (size_t)size);
    PKCS8_PRIV_KEY_INFO_free(info);
    return copy;
}

struct str pkey_public_der(struct arena *arena, const struct pkey *key)
{
    unsigned char *der = NULL;
    const int size = i2d_PUBKEY(key->evp, &der);
    assert(size > 0);
    const struct str copy = str_copy(arena, (struct str){ (const char *)der, (size_t)size });
    OPENSSL_free(der);
    return copy;
}

static bool set_padding(EVP_PKEY_CTX *context, struct pkey_scheme scheme)
{
    if (scheme.padding == PKEY_NO_PADDING) {
        return true;
    }
    const int padding = scheme.padding == PKEY_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
    const int salt = scheme.salt ? (int)scheme.salt : RSA_PSS_SALTLEN_DIGEST;
    return EVP_PKEY_CTX_set_rsa_padding(context, padding) == 1
        && (scheme.padding != PKEY_PSS || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt) == 1);
}

/* The spares are a cache: taking one changes nothing that a caller can see. */
static _Atomic(struct signer *) *spares_of(const struct pkey *key)
{
    return ((struct pkey *)(uintptr_t)key)->spare;
}

static bool same_scheme(struct pkey_scheme a, struct pkey_scheme b)
{
    return a.digest == b.digest && a.padding == b.padding && a.salt == b.salt;
}

static struct signer *signer_new(const struct pkey *key, struct pkey_scheme scheme)
{
    struct signer *signer = memory_new(sizeof(*signer));
    signer->scheme = scheme;
    signer->context = EVP_PKEY_CTX_new(key->evp, NULL);
    if (signer->context && EVP_PKEY_sign_init(signer->context) == 1 && set_padding(signer->context, scheme)
        && EVP_PKEY_CTX_set_signature_md(signer->context, digest_of(scheme.digest)) == 1) {
        return signer;
    }
    signer_close(signer);
    return NULL;
}

static struct signer *take_signer(const struct pkey *key, struct pkey_scheme scheme)
{
    _Atomic(struct signer *) *spare = spares_of(key);
    for (size_t i = 0; i < SPARES; i++) {
        struct signer *found = atomic_load(&spare[i]) ? atomic_exchange(&spare[i], NULL) : NULL;
        if (found && same_scheme(found->scheme, scheme)) {
            return found;
        }
        signer_close(found);
    }
    return signer_new(key, scheme);
}

static void give_signer(const struct pkey *key, struct signer *signer)
{
    _Atomic(struct signer *) *spare = spares_of(key);
    for (size_t i = 0; i < SPARES; i++) {
        struct signer *expected = NULL;
        if (atomic_compare_exchange_strong(&spare[i], &expected, signer)) {
            return;
        }
    }
    signer_close(signer);
}

static bool sign_digest(struct arena *arena, const struct pkey *key, struct pkey_scheme scheme, struct str digest,
                        struct str *signature)
{
    struct signer *signer = take_signer(key, scheme);
    size_t size = (size_t)EVP_PKEY_get_size(key->evp);
    unsigned char *out = arena_alloc_raw(arena, size);
    const bool done = signer && EVP_PKEY_sign(signer->context, out, &size, (const unsigned char *)digest.ptr, digest.len) == 1;
    *signature = (struct str){ (const char *)out, done ? size : 0 };
    if (done) {
        give_signer(key, signer);
    } else {
        signer_close(signer);
        ERR_clear_error();
    }
    return done;
}

static bool verify_digest(const struct pkey *key, struct pkey_scheme scheme, struct str digest, struct str signature)
{
    EVP_PKEY_CTX *context CLEANUP(free_context) = EVP_PKEY_CTX_new(key->evp, NULL);
    return context && EVP_PKEY_verify_init(context) == 1 && set_padding(context, scheme)
        && EVP_PKEY_CTX_set_signature_md(context, digest_of(scheme.digest)) == 1
        && EVP_PKEY_verify(context, (const unsigned char *)signature.ptr, signature.len,
                           (const unsigned char *)digest.ptr, digest.len) == 1;
}

/* Ed25519 and SM2 make their own digest of the message. */
static bool digests_itself(const struct pkey *key)
{
    return key->kind == PKEY_ED25519 || key->kind == PKEY_SM2;
}

static bool begin_message(EVP_MD_CTX *context, const struct pkey *key, bool signing)
{
    const EVP_MD *digest = key->kind == PKEY_SM2 ? EVP_sm3() : NULL;
    EVP_PKEY_CTX *inner = NULL;
    const int begun = signing ? EVP_DigestSignInit(context, &inner, digest, NULL, key->evp)
                              : EVP_DigestVerifyInit(context, &inner, digest, NULL, key->evp);
    return begun == 1
        && (key->kind != PKEY_SM2 || EVP_PKEY_CTX_set1_id(inner, SM2_IDENTITY.ptr, (int)SM2_IDENTITY.len) == 1);
}

static bool digest_message(enum pkey_digest digest, struct str message, unsigned char out[EVP_MAX_MD_SIZE], struct str *made)
{
    unsigned size = 0;
    const bool done = EVP_Digest(message.ptr ? message.ptr : "", message.len, out, &size, digest_of(digest), NULL) == 1;
    *made = (struct str){ (const char *)out, size };
    return done;
}

bool pkey_sign(struct arena *arena, const struct pkey *key, struct pkey_scheme scheme, struct str message, bool digested,
               struct str *signature)
{
    if (digested && key->kind != PKEY_ED25519) {
        return sign_digest(arena, key, scheme, message, signature);
    }
    if (!digests_itself(key)) {
        unsigned char bytes[EVP_MAX_MD_SIZE];
        struct str digest = STR_NONE;
        return digest_message(scheme.digest, message, bytes, &digest) && sign_digest(arena, key, scheme, digest, signature);
    }
    EVP_MD_CTX *context CLEANUP(free_digest) = EVP_MD_CTX_new();
    size_t size = (size_t)EVP_PKEY_get_size(key->evp);
    unsigned char *out = arena_alloc_raw(arena, size);
    const bool done = context && begin_message(context, key, true)
        && EVP_DigestSign(context, out, &size, (const unsigned char *)message.ptr, message.len) == 1;
    *signature = (struct str){ (const char *)out, done ? size : 0 };
    return done;
}

bool pkey_verify(const struct pkey *key, struct pkey_scheme scheme, struct str message, bool digested, struct str signature)
{
    if (digested && key->kind != PKEY_ED25519) {
        return verify_digest(key, scheme, message, signature);
    }
    if (!digests_itself(key)) {
        unsigned char bytes[EVP_MAX_MD_SIZE];
        struct str digest = STR_NONE;
        return digest_message(scheme.digest, message, bytes, &digest) && verify_digest(key, scheme, digest, signature);
    }
    EVP_MD_CTX *context CLEANUP(free_digest) = EVP_MD_CTX_new();
    return context && begin_message(context, key, false)
        && EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len,
                            (const unsigned char *)message.ptr, message.len) == 1;
}

static bool set_oaep(EVP_PKEY_CTX *context, const struct pkey *key, enum pkey_digest digest, struct str label)
{
    if (key->kind > PKEY_RSA_4096) {
        return key->kind == PKEY_SM2;
    }
    void *copy = label.len ? OPENSSL_memdup(label.ptr, label.len) : NULL;
    if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1
        || EVP_PKEY_CTX_set_rsa_oaep_md(context, digest_of(digest)) != 1
        || EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest_of(digest)) != 1
        || (copy && EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, (int)label.len) != 1)) {
        OPENSSL_free(copy);
        return false;
    }
    return true;
}

bool pkey_encrypt(struct arena *arena, const struct pkey *key, enum pkey_digest digest, struct str plain, struct str *out)
{
    EVP_PKEY_CTX *context CLEANUP(free_context) = EVP_PKEY_CTX_new(key->evp, NULL);
    const unsigned char *in = (const unsigned char *)plain.ptr;
    size_t size = 0;
    if (context == NULL || EVP_PKEY_encrypt_init(context) != 1 || !set_oaep(context, key, digest, STR_NONE)
        || EVP_PKEY_encrypt(context, NULL, &size, in, plain.len) != 1) {
        return false;
    }
    unsigned char *sealed = arena_alloc_raw(arena, size);
    const bool done = EVP_PKEY_encrypt(context, sealed, &size, in, plain.len) == 1;
    *out = (struct str){ (const char *)sealed, size };
    return done;
}

bool pkey_decrypt(struct arena *arena, const struct pkey *key, enum pkey_digest digest, struct str label, struct str sealed,
                  struct str *plain)
{
    EVP_PKEY_CTX *context CLEANUP(free_context) = EVP_PKEY_CTX_new(key->evp, NULL);
    const unsigned char *in = (const unsigned char *)sealed.ptr;
    size_t size = 0;
    if (context == NULL || EVP_PKEY_decrypt_init(context) != 1 || !set_oaep(context, key, digest, label)
        || EVP_PKEY_decrypt(context, NULL, &size, in, sealed.len) != 1) {
        return false;
    }
    unsigned char *out = arena_alloc_raw(arena, size + 1);
    const bool done = EVP_PKEY_decrypt(context, out, &size, in, sealed.len) == 1;
    *plain = (struct str){ (const char *)out, done ? size : 0 };
    return done;
}

bool pkey_agree(struct arena *arena, const struct pkey *key, struct str peer_der, struct str *secret)
{
    struct pkey *peer = pkey_of_public(peer_der);
    EVP_PKEY_CTX *context CLEANUP(free_context) = EVP_PKEY_CTX_new(key->evp, NULL);
    size_t size = 0;
    bool done = peer && peer->kind == key->kind && context && EVP_PKEY_derive_init(context) == 1
        && EVP_PKEY_derive_set_peer_ex(context, peer->evp, 1) == 1 && EVP_PKEY_derive(context, NULL, &size) == 1;
    if (done) {
        unsigned char *out = arena_alloc_raw(arena, size);
        done = EVP_PKEY_derive(context, out, &size) == 1;
        *secret = (struct str){ (const char *)out, size };
    }
    pkey_close(peer);
    return done;
}
