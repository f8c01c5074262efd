#include "base/json.h"
#include "base/scan.h"

/* How many bytes an escape takes at source.ptr[at], which is the backslash; 0: it isn't valid JSON. */
static size_t escape_length(struct arena *arena, struct str source, size_t at)
{
    static const size_t lengths[] = { 2, 6, 12 };
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct str ignored = STR_NONE;
        if (lengths[i] <= source.len - at && json_unescape(arena, str_slice(source, at, lengths[i]), &ignored)) {
            return lengths[i];
        }
    }
    return 0;
}

/* Slow and rare: a string with an escape that is none. Each wrong one becomes one U+FFFD. */
static struct str unescape_leniently(struct arena *arena, struct str source)
{
    struct text out = text_new(arena);
    for (size_t at = 0; at < source.len;) {
        struct str piece = str_slice(source, at, 1);
        if (source.ptr[at] != '\\') {
            text_add(&out, piece);
            at++;
            continue;
        }
        const size_t length = escape_length(arena, source, at);
        if (length > 0 && json_unescape(arena, str_slice(source, at, length), &piece)) {
            text_add(&out, piece);
            at += length;
            continue;
        }
        text_add(&out, STR("\xEF\xBF\xBD"));
        unsigned char ignored[2];
        const bool surrogate = at + 6 <= source.len && source.ptr[at + 1] == 'u' && str_unhex(str_slice(source, at + 2, 4), ignored, 2);
        at += surrogate ? 6 : 2;
    }
    return text_str(&out);
}

struct str scan_text(struct arena *arena, const struct scan_value *value)
{
    if (value->kind != SCAN_STRING) {
        return STR_NONE;
    }
    const struct str source = { value->ptr, value->len };
    struct str text = source;
    if (value->escaped && !json_unescape(arena, source, &text)) {
        return unescape_leniently(arena, source);
    }
    return text;
}
