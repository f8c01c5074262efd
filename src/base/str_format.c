/* str_format.c - formats. Nearly all hold only texts and whole numbers: their parts are gathered and copied once. The others are the
 * library's, which is ten times as slow and must be asked twice. */
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

enum { PARTS_MAX = 24, DIGITS_MAX = 20 }; /* of any 64 bits, with a sign */

struct parts {
    bool all; /* false: it is the library's */
    size_t count, size;
    struct str list[PARTS_MAX];
    char digits[PARTS_MAX][DIGITS_MAX];
};

static bool add_part(struct parts *parts, const char *ptr, size_t len)
{
    if (parts->count == PARTS_MAX) {
        return false;
    }
    parts->list[parts->count++] = (struct str){ ptr, len };
    return !ADD_OVERFLOWS(parts->size, len, &parts->size);
}

/* As the library has it: no more than `limit` bytes, and none behind a NUL. */
static bool add_text(struct parts *parts, const char *text, int limit)
{
    if (text == NULL) {
        return limit == 0 && add_part(parts, "", 0);
    }
    return add_part(parts, text, limit < 0 ? strlen(text) : strnlen(text, (size_t)limit));
}

/* At least `width` characters, zeros before the digits. */
static bool add_unsigned(struct parts *parts, uint64_t value, bool negative, size_t width)
{
    if (parts->count == PARTS_MAX || width > DIGITS_MAX) {
        return false;
    }
    char *digits = parts->digits[parts->count];
    const size_t last = DIGITS_MAX - width + negative;
    size_t at = DIGITS_MAX;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0 || at > last);
    if (negative) {
        digits[--at] = '-';
    }
    return add_part(parts, digits + at, DIGITS_MAX - at);
}

static bool add_signed(struct parts *parts, int64_t value, size_t width)
{
    return add_unsigned(parts, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, width);
}

static bool is_next(const char **at, const char *conversion)
{
    const char *here = *at;
    while (*conversion != '\0' && *here == *conversion) {
        here++;
        conversion++;
    }
    *at = *conversion == '\0' ? here : *at;
    return *conversion == '\0';
}

/* "03" of "%03d". */
static size_t read_width(const char **at)
{
    size_t width = 0;
    if (**at == '0') {
        for ((*at)++; **at >= '0' && **at <= '9' && width < 1000; (*at)++) {
            width = width * 10 + (size_t)(**at - '0');
        }
    }
    return width;
}

static bool convert_number(struct parts *parts, const char **at, va_list *args)
{
    const size_t width = read_width(at);
    if (is_next(at, "d")) {
        return add_signed(parts, va_arg(*args, int), width);
    }
    if (is_next(at, "u")) {
        return add_unsigned(parts, va_arg(*args, unsigned), false, width);
    }
    if (is_next(at, "lld")) {
        return add_signed(parts, va_arg(*args, long long), width);
    }
    if (is_next(at, "llu")) {
        return add_unsigned(parts, va_arg(*args, unsigned long long), false, width);
    }
    return is_next(at, "zu") && add_unsigned(parts, va_arg(*args, size_t), false, width);
}

/* What follows a '%'. False: one for the library. */
static bool convert(struct parts *parts, const char **at, va_list *args)
{
    if (is_next(at, ".*s")) {
        const int limit = va_arg(*args, int);
        return add_text(parts, va_arg(*args, const char *), limit);
    }
    if (is_next(at, "s")) {
        return add_text(parts, va_arg(*args, const char *), -1);
    }
    if (is_next(at, "%")) {
        return add_part(parts, "%", 1);
    }
    return convert_number(parts, at, args);
}

static bool gather(struct parts *parts, const char *format, va_list *args)
{
    const char *at = format;
    while (*at != '\0') {
        const size_t plain = strcspn(at, "%");
        if (plain > 0 && !add_part(parts, at, plain)) {
            return false;
        }
        at += plain;
        if (*at == '%') {
            at++;
            if (!convert(parts, &at, args)) {
                return false;
            }
        }
    }
    return true;
}

PRINTF_LIKE(2, 0)
static size_t measure(struct parts *parts, const char *format, va_list args)
{
    va_list gathered;
    va_copy(gathered, args);
    parts->count = parts->size = 0;
    parts->all = gather(parts, format, &gathered);
    va_end(gathered);
    const int length = parts->all ? 0 : vsnprintf(NULL, 0, format, args);
    return parts->all ? parts->size : length > 0 ? (size_t)length : 0;
}

PRINTF_LIKE(4, 0)
static void print(const struct parts *parts, char *out, size_t size, const char *format, va_list args)
{
    if (!parts->all) {
        vsnprintf(out, size + 1, format, args);
        return;
    }
    for (size_t i = 0; i < parts->count; i++) {
        memcpy(out, parts->list[i].ptr, parts->list[i].len);
        out += parts->list[i].len;
    }
    *out = '\0';
}

struct str str_format(struct arena *arena, const char *format, ...)
{
    struct parts parts;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const size_t size = measure(&parts, format, args);
    char *out = arena_alloc_raw(arena, size + 1);
    print(&parts, out, size, format, again);
    va_end(again);
    va_end(args);
    return (struct str){ out, size };
}

void text_add_format(struct text *text, const char *format, ...)
{
    struct parts parts;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const size_t size = measure(&parts, format, args);
    print(&parts, text_space(text, size), size, format, again);
    va_end(again);
    va_end(args);
    text->len += size;
}
