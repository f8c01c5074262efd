/* scan_window.h - what a scanner knows, and its window of bitmaps, which moves over the text. For scan.c only.
 *
 * The window holds the words around the walk: made a few steps ahead, dropped behind it. It only goes forward. */
#ifndef YAGURA_BASE_SCAN_WINDOW_H
#define YAGURA_BASE_SCAN_WINDOW_H

#include <string.h>

#include "base/scan.h"
#include "base/scan_bits.h"

#define BAD SIZE_MAX
/* In words of 64 bytes: 1 KiB at first, then up to 8 KiB; what the walk still needs of the last step is kept. */
enum { STEP_FIRST = 16, STEP_MAX = 128, WINDOW_MAX = 2 * STEP_MAX };

struct scan {
    /* Where structure is counted from: the block's start, or where it was begun anew. */
    const char *origin;
    size_t length;
    size_t window_start; /* words [window_start, window_end) are in the window */
    size_t window_end;
    size_t step;         /* words to add next */
    size_t place_base;   /* what places count from */
    uint32_t place_next; /* the first quote that the walk hasn't passed */
    uint32_t place_count;
    struct scan_carry carry;
    struct scan_code code;

    struct str block;
    struct str source;
    const struct projection *projection;
    struct scan_value *values; /* by slot */
    uint16_t *tails;           /* by slot: last further value, index + 1; 0: none */
    uint16_t *touched;         /* slots that hold something */
    size_t touched_count;
    struct scan_value *extras;
    size_t extra_count;
    size_t extra_capacity;
    uint64_t *seen;    /* by node: the object in which its key came last */
    size_t *last;      /* by node, when careful: where its key stands for the last time */
    uint64_t instance; /* of objects walked, ever */
    size_t trouble;
    bool careful;
    bool repeated; /* a wanted key came twice: walk again, carefully */
    bool truncated;
    struct arena *arena; /* for keys with escapes */
    struct scan_bits bits[WINDOW_MAX];
    uint32_t ranks[WINDOW_MAX];
    uint32_t places[WINDOW_MAX * 64 + SCAN_PLACES_SLACK];
};

static const struct scan_value ABSENT = { NULL, 0, SCAN_ABSENT, false, 0 };

struct span {
    size_t end; /* of the closing quote; BAD */
    bool escaped;
};

static void window_restart(struct scan *s, const char *origin, size_t length, size_t step)
{
    s->origin = origin;
    s->length = length;
    s->window_start = 0;
    s->window_end = 0;
    s->step = step;
    s->place_base = 0;
    s->place_next = 0;
    s->place_count = 0;
    s->carry = (struct scan_carry){ 0, 0 };
}

/* Drops the words before keep and the quotes that were passed. */
static void window_drop(struct scan *s, size_t keep)
{
    if (keep < s->window_start) {
        keep = s->window_start;
    }
    if (keep > s->window_end || s->window_end - keep > STEP_MAX) {
        keep = s->window_end;
    }
    const size_t dropped = keep - s->window_start;
    const size_t kept = s->window_end - keep;
    const uint32_t passed = s->place_next;
    const uint32_t left = s->place_count - passed;
    const uint32_t rebased = left ? s->places[passed] : (uint32_t)(s->window_end * 64 - s->place_base);
    memmove(s->bits, s->bits + dropped, kept * sizeof(*s->bits));
    for (size_t i = 0; i < kept; i++) {
        s->ranks[i] = s->ranks[i + dropped] - passed; /* below zero it comes round again when quotes are added */
    }
    for (uint32_t i = 0; i < left; i++) {
        s->places[i] = s->places[i + passed] - rebased;
    }
    s->window_start = keep;
    s->place_base += rebased;
    s->place_next = 0;
    s->place_count = left;
}

/* Adds the next words, keeping those from keep on. False at the end of the text, and when a string is too long to count. */
static bool window_advance(struct scan *s, size_t keep)
{
    const size_t whole_words = s->length / 64;
    const size_t at = s->window_end;
    if (at > whole_words || (at == whole_words && s->length % 64 == 0)) {
        return false;
    }
    window_drop(s, keep);
    if (at * 64 - s->place_base > UINT32_MAX - STEP_MAX * 64) {
        return false;
    }
    const size_t kept = at - s->window_start;
    struct scan_index index = { s->bits + kept, s->ranks + kept, s->places, s->place_count, (uint32_t)(at * 64 - s->place_base) };
    if (at == whole_words) {
        char padded[64]; /* the last bytes, fewer than 64, as if spaces followed */
        memset(padded, ' ', sizeof(padded));
        memcpy(padded, s->origin + at * 64, s->length - at * 64);
        s->code.index(padded, 1, &s->carry, &index);
        s->window_end++;
    } else {
        const size_t count = whole_words - at < s->step ? whole_words - at : s->step;
        s->code.index(s->origin + at * 64, count, &s->carry, &index);
        s->window_end += count;
        s->step = s->step * 2 > STEP_MAX ? STEP_MAX : s->step * 2;
    }
    s->place_count = index.place_count;
    return true;
}

/* Makes the next quote the first one from `at` on; nothing before `at` is needed any more. */
static bool window_seek(struct scan *s, size_t at)
{
    const size_t word = at / 64;
    while (word >= s->window_end) {
        s->place_next = s->place_count;
        if (!window_advance(s, s->window_end)) {
            return false;
        }
    }
    const struct scan_bits *bits = &s->bits[word - s->window_start];
    const uint64_t before = ((uint64_t)1 << (at & 63)) - 1;
    s->place_next = s->ranks[word - s->window_start] + (uint32_t)__builtin_popcountll(bits->quotes & before);
    return true;
}

#endif
