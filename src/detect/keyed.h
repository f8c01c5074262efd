/* keyed.h - pieces of fixed size by a 64-bit key, bounded: the state of detectors that meet millions of records.
 *
 * Sets of KEYED_WAYS keys share a cache line. A table starts small and doubles up to its bound; then the piece of a full set
 * that was longest unused, by the time handed in, is forgotten and counted. What is forgotten depends on keys and times
 * alone. Keys are hashes (keyed_hash); two things with one hash share a piece (tags have 31 bits beside those of the set). */
#ifndef YAGURA_DETECT_KEYED_H
#define YAGURA_DETECT_KEYED_H

#include "base/str.h"

enum { KEYED_WAYS = 8 };
struct keyed;

struct keyed *keyed_open(size_t piece, size_t most); /* most is rounded up to a power of two */
void keyed_close(struct keyed *table);               /* NULL is allowed */
/* The piece of a key, zeroed when it is new; valid until the next call. now: seconds. */
void *keyed_get(struct keyed *table, uint64_t key, uint32_t now);
/* Brings what keyed_get will look at into the cache: the set, so that looking it up can wait for other work. */
void keyed_prefetch(const struct keyed *table, uint64_t key);
/* Likewise so many bytes of the piece itself, if there is one; the set should be there already. */
void keyed_prefetch_piece(const struct keyed *table, uint64_t key, size_t bytes);
uint64_t keyed_evictions(const struct keyed *table); /* pieces forgotten so far */
size_t keyed_bytes(const struct keyed *table);

static inline uint64_t keyed_mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ 0x9E3779B97F4A7C15u) * 0xD1B54A32D192ED03u + (b ^ (b >> 29)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 31)) * 0x94D049BB133111EBu;
    return x ^ (x >> 29);
}

/* The same on every machine; made for short keys. */
static inline uint64_t keyed_hash(uint64_t seed, const void *bytes, size_t count)
{
    const unsigned char *at = (const unsigned char *)bytes;
    uint64_t hash = seed ^ (count * 0xA0761D6478BD642Fu);
    uint64_t word = 0;
    for (; count >= 8; at += 8, count -= 8) {
        memcpy(&word, at, 8);
        hash = keyed_mix(hash, word);
    }
    word = 0;
    if (count > 0) {
        memcpy(&word, at, count);
    }
    return keyed_mix(hash, word);
}

#endif
