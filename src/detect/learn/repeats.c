#include "detect/learn/repeats.h"

#include "detect/learn/traits.h"

/* By how each text ends: the comparison that follows does not rely on it. */
static size_t place_of(const struct str texts[REPEAT_TEXTS])
{
    uint64_t mixed = 0;
    for (size_t i = 0; i < REPEAT_TEXTS; i++) {
        const struct str s = texts[i];
        mixed = (mixed ^ (learn_tail(s.ptr + s.len, s.len < 8 ? s.len : 8, s.len) + s.len)) * UINT64_C(0x9E3779B97F4A7C15);
        mixed ^= mixed >> 32;
    }
    return mixed % REPEATS;
}

static bool is_like(const struct repeat *repeat, const struct str texts[REPEAT_TEXTS])
{
    size_t at = 0;
    for (size_t i = 0; i < REPEAT_TEXTS; at += texts[i].len, i++) {
        if (repeat->lens[i] != texts[i].len || memcmp(repeat->text + at, texts[i].ptr, texts[i].len) != 0) {
            return false;
        }
    }
    return true;
}

static void take(struct repeat *repeat, const struct str texts[REPEAT_TEXTS])
{
    size_t at = 0;
    *repeat = (struct repeat){ .never = false };
    for (size_t i = 0; i < REPEAT_TEXTS; at += texts[i].len, i++) {
        repeat->lens[i] = (uint16_t)texts[i].len;
        memcpy(repeat->text + at, texts[i].ptr, texts[i].len);
    }
}

struct repeat *repeats_find(struct repeats *repeats, struct str who, const struct event *ev)
{
    static const enum field FIELDS[] = { TRAIT_FIELDS };
    _Static_assert(COUNT_OF(FIELDS) + 1 == REPEAT_TEXTS, "and who");
    struct str texts[REPEAT_TEXTS] = { who };
    size_t len = who.len;
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        const struct str text = event_get(ev, FIELDS[i]);
        texts[i + 1] = text.ptr ? text : STR("");
        len += text.len;
    }
    if (len > REPEAT_ROOM) {
        return NULL;
    }
    struct repeat *repeat = &repeats->at[place_of(texts)];
    if (!is_like(repeat, texts)) {
        take(repeat, texts);
    }
    return repeat;
}

void repeats_forget(struct repeats *repeats) { memset(repeats, 0, sizeof(*repeats)); }
