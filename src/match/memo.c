#include "match/memo.h"

#include <string.h>

_Static_assert(MEMO_TEXT_MAX <= UINT8_MAX && (MEMO_ENTRIES & (MEMO_ENTRIES - 1)) == 0, "lengths fit, places are masked");

static uint64_t word_at(const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Texts of a field differ at their ends, seldom at their starts. */
static size_t place_of(struct str text)
{
    uint64_t mixed = text.len;
    if (text.len >= 8) {
        mixed ^= word_at(text.ptr + text.len / 2 - 4) * 0x9E3779B97F4A7C15u;
        mixed ^= word_at(text.ptr + text.len - 8);
    } else {
        for (size_t i = 0; i < text.len; i++) {
            mixed = mixed << 8 | (unsigned char)text.ptr[i];
        }
    }
    return (size_t)(mixed * 0xC4CEB9FE1A85EC53u >> 58) & (MEMO_ENTRIES - 1);
}

struct memo *memo_of(struct memo_table *table, struct str text)
{
    if (text.ptr == NULL || text.len > MEMO_TEXT_MAX) {
        return NULL;
    }
    struct memo *memo = &table->entries[place_of(text)];
    if (memo->serial == 0 || memo->len != text.len || memcmp(memo->text, text.ptr, text.len) != 0) {
        memo->known = 0;
        memo->held = 0;
        memo->serial = ++table->serial;
        memo->hit_count = MEMO_UNSEARCHED;
        memo->len = (uint8_t)text.len;
        memcpy(memo->text, text.ptr, text.len);
    }
    return memo;
}
