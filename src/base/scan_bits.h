/* scan_bits.h - stage one of the scanner: bytes to bitmaps of structure, 64 bytes at a time. For scan*.c only.
 *
 * Bit i of a word speaks of byte i. Quotes are the ones no backslash takes away; opens ({ [) and closes (} ]) are those
 * outside strings. The places of the quotes are also written out one by one, so that the walk need not search for them.
 * The carry takes the state from one call to the next; all zero is the start of a document. */
#ifndef YAGURA_BASE_SCAN_BITS_H
#define YAGURA_BASE_SCAN_BITS_H

#include <stdbool.h>
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

enum { SCAN_PLACES_SLACK = 64 }; /* places are written in groups, beyond the last one too */

struct scan_index {
    struct scan_bits *bits; /* of each word */
    uint32_t *ranks;        /* of each word: how many places come before it */
    uint32_t *places;       /* of quotes, rising */
    uint32_t place_count;   /* goes on from what it was */
    uint32_t offset;        /* place of the first byte */
    uint64_t backslashes;   /* not 0: there is one */
    uint64_t wide;          /* not 0: not all is ASCII */
};

typedef void scan_indexer(const char *bytes, size_t words, struct scan_carry *carry, struct scan_index *index);

/* Looks for the bracket that closes what was opened: from bit `bit` of word `word` on, at depth `depth`. */
struct scan_skip {
    size_t word;
    unsigned bit;
    size_t depth;
    size_t deepest;         /* never passed by depth on the way */
    unsigned quotes_before; /* in the word of the closing bracket */
};
typedef bool scan_skipper(const struct scan_bits *bits, size_t words, struct scan_skip *skip); /* false: not among these words */

struct scan_code {
    scan_indexer *index;
    scan_skipper *skip;
};

scan_indexer scan_index_portable;
scan_skipper scan_skip_portable;
#if HAVE_X86_VECTORS
scan_indexer scan_index_sse2; /* always there on x86-64 */
scan_indexer scan_index_avx2; /* AVX2, PCLMULQDQ, POPCNT */
scan_indexer scan_index_avx512; /* and AVX-512 F, BW, VBMI2 */
scan_skipper scan_skip_popcnt;
bool scan_has_avx2(void);
bool scan_has_avx512(void);
#endif
/* The best this processor runs. */
struct scan_code scan_code_choose(void);

/* Bytes that a backslash before them takes literally. Runs of backslashes are told apart by the parity of their start:
 * adding the starts at odd places to the run carries to the byte after it.
 * spec: Langdale and Lemire, Parsing Gigabytes of JSON per Second, 3.1.1. */
ALWAYS_INLINE uint64_t scan_escaped(uint64_t backslashes, struct scan_carry *carry)
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
ALWAYS_INLINE uint64_t scan_prefix_parity(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2) {
        bits ^= bits << shift;
    }
    return bits;
}

/* Writes where the bits of a word stand, eight at a time: few words have more, and a loop's end is hard to foretell. */
ALWAYS_INLINE void scan_put_places(uint32_t *out, uint32_t offset, uint64_t bits, unsigned count)
{
    for (unsigned done = 0; done < count; done += 8) {
        for (unsigned i = 0; i < 8; i++) {
            out[done + i] = offset + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
            bits &= bits - 1;
        }
    }
}

ALWAYS_INLINE bool scan_skip_words(const struct scan_bits *bits, size_t words, struct scan_skip *skip)
{
    size_t depth = skip->depth;
    size_t deepest = skip->deepest;
    uint64_t after = UINT64_MAX << skip->bit;
    for (size_t word = skip->word; word < words; word++) {
        const uint64_t opens = bits[word].opens & after;
        uint64_t closes = bits[word].closes & after;
        after = UINT64_MAX;
        const size_t open_count = (size_t)__builtin_popcountll(opens);
        const size_t close_count = (size_t)__builtin_popcountll(closes);
        deepest = depth + open_count > deepest ? depth + open_count : deepest;
        if (depth <= close_count) {
            for (size_t closed = 1; closes; closed++, closes &= closes - 1) {
                const uint64_t before = (closes & (0 - closes)) - 1;
                if (depth + (size_t)__builtin_popcountll(opens & before) == closed) {
                    skip->deepest = deepest;
                    skip->word = word;
                    skip->bit = (unsigned)__builtin_ctzll(closes);
                    skip->quotes_before = (unsigned)__builtin_popcountll(bits[word].quotes & before);
                    return true;
                }
            }
        }
        depth = depth + open_count - close_count;
    }
    skip->depth = depth;
    skip->deepest = deepest;
    return false;
}

#endif
