#include "base/str.h"

#include <math.h>
#include <stdlib.h>

struct str str_of(const char *text)
{
    return text ? (struct str){ text, strlen(text) } : STR_NONE;
}

struct str str_copy(struct arena *arena, struct str s)
{
    if (s.ptr == NULL) {
        return STR_NONE;
    }
    char *copy = arena_alloc_raw(arena, s.len + 1);
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (struct str){ copy, s.len };
}

const char *str_cstr(struct arena *arena, struct str s)
{
    return s.ptr ? str_copy(arena, s).ptr : "";
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != b.ptr[i] && lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len
        && (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

int str_compare(struct str a, struct str b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

struct str str_from(struct str s, size_t start)
{
    if (s.ptr == NULL) {
        return STR_NONE;
    }
    const size_t cut = start < s.len ? start : s.len;
    return (struct str){ s.ptr + cut, s.len - cut };
}

struct str str_slice(struct str s, size_t start, size_t len)
{
    struct str tail = str_from(s, start);
    tail.len = tail.len < len ? tail.len : len;
    return tail;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

size_t str_find(struct str s, char c)
{
    const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return hit ? (size_t)(hit - s.ptr) : STR_MISSING;
}

size_t str_find_last(struct str s, char c)
{
    for (size_t i = s.len; i > 0; i--) {
        if (s.ptr[i - 1] == c) {
            return i - 1;
        }
    }
    return STR_MISSING;
}

size_t str_search(struct str s, struct str needle)
{
    if (needle.len == 0) {
        return 0;
    }
    const char *hit = s.len > 0 ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
    return hit ? (size_t)(hit - s.ptr) : STR_MISSING;
}

struct str str_cut(struct str s, char c, struct str *rest)
{
    const size_t at = str_find(s, c);
    if (at == STR_MISSING) {
        *rest = STR_NONE;
        return s;
    }
    *rest = str_from(s, at + 1);
    return str_slice(s, 0, at);
}

struct str str_lower(struct arena *arena, struct str s)
{
    if (s.ptr == NULL) {
        return STR_NONE;
    }
    char *copy = arena_alloc_raw(arena, s.len + 1);
    for (size_t i = 0; i < s.len; i++) {
        copy[i] = lower(s.ptr[i]);
    }
    copy[s.len] = '\0';
    return (struct str){ copy, s.len };
}

bool str_to_int(struct str s, int64_t *out)
{
    const bool negative = s.len > 0 && s.ptr[0] == '-';
    const struct str digits = str_from(s, negative ? 1 : 0);
    if (digits.len == 0) {
        return false;
    }
    int64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        const char c = digits.ptr[i];
        if (c < '0' || c > '9' || MUL_OVERFLOWS(value, 10, &value)) {
            return false;
        }
        /* Counting downwards when negative, so that the smallest number fits. */
        if (ADD_OVERFLOWS(value, negative ? -(c - '0') : c - '0', &value)) {
            return false;
        }
    }
    *out = value;
    return true;
}

static size_t digits_at(struct str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.len && s.ptr[at + n] >= '0' && s.ptr[at + n] <= '9') {
        n++;
    }
    return n;
}

bool str_is_number(struct str s)
{
    size_t at = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;
    const size_t whole = digits_at(s, at);
    if (whole == 0 || (whole > 1 && s.ptr[at] == '0')) {
        return false;
    }
    at += whole;
    if (at < s.len && s.ptr[at] == '.') {
        const size_t fraction = digits_at(s, at + 1);
        if (fraction == 0) {
            return false;
        }
        at += 1 + fraction;
    }
    if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        at++;
        if (at < s.len && (s.ptr[at] == '+' || s.ptr[at] == '-')) {
            at++;
        }
        const size_t exponent = digits_at(s, at);
        if (exponent == 0) {
            return false;
        }
        at += exponent;
    }
    return at == s.len;
}

/* Few digits with no exponent: both they and the power of ten are exact as doubles, so one division rounds rightly.
 * spec: Clinger, How to Read Floating Point Numbers Accurately. */
static bool short_double(struct str s, double *out)
{
    static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    const bool negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t digits = 0;
    size_t point = s.len;
    if (s.len > 16) {
        return false; /* more than 15 digits, perhaps */
    }
    for (size_t i = negative; i < s.len; i++) {
        if (s.ptr[i] == '.') {
            point = i + 1;
        } else if (s.ptr[i] >= '0' && s.ptr[i] <= '9') {
            digits = digits * 10 + (uint64_t)(s.ptr[i] - '0');
        } else {
            return false;
        }
    }
    if (digits > (uint64_t)1 << 53) {
        return false;
    }
    *out = (double)digits / powers[s.len - point];
    *out = negative ? -*out : *out;
    return true;
}

bool str_to_double(struct str s, double *out)
{
    char copy[512];
    if (!str_is_number(s) || s.len >= sizeof(copy)) {
        return false;
    }
    if (short_double(s, out)) {
        return true;
    }
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    *out = strtod(copy, NULL);
    return isfinite(*out);
}

uint64_t str_hash(struct str s)
{
    /* Seeded by an address that differs per process, so that outsiders can't prepare collisions. */
    static const char anchor = 0;
    uint64_t hash = 0x9E3779B97F4A7C15ULL ^ (uint64_t)(uintptr_t)&anchor ^ (s.len * 0xFF51AFD7ED558CCDULL);
    size_t at = 0;
    for (; at + 8 <= s.len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, s.ptr + at, 8);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDULL;
        hash ^= hash >> 32;
    }
    uint64_t tail = 0;
    if (at < s.len) {
        memcpy(&tail, s.ptr + at, s.len - at);
    }
    hash = (hash ^ tail) * 0xC4CEB9FE1A85EC53ULL;
    hash ^= hash >> 29;
    hash *= 0x9FB21C651E98DF25ULL;
    return hash ^ (hash >> 32);
}

