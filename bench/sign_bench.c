/* sign_bench.c - signatures a second of processor time in one thread, as KMS makes them: sign_bench SECONDS. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/pkey.h"

static const struct {
    const char *name; /* as openssl speed has it */
    enum pkey_kind kind;
    struct pkey_scheme scheme;
} KINDS[] = {
    { "rsa2048", PKEY_RSA_2048, { PKEY_SHA256, PKEY_PKCS1, 0 } },
    { "ecdsap256", PKEY_P256, { PKEY_SHA256, PKEY_NO_PADDING, 0 } },
};

static double rate(size_t kind, int64_t seconds)
{
    struct pkey *key = pkey_new(KINDS[kind].kind);
    struct arena *arena = arena_open();
    const clock_t begun = clock();
    clock_t passed = 0;
    size_t count = 0;
    for (; passed < seconds * CLOCKS_PER_SEC; passed = clock() - begun) {
        struct str signature = STR_NONE;
        arena_reset(arena);
        count += pkey_sign(arena, key, KINDS[kind].scheme, STR("12345678901234567890123456789012"), true, &signature);
    }
    arena_close(arena);
    pkey_close(key);
    return (double)count * (double)CLOCKS_PER_SEC / (double)passed;
}

int main(int argc, char **argv)
{
    const int64_t seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        printf("%s %.1f\n", KINDS[i].name, rate(i, seconds));
    }
    return 0;
}
