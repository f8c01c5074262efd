#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    struct arena *arena;
    struct str in;
    size_t at;
    struct json_error error;
};

static bool refuse(struct parser *p, const char *reason)
{
    if (p->error.reason == NULL) {
        p->error = (struct json_error){ p->at < p->in.len ? p->at : p->in.len, reason };
    }
    return false;
}

static char peek(const struct parser *p)
{
    return p->at < p->in.len ? p->in.ptr[p->at] : '\0';
}

static void skip_space(struct parser *p)
{
    while (p->at < p->in.len) {
        const char c = p->in.ptr[p->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return;
        }
        p->at++;
    }
}

static bool take_hex4(struct str s, size_t at, uint32_t *out)
{
    unsigned char bytes[2];
    if (at + 4 > s.len || !str_unhex(str_slice(s, at, 4), bytes, 2)) {
        return false;
    }
    *out = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* Decodes \uXXXX (and the second half of a pair) at s.ptr[*at], which is the 'u'. */
static bool take_unicode(struct str s, size_t *at, uint32_t *out)
{
    uint32_t high = 0;
    if (!take_hex4(s, *at + 1, &high) || (high >= 0xDC00 && high <= 0xDFFF)) {
        return false;
    }
    *at += 5;
    if (high < 0xD800 || high > 0xDBFF) {
        *out = high;
        return true;
    }
    uint32_t low = 0;
    if (*at + 6 > s.len || s.ptr[*at] != '\\' || s.ptr[*at + 1] != 'u' || !take_hex4(s, *at + 2, &low) || low < 0xDC00
        || low > 0xDFFF) {
        return false;
    }
    *at += 6;
    *out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

bool json_unescape(struct arena *arena, struct str source, struct str *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    char *bytes = arena_alloc_raw(arena, source.len + 1);
    size_t size = 0;
    for (size_t at = 0; at < source.len;) {
        if ((unsigned char)source.ptr[at] < 0x20 || source.ptr[at] == '"') {
            return false;
        }
        if (source.ptr[at] != '\\') {
            bytes[size++] = source.ptr[at++];
            continue;
        }
        at++;
        if (at >= source.len) {
            return false;
        }
        uint32_t point = 0;
        const char *known = source.ptr[at] ? strchr(from, source.ptr[at]) : NULL;
        if (known) {
            bytes[size++] = to[known - from];
            at++;
        } else if (source.ptr[at] == 'u' && take_unicode(source, &at, &point)) {
            size += put_utf8(bytes + size, point);
        } else {
            return false;
        }
    }
    bytes[size] = '\0';
    *out = (struct str){ bytes, size };
    return true;
}

static bool parse_string(struct parser *p, struct str *out)
{
    const size_t start = ++p->at;
    bool escaped = false;
    for (;; p->at++) {
        if (p->at >= p->in.len) {
            return refuse(p, "string is not closed");
        }
        const unsigned char c = (unsigned char)p->in.ptr[p->at];
        if (c == '"') {
            break;
        }
        if (c < 0x20) {
            return refuse(p, "control character in string");
        }
        if (c == '\\') {
            escaped = true;
            p->at++;
        }
    }
    const struct str inside = str_slice(p->in, start, p->at - start);
    *out = inside;
    if (!str_utf8_valid(inside)) {
        return refuse(p, "invalid UTF-8");
    }
    if (escaped && !json_unescape(p->arena, inside, out)) {
        return refuse(p, "bad escape in string");
    }
    p->at++;
    return true;
}

static bool parse_number(struct parser *p, struct json *j)
{
    const size_t start = p->at;
    while (p->at < p->in.len && strchr("+-.0123456789eE", p->in.ptr[p->at]) && p->in.ptr[p->at]) {
        p->at++;
    }
    j->kind = JSON_NUMBER;
    j->text = str_slice(p->in, start, p->at - start);
    /* Numbers too big for a double are legal JSON; they keep their text and fail where a number is asked for. */
    if (!str_is_number(j->text)) {
        p->at = start;
        return refuse(p, "bad number");
    }
    return true;
}

static bool parse_word(struct parser *p, struct json *j, struct str word, enum json_kind kind)
{
    if (!str_starts(str_from(p->in, p->at), word)) {
        return refuse(p, "unexpected character");
    }
    p->at += word.len;
    j->kind = kind;
    return true;
}

static bool parse_value(struct parser *p, struct json *j, int depth);

static bool parse_member_key(struct parser *p, struct json *child)
{
    if (peek(p) != '"') {
        return refuse(p, "expected a string as key");
    }
    if (!parse_string(p, &child->key)) {
        return false;
    }
    skip_space(p);
    if (peek(p) != ':') {
        return refuse(p, "expected ':'");
    }
    p->at++;
    skip_space(p);
    return true;
}

static bool parse_children(struct parser *p, struct json *j, char close, int depth)
{
    const size_t start = p->at++;
    struct json **link = &j->child;
    skip_space(p);
    if (peek(p) == close) {
        p->at++;
        j->text = str_slice(p->in, start, p->at - start);
        return true;
    }
    for (;;) {
        struct json *child = ARENA_NEW(p->arena, struct json);
        if ((j->kind == JSON_OBJECT && !parse_member_key(p, child)) || !parse_value(p, child, depth + 1)) {
            return false;
        }
        *link = child;
        link = &child->next;
        j->count++;
        skip_space(p);
        const char c = peek(p);
        if (c != ',' && c != close) {
            return refuse(p, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        }
        p->at++;
        if (c == close) {
            j->text = str_slice(p->in, start, p->at - start);
            return true;
        }
        skip_space(p);
    }
}

static bool parse_value(struct parser *p, struct json *j, int depth)
{
    if (depth > JSON_DEPTH_MAX) {
        return refuse(p, "nested too deeply");
    }
    if (p->at >= p->in.len) {
        return refuse(p, "unexpected end");
    }
    switch (p->in.ptr[p->at]) {
    case '{':
        j->kind = JSON_OBJECT;
        return parse_children(p, j, '}', depth);
    case '[':
        j->kind = JSON_ARRAY;
        return parse_children(p, j, ']', depth);
    case '"':
        j->kind = JSON_STRING;
        return parse_string(p, &j->text);
    case 't':
        return parse_word(p, j, STR("true"), JSON_TRUE);
    case 'f':
        return parse_word(p, j, STR("false"), JSON_FALSE);
    case 'n':
        return parse_word(p, j, STR("null"), JSON_NULL);
    default:
        return parse_number(p, j);
    }
}

struct json *json_parse(struct arena *arena, struct str text, struct json_error *error)
{
    struct parser p = { .arena = arena, .in = text };
    struct json *root = ARENA_NEW(arena, struct json);
    skip_space(&p);
    bool good = parse_value(&p, root, 0);
    if (good) {
        skip_space(&p);
        good = p.at == text.len || refuse(&p, "trailing characters");
    }
    if (error) {
        *error = p.error;
    }
    return good ? root : NULL;
}

const struct json *json_get(const struct json *object, struct str key)
{
    const struct json *found = NULL;
    if (object && object->kind == JSON_OBJECT) {
        for (const struct json *j = object->child; j; j = j->next) {
            if (str_equal(j->key, key)) {
                found = j;
            }
        }
    }
    return found;
}

const struct json *json_path(const struct json *j, const char *path)
{
    struct str rest = str_of(path);
    while (j && rest.ptr) {
        const struct str key = str_cut(rest, '.', &rest);
        j = json_get(j, key);
    }
    return j;
}

struct str json_text(const struct json *j)
{
    return j && j->kind == JSON_STRING ? j->text : STR_NONE;
}

bool json_is_true(const struct json *j)
{
    return j && j->kind == JSON_TRUE;
}

bool json_double(const struct json *j, double *out)
{
    return j && j->kind == JSON_NUMBER && str_to_double(j->text, out);
}

bool json_int(const struct json *j, int64_t *out)
{
    double real = 0;
    if (j == NULL || j->kind != JSON_NUMBER) {
        return false;
    }
    if (str_to_int(j->text, out)) {
        return true;
    }
    /* 2^53 is as far as a double counts without gaps. */
    if (!str_to_double(j->text, &real) || real != floor(real) || fabs(real) > 9007199254740992.0) {
        return false;
    }
    *out = (int64_t)real;
    return true;
}

struct json_writer json_writer_new(struct arena *arena)
{
    return (struct json_writer){ .text = text_new(arena) };
}

static void put(struct text *text, char c)
{
    if (text->capacity - text->len < 2) {
        text_space(text, 1);
    }
    text->ptr[text->len++] = c;
}

static void separate(struct json_writer *w)
{
    if (w->comma) {
        put(&w->text, ',');
    }
    w->comma = true;
}

static void open_with(struct json_writer *w, char c)
{
    separate(w);
    put(&w->text, c);
    w->comma = false;
}

static void close_with(struct json_writer *w, char c)
{
    put(&w->text, c);
    w->comma = true;
}

void json_open_object(struct json_writer *w) { open_with(w, '{'); }
void json_close_object(struct json_writer *w) { close_with(w, '}'); }
void json_open_array(struct json_writer *w) { open_with(w, '['); }
void json_close_array(struct json_writer *w) { close_with(w, ']'); }

/* Whether none of eight bytes needs escaping, or may be more than ASCII. */
static bool is_plain_word(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
    const uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    /* A byte below n sets its high bit in (byte - n); borrows only make this too careful. */
    return ((word | (word - ones * 0x20) | (quote - ones) | (backslash - ones)) & high) == 0;
}

static bool copy_word(char *out, const char *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof(word));
    memcpy(out, &word, sizeof(word));
    return is_plain_word(word);
}

/* Copies what is plain, ASCII that needs no escape, eight bytes at a time: all but few texts. False: it isn't, and out is spoilt. */
static bool copy_plain(char *out, struct str s)
{
    const size_t word = sizeof(uint64_t);
    size_t at = 0;
    if (s.len >= word) {
        while (s.len - at > word) {
            if (!copy_word(out + at, s.ptr + at)) {
                return false;
            }
            at += word;
        }
        at = s.len - word;
        return copy_word(out + at, s.ptr + at); /* the rest, and some of what went before again */
    }
    for (; at < s.len; at++) {
        const unsigned char c = (unsigned char)s.ptr[at];
        out[at] = s.ptr[at];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
            return false;
        }
    }
    return true;
}

void json_escape(struct text *text, struct str s)
{
    if (copy_plain(text_space(text, s.len), s)) {
        text->len += s.len;
        return;
    }
    const bool valid = str_utf8_valid(s);
    size_t plain = 0;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\' && (valid || c < 0x80)) {
            continue;
        }
        text_add(text, str_slice(s, plain, i - plain));
        plain = i + 1;
        switch (c) {
        case '"': text_add(text, STR("\\\"")); break;
        case '\\': text_add(text, STR("\\\\")); break;
        case '\n': text_add(text, STR("\\n")); break;
        case '\r': text_add(text, STR("\\r")); break;
        case '\t': text_add(text, STR("\\t")); break;
        case '\b': text_add(text, STR("\\b")); break;
        case '\f': text_add(text, STR("\\f")); break;
        default:
            if (c >= 0x80) {
                text_add(text, STR("\xEF\xBF\xBD"));
            } else {
                text_add_format(text, "\\u%04x", c);
            }
        }
    }
    text_add(text, str_from(s, plain));
}

