/* kms_import_fuzz.c - arbitrary bytes as key material: wrapped for import in each of the ways, and as DER of each key spec. */
#include "crypto/hmac.h"
#include "svc/kms/import.h"
#include "svc/kms/material.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const algorithms[] = { "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_1",
                                              "RSA_AES_KEY_WRAP_SHA_256" };
    static const char *const specs[] = { "SYMMETRIC_DEFAULT", "HMAC_256", "RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519",
                                         "SM2" };
    static struct pkey *wrapping;
    const struct str bytes = { (const char *)data, size };
    struct arena *arena = arena_open();
    struct str plain = STR_NONE;
    wrapping = wrapping ? wrapping : pkey_new(PKEY_RSA_2048);
    for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
        import_unwrap(arena, wrapping, str_of(algorithms[i]), bytes, &plain);
    }
    for (size_t i = 0; i < COUNT_OF(specs); i++) {
        material_fits(spec_find(str_of(specs[i])), bytes);
    }
    key_unwrap(arena, STR("0123456789abcdef0123456789abcdef"), bytes, &plain);
    pkey_close(pkey_of_public(bytes));
    arena_close(arena);
    return 0;
}
