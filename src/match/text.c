#include "match/text.h"

#include "base/json.h"

#define EACH_BYTE 0x0101010101010101u

/* Puts the ASCII capitals among eight bytes into lower case. */
static uint64_t lower_word(uint64_t word)
{
    const uint64_t low = word & 0x7Fu * EACH_BYTE;
    const uint64_t above_z = low + (0x7Fu - 'Z') * EACH_BYTE;
    const uint64_t from_a = low + (0x80u - 'A') * EACH_BYTE;
    const uint64_t capital = ~word & (from_a ^ above_z) & 0x80u * EACH_BYTE;
    return word | capital >> 2;
}

static uint64_t load(const char *ptr, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, ptr, count);
    return lower_word(word);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

uint64_t match_text_hash(struct str text)
{
    uint64_t hash = text.len;
    size_t at = 0;
    for (; text.len - at >= 8; at += 8) {
        hash = mix(hash, load(text.ptr + at, 8));
    }
    return at < text.len ? mix(hash, load(text.ptr + at, text.len - at)) : hash;
}

bool match_text_equal(struct str lower, struct str text)
{
    if (lower.len != text.len) {
        return false;
    }
    size_t at = 0;
    for (; text.len - at >= 8; at += 8) {
        uint64_t word = 0;
        memcpy(&word, lower.ptr + at, 8);
        if (word != load(text.ptr + at, 8)) {
            return false;
        }
    }
    return at == text.len || load(lower.ptr + at, text.len - at) == load(text.ptr + at, text.len - at);
}

void match_text_lower(char *out, struct str text)
{
    size_t at = 0;
    for (; text.len - at >= 8; at += 8) {
        const uint64_t word = load(text.ptr + at, 8);
        memcpy(out + at, &word, 8);
    }
    if (at < text.len) {
        const uint64_t word = load(text.ptr + at, text.len - at);
        memcpy(out + at, &word, text.len - at);
    }
}

bool match_text_contains(struct str text, struct str needle)
{
    return needle.len <= text.len && (needle.len == 0 || memmem(text.ptr, text.len, needle.ptr, needle.len) != NULL);
}

struct wildcard wildcard_parse(struct arena *arena, struct str pattern, bool lower)
{
    uint16_t *tokens = arena_array(arena, pattern.len + 1, sizeof(*tokens));
    size_t count = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        unsigned char c = (unsigned char)pattern.ptr[i];
        const char next = i + 1 < pattern.len ? pattern.ptr[i + 1] : '\0';
        if (c == '*') {
            if (count == 0 || tokens[count - 1] != WILDCARD_ANY) {
                tokens[count++] = WILDCARD_ANY;
            }
            continue;
        }
        if (c == '?') {
            tokens[count++] = WILDCARD_ONE;
            continue;
        }
        if (c == '\\' && (next == '*' || next == '?' || next == '\\')) {
            c = (unsigned char)next;
            i++;
        }
        tokens[count++] = lower && c >= 'A' && c <= 'Z' ? (uint16_t)(c + 32) : c;
    }
    return (struct wildcard){ tokens, count };
}

static struct str literal_run(struct arena *arena, const uint16_t *tokens, size_t count)
{
    char *bytes = arena_alloc(arena, count + 1);
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (char)(unsigned char)tokens[i];
    }
    return (struct str){ bytes, count };
}

bool wildcard_is_plain(const struct wildcard *wildcard, struct arena *arena, struct str *plain)
{
    for (size_t i = 0; i < wildcard->count; i++) {
        if (wildcard->tokens[i] >= WILDCARD_ANY) {
            return false;
        }
    }
    *plain = literal_run(arena, wildcard->tokens, wildcard->count);
    return true;
}

struct str wildcard_longest(const struct wildcard *wildcard, struct arena *arena)
{
    size_t best = 0, best_start = 0, start = 0;
    for (size_t i = 0; i <= wildcard->count; i++) {
        if (i < wildcard->count && wildcard->tokens[i] < WILDCARD_ANY) {
            continue;
        }
        if (i - start > best) {
            best = i - start;
            best_start = start;
        }
        start = i + 1;
    }
    return literal_run(arena, wildcard->tokens + best_start, best);
}

struct wildcard wildcard_in_json(struct arena *arena, const struct wildcard *wildcard)
{
    uint16_t *tokens = arena_array(arena, wildcard->count * 6 + 1, sizeof(*tokens));
    size_t count = 0;
    for (size_t i = 0; i < wildcard->count; i++) {
        const char byte = (char)(unsigned char)wildcard->tokens[i];
        if (wildcard->tokens[i] >= WILDCARD_ANY || (unsigned char)byte >= 0x80) {
            tokens[count++] = wildcard->tokens[i];
            continue;
        }
        struct text escaped = text_new(arena);
        json_escape(&escaped, (struct str){ &byte, 1 });
        for (size_t j = 0; j < escaped.len; j++) {
            tokens[count++] = (unsigned char)escaped.ptr[j];
        }
    }
    return (struct wildcard){ tokens, count };
}

/* One character may be several bytes: takes those that continue it. */
static size_t after_character(struct str text, size_t at)
{
    at++;
    while (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80) {
        at++;
    }
    return at;
}

static inline bool walk(const struct wildcard *wildcard, struct str text, uint64_t *steps)
{
    size_t token = 0, at = 0;
    size_t star = SIZE_MAX, retry = 0; /* the last star, and where to try next behind it */
    while (at < text.len || token < wildcard->count) {
        *steps += 1;
        const uint16_t wanted = token < wildcard->count ? wildcard->tokens[token] : UINT16_MAX;
        if (wanted == WILDCARD_ANY) {
            star = token++;
            retry = at;
        } else if (at < text.len && wanted == WILDCARD_ONE) {
            at = after_character(text, at);
            token++;
        } else if (at < text.len && wanted == (unsigned char)text.ptr[at]) {
            at++;
            token++;
        } else if (star != SIZE_MAX && retry < text.len) {
            at = ++retry;
            token = star + 1;
        } else {
            return false;
        }
    }
    return true;
}

bool wildcard_match(const struct wildcard *wildcard, struct str text)
{
    uint64_t unused = 0; /* goes away once inlined */
    return walk(wildcard, text, &unused);
}

uint64_t wildcard_work(const struct wildcard *wildcard, struct str text)
{
    uint64_t steps = 0;
    (void)walk(wildcard, text, &steps);
    return steps;
}
