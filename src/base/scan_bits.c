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

static struct scan_bits classify(const char *bytes)
{
    struct scan_bits bits = { 0 };
    for (unsigned i = 0; i < 8; i++) {
        uint64_t word = 0;
        memcpy(&word, bytes + (size_t)8 * i, 8);
        const uint64_t folded = word | 0x20u * EACH_BYTE; /* [ and { differ in this bit alone, so do ] and } */
        bits.quotes |= bytes_equal(word, '"') << 8 * i;
        bits.backslashes |= bytes_equal(word, '\\') << 8 * i;
        bits.opens |= bytes_equal(folded, '{') << 8 * i;
        bits.closes |= bytes_equal(folded, '}') << 8 * i;
    }
    return bits;
}

void scan_bits_portable(const char *bytes, size_t words, struct scan_carry *carry, struct scan_bits *out)
{
    for (size_t i = 0; i < words; i++) {
        struct scan_bits bits = classify(bytes + 64 * i);
        bits.quotes &= ~scan_escaped(bits.backslashes, carry);
        const uint64_t inside = scan_prefix_parity(bits.quotes) ^ carry->in_string;
        carry->in_string = inside >> 63 ? UINT64_MAX : 0;
        bits.opens &= ~inside;
        bits.closes &= ~inside;
        out[i] = bits;
    }
}

#if HAVE_X86_VECTORS
scan_bits_maker *scan_bits_choose(void)
{
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("pclmul")) {
        return scan_bits_avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul")) {
        return scan_bits_avx2;
    }
    return scan_bits_sse2;
}
#else
scan_bits_maker *scan_bits_choose(void)
{
    return scan_bits_portable;
}
#endif
