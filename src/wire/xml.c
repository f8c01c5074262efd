#include "wire/xml.h"

#include <expat.h>

enum { EXPAT_CHUNK = 1 << 20 };

struct frame {
    struct xml *element;
    struct xml *last_child;
    struct text text;
};

struct reader {
    struct arena *arena;
    XML_Parser parser;
    struct frame frames[XML_DEPTH_MAX];
    size_t depth;
    size_t elements;
    struct xml *root;
    const char *reason;
};

static void stop(struct reader *r, const char *reason)
{
    r->reason = r->reason ? r->reason : reason;
    XML_StopParser(r->parser, XML_FALSE);
}

static struct xml_attribute *read_attributes(struct arena *arena, const char **pairs)
{
    struct xml_attribute *first = NULL;
    struct xml_attribute **link = &first;
    for (size_t i = 0; pairs[i]; i += 2) {
        struct xml_attribute *attribute = ARENA_NEW(arena, struct xml_attribute);
        attribute->name = str_copy(arena, str_of(pairs[i]));
        attribute->value = str_copy(arena, str_of(pairs[i + 1]));
        *link = attribute;
        link = &attribute->next;
    }
    return first;
}

static void on_start(void *data, const char *name, const char **attributes)
{
    struct reader *r = data;
    if (r->depth == XML_DEPTH_MAX || ++r->elements > XML_ELEMENTS_MAX) {
        stop(r, r->depth == XML_DEPTH_MAX ? "nested too deeply" : "too many elements");
        return;
    }
    struct xml *element = ARENA_NEW(r->arena, struct xml);
    element->name = str_copy(r->arena, str_of(name));
    element->attributes = read_attributes(r->arena, attributes);
    if (r->depth == 0) {
        r->root = element;
    } else {
        struct frame *parent = &r->frames[r->depth - 1];
        *(parent->last_child ? &parent->last_child->next : &parent->element->child) = element;
        parent->last_child = element;
        parent->element->count++;
    }
    r->frames[r->depth++] = (struct frame){ .element = element, .text = { .arena = r->arena } };
}

static void on_text(void *data, const char *piece, int size)
{
    struct reader *r = data;
    struct frame *frame = &r->frames[r->depth - 1];
    text_add(&frame->text, (struct str){ piece, (size_t)size });
}

static void on_end(void *data, const char *name)
{
    (void)name;
    struct reader *r = data;
    struct frame *frame = &r->frames[--r->depth];
    frame->element->text = frame->text.len ? text_str(&frame->text) : STR("");
}

static void on_doctype(void *data, const char *name, const char *system, const char *public, int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    stop(data, "a document type is not allowed");
}

static bool feed(struct reader *r, struct str text)
{
    for (;;) {
        const struct str piece = str_slice(text, 0, EXPAT_CHUNK);
        const bool last = piece.len == text.len;
        if (XML_Parse(r->parser, piece.ptr ? piece.ptr : "", (int)piece.len, last) != XML_STATUS_OK) {
            return false;
        }
        if (last) {
            return true;
        }
        text = str_from(text, piece.len);
    }
}

struct xml *xml_parse(struct arena *arena, struct str text, const char **reason)
{
    struct reader *r = ARENA_NEW(arena, struct reader);
    r->arena = arena;
    r->parser = XML_ParserCreate("UTF-8");
    if (r->parser == NULL) {
        r->reason = "out of memory";
    } else {
        XML_SetUserData(r->parser, r);
        XML_SetElementHandler(r->parser, on_start, on_end);
        XML_SetCharacterDataHandler(r->parser, on_text);
        XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
        if (!feed(r, text) && r->reason == NULL) {
            r->reason = XML_ErrorString(XML_GetErrorCode(r->parser));
        }
        XML_ParserFree(r->parser);
    }
    if (reason) {
        *reason = r->reason;
    }
    return r->reason ? NULL : r->root;
}

struct str xml_local_name(struct str name)
{
    const size_t colon = str_find_last(name, ':');
    return colon == STR_MISSING ? name : str_from(name, colon + 1);
}

/* XML 1.0 has no way to write most control characters. */
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\r': return "&#xD;";
    case '\t':
    case '\n': return NULL;
    default: return c < 0x20 ? "\xEF\xBF\xBD" : NULL;
    }
}

/* Most of every text: a token has a thousand such characters. */
static bool is_plain(unsigned char c)
{
    return c > '>' ? c < 0x80 : c >= 0x20 && c != '&' && c != '<' && c != '>' && c != '"';
}

/* Up to the first word with a byte that may not be plain. */
static size_t plain_words(struct str s)
{
    const uint64_t ones = 0x0101010101010101U, high = 0x8080808080808080U;
    size_t at = 0;
    for (; s.len - at >= 8; at += 8) {
        uint64_t word = 0;
        memcpy(&word, s.ptr + at, sizeof(word));
        const uint64_t ampersand = word ^ ones * '&', less = word ^ ones * '<', more = word ^ ones * '>', quote = word ^ ones * '"';
        /* A byte below n sets its high bit in (byte - n); borrows only make this too careful. */
        const uint64_t odd = (word - ones * 0x20) | (ampersand - ones) | (less - ones) | (more - ones) | (quote - ones);
        if (((word | odd) & high) != 0) {
            break;
        }
    }
    return at;
}

void xml_add_text(struct text *out, struct str s)
{
    const size_t start = plain_words(s);
    const bool valid = start == s.len || str_utf8_valid(s);
    size_t plain = 0;
    for (size_t i = start; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (is_plain(c)) {
            continue;
        }
        const char *escape = !valid && c >= 0x80 ? "\xEF\xBF\xBD" : escape_of(c);
        if (escape) {
            text_add(out, str_slice(s, plain, i - plain));
            text_add(out, str_of(escape));
            plain = i + 1;
        }
    }
    text_add(out, str_from(s, plain));
}

void xml_open(struct text *out, struct str name)
{
    text_add_char(out, '<');
    text_add(out, name);
    text_add_char(out, '>');
}

void xml_close(struct text *out, struct str name)
{
    text_add(out, STR("</"));
    text_add(out, name);
    text_add_char(out, '>');
}

void xml_element(struct text *out, struct str name, struct str content)
{
    xml_open(out, name);
    xml_add_text(out, content);
    xml_close(out, name);
}
