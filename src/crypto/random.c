#include "crypto/random.h"

#include <assert.h>
#include <limits.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void random_bytes(void *out, size_t count)
{
    unsigned char *at = out;
    while (count > 0) {
        const size_t now = count < INT_MAX ? count : INT_MAX;
        if (RAND_bytes(at, (int)now) != 1) {
            fputs("yagura: this machine gives no random bytes\n", stderr);
            abort();
        }
        at += now;
        count -= now;
    }
}

struct str random_hex(struct ctx *ctx, size_t digits)
{
    return random_alphabet(ctx, STR("0123456789abcdef"), digits);
}

struct str random_alphabet(struct ctx *ctx, struct str alphabet, size_t count)
{
    assert(alphabet.len >= 1 && alphabet.len <= 256);
    char *out = arena_alloc_raw(ctx->arena, count + 1);
    out[count] = '\0';
    /* Bytes beyond the last whole multiple are thrown away: they would favour the alphabet's first letters. */
    const size_t fair = 256 - 256 % alphabet.len;
    unsigned char pool[64];
    size_t left = 0;
    for (size_t made = 0; made < count;) {
        if (left == 0) {
            left = sizeof(pool) < 2 * (count - made) ? sizeof(pool) : 2 * (count - made);
            random_bytes(pool, left);
        }
        const size_t byte = pool[--left];
        if (byte < fair) {
            out[made++] = alphabet.ptr[byte % alphabet.len];
        }
    }
    memory_wipe(pool, sizeof(pool));
    return (struct str){ out, count };
}

void random_name(void *out, size_t count)
{
    enum { POOL = 512 };
    static _Thread_local unsigned char pool[POOL];
    static _Thread_local size_t left;
    assert(count <= 16);
    if (left < count) {
        random_bytes(pool, POOL);
        left = POOL;
    }
    left -= count;
    memcpy(out, pool + left, count);
}

struct str random_uuid(struct ctx *ctx)
{
    unsigned char b[16];
    random_name(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    char *out = arena_alloc_raw(ctx->arena, 37);
    size_t at = 0;
    for (size_t i = 0; i < sizeof(b); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            out[at++] = '-';
        }
        out[at++] = "0123456789abcdef"[b[i] >> 4];
        out[at++] = "0123456789abcdef"[b[i] & 15];
    }
    out[at] = '\0';
    return (struct str){ out, at };
}