/* Bytes of the UTF-8 sequence at s.ptr[at], or 0 when it isn't one. */
static size_t utf8_length(struct str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.ptr + at;
    const size_t left = s.len - at;
    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    }
    if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        const bool overlong = p[0] == 0xE0 && left >= 2 && p[1] < 0xA0;
        const bool surrogate = p[0] == 0xED && left >= 2 && p[1] > 0x9F;
        return left >= 3 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 && !overlong && !surrogate ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        const bool overlong = p[0] == 0xF0 && left >= 2 && p[1] < 0x90;
        const bool beyond = p[0] == 0xF4 && left >= 2 && p[1] > 0x8F;
        return left >= 4 && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80 && !overlong
                && !beyond
            ? 4
            : 0;
    }
    return 0;
}

/* Whether eight bytes follow that are all ASCII. */
static bool is_plain_word(struct str s, size_t at)
{
    uint64_t word = 0;
    if (s.len - at < sizeof(word)) {
        return false;
    }
    memcpy(&word, s.ptr + at, sizeof(word));
    return (word & 0x8080808080808080U) == 0;
}

bool str_utf8_valid(struct str s)
{
    for (size_t at = 0; at < s.len;) {
        if (is_plain_word(s, at)) {
            at += sizeof(uint64_t);
            continue;
        }
        const size_t step = utf8_length(s, at);
        if (step == 0) {
            return false;
        }
        at += step;
    }
    return true;
}

