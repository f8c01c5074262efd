/* scan_bits.h - stage one of the scanner: bytes to bitmaps of structure, 64 bytes at a time. For scan*.c only.
 *
 * Bit i of a word speaks of byte i. Quotes are the ones no backslash takes away; opens ({ [) and closes (} ]) are those
 * outside strings. The carry takes the state from one call to the next; all zero is the start of a document. */
#ifndef YAGURA_BASE_SCAN_BITS_H
#define YAGURA_BASE_SCAN_BITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/compat.h"

struct scan_bits {
    uint64_t quotes;
    uint64_t backslashes;
    uint64_t opens;
    uint64_t closes;
};

struct scan_carry {
    uint64_t in_string; /* 0 or all ones */
    uint64_t escaped;   /* 1: the next byte is taken literally */
};

typedef void scan_bits_maker(const char *bytes, size_t words, struct scan_carry *carry, struct scan_bits *out);

scan_bits_maker scan_bits_portable;
#if HAVE_X86_VECTORS
scan_bits_maker scan_bits_sse2; /* always there on x86-64 */
scan_bits_maker scan_bits_avx2; /* AVX2, PCLMULQDQ */
scan_bits_maker scan_bits_avx512;
#endif
/* The best this processor runs. */
scan_bits_maker *scan_bits_choose(void);

/* Bytes that a backslash before them takes literally. Runs of backslashes are told apart by the parity of their start:
 * adding the starts at odd places to the run carries to the byte after it.
 * spec: Langdale and Lemire, Parsing Gigabytes of JSON per Second, 3.1.1. */
static inline uint64_t scan_escaped(uint64_t backslashes, struct scan_carry *carry)
{
    if (LIKELY(backslashes == 0)) {
        const uint64_t escaped = carry->escaped;
        carry->escaped = 0;
        return escaped;
    }
    const uint64_t odd_places = 0xAAAAAAAAAAAAAAAAu;
    const uint64_t escape = backslashes & ~carry->escaped;
    const uint64_t follows = escape << 1 | carry->escaped;
    const uint64_t odd_starts = escape & odd_places & ~follows;
    uint64_t sum = 0;
    carry->escaped = ADD_OVERFLOWS(odd_starts, escape, &sum) ? 1 : 0;
    return (~odd_places ^ sum << 1) & follows;
}

/* Bit i becomes the parity of bits 0 to i. */
static inline uint64_t scan_prefix_parity(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2) {
        bits ^= bits << shift;
    }
    return bits;
}

#endif
