#include "match/memo.h"

#include <string.h>

_Static_assert(MEMO_TEXT_MAX <= UINT8_MAX && (MEMO_ENTRIES & (MEMO_ENTRIES - 1)) == 0, "lengths fit, places are masked");

static uint64_t word_at(const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static uint32_t half_at(const char *bytes)
{
    uint32_t half = 0;
    memcpy(&half, bytes, sizeof(half));
    return half;
}

/* Start, middle and end of a text: hosts have the same ends, callers the same starts. */
static size_t place_of(struct str text)
{
    uint64_t mixed = text.len * 0x9E3779B97F4A7C15u;
    if (LIKELY(text.len >= 8)) {
        mixed ^= word_at(text.ptr) * 0xBF58476D1CE4E5B9u;
        mixed ^= word_at(text.ptr + text.len / 2 - 4) * 0x9E3779B97F4A7C15u;
        mixed ^= word_at(text.ptr + text.len - 8) * 0xD6E8FEB86659FD93u;
        mixed ^= mixed >> 32;
    } else if (text.len >= 4) {
        mixed ^= (uint64_t)half_at(text.ptr) << 32 | half_at(text.ptr + text.len - 4);
    } else {
        for (size_t i = 0; i < text.len; i++) {
            mixed = mixed << 8 ^ (unsigned char)text.ptr[i];
        }
    }
    return (size_t)(mixed * 0xC4CEB9FE1A85EC53u >> 48) & (MEMO_ENTRIES - 1);
}

/* Like memcmp, without a call for the usual lengths. */
static bool same_text(const char *a, const char *b, size_t len)
{
    if (len < 8) {
        return memcmp(a, b, len) == 0;
    }
    uint64_t differ = word_at(a + len - 8) ^ word_at(b + len - 8);
    for (size_t i = 0; i + 8 < len; i += 8) {
        differ |= word_at(a + i) ^ word_at(b + i);
    }
    return differ == 0;
}

struct memo *memo_of(struct memo_table *table, struct str text)
{
    if (text.ptr == NULL || text.len > MEMO_TEXT_MAX) {
        return NULL;
    }
    struct memo *memo = &table->entries[place_of(text)];
    if (memo->serial == 0 || memo->len != text.len || !same_text(memo->text, text.ptr, text.len)) {
        memo->known = 0;
        memo->held = 0;
        memo->recognised = false;
        memo->serial = ++table->serial;
        memo->hit_count = MEMO_UNSEARCHED;
        memo->len = (uint8_t)text.len;
        memcpy(memo->text, text.ptr, text.len);
    }
    return memo;
}
