#include "match/eventbridge_json.h"

#include "base/json.h"

enum { SNIPPET_MAX = 500 };

const struct fault EVENTBRIDGE_INVALID_PATTERN = { "InvalidEventPatternException", "InvalidEventPatternException", "message", 400 };

/* --- refusals --- */

static struct str snippet(struct arena *arena, struct str source)
{
    struct text text = text_new(arena);
    const size_t shown = source.len < SNIPPET_MAX ? source.len : SNIPPET_MAX;
    text_add_char(&text, '"');
    for (size_t i = 0; i < shown; i++) {
        const unsigned char c = (unsigned char)source.ptr[i];
        if ((c < 0x20 && c != '\n' && c != '\r') || c == 0x7F) {
            text_add_format(&text, "\\u%04X", c);
        } else {
            text_add_char(&text, (char)c);
        }
    }
    text_add_char(&text, '"');
    if (source.len > shown) {
        text_add_format(&text, "[truncated %zu chars]", source.len - shown);
    }
    return text_str(&text);
}

/* Columns count UTF-16 units, as AWS's reader does. */
static struct str place(const struct token_reader *r, size_t at)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < at && i < r->source.len; i++) {
        const unsigned char c = (unsigned char)r->source.ptr[i];
        if (c == '\n' || (c == '\r' && (i + 1 >= r->source.len || r->source.ptr[i + 1] != '\n'))) {
            line++;
            column = 1;
        } else if ((c & 0xC0) != 0x80) {
            column += c >= 0xF0 ? 2 : 1;
        }
    }
    column += at > r->source.len ? at - r->source.len : 0;
    struct text text = text_new(r->ctx->arena);
    text_add(&text, STR("[Source: (String)"));
    text_add(&text, snippet(r->ctx->arena, r->source));
    text_add_format(&text, "; line: %zu, column: %zu]", line, column);
    return text_str(&text);
}

struct err token_refuse_text(struct token_reader *r, struct str message, bool with_place)
{
    struct text text = text_new(r->ctx->arena);
    text_add(&text, STR("Event pattern is not valid. Reason: "));
    text_add(&text, message);
    if (with_place) {
        text_add(&text, STR("\n at "));
        text_add(&text, place(r, r->at));
    }
    r->reason = text_str(&text);
    return fail(r->ctx, &EVENTBRIDGE_INVALID_PATTERN, "%" STR_FMT, STR_ARG(r->reason));
}

struct err token_refuse(struct token_reader *r, const char *message)
{
    return token_refuse_text(r, str_of(message), true);
}

struct err token_refuse_name(struct token_reader *r, const char *message, struct str name)
{
    struct text text = text_new(r->ctx->arena);
    text_add(&text, str_of(message));
    text_add(&text, name);
    return token_refuse_text(r, text_str(&text), true);
}

static struct err refuse_char(struct token_reader *r, const char *expected)
{
    static const unsigned char lead_bits[] = { 0x7F, 0x7F, 0x1F, 0x0F, 0x07 };
    const unsigned char *bytes = (const unsigned char *)r->source.ptr + r->at;
    const size_t length = bytes[0] < 0xC0 ? 1 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4; /* the source is valid UTF-8 */
    unsigned code = bytes[0] & lead_bits[length];
    for (size_t i = 1; i < length; i++) {
        code = code << 6 | (bytes[i] & 0x3Fu);
    }
    r->at += length;
    const struct str text = str_format(r->ctx->arena, "Unexpected character ('%.*s' (code %u)): %s", (int)length,
                                       r->source.ptr + r->at - length, code, expected);
    return token_refuse_text(r, text, true);
}

