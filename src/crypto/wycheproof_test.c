/* wycheproof_test.c - the primitives behind KMS against Project Wycheproof's vectors (../shared/corpora/kms).
 *
 * A vector is run when the primitive offers what it asks for; others are counted as not offered. "acceptable" ones may go
 * either way. */
#include <stdio.h>

#include "base/json.h"
#include "crypto/aead.h"
#include "crypto/equal.h"
#include "crypto/hmac.h"
#include "tests/test.h"

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_NOT_OFFERED };

/* One vector of a group; true when it should hold. */
typedef enum verdict (*judge)(struct arena *arena, const struct json *group, const struct json *vector);

static struct str hex(struct arena *arena, const struct json *object, const char *name)
{
    const struct str text = json_text(json_get(object, str_of(name)));
    unsigned char *bytes = arena_alloc(arena, text.len / 2 + 1);
    return str_unhex(text, bytes, text.len / 2) ? (struct str){ (const char *)bytes, text.len / 2 } : STR_NONE;
}

static int64_t number(const struct json *object, const char *name)
{
    int64_t out = 0;
    json_int(json_get(object, str_of(name)), &out);
    return out;
}

static enum pkey_digest digest_of(const struct json *group)
{
    const struct str name = json_text(json_get(group, STR("sha")));
    return str_equal(name, STR("SHA-1")) ? PKEY_SHA1
        : str_equal(name, STR("SHA-384")) ? PKEY_SHA384
        : str_equal(name, STR("SHA-512")) ? PKEY_SHA512
                                          : PKEY_SHA256;
}

static enum verdict yes_if(bool holds)
{
    return holds ? VERDICT_YES : VERDICT_NO;
}

static enum verdict judge_gcm(struct arena *arena, const struct json *group, const struct json *vector)
{
    if (number(group, "keySize") != 256 || number(group, "ivSize") != 96 || number(group, "tagSize") != 128) {
        return VERDICT_NOT_OFFERED;
    }
    const struct str ct = json_text(json_get(vector, STR("ct")));
    const struct str tag = json_text(json_get(vector, STR("tag")));
    const struct str sealed = str_format(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(ct), STR_ARG(tag));
    unsigned char *bytes = arena_alloc(arena, sealed.len);
    unsigned char *plain = arena_alloc(arena, sealed.len);
    CHECK(str_unhex(sealed, bytes, sealed.len / 2));
    struct aead *aead = aead_open((const unsigned char *)hex(arena, vector, "key").ptr);
    const bool opened = aead_unseal(aead, (const unsigned char *)hex(arena, vector, "iv").ptr, hex(arena, vector, "aad"),
                                    (struct str){ (const char *)bytes, sealed.len / 2 }, plain);
    aead_close(aead);
    const struct str expected = hex(arena, vector, "msg");
    return yes_if(opened && str_equal(expected, (struct str){ (const char *)plain, expected.len }));
}

static enum verdict judge_kwp(struct arena *arena, const struct json *group, const struct json *vector)
{
    struct str plain = STR_NONE;
    (void)group;
    return yes_if(key_unwrap(arena, hex(arena, vector, "key"), hex(arena, vector, "ct"), &plain)
                  && str_equal(plain, hex(arena, vector, "msg")));
}

static enum verdict judge_not_offered(struct arena *arena, const struct json *group, const struct json *vector)
{
    (void)arena;
    (void)group;
    (void)vector;
    return VERDICT_NOT_OFFERED;
}

/* PKCS #8 around a bare private number; the curve's parameters are those of the public half. */
static struct str private_der(struct arena *arena, const struct json *group, struct str private)
{
    static const struct {
        const char *curve;
        const char *head;
        size_t size;
    } curves[] = {
        { "secp256r1", "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420", 32 },
        { "secp384r1", "304e020100301006072a8648ce3d020106052b81040022043730350201010430", 48 },
        { "secp521r1", "3060020100301006072a8648ce3d020106052b8104002304493047020101" "0442", 66 },
    };
    for (size_t i = 0; i < COUNT_OF(curves); i++) {
        if (str_equal(json_text(json_get(group, STR("curve"))), str_of(curves[i].curve))) {
            const size_t head = strlen(curves[i].head) / 2;
            char *der = arena_alloc(arena, head + curves[i].size);
            CHECK(str_unhex(str_of(curves[i].head), (unsigned char *)der, head));
            const size_t skip = private.len > curves[i].size ? private.len - curves[i].size : 0; /* a sign byte */
            const struct str digits = str_from(private, skip);
            memcpy(der + head + curves[i].size - digits.len, digits.ptr, digits.len);
            return (struct str){ der, head + curves[i].size };
        }
    }
    return STR_NONE;
}

