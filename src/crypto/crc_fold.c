#include "crypto/crc_fold.h"

#include "base/compat.h"

#if HAVE_X86_VECTORS
#include <immintrin.h>

bool crc_fold_can(void)
{
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

TARGET("pclmul") static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

TARGET("pclmul") static inline __m128i moved(__m128i bits, __m128i by)
{
    return _mm_xor_si128(_mm_clmulepi64_si128(bits, by, 0x00), _mm_clmulepi64_si128(bits, by, 0x11));
}

TARGET("pclmul") static inline __m128i powers(const uint64_t pair[2])
{
    return _mm_set_epi64x((int64_t)pair[1], (int64_t)pair[0]);
}

TARGET("pclmul") void crc_fold(const struct crc_fold *by, uint64_t state, struct str data, unsigned char out[CRC_FOLD_SIZE], size_t *used)
{
    const __m128i by_512 = powers(by->by_512);
    const __m128i by_128 = powers(by->by_128);
    const char *at = data.ptr;
    __m128i lane[4];
    size_t left = data.len;
    for (size_t i = 0; i < 4; i++) {
        lane[i] = load(at + i * CRC_FOLD_SIZE);
    }
    lane[0] = _mm_xor_si128(lane[0], _mm_set_epi64x(0, (int64_t)state));
    for (at += 64, left -= 64; left >= 64; at += 64, left -= 64) {
        for (size_t i = 0; i < 4; i++) {
            lane[i] = _mm_xor_si128(moved(lane[i], by_512), load(at + i * CRC_FOLD_SIZE));
        }
    }
    for (size_t i = 1; i < 4; i++) {
        lane[i] = _mm_xor_si128(moved(lane[i - 1], by_128), lane[i]);
    }
    _mm_storeu_si128((__m128i *)(void *)out, lane[3]);
    *used = data.len - left;
}
#else
bool crc_fold_can(void)
{
    return false;
}

void crc_fold(const struct crc_fold *by, uint64_t state, struct str data, unsigned char out[CRC_FOLD_SIZE], size_t *used)
{
    (void)by;
    (void)state;
    (void)data;
    (void)out;
    *used = 0;
}
#endif
