/* jwt_fuzz.c - arbitrary bytes as a web token, and as the key set that it is held against. */
#include <stdlib.h>

#include "svc/sts/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char KEYS[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                               "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
    const struct str bytes = { (const char *)data, size };
    struct arena *arena = arena_open();
    struct jwt jwt;
    const char *reason = NULL;
    if (jwt_parse(arena, bytes, &jwt, &reason)) {
        if (jwt_verify(arena, &jwt, str_of(KEYS)) == JWT_GOOD) {
            abort(); /* nobody here has the private key */
        }
    } else if (reason == NULL) {
        abort();
    }
    static const char TOKEN[] = "eyJhbGciOiJFUzI1NiJ9.e30.AAAA";
    if (jwt_parse(arena, str_of(TOKEN), &jwt, &reason)) {
        jwt_verify(arena, &jwt, bytes);
    }
    arena_close(arena);
    return 0;
}
