#include "crypto/certificate.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/hash.h"

enum { PEM_MAX = 2097152, CHAIN_MAX = 100, SECONDS_A_DAY = 86400 };

static int no_password(char *buffer, int size, int writing, void *argument)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)argument;
    return -1;
}

static BIO *open_text(struct str text)
{
    return text.len > 0 && text.len <= PEM_MAX ? BIO_new_mem_buf(text.ptr, (int)text.len) : NULL;
}

static X509 *read_one(BIO *bio)
{
    X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
    ERR_clear_error();
    return x509;
}

static X509 *read_first(struct str pem)
{
    BIO *bio = open_text(pem);
    X509 *x509 = read_one(bio);
    BIO_free(bio);
    return x509;
}

static EVP_PKEY *read_key(struct str pem)
{
    BIO *bio = open_text(pem);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static bool time_ms(const ASN1_TIME *time, int64_t *out)
{
    int days = 0;
    int seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    const bool known = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    *out = ((int64_t)days * SECONDS_A_DAY + seconds) * 1000;
    return known;
}

static bool fingerprint_of(struct arena *arena, X509 *x509, struct str *out)
{
    unsigned char *der = NULL;
    const int size = i2d_X509(x509, &der);
    if (size <= 0) {
        return false;
    }
    *out = hash_hex(arena, HASH_SHA256, (struct str){ (const char *)der, (size_t)size });
    OPENSSL_free(der);
    return true;
}

bool certificate_read(struct arena *arena, struct str pem, struct certificate *out)
{
    BIO *bio = open_text(pem);
    X509 *x509 = read_one(bio);
    X509 *second = x509 ? read_one(bio) : NULL;
    const bool good = x509 && !second && time_ms(X509_get0_notBefore(x509), &out->not_before_ms)
        && time_ms(X509_get0_notAfter(x509), &out->not_after_ms) && fingerprint_of(arena, x509, &out->fingerprint);
    X509_free(second);
    X509_free(x509);
    BIO_free(bio);
    return good;
}

enum certificate_key certificate_match_key(struct str pem, struct str private_key_pem)
{
    X509 *x509 = read_first(pem);
    EVP_PKEY *key = read_key(private_key_pem);
    const bool same = x509 && key && X509_check_private_key(x509, key) == 1;
    const enum certificate_key answer = key == NULL ? CERTIFICATE_KEY_UNREADABLE
        : same                                      ? CERTIFICATE_KEY_MATCHES
                                                    : CERTIFICATE_KEY_DIFFERS;
    EVP_PKEY_free(key);
    X509_free(x509);
    ERR_clear_error();
    return answer;
}

static bool signed_by(X509 *x509, X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    const bool good = key && X509_check_issued(issuer, x509) == X509_V_OK && X509_verify(x509, key) == 1;
    ERR_clear_error();
    return good;
}

int certificate_check_chain(struct str pem, struct str chain)
{
    BIO *bio = open_text(chain);
    X509 *before = read_first(pem);
    X509 *next = read_one(bio);
    int bad = before && next ? -1 : -2;
    for (int i = 0; bad == -1 && next; i++) {
        bad = i < CHAIN_MAX && signed_by(before, next) ? -1 : i;
        X509_free(before);
        before = next;
        next = read_one(bio);
    }
    X509_free(next);
    X509_free(before);
    BIO_free(bio);
    return bad;
}

bool certificate_is_private_key(struct str pem)
{
    EVP_PKEY *key = read_key(pem);
    const bool rsa = key && EVP_PKEY_is_a(key, "RSA");
    EVP_PKEY_free(key);
    return rsa;
}

static bool number_of(struct arena *arena, EVP_PKEY *key, const char *name, struct str *out)
{
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1) {
        return false;
    }
    const int size = BN_num_bytes(number);
    unsigned char *bytes = arena_alloc(arena, (size_t)size);
    BN_bn2bin(number, bytes);
    BN_free(number);
    *out = (struct str){ (const char *)bytes, (size_t)size };
    return size > 0;
}

bool public_key_of_pem(struct arena *arena, struct str pem, struct str *modulus, struct str *exponent)
{
    BIO *bio = open_text(pem);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL) : NULL;
    const bool good = key && EVP_PKEY_is_a(key, "RSA") && number_of(arena, key, OSSL_PKEY_PARAM_RSA_N, modulus)
        && number_of(arena, key, OSSL_PKEY_PARAM_RSA_E, exponent);
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return good;
}

static EVP_PKEY *key_of_numbers(BIGNUM *modulus, BIGNUM *exponent)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    const bool pushed = builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1;
    OSSL_PARAM *params = pushed ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *context = params ? EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL) : NULL;
    EVP_PKEY *key = NULL;
    if (context && EVP_PKEY_fromdata_init(context) == 1) {
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

struct str public_key_to_pem(struct arena *arena, struct str modulus, struct str exponent)
{
    struct str out = STR_NONE;
    if (modulus.len > PEM_MAX || exponent.len > PEM_MAX) {
        return out;
    }
    BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.ptr, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.ptr, (int)exponent.len, NULL);
    EVP_PKEY *key = n && e ? key_of_numbers(n, e) : NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    if (key && bio && PEM_write_bio_PUBKEY(bio, key) == 1) {
        const long size = BIO_get_mem_data(bio, &text);
        out = size > 0 ? str_copy(arena, (struct str){ text, (size_t)size }) : out;
    }
    BIO_free(bio);
    EVP_PKEY_free(key);
    BN_free(n);
    BN_free(e);
    ERR_clear_error();
    return out;
}