static struct err refuse_end(struct token_reader *r)
{
    r->at = r->source.len + 1;
    if (r->depth == 0) {
        return token_refuse(r, "No content to map due to end-of-input");
    }
    const struct json_nesting *inside = &r->nesting[r->depth - 1];
    struct text text = text_new(r->ctx->arena);
    text_add_format(&text, "Unexpected end-of-input: expected close marker for %s (start marker at ", inside->array ? "Array" : "Object");
    text_add(&text, place(r, inside->start));
    text_add_char(&text, ')');
    return token_refuse_text(r, text_str(&text), true);
}

/* --- tokens --- */

static void skip_spaces(struct token_reader *r)
{
    while (r->at < r->source.len && r->source.ptr[r->at] != '\0' && strchr(" \t\r\n", r->source.ptr[r->at])) {
        r->at++;
    }
}

static char byte_at(const struct token_reader *r)
{
    return r->at < r->source.len ? r->source.ptr[r->at] : '\0';
}

/* at stands behind the opening quote; afterwards behind the closing one. */
static struct err read_string(struct token_reader *r, const char *what, struct str *out)
{
    const size_t start = r->at;
    while (r->at < r->source.len && r->source.ptr[r->at] != '"') {
        r->at += r->source.ptr[r->at] == '\\' ? 2 : 1;
    }
    if (r->at >= r->source.len) {
        r->at = r->source.len;
        return token_refuse_name(r, "Unexpected end-of-input", str_of(what));
    }
    const struct str inside = str_slice(r->source, start, r->at++ - start);
    if (!json_unescape(r->ctx->arena, inside, out)) {
        return token_refuse(r, "Illegal character or escape in a string");
    }
    return ERR_OK;
}

static struct err finish_string(struct token_reader *r)
{
    if (!r->unread) {
        return ERR_OK;
    }
    r->unread = false;
    return read_string(r, ": was expecting closing quote for a string value", &r->text);
}

static struct err enter(struct token_reader *r, bool array)
{
    if (r->depth == EVENTBRIDGE_DEPTH_MAX) {
        return token_refuse(r, "Document nesting depth exceeds the maximum allowed");
    }
    r->nesting[r->depth++] = (struct json_nesting){ .array = array, .start = r->start };
    return ERR_OK;
}

static struct err read_word(struct token_reader *r)
{
    static const struct {
        struct str word;
        enum token token;
    } words[] = { { STR_INIT("true"), TOKEN_TRUE }, { STR_INIT("false"), TOKEN_FALSE }, { STR_INIT("null"), TOKEN_NULL } };
    size_t end = r->at;
    while (end < r->source.len && ((r->source.ptr[end] | 0x20) >= 'a' && (r->source.ptr[end] | 0x20) <= 'z')) {
        end++;
    }
    const struct str word = str_slice(r->source, r->at, end - r->at);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_equal(word, words[i].word)) {
            r->at = end;
            r->next = words[i].token;
            return ERR_OK;
        }
    }
    if (word.len == 0) {
        return refuse_char(r, "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
    }
    r->at = end;
    const struct str text = str_format(r->ctx->arena, "Unrecognized token '%" STR_FMT "': was expecting (JSON String, Number, "
                                       "Array, Object or token 'null', 'true' or 'false')", STR_ARG(word));
    return token_refuse_text(r, text, true);
}

static struct err read_number(struct token_reader *r)
{
    size_t end = r->at;
    while (end < r->source.len && r->source.ptr[end] != '\0' && strchr("+-.eE0123456789", r->source.ptr[end])) {
        end++;
    }
    const struct str number = str_slice(r->source, r->at, end - r->at);
    r->at = end;
    if (json_parse(r->ctx->arena, number, NULL) == NULL) {
        return token_refuse(r, "Unexpected character in numeric value");
    }
    r->text = str_copy(r->ctx->arena, number);
    r->next = TOKEN_NUMBER;
    return ERR_OK;
}

