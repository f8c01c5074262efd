#include "match/log_filter_parts.h"

const struct fault LOG_FILTER_INVALID = { .code = "InvalidParameterException", .shape = "InvalidParameterException", .http = 400 };

struct err filter_refuse(const struct filter_reader *r, const char *what)
{
    return fail(r->ctx, &LOG_FILTER_INVALID, "Invalid metric filter pattern: at %zu: %s", r->at + 1, what);
}

struct err filter_bad_term(const struct filter_reader *r, struct str term)
{
    return fail(r->ctx, &LOG_FILTER_INVALID, "Invalid character(s) in term '%" STR_FMT "'", STR_ARG(term));
}

char filter_peek(const struct filter_reader *r)
{
    return r->at < r->pattern.len ? r->pattern.ptr[r->at] : '\0';
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void filter_space(struct filter_reader *r)
{
    while (is_space(filter_peek(r))) {
        r->at++;
    }
}

bool filter_take(struct filter_reader *r, struct str word)
{
    filter_space(r);
    const bool there = str_starts(str_from(r->pattern, r->at), word);
    r->at += there ? word.len : 0;
    return there;
}

struct err filter_quoted(struct filter_reader *r, struct str *out)
{
    struct text text = text_new(r->filter->arena);
    for (r->at++; r->at < r->pattern.len && filter_peek(r) != '"'; r->at++) {
        const bool escape = filter_peek(r) == '\\' && r->at + 1 < r->pattern.len;
        const char next = escape ? r->pattern.ptr[r->at + 1] : '\0';
        r->at += next == '"' || next == '\\' ? 1 : 0;
        text_add_char(&text, filter_peek(r));
    }
    if (r->at == r->pattern.len) {
        return filter_refuse(r, "a quotation mark is missing");
    }
    r->at++;
    *out = text_str(&text);
    return ERR_OK;
}

/* spec: Supported regular expressions: letters, digits, these symbols and operators; no ( ), no multi-byte characters. */
static bool is_regex_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(":_#=@/;,-^$?[]{}|\\*+.", c));
}

struct err filter_regex(struct filter_reader *r, struct regex **out)
{
    const size_t start = ++r->at;
    const size_t length = str_find(str_from(r->pattern, start), '%');
    if (length == STR_MISSING || length == 0) {
        return filter_refuse(r, "a regular expression stands between two %");
    }
    for (r->at = start; r->at < start + length; r->at++) {
        if (!is_regex_character(filter_peek(r))) {
            return filter_bad_term(r, str_slice(r->pattern, r->at, 1));
        }
    }
    r->at++;
    if (r->filter->regex_count == LOG_FILTER_REGEX_MAX) {
        return filter_refuse(r, "more than 2 regular expressions");
    }
    struct ctx inner = ctx_new(r->filter->arena, r->ctx->now_ms);
    if (regex_compile(&inner, str_slice(r->pattern, start, length), 0, out).fault) {
        return fail(r->ctx, &LOG_FILTER_INVALID, "Invalid metric filter pattern: at %zu: %.900s", start + 1, inner.reason);
    }
    r->filter->regexes[r->filter->regex_count++] = *out;
    return ERR_OK;
}

/* The matcher knows ? and \ as well: here they are themselves. */
static struct str as_wildcard(struct arena *arena, struct str text)
{
    struct text out = text_new(arena);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '?' || text.ptr[i] == '\\') {
            text_add_char(&out, '\\');
        }
        text_add_char(&out, text.ptr[i]);
    }
    return text_str(&out);
}

static bool is_bare(char c)
{
    return c != '\0' && !is_space(c) && strchr("\"%()[]{},&|=<>!", c) == NULL;
}

static struct err read_value(struct filter_reader *r, struct filter_operand *out)
{
    struct str written = STR_NONE;
    filter_space(r);
    if (filter_peek(r) == '%') {
        return filter_regex(r, &out->regex);
    }
    if (filter_peek(r) == '"') {
        TRY(filter_quoted(r, &written));
    }
    if (written.ptr == NULL) {
        const size_t start = r->at;
        while (is_bare(filter_peek(r))) {
            r->at++;
        }
        written = str_slice(r->pattern, start, r->at - start);
        out->numeric = str_to_double(written, &out->number);
        if (written.len == 0) {
            return filter_refuse(r, "a value is missing");
        }
    }
    out->text = as_wildcard(r->filter->arena, written);
    out->wildcard = wildcard_parse(r->filter->arena, out->text, false);
    return out->comparison > FILTER_UNEQUAL && !out->numeric ? filter_bad_term(r, written) : ERR_OK;
}

struct err filter_comparison(struct filter_reader *r, struct filter_operand *out)
{
    static const struct {
        struct str sign;
        enum filter_comparison comparison;
    } signs[] = {
        { STR_INIT("="), FILTER_EQUAL },     { STR_INIT("!="), FILTER_UNEQUAL }, { STR_INIT(">="), FILTER_AT_LEAST },
        { STR_INIT("<="), FILTER_AT_MOST },  { STR_INIT(">"), FILTER_GREATER },  { STR_INIT("<"), FILTER_LESS },
    };
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (filter_take(r, signs[i].sign)) {
            out->comparison = signs[i].comparison;
            TRY(read_value(r, out));
            return out->regex && out->comparison > FILTER_UNEQUAL ? filter_refuse(r, "a number is needed") : ERR_OK;
        }
    }
    return filter_refuse(r, "a comparison is missing");
}

static bool in_order(enum filter_comparison comparison, double a, double b)
{
    switch (comparison) {
    case FILTER_GREATER: return a > b;
    case FILTER_AT_LEAST: return a >= b;
    case FILTER_LESS: return a < b;
    default: return a <= b;
    }
}

bool filter_holds(const struct log_filter *filter, const struct filter_operand *operand, struct str text, const double *number)
{
    if (operand->comparison > FILTER_UNEQUAL) {
        return number && in_order(operand->comparison, *number, operand->number);
    }
    bool equal = false;
    if (operand->regex) {
        equal = regex_found(operand->regex, filter->regex_scratch, text, NULL);
    } else if (operand->numeric && number) {
        equal = *number >= operand->number && *number <= operand->number;
    } else {
        equal = wildcard_match(&operand->wildcard, text);
    }
    return equal == (operand->comparison == FILTER_EQUAL);
}
