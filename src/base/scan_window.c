#include "base/scan_window.h"

void scan_window_restart(struct scan_window *w, const char *origin, size_t length, size_t step)
{
    w->origin = origin;
    w->length = length;
    w->start = 0;
    w->end = 0;
    w->step = step;
    w->place_base = 0;
    w->place_next = 0;
    w->place_count = 0;
    w->escaped_until = 0;
    w->wide_until = 0;
    w->carry = (struct scan_carry){ 0, 0 };
}

/* Drops the words before keep and the quotes that were passed. */
static void drop(struct scan_window *w, size_t keep)
{
    if (keep < w->start) {
        keep = w->start;
    }
    if (keep > w->end || w->end - keep > SCAN_STEP_MAX) {
        keep = w->end;
    }
    const size_t dropped = keep - w->start;
    const size_t kept = w->end - keep;
    const uint32_t passed = w->place_next;
    const uint32_t left = w->place_count - passed;
    const uint32_t rebased = left ? w->places[passed] : (uint32_t)(w->end * 64 - w->place_base);
    memmove(w->bits, w->bits + dropped, kept * sizeof(*w->bits));
    for (size_t i = 0; i < kept; i++) {
        w->ranks[i] = w->ranks[i + dropped] - passed; /* below zero it comes round again when quotes are added */
    }
    for (uint32_t i = 0; i < left; i++) {
        w->places[i] = w->places[i + passed] - rebased;
    }
    w->start = keep;
    w->place_base += rebased;
    w->place_next = 0;
    w->place_count = left;
}

bool scan_window_advance(struct scan_window *w, size_t keep)
{
    const size_t whole_words = w->length / 64;
    const size_t at = w->end;
    if (at > whole_words || (at == whole_words && w->length % 64 == 0)) {
        return false;
    }
    drop(w, keep);
    if (at * 64 - w->place_base > UINT32_MAX - SCAN_STEP_MAX * 64) {
        return false;
    }
    const size_t kept = at - w->start;
    struct scan_index index = { w->bits + kept, w->ranks + kept, w->places, w->place_count,
                                (uint32_t)(at * 64 - w->place_base), 0, 0 };
    if (at == whole_words) {
        char padded[64]; /* the last bytes, fewer than 64, as if spaces followed */
        memset(padded, ' ', sizeof(padded));
        memcpy(padded, w->origin + at * 64, w->length - at * 64);
        w->code.index(padded, 1, &w->carry, &index);
        w->end++;
    } else {
        const size_t count = whole_words - at < w->step ? whole_words - at : w->step;
        w->code.index(w->origin + at * 64, count, &w->carry, &index);
        w->end += count;
        w->step = w->step * 2 > SCAN_STEP_MAX ? SCAN_STEP_MAX : w->step * 2;
    }
    w->place_count = index.place_count;
    w->escaped_until = index.backslashes ? w->end : w->escaped_until;
    w->wide_until = index.wide ? w->end : w->wide_until;
    return true;
}

bool scan_window_seek(struct scan_window *w, size_t at)
{
    const size_t word = at / 64;
    while (word >= w->end) {
        w->place_next = w->place_count;
        if (!scan_window_advance(w, w->end)) {
            return false;
        }
    }
    const struct scan_bits *bits = &w->bits[word - w->start];
    const uint64_t before = ((uint64_t)1 << (at & 63)) - 1;
    w->place_next = w->ranks[word - w->start] + (uint32_t)__builtin_popcountll(bits->quotes & before);
    return true;
}

size_t scan_window_skip(struct scan_window *w, size_t at, size_t *deepest)
{
    if (at / 64 >= w->end && !scan_window_seek(w, at)) {
        return SCAN_BAD;
    }
    struct scan_skip skip = { .word = at / 64 - w->start, .bit = at & 63 };
    while (!w->code.skip(w->bits, w->end - w->start, &skip)) {
        w->place_next = w->place_count; /* all of them lie inside */
        if (!scan_window_advance(w, w->end)) {
            return SCAN_BAD;
        }
        skip.word = 0;
        skip.bit = 0;
    }
    *deepest = skip.deepest;
    w->place_next = w->ranks[skip.word] + skip.quotes_before;
    return (w->start + skip.word) * 64 + skip.bit + 1;
}

static char byte_at(const struct scan_window *w, size_t at)
{
    return at < w->length ? w->origin[at] : '\0';
}

static size_t skip_digits(const struct scan_window *w, size_t at, size_t *trouble)
{
    const size_t start = at;
    while (byte_at(w, at) >= '0' && byte_at(w, at) <= '9') {
        at++;
    }
    *trouble = at;
    return at == start ? SCAN_BAD : at;
}

size_t scan_window_number(const struct scan_window *w, size_t at, size_t *trouble)
{
    at += byte_at(w, at) == '-';
    at = byte_at(w, at) == '0' ? at + 1 : skip_digits(w, at, trouble);
    if (at != SCAN_BAD && byte_at(w, at) == '.') {
        at = skip_digits(w, at + 1, trouble);
    }
    if (at != SCAN_BAD && (byte_at(w, at) | 0x20) == 'e') {
        at++;
        at += byte_at(w, at) == '+' || byte_at(w, at) == '-';
        at = skip_digits(w, at, trouble);
    }
    return at;
}

size_t scan_window_string_careful(const struct scan_window *w, size_t at)
{
    for (at++; at < w->length; at++) {
        if (w->origin[at] == '"') {
            return at;
        }
        at += w->origin[at] == '\\';
    }
    return SCAN_BAD;
}

size_t scan_window_skip_careful(const struct scan_window *w, size_t at)
{
    size_t depth = 0;
    for (; at < w->length; at++) {
        const char c = w->origin[at];
        if (c == '"') {
            at = scan_window_string_careful(w, at);
            if (at == SCAN_BAD) {
                return SCAN_BAD;
            }
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return at + 1;
        }
    }
    return SCAN_BAD;
}
