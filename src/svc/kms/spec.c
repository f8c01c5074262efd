#include "svc/kms/spec.h"

#define BIT(n) (1U << (n))

enum row { SYMMETRIC, HMAC_224, HMAC_256, HMAC_384, HMAC_512, RSA_2048, RSA_3072, RSA_4096, P256, P384, P521, SECP256K1, ED25519,
           SM2 };

static const struct spec SPECS[] = {
    [SYMMETRIC] = { "SYMMETRIC_DEFAULT", FORM_SYMMETRIC, 0, 32, BIT(USAGE_ENCRYPT) },
    [HMAC_224] = { "HMAC_224", FORM_HMAC, 0, 28, BIT(USAGE_MAC) },
    [HMAC_256] = { "HMAC_256", FORM_HMAC, 0, 32, BIT(USAGE_MAC) },
    [HMAC_384] = { "HMAC_384", FORM_HMAC, 0, 48, BIT(USAGE_MAC) },
    [HMAC_512] = { "HMAC_512", FORM_HMAC, 0, 64, BIT(USAGE_MAC) },
    [RSA_2048] = { "RSA_2048", FORM_PAIR, PKEY_RSA_2048, 256, BIT(USAGE_ENCRYPT) | BIT(USAGE_SIGN) },
    [RSA_3072] = { "RSA_3072", FORM_PAIR, PKEY_RSA_3072, 384, BIT(USAGE_ENCRYPT) | BIT(USAGE_SIGN) },
    [RSA_4096] = { "RSA_4096", FORM_PAIR, PKEY_RSA_4096, 512, BIT(USAGE_ENCRYPT) | BIT(USAGE_SIGN) },
    [P256] = { "ECC_NIST_P256", FORM_PAIR, PKEY_P256, 32, BIT(USAGE_SIGN) | BIT(USAGE_AGREE) },
    [P384] = { "ECC_NIST_P384", FORM_PAIR, PKEY_P384, 48, BIT(USAGE_SIGN) | BIT(USAGE_AGREE) },
    [P521] = { "ECC_NIST_P521", FORM_PAIR, PKEY_P521, 66, BIT(USAGE_SIGN) | BIT(USAGE_AGREE) },
    [SECP256K1] = { "ECC_SECG_P256K1", FORM_PAIR, PKEY_SECP256K1, 32, BIT(USAGE_SIGN) },
    [ED25519] = { "ECC_NIST_EDWARDS25519", FORM_PAIR, PKEY_ED25519, 32, BIT(USAGE_SIGN) },
    [SM2] = { "SM2", FORM_PAIR, PKEY_SM2, 32, BIT(USAGE_ENCRYPT) | BIT(USAGE_SIGN) },
};

#define ANY_RSA (BIT(RSA_2048) | BIT(RSA_3072) | BIT(RSA_4096))