static enum verdict judge_ecdh(struct arena *arena, const struct json *group, const struct json *vector)
{
    struct pkey *key = pkey_of_private(private_der(arena, group, hex(arena, vector, "private")));
    struct str secret = STR_NONE;
    if (key == NULL) {
        return VERDICT_NO;
    }
    const bool agreed = pkey_agree(arena, key, hex(arena, vector, "public"), &secret);
    pkey_close(key);
    return yes_if(agreed && str_equal(secret, hex(arena, vector, "shared")));
}

static enum verdict verify(struct arena *arena, const struct json *group, const struct json *vector, struct pkey_scheme scheme)
{
    struct pkey *key = pkey_of_public(hex(arena, group, "publicKeyDer"));
    if (key == NULL) {
        return VERDICT_NO;
    }
    const bool valid = pkey_verify(key, scheme, hex(arena, vector, "msg"), false, hex(arena, vector, "sig"));
    pkey_close(key);
    return yes_if(valid);
}

static enum verdict judge_signature(struct arena *arena, const struct json *group, const struct json *vector)
{
    return verify(arena, group, vector, (struct pkey_scheme){ .digest = digest_of(group), .padding = PKEY_NO_PADDING });
}

static enum verdict judge_pkcs1(struct arena *arena, const struct json *group, const struct json *vector)
{
    return verify(arena, group, vector, (struct pkey_scheme){ .digest = digest_of(group), .padding = PKEY_PKCS1 });
}

static enum verdict judge_pss(struct arena *arena, const struct json *group, const struct json *vector)
{
    return verify(arena, group, vector, (struct pkey_scheme){ .digest = digest_of(group), .padding = PKEY_PSS,
                                                              .salt = (size_t)number(group, "sLen") });
}

static enum verdict judge_mac(struct arena *arena, const struct json *vector, enum pkey_digest digest)
{
    unsigned char mac[HMAC_SIZE_MAX];
    const struct str tag = hex(arena, vector, "tag");
    const size_t size = hmac_of(digest, hex(arena, vector, "key"), hex(arena, vector, "msg"), mac);
    return yes_if(tag.len <= size && crypto_equal(tag, (struct str){ (const char *)mac, tag.len }));
}

