#include "svc/s3/encoded_word.h"

/* spec: RFC 2047 2: a word has at most 75 characters, of which 12 are =?UTF-8?Q?...?=. */
enum { PREFIX = 10, CONTENT_MAX = 75 - PREFIX - 2 };

static bool continues(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* --- reading --- */

static bool read_q(struct arena *arena, struct str content, struct str *out)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < content.len; i++) {
        unsigned char c = (unsigned char)content.ptr[i];
        if (c == '=') {
            if (!str_unhex(str_slice(content, i + 1, 2), &c, 1)) {
                return false;
            }
            i += 2;
        } else if (c == '_') {
            c = ' ';
        }
        text_add_char(&text, (char)c);
    }
    *out = text_str(&text);
    return true;
}

/* The size of the character of UTF-8 at `at`; 0: there is none. */
static size_t character_size(struct str bytes, size_t at)
{
    const unsigned char lead = (unsigned char)bytes.ptr[at];
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return str_utf8_valid(str_slice(bytes, at, size)) ? size : 0;
}

static void add_as_utf8(struct text *text, struct str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        const size_t size = character_size(bytes, at);
        text_add(text, size ? str_slice(bytes, at, size) : STR("\xEF\xBF\xBD"));
        at += size ? size : 1;
    }
}

/* The length of the word that `text` begins with; 0: it begins with none. */
static size_t read_word(struct arena *arena, struct str text, struct str *bytes)
{
    const size_t length = str_search(str_from(text, PREFIX), STR("?="));
    if (!str_equal_nocase(str_slice(text, 0, 8), STR("=?UTF-8?")) || length == STR_MISSING || text.ptr[9] != '?') {
        return 0;
    }
    const struct str content = str_slice(text, PREFIX, length);
    const bool q = text.ptr[8] == 'Q' || text.ptr[8] == 'q', b = text.ptr[8] == 'B' || text.ptr[8] == 'b';
    const bool read = (q && read_q(arena, content, bytes)) || (b && str_unbase64(arena, content, bytes));
    return read ? PREFIX + length + 2 : 0;
}

struct str encoded_words_read(struct arena *arena, struct str header)
{
    struct text text = text_new(arena);
    struct str rest = header;
    bool behind_word = false;
    for (size_t at = str_search(rest, STR("=?")); at != STR_MISSING; at = str_search(rest, STR("=?"))) {
        struct str bytes = STR_NONE;
        const size_t length = read_word(arena, str_from(rest, at), &bytes);
        const struct str between = str_slice(rest, 0, at);
        if (length == 0) {
            text_add(&text, str_slice(rest, 0, at + 2));
        } else {
            text_add(&text, behind_word && str_trim(between).len == 0 ? STR("") : between);
            add_as_utf8(&text, bytes);
        }
        behind_word = length > 0;
        rest = str_from(rest, at + (length ? length : 2));
    }
    text_add(&text, rest);
    return rest.len == header.len ? header : text_str(&text);
}

/* --- writing --- */

static bool is_plain(unsigned char c)
{
    return (c >= ' ' && c < 0x7F) || c == '\t';
}

static bool is_bare(unsigned char c)
{
    return c > ' ' && c < 0x7F && c != '=' && c != '_' && c != '?';
}

static size_t content_size(struct str text, bool q)
{
    size_t size = 0;
    for (size_t i = 0; i < text.len; i++) {
        size += is_bare((unsigned char)text.ptr[i]) || text.ptr[i] == ' ' ? 1 : 3;
    }
    return q ? size : (text.len + 2) / 3 * 4;
}

/* Behind half of its characters; 0: it has one alone. */
static size_t middle(struct str text)
{
    size_t characters = 0, at = 0;
    for (size_t i = 0; i < text.len; i++) {
        characters += !continues(text.ptr[i]);
    }
    for (size_t left = characters / 2; left > 0; left--) {
        do {
            at++;
        } while (at < text.len && continues(text.ptr[at]));
    }
    return at;
}

static void add_q(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c == ' ' || is_bare(c)) {
            text_add_char(out, c == ' ' ? '_' : (char)c);
        } else {
            text_add_format(out, "=%02X", c);
        }
    }
}

/* What is too long for a word becomes two of its halves, and so on. */
static void add_words(struct text *out, struct arena *arena, struct str text, bool q)
{
    const size_t half = content_size(text, q) > CONTENT_MAX ? middle(text) : 0;
    if (half > 0) {
        add_words(out, arena, str_slice(text, 0, half), q);
        add_words(out, arena, str_from(text, half), q);
        return;
    }
    text_add(out, out->len ? STR(" ") : STR(""));
    text_add(out, q ? STR("=?UTF-8?Q?") : STR("=?UTF-8?B?"));
    if (q) {
        add_q(out, text);
    } else {
        text_add(out, str_base64(arena, text));
    }
    text_add(out, STR("?="));
}

struct str encoded_words_write(struct arena *arena, struct str text)
{
    struct text out = text_new(arena);
    size_t plain = 0, other = 0;
    for (size_t i = 0; i < text.len; i++) {
        const bool is = is_plain((unsigned char)text.ptr[i]);
        plain += is;
        other += !is && !continues(text.ptr[i]);
    }
    if (other == 0) {
        return text;
    }
    add_words(&out, arena, text, plain > other);
    return text_str(&out);
}
