/* hash.h - a fast seeded 64-bit hash of text that stays the same between runs: models keep hashes, not texts. */
#ifndef YAGURA_DETECT_LEARN_HASH_H
#define YAGURA_DETECT_LEARN_HASH_H

#include "base/str.h"

static inline uint64_t learn_mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ UINT64_C(0x9E3779B97F4A7C15)) * (b | 1);
    x ^= x >> 32;
    x *= UINT64_C(0xD6E8FEB86659FD93);
    return x ^ x >> 29;
}

/* The last bytes of a text, fewer than eight, as a number. */
static inline uint64_t learn_tail(const char *end, size_t left, size_t len)
{
    uint64_t word = 0;
    if (len >= 8 && left > 0) {
        memcpy(&word, end - 8, 8);
        return word >> (8 * (8 - left));
    }
    for (size_t i = 0; i < left; i++) {
        word |= (uint64_t)(unsigned char)*(end - left + i) << (8 * i);
    }
    return word;
}

static inline uint64_t learn_hash(uint64_t seed, struct str s)
{
    uint64_t hash = learn_mix(seed, s.len);
    size_t at = 0;
    uint64_t word = 0;
    for (; at + 8 <= s.len; at += 8) {
        memcpy(&word, s.ptr + at, 8);
        hash = learn_mix(hash ^ word, hash + 0x51);
    }
    if (at < s.len) {
        word = learn_tail(s.ptr + s.len, s.len - at, s.len);
        hash = learn_mix(hash ^ word, hash + 0xA3);
    }
    return hash;
}

#endif