static void quote(struct text *text, struct str s)
{
    char *at = text_space(text, s.len + 2);
    at[0] = '"';
    if (copy_plain(at + 1, s)) {
        at[s.len + 1] = '"';
        text->len += s.len + 2;
        return;
    }
    text->len++;
    json_escape(text, s);
    put(text, '"');
}

void json_key(struct json_writer *w, struct str key)
{
    separate(w);
    quote(&w->text, key);
    put(&w->text, ':');
    w->comma = false;
}

void json_str(struct json_writer *w, struct str s)
{
    if (s.ptr == NULL) {
        json_write_null(w);
        return;
    }
    separate(w);
    quote(&w->text, s);
}

void json_write_int(struct json_writer *w, int64_t n)
{
    separate(w);
    text_add_int(&w->text, n);
}

void json_write_double(struct json_writer *w, double n)
{
    if (!isfinite(n)) {
        json_write_null(w);
        return;
    }
    if (n == floor(n) && fabs(n) < 1e15) {
        separate(w);
        text_add_int(&w->text, (int64_t)n);
        text_add(&w->text, STR(".0"));
        return;
    }
    char digits[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, n);
        if (strtod(digits, NULL) == n) {
            break;
        }
    }
    separate(w);
    text_add(&w->text, str_of(digits));
}

