/* scan_window.h - the index of structure around the place where the scanner's walk is. For scan*.c only.
 *
 * The index is made a few steps ahead of the walk, which only goes forward; what lies behind is forgotten, so that it takes the
 * same memory for any text. Places count from `origin`, where the state was known to be outside strings. */
#ifndef YAGURA_BASE_SCAN_WINDOW_H
#define YAGURA_BASE_SCAN_WINDOW_H

#include <stdbool.h>
#include <string.h>

#include "base/scan_bits.h"

#define SCAN_BAD SIZE_MAX

/* In words of 64 bytes: 1 KiB at first, then up to 8 KiB; what the walk still needs of the last step is kept. */
enum { SCAN_STEP_FIRST = 16, SCAN_STEP_MAX = 128, SCAN_WINDOW_MAX = 2 * SCAN_STEP_MAX };

struct scan_window {
    const char *origin;
    size_t length;
    size_t start;        /* words [start, end) are in the window */
    size_t end;
    size_t step;         /* words to add next */
    size_t place_base;   /* what places count from */
    uint32_t place_next; /* the first quote that the walk hasn't passed */
    uint32_t place_count;
    size_t escaped_until; /* no backslash stands in the words from here to the end of the window */
    size_t wide_until;    /* all is ASCII there */
    struct scan_carry carry;
    struct scan_code code;
    struct scan_bits bits[SCAN_WINDOW_MAX];
    uint32_t ranks[SCAN_WINDOW_MAX];
    uint32_t places[SCAN_WINDOW_MAX * 64 + SCAN_PLACES_SLACK];
};

void scan_window_restart(struct scan_window *w, const char *origin, size_t length, size_t step);
/* Adds the next words, keeping those from keep on. False at the end of the text, and when a string is too long to count. */
bool scan_window_advance(struct scan_window *w, size_t keep);
/* Makes the next quote the first one from `at` on; nothing before `at` is needed any more. */
bool scan_window_seek(struct scan_window *w, size_t at);
/* Behind the bracket that closes the one at `at`; SCAN_BAD. *deepest: nothing in it is nested deeper. */
size_t scan_window_skip(struct scan_window *w, size_t at, size_t *deepest);
/* Behind the number at `at`; SCAN_BAD when it is none, *trouble then tells where. */
size_t scan_window_number(const struct scan_window *w, size_t at, size_t *trouble);

/* The same, and the closing quote of a string, byte by byte without the index. */
size_t scan_window_skip_careful(const struct scan_window *w, size_t at);
size_t scan_window_string_careful(const struct scan_window *w, size_t at);

/* The closing quote of the string that opens at `at`; SCAN_BAD. */
ALWAYS_INLINE size_t scan_window_string(struct scan_window *w, size_t at)
{
    while (UNLIKELY(w->place_count - w->place_next < 2)) {
        if (!scan_window_advance(w, at / 64)) {
            return SCAN_BAD;
        }
    }
    const uint32_t *places = w->places + w->place_next;
    if (UNLIKELY(w->place_base + places[0] != at)) {
        return SCAN_BAD;
    }
    w->place_next += 2;
    return w->place_base + places[1];
}

/* Whether a backslash stands between two places. */
ALWAYS_INLINE bool scan_window_escaped(const struct scan_window *w, size_t start, size_t end)
{
    const size_t first = start / 64;
    const size_t last = end / 64;
    if (LIKELY(first >= w->escaped_until)) {
        return false;
    }
    if (UNLIKELY(first < w->start || last - first > 1)) {
        return memchr(w->origin + start, '\\', end - start) != NULL;
    }
    const uint64_t from = UINT64_MAX << (start & 63);
    const uint64_t until = ((uint64_t)1 << (end & 63)) - 1;
    const uint64_t in_first = w->bits[first - w->start].backslashes & from;
    const uint64_t in_last = w->bits[last - w->start].backslashes & until;
    return first == last ? (in_first & until) != 0 : (in_first | in_last) != 0;
}

#endif
