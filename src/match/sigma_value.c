/* sigma_value.c - the modifiers that turn values into other values. spec: Sigma appendix modifiers 2.1. */
#include "match/sigma_parts.h"
#include "match/text.h"

typedef struct err transformation(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out);

static struct err give(const struct sigma_reader *r, const struct sigma_value *from, struct str text, bool plain,
                       struct sigma_values *out)
{
    if (out->count >= SIGMA_VALUES_MAX) {
        return sigma_refuse(r, from->node, "more than %d values", SIGMA_VALUES_MAX);
    }
    if ((out->count & (out->count - 1)) == 0) {
        const size_t grown = out->count ? out->count * 2 : 1;
        out->list = arena_grow(r->ctx->arena, out->list, out->count * sizeof(*out->list), grown * sizeof(*out->list));
    }
    out->list[out->count++] = (struct sigma_value){ text, plain, false, from->origin, from->node };
    return ERR_OK;
}

/* Encodings work on bytes: a wildcard has no encoding. */
static struct err plain_text(const struct sigma_reader *r, const struct sigma_value *value, struct str *out)
{
    *out = value->text;
    if (value->plain) {
        return ERR_OK;
    }
    const struct wildcard wildcard = wildcard_parse(r->ctx->arena, value->text, false);
    if (!wildcard_is_plain(&wildcard, r->ctx->arena, out)) {
        return sigma_refuse(r, value->node, "wildcards can't be encoded: \"%" STR_FMT "\"", STR_ARG(value->text));
    }
    return ERR_OK;
}

static struct err to_base64(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out)
{
    struct str text = STR_NONE;
    TRY(plain_text(r, value, &text));
    return give(r, value, str_base64(r->ctx->arena, text), true, out);
}

/* The value behind 0, 1 or 2 bytes of something else; characters that also depend on the neighbours are cut off. */
static struct err to_base64_offsets(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out)
{
    static const size_t cut_front[] = { 0, 2, 3 };
    static const size_t cut_back[] = { 0, 3, 2 };
    struct str text = STR_NONE;
    TRY(plain_text(r, value, &text));
    for (size_t shift = 0; shift < 3; shift++) {
        struct text padded = text_new(r->ctx->arena);
        text_add(&padded, str_slice(STR("  "), 0, shift));
        text_add(&padded, text);
        const struct str encoded = str_base64(r->ctx->arena, text_str(&padded));
        const size_t back = cut_back[padded.len % 3];
        if (encoded.len <= cut_front[shift] + back) {
            return sigma_refuse(r, value->node, "too short for base64offset");
        }
        TRY(give(r, value, str_slice(encoded, cut_front[shift], encoded.len - cut_front[shift] - back), true, out));
    }
    return ERR_OK;
}

/* The next code point of valid UTF-8. */
static uint32_t next_point(struct str text, size_t *at)
{
    const unsigned char first = (unsigned char)text.ptr[(*at)++];
    const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    uint32_t point = more == 0 ? first : first & (0x3Fu >> more);
    for (int i = 0; i < more && *at < text.len; i++) {
        point = point << 6 | ((unsigned char)text.ptr[(*at)++] & 0x3F);
    }
    return point;
}

static void put_unit(struct text *out, uint32_t unit, bool big)
{
    text_add_char(out, (char)(unsigned char)(big ? unit >> 8 : unit & 0xFF));
    text_add_char(out, (char)(unsigned char)(big ? unit & 0xFF : unit >> 8));
}

static struct err to_utf16(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out, bool big,
                           bool mark)
{
    struct str text = STR_NONE;
    TRY(plain_text(r, value, &text));
    if (!str_utf8_valid(text)) {
        return sigma_refuse(r, value->node, "only text can be put into UTF-16");
    }
    struct text wide = text_new(r->ctx->arena);
    if (mark) {
        put_unit(&wide, 0xFEFF, big);
    }
    for (size_t at = 0; at < text.len;) {
        const uint32_t point = next_point(text, &at);
        if (point < 0x10000) {
            put_unit(&wide, point, big);
        } else {
            put_unit(&wide, 0xD800 + ((point - 0x10000) >> 10), big);
            put_unit(&wide, 0xDC00 + ((point - 0x10000) & 0x3FF), big);
        }
    }
    return give(r, value, str_copy(r->ctx->arena, text_str(&wide)), true, out);
}

static struct err to_utf16_little(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out)
{
    return to_utf16(r, value, out, false, false);
}

static struct err to_utf16_big(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out)
{
    return to_utf16(r, value, out, true, false);
}

static struct err to_utf16_marked(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out)
{
    return to_utf16(r, value, out, false, true);
}

static const struct str DASHES[] = {
    STR_INIT("-"), STR_INIT("/"), STR_INIT("\xE2\x80\x93"), STR_INIT("\xE2\x80\x94"), STR_INIT("\xE2\x80\x95"),
};

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || (unsigned char)c >= 0x80;
}