static const struct algorithm ALGORITHMS[] = {
    { "SYMMETRIC_DEFAULT", USAGE_ENCRYPT, BIT(SYMMETRIC), 0, 0 },
    { "RSAES_OAEP_SHA_1", USAGE_ENCRYPT, ANY_RSA, PKEY_SHA1, 0 },
    { "RSAES_OAEP_SHA_256", USAGE_ENCRYPT, ANY_RSA, PKEY_SHA256, 0 },
    { "SM2PKE", USAGE_ENCRYPT, BIT(SM2), PKEY_SM3, 0 },
    { "RSASSA_PKCS1_V1_5_SHA_256", USAGE_SIGN, ANY_RSA, PKEY_SHA256, PKEY_PKCS1 },
    { "RSASSA_PKCS1_V1_5_SHA_384", USAGE_SIGN, ANY_RSA, PKEY_SHA384, PKEY_PKCS1 },
    { "RSASSA_PKCS1_V1_5_SHA_512", USAGE_SIGN, ANY_RSA, PKEY_SHA512, PKEY_PKCS1 },
    { "RSASSA_PSS_SHA_256", USAGE_SIGN, ANY_RSA, PKEY_SHA256, PKEY_PSS },
    { "RSASSA_PSS_SHA_384", USAGE_SIGN, ANY_RSA, PKEY_SHA384, PKEY_PSS },
    { "RSASSA_PSS_SHA_512", USAGE_SIGN, ANY_RSA, PKEY_SHA512, PKEY_PSS },
    { "ECDSA_SHA_256", USAGE_SIGN, BIT(P256) | BIT(SECP256K1), PKEY_SHA256, PKEY_NO_PADDING },
    { "ECDSA_SHA_384", USAGE_SIGN, BIT(P384), PKEY_SHA384, PKEY_NO_PADDING },
    { "ECDSA_SHA_512", USAGE_SIGN, BIT(P521), PKEY_SHA512, PKEY_NO_PADDING },
    { "ED25519_SHA_512", USAGE_SIGN, BIT(ED25519), PKEY_SHA512, PKEY_NO_PADDING },
    { "SM2DSA", USAGE_SIGN, BIT(SM2), PKEY_SM3, PKEY_NO_PADDING },
    { "HMAC_SHA_224", USAGE_MAC, BIT(HMAC_224), PKEY_SHA224, 0 },
    { "HMAC_SHA_256", USAGE_MAC, BIT(HMAC_256), PKEY_SHA256, 0 },
    { "HMAC_SHA_384", USAGE_MAC, BIT(HMAC_384), PKEY_SHA384, 0 },
    { "HMAC_SHA_512", USAGE_MAC, BIT(HMAC_512), PKEY_SHA512, 0 },
    { "ECDH", USAGE_AGREE, BIT(P256) | BIT(P384) | BIT(P521), 0, 0 },
};

static const char *const USAGE_NAMES[USAGES] = {
    [USAGE_ENCRYPT] = "ENCRYPT_DECRYPT",
    [USAGE_SIGN] = "SIGN_VERIFY",
    [USAGE_MAC] = "GENERATE_VERIFY_MAC",
    [USAGE_AGREE] = "KEY_AGREEMENT",
};

const struct spec *spec_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(SPECS); i++) {
        if (str_equal(name, str_of(SPECS[i].name))) {
            return &SPECS[i];
        }
    }
    return NULL;
}

struct str spec_name(const struct spec *spec)
{
    return str_of(spec->name);
}

const char *usage_name(enum usage usage)
{
    return USAGE_NAMES[usage];
}

bool usage_find(struct str name, enum usage *out)
{
    for (enum usage usage = 0; usage < USAGES; usage++) {
        if (str_equal(name, str_of(USAGE_NAMES[usage]))) {
            *out = usage;
            return true;
        }
    }
    return false;
}

const struct algorithm *algorithm_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(ALGORITHMS); i++) {
        if (str_equal(name, str_of(ALGORITHMS[i].name))) {
            return &ALGORITHMS[i];
        }
    }
    return NULL;
}

bool algorithm_fits(const struct algorithm *algorithm, const struct spec *spec)
{
    return algorithm && (algorithm->specs & BIT(spec - SPECS)) != 0;
}

struct str *spec_algorithms(struct arena *arena, const struct spec *spec, enum usage usage, size_t *count)
{
    struct str *names = ARENA_ARRAY(arena, struct str, COUNT_OF(ALGORITHMS));
    *count = 0;
    for (size_t i = 0; i < COUNT_OF(ALGORITHMS); i++) {
        if (ALGORITHMS[i].usage == usage && algorithm_fits(&ALGORITHMS[i], spec)) {
            names[(*count)++] = str_of(ALGORITHMS[i].name);
        }
    }
    return names;
}

/* spec: RFC 8017, 7.1.1: k - 2 hLen - 2. */
size_t spec_oaep_room(const struct spec *spec, const struct algorithm *algorithm)
{
    return spec->size - 2 * pkey_digest_size(algorithm->digest) - 2;
}
