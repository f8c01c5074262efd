#include "match/log_filter.h"

#include "match/log_filter_parts.h"

/* spec: a term with other characters than letters, digits and underscores stands in quotation marks. */
static bool is_term(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static struct err read_term(struct filter_reader *r, struct filter_term *term)
{
    term->kind = filter_peek(r) == '-' || filter_peek(r) == '?' ? filter_peek(r) : '+';
    r->at += term->kind != '+' ? 1 : 0;
    if (filter_peek(r) == '"') {
        return filter_quoted(r, &term->text);
    }
    if (filter_peek(r) == '%') {
        return filter_regex(r, &term->regex);
    }
    const size_t start = r->at;
    while (is_term(filter_peek(r))) {
        r->at++;
    }
    term->text = str_slice(r->pattern, start, r->at - start);
    const bool ended = r->at == r->pattern.len || str_find(STR(" \t\r\n"), filter_peek(r)) != STR_MISSING;
    const size_t culprit = r->at < r->pattern.len ? r->at : r->pattern.len - 1;
    return ended && term->text.len > 0 ? ERR_OK : filter_bad_term(r, str_slice(r->pattern, culprit, 1));
}

static struct err read_terms(struct filter_reader *r)
{
    struct log_filter *filter = r->filter;
    filter->terms = ARENA_ARRAY(filter->arena, struct filter_term, r->pattern.len + 1);
    for (filter_space(r); r->at < r->pattern.len; filter_space(r)) {
        TRY(read_term(r, &filter->terms[filter->term_count++]));
    }
    return ERR_OK;
}

static bool found(const struct log_filter *filter, const struct filter_term *term, struct str message)
{
    return term->regex ? regex_found(term->regex, filter->regex_scratch, message, NULL)
                       : term->text.len == 0 || str_search(message, term->text) != STR_MISSING;
}

static bool terms_hold(const struct log_filter *filter, struct str message)
{
    bool optional = false;
    bool any = false;
    bool others = false;
    for (size_t i = 0; i < filter->term_count; i++) {
        const struct filter_term *term = &filter->terms[i];
        if (term->kind == '?') {
            optional = true;
            any = any || found(filter, term, message);
            continue;
        }
        others = true;
        if (found(filter, term, message) == (term->kind == '-')) {
            return false;
        }
    }
    return others || any || !optional;
}

static struct err read_pattern(struct filter_reader *r)
{
    if (r->pattern.len > LOG_FILTER_PATTERN_MAX) {
        return filter_refuse(r, "it has more than 1024 characters");
    }
    switch (filter_peek(r)) {
    case '{': r->filter->form = FILTER_JSON; return filter_json_read(r);
    case '[': r->filter->form = FILTER_FIELDS; return filter_fields_read(r);
    default: return read_terms(r);
    }
}

struct err log_filter_compile(struct ctx *ctx, struct str pattern, struct log_filter **out)
{
    struct log_filter *filter = memory_new(sizeof(*filter));
    filter->arena = arena_open();
    filter->regex_scratch = regex_scratch_open();
    struct filter_reader r = { .ctx = ctx, .filter = filter, .pattern = str_copy(filter->arena, str_trim(pattern)) };
    const struct err err = read_pattern(&r);
    if (err.fault) {
        log_filter_free(filter);
        return err;
    }
    *out = filter;
    return ERR_OK;
}

void log_filter_free(struct log_filter *filter)
{
    if (filter == NULL) {
        return;
    }
    for (size_t i = 0; i < filter->regex_count; i++) {
        regex_free(filter->regexes[i]);
    }
    regex_scratch_close(filter->regex_scratch);
    match_scratch_close(filter->scratch);
    scan_close(filter->scan);
    projection_free(filter->projection);
    match_set_free(filter->set);
    arena_close(filter->arena);
    memory_free(filter);
}

const struct predicate *log_filter_predicate(const struct log_filter *filter)
{
    return filter->predicate;
}

static bool json_holds(struct log_filter *filter, struct arena *arena, struct str message)
{
    uint32_t id = 0;
    size_t used = 0;
    return scan_document(filter->scan, message, &used) && match_run(filter->set, filter->scratch, filter->scan, &id, 1) == 1 &&
           log_filter_confirm(filter, json_parse(arena, message, NULL));
}

bool log_filter_test(struct log_filter *filter, struct arena *arena, struct str message)
{
    switch (filter->form) {
    case FILTER_JSON: return json_holds(filter, arena, message);
    case FILTER_FIELDS: return filter_fields_hold(filter, arena, message);
    default: return terms_hold(filter, message);
    }
}

size_t log_filter_values(struct log_filter *filter, struct arena *arena, struct str message, const struct log_filter_value **out)
{
    struct log_filter_value *values = NULL;
    size_t count = 0;
    if (filter->form == FILTER_JSON) {
        count = filter_json_values(filter, arena, message, &values);
    }
    if (filter->form == FILTER_FIELDS) {
        count = filter_fields_values(filter, arena, message, &values);
    }
    *out = values;
    return count;
}