/* The first token of a value, into next. */
static struct err read_value(struct token_reader *r)
{
    r->start = r->at;
    switch (byte_at(r)) {
    case '"':
        r->at++;
        r->unread = true;
        r->next = TOKEN_STRING;
        return ERR_OK;
    case '{':
        r->at++;
        r->next = TOKEN_OBJECT;
        return ERR_OK;
    case '[':
        r->at++;
        r->next = TOKEN_ARRAY;
        return ERR_OK;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return read_number(r);
    default:
        return r->at < r->source.len ? read_word(r) : refuse_end(r);
    }
}

static struct err take_next(struct token_reader *r)
{
    r->token = r->next;
    r->ahead = false;
    return r->token == TOKEN_OBJECT || r->token == TOKEN_ARRAY ? enter(r, r->token == TOKEN_ARRAY) : ERR_OK;
}

static struct err leave(struct token_reader *r)
{
    const struct json_nesting inside = r->nesting[r->depth - 1];
    const char closing = r->source.ptr[r->at++];
    if (closing != (inside.array ? ']' : '}')) {
        struct text text = text_new(r->ctx->arena);
        text_add_format(&text, "Unexpected close marker '%c': expected '%c' (for %s starting at ", closing, inside.array ? ']' : '}',
                        inside.array ? "Array" : "Object");
        text_add(&text, place(r, inside.start));
        text_add_char(&text, ')');
        return token_refuse_text(r, text_str(&text), true);
    }
    r->depth--;
    r->token = inside.array ? TOKEN_ARRAY_END : TOKEN_OBJECT_END;
    return ERR_OK;
}

static struct err read_member(struct token_reader *r)
{
    if (byte_at(r) != '"') {
        return refuse_char(r, "was expecting double-quote to start field name");
    }
    r->at++;
    TRY(read_string(r, " in field name", &r->name));
    skip_spaces(r);
    if (r->at >= r->source.len) {
        return refuse_end(r);
    }
    if (byte_at(r) != ':') {
        return refuse_char(r, "was expecting a colon to separate field name and value");
    }
    r->at++;
    skip_spaces(r);
    TRY(read_value(r));
    r->token = TOKEN_NAME;
    r->ahead = true;
    return ERR_OK;
}

struct err token_next(struct token_reader *r)
{
    if (r->ahead) {
        return take_next(r);
    }
    TRY(finish_string(r));
    skip_spaces(r);
    if (r->at >= r->source.len) {
        r->token = TOKEN_END;
        return r->depth ? refuse_end(r) : ERR_OK;
    }
    if (r->depth == 0) {
        TRY(read_value(r));
        return take_next(r);
    }
    struct json_nesting *inside = &r->nesting[r->depth - 1];
    if (byte_at(r) == '}' || byte_at(r) == ']') {
        return leave(r);
    }
    if (inside->any) {
        if (byte_at(r) != ',') {
            return refuse_char(r, inside->array ? "was expecting comma to separate Array entries"
                                                : "was expecting comma to separate Object entries");
        }
        r->at++;
        skip_spaces(r);
        if (r->at >= r->source.len) {
            return refuse_end(r);
        }
    }
    inside->any = true;
    if (!inside->array) {
        return read_member(r);
    }
    TRY(read_value(r));
    return take_next(r);
}

struct err token_text(struct token_reader *r, struct str *text)
{
    TRY(finish_string(r));
    *text = r->text;
    return ERR_OK;
}

struct err token_source(struct token_reader *r, struct str *text)
{
    static const char *const marks[] = {
        [TOKEN_END] = "null", [TOKEN_OBJECT] = "{", [TOKEN_OBJECT_END] = "}", [TOKEN_ARRAY] = "[", [TOKEN_ARRAY_END] = "]",
        [TOKEN_TRUE] = "true", [TOKEN_FALSE] = "false", [TOKEN_NULL] = "null", [TOKEN_NUMBER] = NULL,
    };
    if (r->token == TOKEN_STRING || r->token == TOKEN_NUMBER) {
        return token_text(r, text);
    }
    *text = r->token == TOKEN_NAME ? r->name : str_of(marks[r->token]);
    return ERR_OK;
}
