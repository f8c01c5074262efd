#include "crypto/verify.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, EXPONENT_BYTES_MAX = 8, COORDINATE_MAX = 66, DER_MAX = 160 };

static const struct {
    const char *name;  /* RFC 7518 */
    const char *group; /* OpenSSL */
    size_t size;       /* bytes of a coordinate */
} CURVES[] = { { "P-256", "prime256v1", 32 }, { "P-384", "secp384r1", 48 }, { "P-521", "secp521r1", 66 } };

static const struct {
    const char *digest;
    int type;
    size_t curve; /* of ECDSA */
} SCHEMES[] = {
    [VERIFY_RS256] = { "SHA256", EVP_PKEY_RSA, 0 }, [VERIFY_RS384] = { "SHA384", EVP_PKEY_RSA, 0 },
    [VERIFY_RS512] = { "SHA512", EVP_PKEY_RSA, 0 }, [VERIFY_ES256] = { "SHA256", EVP_PKEY_EC, 0 },
    [VERIFY_ES384] = { "SHA384", EVP_PKEY_EC, 1 },  [VERIFY_ES512] = { "SHA512", EVP_PKEY_EC, 2 },
};

struct verify_key {
    EVP_PKEY *pkey;
    size_t curve;
};

static bool rsa_sound(EVP_PKEY *pkey)
{
    BIGNUM *exponent = NULL;
    const int bits = EVP_PKEY_get_bits(pkey);
    const bool read = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1;
    const bool sound = read && BN_is_odd(exponent) && BN_num_bits(exponent) >= 2 && BN_num_bits(exponent) <= 8 * EXPONENT_BYTES_MAX;
    BN_free(exponent);
    return sound && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
}

static bool ec_sound(EVP_PKEY *pkey, size_t *curve)
{
    char group[32] = "";
    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) != 1) {
        return false;
    }
    for (*curve = 0; *curve < COUNT_OF(CURVES); (*curve)++) {
        if (strcmp(group, CURVES[*curve].group) == 0) {
            return true;
        }
    }
    return false;
}

/* Takes pkey over. */
static struct verify_key *key_of(EVP_PKEY *pkey)
{
    size_t curve = 0;
    const int type = pkey ? EVP_PKEY_get_base_id(pkey) : EVP_PKEY_NONE;
    const bool sound = (type == EVP_PKEY_RSA && rsa_sound(pkey)) || (type == EVP_PKEY_EC && ec_sound(pkey, &curve));
    if (!sound) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    struct verify_key *key = memory_new(sizeof(*key));
    *key = (struct verify_key){ pkey, curve };
    return key;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params && context && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return pkey;
}

struct verify_key *verify_key_rsa(struct str modulus, struct str exponent)
{
    if (modulus.len == 0 || modulus.len > RSA_BITS_MAX / 8 + 1 || exponent.len == 0 || exponent.len > EXPONENT_BYTES_MAX) {
        return NULL;
    }
    BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.ptr, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.ptr, (int)exponent.len, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    if (n && e && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        pkey = from_params("RSA", builder);
    }
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return key_of(pkey);
}

struct verify_key *verify_key_ec(struct str curve, struct str x, struct str y)
{
    unsigned char point[1 + 2 * COORDINATE_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
    size_t which = 0;
    while (which < COUNT_OF(CURVES) && !str_equal(curve, str_of(CURVES[which].name))) {
        which++;
    }
    if (which == COUNT_OF(CURVES) || x.len != CURVES[which].size || y.len != x.len) {
        return NULL;
    }
    memcpy(point + 1, x.ptr, x.len);
    memcpy(point + 1 + x.len, y.ptr, y.len);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    if (builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, CURVES[which].group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * x.len) == 1) {
        pkey = from_params("EC", builder);
    }
    OSSL_PARAM_BLD_free(builder);
    return key_of(pkey);
}

struct verify_key *verify_key_certificate(struct str der)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    X509 *certificate = der.len > 0 && der.len < 1 << 20 ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    EVP_PKEY *pkey = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key_of(pkey);
}

void verify_key_close(struct verify_key *key)
{
    if (key) {
        EVP_PKEY_free(key->pkey);
        memory_free(key);
    }
}

/* r and s side by side become the DER that OpenSSL takes; 0: they are none. */
static size_t der_of(struct str signature, size_t half, unsigned char out[DER_MAX])
{
    if (signature.len != 2 * half) {
        return 0;
    }
    const unsigned char *bytes = (const unsigned char *)signature.ptr;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(bytes + half, (int)half, NULL);
    if (pair == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return 0;
    }
    unsigned char *end = out;
    const int size = i2d_ECDSA_SIG(pair, NULL);
    const int written = size > 0 && size <= DER_MAX ? i2d_ECDSA_SIG(pair, &end) : 0;
    ECDSA_SIG_free(pair);
    return written > 0 ? (size_t)written : 0;
}

bool verify_signature(const struct verify_key *key, enum verify_scheme scheme, struct str message, struct str signature)
{
    unsigned char der[DER_MAX];
    const unsigned char *bytes = (const unsigned char *)signature.ptr;
    size_t size = signature.len;
    if (EVP_PKEY_get_base_id(key->pkey) != SCHEMES[scheme].type) {
        return false;
    }
    if (SCHEMES[scheme].type == EVP_PKEY_EC) {
        size = key->curve == SCHEMES[scheme].curve ? der_of(signature, CURVES[key->curve].size, der) : 0;
        bytes = der;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool good = size > 0 && context &&
                      EVP_DigestVerifyInit_ex(context, NULL, SCHEMES[scheme].digest, NULL, NULL, key->pkey, NULL) == 1 &&
                      EVP_DigestVerify(context, bytes, size, (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(context);
    return good;
}
