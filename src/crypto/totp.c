#include "crypto/totp.h"

#include <stdio.h>

#include "crypto/equal.h"
#include "crypto/hash.h"

enum { BLOCK = 64, MODULUS = 1000000 };

int64_t totp_step(int64_t now_ms)
{
    return now_ms / TOTP_STEP_MS;
}

static struct hash padded(struct str key, unsigned char with)
{
    unsigned char block[BLOCK] = { 0 };
    if (key.len > BLOCK) {
        struct hash hash = hash_begin(HASH_SHA1);
        hash_add(&hash, key);
        hash_end(&hash, block);
    } else if (key.len > 0) {
        memcpy(block, key.ptr, key.len);
    }
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] = (unsigned char)(block[i] ^ with);
    }
    struct hash hash = hash_begin(HASH_SHA1);
    hash_add(&hash, (struct str){ (const char *)block, BLOCK });
    memory_wipe(block, sizeof(block));
    return hash;
}

static void hmac_sha1(struct str key, struct str message, unsigned char out[HASH_SHA1_SIZE])
{
    struct hash inner = padded(key, 0x36);
    struct hash outer = padded(key, 0x5C);
    hash_add(&inner, message);
    hash_end(&inner, out);
    hash_add(&outer, (struct str){ (const char *)out, HASH_SHA1_SIZE });
    hash_end(&outer, out);
}

/* spec: RFC 4226, 5.3: four bytes from where the last nibble points, the sign bit dropped. */
static void code_of(struct str seed, int64_t step, char out[TOTP_DIGITS + 1])
{
    unsigned char counter[8];
    unsigned char mac[HASH_SHA1_SIZE];
    for (size_t i = 0; i < sizeof(counter); i++) {
        counter[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    }
    hmac_sha1(seed, (struct str){ (const char *)counter, sizeof(counter) }, mac);
    const unsigned char *at = mac + (mac[HASH_SHA1_SIZE - 1] & 0x0F);
    const uint32_t number = ((uint32_t)(at[0] & 0x7F) << 24) | ((uint32_t)at[1] << 16) | ((uint32_t)at[2] << 8) | at[3];
    snprintf(out, TOTP_DIGITS + 1, "%06u", number % MODULUS);
    memory_wipe(mac, sizeof(mac));
}

struct str totp_code(struct arena *arena, struct str seed, int64_t step)
{
    char code[TOTP_DIGITS + 1];
    code_of(seed, step, code);
    return str_copy(arena, str_of(code));
}

static bool is_code(struct str seed, struct str code, int64_t step)
{
    char expected[TOTP_DIGITS + 1];
    code_of(seed, step, expected);
    const bool same = crypto_equal(str_of(expected), code);
    memory_wipe(expected, sizeof(expected));
    return same;
}

bool totp_verify(struct str seed, struct str code, int64_t now_ms, int64_t window, int64_t after, int64_t *step)
{
    const int64_t now = totp_step(now_ms);
    const int64_t first = now - window > after ? now - window : after + 1;
    for (int64_t at = first; at <= now + window; at++) {
        if (is_code(seed, code, at)) {
            *step = at;
            return true;
        }
    }
    return false;
}

bool totp_verify_pair(struct str seed, struct str first, struct str second, int64_t now_ms, int64_t after, int64_t *step)
{
    const int64_t now = totp_step(now_ms);
    for (int64_t at = now - TOTP_WINDOW_RESYNC; at <= now + TOTP_WINDOW_RESYNC; at++) {
        if (at > after && is_code(seed, first, at) && is_code(seed, second, at + 1)) {
            *step = at + 1;
            return true;
        }
    }
    return false;
}

struct str totp_base32(struct arena *arena, struct str bytes)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    struct text text = text_new(arena);
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        held = (held << 8) | (unsigned char)bytes.ptr[i];
        for (bits += 8; bits >= 5; bits -= 5) {
            text_add_char(&text, DIGITS[(held >> (bits - 5)) & 31]);
        }
    }
    if (bits > 0) {
        text_add_char(&text, DIGITS[(held << (5 - bits)) & 31]);
    }
    return text_str(&text);
}