#define HMAC_JUDGE(bits) \
    static enum verdict judge_hmac_##bits(struct arena *arena, const struct json *group, const struct json *vector) \
    { \
        (void)group; \
        return judge_mac(arena, vector, PKEY_SHA##bits); \
    }
HMAC_JUDGE(224)
HMAC_JUDGE(256)
HMAC_JUDGE(384)
HMAC_JUDGE(512)

static enum verdict judge_oaep(struct arena *arena, const struct json *group, const struct json *vector)
{
    struct pkey *key = pkey_of_private(hex(arena, group, "privateKeyPkcs8"));
    struct str plain = STR_NONE;
    if (key == NULL) {
        return VERDICT_NO;
    }
    const bool opened = pkey_decrypt(arena, key, digest_of(group), hex(arena, vector, "label"), hex(arena, vector, "ct"), &plain);
    pkey_close(key);
    return yes_if(opened && str_equal(plain, hex(arena, vector, "msg")));
}

static const struct {
    const char *file;
    judge judge;
} FILES[] = {
    { "aes_gcm", judge_gcm },
    { "aes_kwp", judge_kwp },
    { "aes_wrap", judge_not_offered }, /* RFC 3394 without padding: no format of KMS uses it */
    { "ecdh_secp256r1", judge_ecdh },
    { "ecdh_secp384r1", judge_ecdh },
    { "ecdh_secp521r1", judge_ecdh },
    { "ecdsa_secp256k1_sha256", judge_signature },
    { "ecdsa_secp256r1_sha256", judge_signature },
    { "ecdsa_secp384r1_sha384", judge_signature },
    { "ecdsa_secp521r1_sha512", judge_signature },
    { "ed25519", judge_signature },
    { "hmac_sha224", judge_hmac_224 },
    { "hmac_sha256", judge_hmac_256 },
    { "hmac_sha384", judge_hmac_384 },
    { "hmac_sha512", judge_hmac_512 },
    { "rsa_oaep_2048_sha1_mgf1sha1", judge_oaep },
    { "rsa_oaep_2048_sha256_mgf1sha256", judge_oaep },
    { "rsa_oaep_3072_sha256_mgf1sha256", judge_oaep },
    { "rsa_oaep_4096_sha256_mgf1sha256", judge_oaep },
    { "rsa_pss_2048_sha256_mgf1_32", judge_pss },
    { "rsa_pss_2048_sha384_mgf1_48", judge_pss },
    { "rsa_pss_3072_sha256_mgf1_32", judge_pss },
    { "rsa_pss_4096_sha256_mgf1_32", judge_pss },
    { "rsa_pss_4096_sha384_mgf1_48", judge_pss },
    { "rsa_pss_4096_sha512_mgf1_64", judge_pss },
    { "rsa_signature_2048_sha256", judge_pkcs1 },
    { "rsa_signature_2048_sha384", judge_pkcs1 },
    { "rsa_signature_2048_sha512", judge_pkcs1 },
    { "rsa_signature_3072_sha256", judge_pkcs1 },
    { "rsa_signature_3072_sha384", judge_pkcs1 },
    { "rsa_signature_3072_sha512", judge_pkcs1 },
    { "rsa_signature_4096_sha256", judge_pkcs1 },
    { "rsa_signature_4096_sha384", judge_pkcs1 },
    { "rsa_signature_4096_sha512", judge_pkcs1 },
};

struct count {
    size_t run, passed, not_offered;
};

static void run_vector(size_t file, const struct json *group, const struct json *vector, struct count *count)
{
    struct arena *arena = arena_open();
    const struct str wanted = json_text(json_get(vector, STR("result")));
    const enum verdict verdict = FILES[file].judge(arena, group, vector);
    if (verdict == VERDICT_NOT_OFFERED) {
        count->not_offered++;
    } else {
        const bool right = str_equal(wanted, STR("acceptable")) || (verdict == VERDICT_YES) == str_equal(wanted, STR("valid"));
        count->run++;
        count->passed += right;
        if (!right) {
            const struct str comment = json_text(json_get(vector, STR("comment")));
            printf("  %s %lld (%.*s): %.*s\n", FILES[file].file, (long long)number(vector, "tcId"), STR_ARG(wanted),
                   STR_ARG(comment));
        }
    }
    arena_close(arena);
}

static struct count run_file(struct arena *arena, const char *folder, size_t file)
{
    struct count count = { 0, 0, 0 };
    const struct str path = str_format(arena, "%s/corpora/kms/wycheproof/%s_test.json", folder, FILES[file].file);
    const struct str text = test_read_file(arena, path.ptr);
    const struct json *json = text.ptr ? json_parse(arena, text, NULL) : NULL;
    const struct json *groups = json_get(json, STR("testGroups"));
    for (const struct json *group = groups ? groups->child : NULL; group; group = group->next) {
        const struct json *vectors = json_get(group, STR("tests"));
        for (const struct json *vector = vectors ? vectors->child : NULL; vector; vector = vector->next) {
            run_vector(file, group, vector, &count);
        }
    }
    printf("  %s: run %zu passed %zu not offered %zu\n", FILES[file].file, count.run, count.passed, count.not_offered);
    return count;
}

TEST(wycheproofs_vectors_are_judged_as_it_says)
{
    const char *folder = test_shared();
    struct count all = { 0, 0, 0 };
    if (folder == NULL || test_read_file(arena, str_format(arena, "%s/corpora/kms/wycheproof/ed25519_test.json", folder).ptr).ptr == NULL) {
        puts("skipped: no vectors beside the checkout");
        return;
    }
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        const struct count count = run_file(arena, folder, i);
        all.run += count.run;
        all.passed += count.passed;
    }
    test_corpus_report("kms/wycheproof", all.run, all.passed);
    CHECK_INT(all.passed, all.run);
}
