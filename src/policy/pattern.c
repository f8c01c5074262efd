/* pattern.c - wildcards, policy variables and ARN patterns. */
#include "policy/compiled.h"

static uint16_t lower(uint16_t code)
{
    return code >= 'A' && code <= 'Z' ? (uint16_t)(code + 32) : code;
}

static bool code_fits(uint16_t code, char c, bool ignore_case)
{
    const uint16_t byte = (unsigned char)c;
    if (code == CODE_ONE || code == byte) {
        return true;
    }
    return ignore_case && lower(code) == lower(byte);
}

/* Greedy, going back to the newest star only: enough, as a star may take anything. */
bool codes_match(struct codes pattern, struct str text, bool ignore_case)
{
    size_t at = 0;
    size_t star = STR_MISSING;
    size_t retry = 0;
    for (size_t i = 0; i < text.len;) {
        if (at < pattern.count && pattern.items[at] == CODE_MANY) {
            star = at++;
            retry = i;
            continue;
        }
        if (at < pattern.count && code_fits(pattern.items[at], text.ptr[i], ignore_case)) {
            at++;
            i++;
            continue;
        }
        if (star == STR_MISSING) {
            return false;
        }
        at = star + 1;
        i = ++retry;
    }
    while (at < pattern.count && pattern.items[at] == CODE_MANY) {
        at++;
    }
    return at == pattern.count;
}

enum { ARN_PARTS = 6 };

static size_t split_codes(struct codes codes, struct codes *parts)
{
    size_t count = 0;
    size_t start = 0;
    for (size_t i = 0; i <= codes.count && count < ARN_PARTS; i++) {
        const bool last = count == ARN_PARTS - 1;
        if (i == codes.count || (codes.items[i] == ':' && !last)) {
            const size_t end = last ? codes.count : i;
            parts[count++] = (struct codes){ codes.items + start, end - start };
            start = end + 1;
            i = end;
        }
    }
    return count;
}

static size_t split_text(struct str text, struct str *parts)
{
    size_t count = 0;
    struct str rest = text;
    while (count < ARN_PARTS - 1 && rest.ptr) {
        parts[count++] = str_cut(rest, ':', &rest);
    }
    if (rest.ptr) {
        parts[count++] = rest;
    }
    return count;
}

/* spec: IAM user guide, Resource: an incomplete ARN is completed with wildcards in all missing fields. */
bool codes_match_arn(struct codes pattern, struct str arn)
{
    struct codes wanted[ARN_PARTS];
    struct str given[ARN_PARTS];
    const size_t wanted_count = split_codes(pattern, wanted);
    const size_t given_count = split_text(arn, given);
    if (wanted_count < 2 || given_count < ARN_PARTS) {
        return codes_match(pattern, arn, false);
    }
    for (size_t i = 0; i < wanted_count; i++) {
        if (!codes_match(wanted[i], given[i], false)) {
            return false;
        }
    }
    return true;
}

static bool variable_value(const struct policy_question *question, struct str inside, struct str *value)
{
    struct str fallback = STR_NONE;
    const struct str key = str_trim(str_cut(inside, ',', &fallback));
    struct policy_values values = { NULL, 0 };
    if (question->lookup && question->lookup(question->lookup_argument, key, &values) && values.count == 1) {
        *value = values.items[0];
        return true;
    }
    fallback = str_trim(fallback);
    const bool quoted = fallback.len >= 2 && fallback.ptr[0] == '\'' && fallback.ptr[fallback.len - 1] == '\'';
    *value = quoted ? str_slice(fallback, 1, fallback.len - 2) : STR_NONE;
    return quoted;
}

static void add(struct codes *out, struct str literal)
{
    for (size_t i = 0; i < literal.len; i++) {
        out->items[out->count++] = (unsigned char)literal.ptr[i];
    }
}

/* The length of "${...}" at the start of text, or 0. */
static size_t variable_length(struct str text)
{
    if (text.len < 3 || text.ptr[0] != '$' || text.ptr[1] != '{') {
        return 0;
    }
    const size_t end = str_find(text, '}');
    return end == STR_MISSING ? 0 : end + 1;
}

/* spec: IAM user guide, policy variables: ${*}, ${?} and ${$} stand for the characters themselves. */
static bool is_escape(struct str inside)
{
    return inside.len == 1 && (inside.ptr[0] == '*' || inside.ptr[0] == '?' || inside.ptr[0] == '$');
}

bool pattern_expand(struct arena *arena, const struct pattern *pattern, const struct policy_question *question,
                    bool wild, struct codes *out)
{
    size_t capacity = pattern->text.len;
    *out = (struct codes){ ARENA_ARRAY(arena, uint16_t, capacity + 1), 0 };
    for (size_t at = 0; at < pattern->text.len;) {
        const size_t length = pattern->variables ? variable_length(str_from(pattern->text, at)) : 0;
        if (length == 0) {
            const char c = pattern->text.ptr[at++];
            const bool special = wild && (c == '*' || c == '?');
            out->items[out->count++] = special ? (c == '*' ? CODE_MANY : CODE_ONE) : (unsigned char)c;
            continue;
        }
        const struct str inside = str_slice(pattern->text, at + 2, length - 3);
        struct str value = inside;
        if (!is_escape(inside) && !variable_value(question, inside, &value)) {
            return false;
        }
        out->items = arena_grow(arena, out->items, (capacity + 1) * sizeof(uint16_t),
                                (capacity + value.len + 1) * sizeof(uint16_t));
        capacity += value.len;
        add(out, value);
        at += length;
    }
    return true;
}

/* Without variables there is nothing to expand, hence no codes to make. */
bool policy_wildcard(struct str pattern, struct str text, bool ignore_case)
{
    size_t at = 0;
    size_t star = STR_MISSING;
    size_t retry = 0;
    for (size_t i = 0; i < text.len;) {
        const char c = at < pattern.len ? pattern.ptr[at] : '\0';
        if (at < pattern.len && c == '*') {
            star = at++;
            retry = i;
        } else if (at < pattern.len && (c == '?' || code_fits((unsigned char)c, text.ptr[i], ignore_case))) {
            at++;
            i++;
        } else if (star != STR_MISSING) {
            at = star + 1;
            i = ++retry;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.ptr[at] == '*') {
        at++;
    }
    return at == pattern.len;
}
