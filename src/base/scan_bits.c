#include "base/scan_bits.h"

#include <string.h>

#define EACH_BYTE 0x0101010101010101u

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bitmaps number bytes from the low end of a word");

/* One bit per byte of word that equals c. */
static uint64_t bytes_equal(uint64_t word, unsigned char c)
{
    const uint64_t low = 0x7Fu * EACH_BYTE;
    const uint64_t differ = word ^ c * EACH_BYTE;
    const uint64_t zero = ~(((differ & low) + low) | differ | low); /* 0x80 where the byte is zero, exactly */
    return (zero >> 7) * 0x0102040810204080u >> 56;
}

static struct scan_bits classify(const char *bytes, uint64_t *wide)
{
    struct scan_bits bits = { 0 };
    for (unsigned i = 0; i < 8; i++) {
        uint64_t word = 0;
        memcpy(&word, bytes + (size_t)8 * i, 8);
        *wide |= word & 0x80u * EACH_BYTE;
        const uint64_t folded = word | 0x20u * EACH_BYTE; /* [ and { differ in this bit alone, so do ] and } */
        bits.quotes |= bytes_equal(word, '"') << 8 * i;
        bits.backslashes |= bytes_equal(word, '\\') << 8 * i;
        bits.opens |= bytes_equal(folded, '{') << 8 * i;
        bits.closes |= bytes_equal(folded, '}') << 8 * i;
    }
    return bits;
}

void scan_index_portable(const char *bytes, size_t words, struct scan_carry *carry, struct scan_index *index)
{
    struct scan_bits *out = index->bits;
    uint32_t *ranks = index->ranks;
    uint32_t *places = index->places;
    uint32_t place_count = index->place_count;
    const uint32_t offset = index->offset;
    for (size_t i = 0; i < words; i++) {
        struct scan_bits bits = classify(bytes + 64 * i, &index->wide);
        index->backslashes |= bits.backslashes;
        bits.quotes &= ~scan_escaped(bits.backslashes, carry);
        const uint64_t inside = scan_prefix_parity(bits.quotes) ^ carry->in_string;
        carry->in_string = inside >> 63 ? UINT64_MAX : 0;
        bits.opens &= ~inside;
        bits.closes &= ~inside;
        out[i] = bits;
        const unsigned count = (unsigned)__builtin_popcountll(bits.quotes);
        ranks[i] = place_count;
        scan_put_places(places + place_count, offset + (uint32_t)i * 64, bits.quotes, count);
        place_count += count;
    }
    index->place_count = place_count;
    index->offset = offset + (uint32_t)words * 64;
}

bool scan_skip_portable(const struct scan_bits *bits, size_t words, struct scan_skip *skip)
{
    return scan_skip_words(bits, words, skip);
}

#if HAVE_X86_VECTORS
bool scan_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt")
           && __builtin_cpu_supports("bmi");
}

bool scan_has_avx512(void)
{
    return scan_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512vbmi2");
}

struct scan_code scan_code_choose(void)
{
    if (scan_has_avx512()) {
        return (struct scan_code){ scan_index_avx512, scan_skip_popcnt };
    }
    if (scan_has_avx2()) {
        return (struct scan_code){ scan_index_avx2, scan_skip_popcnt };
    }
    return (struct scan_code){ scan_index_sse2, scan_skip_portable };
}
#else
struct scan_code scan_code_choose(void)
{
    return (struct scan_code){ scan_index_portable, scan_skip_portable };
}
#endif