void json_write_bool(struct json_writer *w, bool b)
{
    separate(w);
    text_add(&w->text, b ? STR("true") : STR("false"));
}

void json_write_null(struct json_writer *w)
{
    separate(w);
    text_add(&w->text, STR("null"));
}

void json_raw(struct json_writer *w, struct str value)
{
    separate(w);
    text_add(&w->text, value);
}

void json_write_tree(struct json_writer *w, const struct json *j)
{
    switch (j->kind) {
    case JSON_NULL: json_write_null(w); return;
    case JSON_TRUE: json_write_bool(w, true); return;
    case JSON_FALSE: json_write_bool(w, false); return;
    case JSON_NUMBER: json_raw(w, j->text); return;
    case JSON_STRING: json_str(w, j->text); return;
    case JSON_ARRAY: json_open_array(w); break;
    case JSON_OBJECT: json_open_object(w); break;
    }
    for (const struct json *child = j->child; child; child = child->next) {
        if (j->kind == JSON_OBJECT) {
            json_key(w, child->key);
        }
        json_write_tree(w, child);
    }
    close_with(w, j->kind == JSON_OBJECT ? '}' : ']');
}

struct str json_done(struct json_writer *w)
{
    return text_str(&w->text);
}

void json_member_str(struct json_writer *w, struct str key, struct str value)
{
    if (value.ptr) {
        json_key(w, key);
        json_str(w, value);
    }
}

void json_write_member(struct json_writer *w, struct str quoted_key, struct str value)
{
    if (value.ptr == NULL) {
        return;
    }
    separate(w);
    char *at = text_space(&w->text, quoted_key.len);
    memcpy(at, quoted_key.ptr, quoted_key.len);
    w->text.len += quoted_key.len;
    quote(&w->text, value);
}

void json_writer_reserve(struct json_writer *w, size_t size)
{
    text_space(&w->text, size);
}

void json_member_int(struct json_writer *w, struct str key, int64_t value)
{
    json_key(w, key);
    json_write_int(w, value);
}

void json_member_bool(struct json_writer *w, struct str key, bool value)
{
    json_key(w, key);
    json_write_bool(w, value);
}