/* A dash that starts an option: a word follows, and none stands before it. Gives its length, or 0. */
static size_t option_dash(struct str text, size_t at)
{
    for (size_t i = 0; i < COUNT_OF(DASHES); i++) {
        const size_t end = at + DASHES[i].len;
        if (str_starts(str_from(text, at), DASHES[i]) && end < text.len && is_word(text.ptr[end])
            && (at == 0 || !is_word(text.ptr[at - 1]))) {
            return DASHES[i].len;
        }
    }
    return 0;
}

/* Assumption: as pySigma has it, only a dash that starts an option is varied, not one inside a word. */
static struct err vary_dashes(const struct sigma_reader *r, const struct sigma_value *value, size_t from,
                              struct sigma_values *out)
{
    size_t at = from;
    size_t length = 0;
    while (at < value->text.len && (length = option_dash(value->text, at)) == 0) {
        at++;
    }
    if (at >= value->text.len) {
        return give(r, value, value->text, value->plain, out);
    }
    for (size_t i = 0; i < COUNT_OF(DASHES); i++) {
        const struct str text = str_format(r->ctx->arena, "%" STR_FMT "%" STR_FMT "%" STR_FMT, STR_ARG(str_slice(value->text, 0, at)),
                                           STR_ARG(DASHES[i]), STR_ARG(str_from(value->text, at + length)));
        const struct sigma_value varied = { text, value->plain, false, value->origin, value->node };
        TRY(vary_dashes(r, &varied, at + DASHES[i].len, out));
    }
    return ERR_OK;
}

static struct err to_dashes(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out)
{
    return vary_dashes(r, value, 0, out);
}

static const struct sigma_placeholder *find_placeholder(const struct sigma_reader *r, struct str name)
{
    for (size_t i = 0; i < r->options->placeholder_count; i++) {
        if (str_equal(r->options->placeholders[i].name, name)) {
            return &r->options->placeholders[i];
        }
    }
    return NULL;
}

/* done is expanded already, rest is not. */
static struct err expand_rest(const struct sigma_reader *r, const struct sigma_value *value, struct str done, struct str rest,
                              struct sigma_values *out)
{
    struct text before = text_new(r->ctx->arena);
    text_add(&before, done);
    size_t at = 0;
    for (; at < rest.len && rest.ptr[at] != '%'; at++) {
        if (rest.ptr[at] == '\\' && at + 1 < rest.len && rest.ptr[at + 1] == '%') {
            at++; /* an escaped percent sign is just that */
        }
        text_add_char(&before, rest.ptr[at]);
    }
    const size_t length = at < rest.len ? str_find(str_from(rest, at + 1), '%') : STR_MISSING;
    if (length == STR_MISSING) {
        text_add(&before, str_from(rest, at));
        return give(r, value, text_str(&before), value->plain, out);
    }
    const struct str name = str_slice(rest, at + 1, length);
    const struct sigma_placeholder *placeholder = find_placeholder(r, name);
    if (placeholder == NULL) {
        return sigma_refuse(r, value->node, "no values are given for the placeholder %%%" STR_FMT "%%", STR_ARG(name));
    }
    for (size_t i = 0; i < placeholder->value_count; i++) {
        const struct str head = str_format(r->ctx->arena, "%" STR_FMT "%" STR_FMT, STR_ARG(text_str(&before)),
                                           STR_ARG(placeholder->values[i]));
        TRY(expand_rest(r, value, head, str_from(rest, at + 2 + length), out));
    }
    return ERR_OK;
}

static struct err to_expansion(const struct sigma_reader *r, const struct sigma_value *value, struct sigma_values *out)
{
    return expand_rest(r, value, STR(""), value->text, out);
}

static const struct {
    struct str name;
    transformation *transform;
} TRANSFORMATIONS[] = {
    { STR_INIT("base64"), to_base64 },        { STR_INIT("base64offset"), to_base64_offsets },
    { STR_INIT("utf16le"), to_utf16_little }, { STR_INIT("wide"), to_utf16_little },
    { STR_INIT("utf16be"), to_utf16_big },    { STR_INIT("utf16"), to_utf16_marked },
    { STR_INIT("windash"), to_dashes },       { STR_INIT("expand"), to_expansion },
};

static transformation *find_transformation(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(TRANSFORMATIONS); i++) {
        if (str_equal(TRANSFORMATIONS[i].name, name)) {
            return TRANSFORMATIONS[i].transform;
        }
    }
    return NULL;
}

bool sigma_is_transformation(struct str name)
{
    return find_transformation(name) != NULL;
}

struct err sigma_transform(const struct sigma_reader *r, struct str name, struct sigma_values *values)
{
    transformation *transform = find_transformation(name);
    struct sigma_values out = { NULL, 0 };
    for (size_t i = 0; i < values->count; i++) {
        if (values->list[i].null) {
            return sigma_refuse(r, values->list[i].node, "null can't be used with |%" STR_FMT, STR_ARG(name));
        }
        TRY(transform(r, &values->list[i], &out));
    }
    *values = out;
    return ERR_OK;
}
