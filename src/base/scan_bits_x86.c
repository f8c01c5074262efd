#include "base/scan_bits.h"

#if HAVE_X86_VECTORS
#include <immintrin.h>
#include <stdbool.h>

/* Each variant differs in how it compares 64 bytes; what follows from the four bitmaps is the same for all. */
ALWAYS_INLINE struct scan_bits settle(struct scan_bits bits, uint64_t inside, struct scan_carry *carry)
{
    inside ^= carry->in_string;
    carry->in_string = (uint64_t)((int64_t)inside >> 63);
    bits.opens &= ~inside;
    bits.closes &= ~inside;
    return bits;
}

TARGET("pclmul") static inline uint64_t prefix_parity_clmul(uint64_t bits)
{
    const __m128i all = _mm_set1_epi8((char)0xFF);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), all, 0));
}

static inline uint64_t equal_sse2(const __m128i block[4], char c, bool fold)
{
    const __m128i wanted = _mm_set1_epi8(c);
    const __m128i bit = _mm_set1_epi8(fold ? 0x20 : 0);
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_or_si128(block[i], bit), wanted));
        bits |= (uint64_t)(uint32_t)mask << 16 * i;
    }
    return bits;
}

void scan_index_sse2(const char *bytes, size_t words, struct scan_carry *carry, struct scan_index *index)
{
    struct scan_bits *out = index->bits;
    uint32_t *ranks = index->ranks;
    uint32_t *places = index->places;
    uint32_t place_count = index->place_count;
    const uint32_t offset = index->offset;
    __m128i wide = _mm_setzero_si128();
    uint64_t backslashes = 0;
    for (size_t i = 0; i < words; i++) {
        __m128i block[4];
        for (size_t j = 0; j < 4; j++) {
            block[j] = _mm_loadu_si128((const void *)(bytes + 64 * i + 16 * j));
            wide = _mm_or_si128(wide, block[j]);
        }
        struct scan_bits bits = { equal_sse2(block, '"', false), equal_sse2(block, '\\', false),
                                  equal_sse2(block, '{', true), equal_sse2(block, '}', true) };
        backslashes |= bits.backslashes;
        bits.quotes &= ~scan_escaped(bits.backslashes, carry);
        out[i] = settle(bits, scan_prefix_parity(bits.quotes), carry);
        const unsigned count = (unsigned)__builtin_popcountll(bits.quotes);
        ranks[i] = place_count;
        scan_put_places(places + place_count, offset + (uint32_t)i * 64, bits.quotes, count);
        place_count += count;
    }
    index->place_count = place_count;
    index->offset = offset + (uint32_t)words * 64;
    index->backslashes |= backslashes;
    index->wide |= (uint64_t)(uint32_t)_mm_movemask_epi8(wide);
}

TARGET("avx2") static inline uint64_t equal_avx2(__m256i low, __m256i high, char c)
{
    const __m256i wanted = _mm256_set1_epi8(c);
    const uint64_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    const uint64_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return second << 32 | first;
}

TARGET("avx2,pclmul,popcnt,bmi")
void scan_index_avx2(const char *bytes, size_t words, struct scan_carry *carry, struct scan_index *index)
{
    struct scan_bits *out = index->bits;
    uint32_t *ranks = index->ranks;
    uint32_t *places = index->places;
    uint32_t place_count = index->place_count;
    const uint32_t offset = index->offset;
    const __m256i fold = _mm256_set1_epi8(0x20);
    __m256i wide = _mm256_setzero_si256();
    uint64_t backslashes = 0;
    for (size_t i = 0; i < words; i++) {
        const __m256i low = _mm256_loadu_si256((const void *)(bytes + 64 * i));
        const __m256i high = _mm256_loadu_si256((const void *)(bytes + 64 * i + 32));
        wide = _mm256_or_si256(wide, _mm256_or_si256(low, high));
        const __m256i low_folded = _mm256_or_si256(low, fold);
        const __m256i high_folded = _mm256_or_si256(high, fold);
        struct scan_bits bits = { equal_avx2(low, high, '"'), equal_avx2(low, high, '\\'),
                                  equal_avx2(low_folded, high_folded, '{'), equal_avx2(low_folded, high_folded, '}') };
        backslashes |= bits.backslashes;
        bits.quotes &= ~scan_escaped(bits.backslashes, carry);
        out[i] = settle(bits, prefix_parity_clmul(bits.quotes), carry);
        const unsigned count = (unsigned)__builtin_popcountll(bits.quotes);
        ranks[i] = place_count;
        scan_put_places(places + place_count, offset + (uint32_t)i * 64, bits.quotes, count);
        place_count += count;
    }
    index->place_count = place_count;
    index->offset = offset + (uint32_t)words * 64;
    index->backslashes |= backslashes;
    index->wide |= (uint64_t)(uint32_t)_mm256_movemask_epi8(wide);
}

/* The numbers 0 to 63, squeezed together where the bits are set, are the places. */
TARGET("avx512f,avx512bw,avx512vbmi2,popcnt") static inline void put_places_avx512(uint32_t *out, uint32_t start,
                                                                                                uint64_t bits, unsigned count)
{
    static const unsigned char numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    };
    const __m512i offset = _mm512_set1_epi32((int)start);
    const __m512i squeezed = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers));
    _mm512_storeu_si512(out, _mm512_add_epi32(offset, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(squeezed))));
    if (UNLIKELY(count > 16)) {
        _mm512_storeu_si512(out + 16, _mm512_add_epi32(offset, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(squeezed, 1))));
        _mm512_storeu_si512(out + 32, _mm512_add_epi32(offset, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(squeezed, 2))));
        _mm512_storeu_si512(out + 48, _mm512_add_epi32(offset, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(squeezed, 3))));
    }
}

TARGET("avx512f,avx512bw,avx512vbmi2,pclmul,popcnt,bmi")
void scan_index_avx512(const char *bytes, size_t words, struct scan_carry *carry, struct scan_index *index)
{
    struct scan_bits *out = index->bits;
    uint32_t *ranks = index->ranks;
    uint32_t *places = index->places;
    uint32_t place_count = index->place_count;
    const uint32_t offset = index->offset;
    const __m512i fold = _mm512_set1_epi8(0x20);
    __m512i wide = _mm512_setzero_si512();
    uint64_t backslashes = 0;
    for (size_t i = 0; i < words; i++) {
        const __m512i block = _mm512_loadu_si512((const void *)(bytes + 64 * i));
        wide = _mm512_or_si512(wide, block);
        const __m512i folded = _mm512_or_si512(block, fold);
        struct scan_bits bits = { _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"')),
                                  _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\')),
                                  _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('{')),
                                  _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('}')) };
        backslashes |= bits.backslashes;
        bits.quotes &= ~scan_escaped(bits.backslashes, carry);
        out[i] = settle(bits, prefix_parity_clmul(bits.quotes), carry);
        const unsigned count = (unsigned)__builtin_popcountll(bits.quotes);
        ranks[i] = place_count;
        put_places_avx512(places + place_count, offset + (uint32_t)i * 64, bits.quotes, count);
        place_count += count;
    }
    index->place_count = place_count;
    index->offset = offset + (uint32_t)words * 64;
    index->backslashes |= backslashes;
    index->wide |= _mm512_movepi8_mask(wide);
}
TARGET("popcnt,bmi") bool scan_skip_popcnt(const struct scan_bits *bits, size_t words, struct scan_skip *skip)
{
    return scan_skip_words(bits, words, skip);
}
#else
typedef int scan_bits_x86_is_empty; /* C wants at least one declaration */
#endif
