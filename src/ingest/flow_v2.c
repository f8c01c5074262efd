/* flow_v2.c - the columns of version 2 without a branch per byte: blanks and dots are found sixteen bytes at a time, and digits
 * are taken eight at a time from their end. Whatever is unusual (-, IPv6, no x86) is left to the columns one by one. */
#include <endian.h>

#include "ingest/flow.h"

#if HAVE_X86_VECTORS
#include <emmintrin.h>

enum { BREAKS = 19, LONGEST = 192, STEP = 16, BLOCKS = LONGEST / STEP };

/* Which of sixteen bytes are a blank or a dot. *high gathers the bytes' high bits. */
ALWAYS_INLINE uint64_t breaks_of(const char *at, __m128i *high)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i_u *)(const void *)at);
    *high = _mm_or_si128(*high, bytes);
    const __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
    return (uint64_t)(uint32_t)_mm_movemask_epi8(hits);
}

/* Places of the first breaks of the line; how many. *ascii: so is all of it. */
ALWAYS_INLINE size_t find_breaks(const char *line, size_t len, uint8_t places[BREAKS + 64], bool *ascii)
{
    __m128i high = _mm_setzero_si128();
    size_t count = 0;
    size_t seen = 0;
    for (size_t start = 0; start < len && count < BREAKS; start += 64) {
        uint64_t word = 0;
        for (size_t i = 0; i < 64 && start + i < len; i += STEP) {
            const size_t left = len - start - i;
            const uint64_t bits = left >= STEP ? breaks_of(line + start + i, &high) : breaks_of(line + len - STEP, &high) >> (STEP - left);
            word |= bits << i;
        }
        for (; word; word &= word - 1) {
            places[count++] = (uint8_t)(start + (size_t)__builtin_ctzll(word));
        }
        seen = start + 64;
    }
    *ascii = seen >= len && _mm_movemask_epi8(high) == 0;
    return count;
}

/* Up to eight digits that end before `end`, of which eight bytes can be read. *bad collects what is no digit. */
ALWAYS_INLINE uint64_t eight_digits(const char *end, size_t count, uint64_t *bad)
{
    uint64_t word = 0;
    memcpy(&word, end - 8, sizeof(word));
    word = (word ^ UINT64_C(0x3030303030303030)) & (UINT64_MAX << (64 - 8 * count));
    *bad |= ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
    word = word * 10 + (word >> 8);
    return (((word & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064))
            + ((word >> 16 & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001))) >> 32;
}

/* The digits between two places; 1 to 16 of them. */
ALWAYS_INLINE uint64_t digits(const char *line, size_t from, size_t to, uint64_t *bad)
{
    const size_t count = to - from;
    *bad |= count - 1 > 15;
    if (count <= 8) {
        return eight_digits(line + to, count ? count : 1, bad);
    }
    const size_t high = count - 8 > 8 ? 8 : count - 8;
    return eight_digits(line + to - 8, high, bad) * 100000000 + eight_digits(line + to, 8, bad);
}

ALWAYS_INLINE void address(const char *line, size_t from, const uint8_t places[4], unsigned char out[16], uint64_t *bad)
{
    out[10] = 0xFF;
    out[11] = 0xFF;
    for (int i = 0; i < 4; i++) {
        const size_t count = places[i] - from;
        uint32_t word = 0;
        memcpy(&word, line + places[i] - 4, sizeof(word));
        *bad |= count - 1 > 2 || line[places[i]] != (i < 3 ? '.' : ' ');
        word = (word ^ 0x30303030) & (uint32_t)(UINT64_C(0xFFFFFFFF) << (32 - 8 * (count & 3)));
        *bad |= ((word + 0x76767676) | word) & 0x80808080;
        const uint32_t number = (word >> 24) + (word >> 16 & 0xFF) * 10 + (word >> 8 & 0xFF) * 100;
        *bad |= number > 255;
        out[12 + i] = (unsigned char)number;
        from = places[i] + (size_t)1;
    }
}

const char *flow_version_2(const char *line, const char *end, struct event *ev, bool *ascii)
{
    static const uint8_t plain[] = { 0, 1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18 }; /* breaks that are blanks */
    static const uint8_t fields[] = { FIELD_PORT, FIELD_TARGET_PORT, FIELD_PROTOCOL, FIELD_PACKETS, FIELD_BYTES, FIELD_START, FIELD_END };
    enum { NUMBERS = COUNT_OF(fields), FIRST = 10 };
    uint8_t places[BREAKS + 64];
    const size_t whole = (size_t)(end - line);
    const size_t len = whole < LONGEST ? whole : LONGEST;
    *ascii = false;
    if (len < 64 || find_breaks(line, len, places, ascii) < BREAKS) {
        return NULL;
    }
    *ascii = *ascii && len == whole;
    uint64_t bad = 0;
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        bad |= (unsigned char)(line[places[plain[i]]] ^ ' ');
    }
    const char *const account = line + places[0] + 1;
    const size_t account_len = places[1] - places[0] - (size_t)1;
    bad |= account_len != 12 || (unsigned char)(line[0] - '0') > 9 || places[0] > 2 || places[2] - places[1] < 5;
    if (bad) {
        return NULL;
    }
    struct event_flow *flow = &ev->flow;
    address(line, places[2] + (size_t)1, places + 3, flow->source, &bad);
    address(line, places[6] + (size_t)1, places + 7, flow->target, &bad);
    uint64_t numbers[NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++) {
        const size_t from = places[FIRST + i] + (size_t)1;
        const size_t to = places[FIRST + 1 + i];
        numbers[i] = digits(line, from, to, &bad);
        ev->fields[fields[i]] = (struct str){ line + from, to - from };
    }
    const char *const action = line + places[17] + 1;
    const char *const status = line + places[18] + 1;
    bad |= numbers[0] > UINT16_MAX || numbers[1] > UINT16_MAX || numbers[2] > UINT8_MAX;
    bad |= numbers[5] > FLOW_LAST_SECOND || numbers[6] > FLOW_LAST_SECOND || status - action != 7;
    bad |= end - status < 2 || status[0] != 'O' || status[1] != 'K' || (end - status > 2 && status[2] != ' ');
    if (bad) {
        return NULL;
    }
    flow->source_port = (uint16_t)numbers[0];
    flow->target_port = (uint16_t)numbers[1];
    flow->protocol = (uint8_t)numbers[2];
    flow->packets = numbers[3];
    flow->bytes = numbers[4];
    flow->start = (int64_t)numbers[5];
    flow->end = (int64_t)numbers[6];
    flow->rejected = *action == 'R';
    ev->fields[FIELD_ACCOUNT] = (struct str){ account, account_len };
    ev->fields[FIELD_INTERFACE] = (struct str){ line + places[1] + 1, places[2] - places[1] - (size_t)1 };
    ev->fields[FIELD_IP] = (struct str){ line + places[2] + 1, places[6] - places[2] - (size_t)1 };
    ev->fields[FIELD_TARGET_IP] = (struct str){ line + places[6] + 1, places[10] - places[6] - (size_t)1 };
    ev->fields[FIELD_VERDICT] = (struct str){ action, 6 };
    ev->fields[FIELD_STATUS] = (struct str){ status, 2 };
    return status + 2 + (end - status > 2);
}
#else
const char *flow_version_2(const char *line, const char *end, struct event *ev, bool *ascii)
{
    *ascii = false;
    (void)line;
    (void)end;
    (void)ev;
    return NULL;
}
#endif