struct str str_hex(struct arena *arena, const void *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    char *out = arena_alloc_raw(arena, count * 2 + 1);
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[count * 2] = '\0';
    return (struct str){ out, count * 2 };
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char low = lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool str_unhex(struct str s, unsigned char *out, size_t count)
{
    if (s.len != count * 2) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const int high = hex_digit(s.ptr[2 * i]);
        const int low = hex_digit(s.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

struct str str_base64(struct arena *arena, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)bytes.ptr;
    const size_t size = (bytes.len + 2) / 3 * 4;
    char *out = arena_alloc_raw(arena, size + 1);
    size_t to = 0;
    for (size_t at = 0; at < bytes.len; at += 3) {
        const size_t left = bytes.len - at;
        const uint32_t group = (uint32_t)in[at] << 16 | (left > 1 ? (uint32_t)in[at + 1] << 8 : 0)
            | (left > 2 ? (uint32_t)in[at + 2] : 0);
        out[to++] = digits[group >> 18 & 63];
        out[to++] = digits[group >> 12 & 63];
        out[to++] = left > 1 ? digits[group >> 6 & 63] : '=';
        out[to++] = left > 2 ? digits[group & 63] : '=';
    }
    out[size] = '\0';
    return (struct str){ out, size };
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool str_unbase64(struct arena *arena, struct str s, struct str *out)
{
    if (s.len % 4 != 0) {
        return false;
    }
    size_t digits = s.len;
    while (digits > 0 && s.len - digits < 2 && s.ptr[digits - 1] == '=') {
        digits--;
    }
    unsigned char *bytes = arena_alloc_raw(arena, s.len / 4 * 3 + 1);
    size_t size = 0;
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < digits; i++) {
        const int digit = base64_digit(s.ptr[i]);
        if (digit < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[size++] = (unsigned char)(bits >> held & 0xFF);
        }
    }
    bytes[size] = '\0';
    *out = (struct str){ (const char *)bytes, size };
    return (bits & ((1U << held) - 1)) == 0;
}

struct str str_percent_decode(struct arena *arena, struct str s, bool plus_is_space)
{
    char *out = arena_alloc_raw(arena, s.len + 1);
    size_t to = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = 0;
        if (s.ptr[i] == '%' && i + 2 < s.len && str_unhex(str_slice(s, i + 1, 2), &byte, 1)) {
            out[to++] = (char)byte;
            i += 2;
        } else {
            out[to++] = s.ptr[i] == '+' && plus_is_space ? ' ' : s.ptr[i];
        }
    }
    out[to] = '\0';
    return (struct str){ out, to };
}

static bool is_unreserved(char c)
{
    const char low = lower(c);
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

struct str str_percent_encode(struct arena *arena, struct str s, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc_raw(arena, s.len * 3 + 1);
    size_t to = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            out[to++] = c;
            continue;
        }
        out[to++] = '%';
        out[to++] = digits[(unsigned char)c >> 4];
        out[to++] = digits[(unsigned char)c & 15];
    }
    out[to] = '\0';
    return (struct str){ out, to };
}

struct text text_new(struct arena *arena)
{
    return (struct text){ .arena = arena };
}

static void text_reserve(struct text *text, size_t more)
{
    const size_t needed = text->len + more + 1;
    if (needed <= text->capacity) {
        return;
    }
    size_t capacity = text->capacity ? text->capacity * 2 : 256;
    capacity = capacity < needed ? needed : capacity;
    text->ptr = arena_grow(text->arena, text->ptr, text->capacity, capacity);
    text->capacity = capacity;
}

char *text_space(struct text *text, size_t more)
{
    text_reserve(text, more);
    return text->ptr + text->len;
}

void text_add(struct text *text, struct str s)
{
    text_reserve(text, s.len);
    if (s.len) {
        memcpy(text->ptr + text->len, s.ptr, s.len);
        text->len += s.len;
    }
}

void text_add_char(struct text *text, char c)
{
    text_reserve(text, 1);
    text->ptr[text->len++] = c;
}

void text_add_int(struct text *text, int64_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t left = number < 0 ? ~(uint64_t)number + 1 : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (number < 0) {
        digits[--at] = '-';
    }
    text_add(text, (struct str){ digits + at, sizeof(digits) - at });
}

struct str text_str(struct text *text)
{
    text_reserve(text, 0);
    text->ptr[text->len] = '\0';
    return (struct str){ text->ptr, text->len };
}
