#include "match/log_filter_parts.h"

enum { FIELDS_MAX = 512 }; /* a pattern is at most twice as long */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '$' || c == '@';
}

static struct str read_name(struct filter_reader *r)
{
    filter_space(r);
    const size_t start = r->at;
    while (is_name(filter_peek(r))) {
        r->at++;
    }
    return str_slice(r->pattern, start, r->at - start);
}

static struct err read_constraint(struct filter_reader *r, struct filter_node **out)
{
    *out = filter_node_new(r, FILTER_COMPARE);
    (*out)->selector = read_name(r);
    return filter_comparison(r, &(*out)->operand);
}

/* All constraints between two commas are on one field. */
static bool find_name(const struct filter_node *node, struct str *name)
{
    if (node->kind == FILTER_COMPARE) {
        const bool same = name->ptr == NULL || str_equal(*name, node->selector);
        *name = node->selector;
        return same;
    }
    return find_name(node->left, name) && find_name(node->right, name);
}

static struct err read_field(struct filter_reader *r, struct filter_field *out)
{
    if (filter_take(r, STR("..."))) {
        out->rest = true;
        return ERR_OK;
    }
    filter_space(r);
    const size_t start = r->at;
    out->name = read_name(r);
    filter_space(r);
    if ((filter_peek(r) == ',' || filter_peek(r) == ']')) {
        return ERR_OK;
    }
    r->at = start;
    out->name = STR_NONE;
    TRY(filter_expression(r, read_constraint, &out->when));
    return find_name(out->when, &out->name) ? ERR_OK : filter_refuse(r, "one field's conditions name two fields");
}

struct err filter_fields_read(struct filter_reader *r)
{
    struct log_filter *filter = r->filter;
    bool rest = false;
    filter->fields = ARENA_ARRAY(filter->arena, struct filter_field, r->pattern.len);
    r->at++;
    do {
        struct filter_field *field = &filter->fields[filter->field_count++];
        TRY(read_field(r, field));
        if (field->rest && rest) {
            return filter_refuse(r, "... stands twice");
        }
        rest = rest || field->rest;
    } while (filter_take(r, STR(",")));
    if (!filter_take(r, STR("]")) || r->at != r->pattern.len) {
        return filter_refuse(r, "the pattern should end in ]");
    }
    return ERR_OK;
}

/* The next field at *at: up to a space, or between quotes or brackets. */
static struct str next_field(struct str line, size_t *at)
{
    const char open = line.ptr[*at];
    const char close = (char)(open == '"' ? '"' : open == '[' ? ']' : ' ');
    const size_t start = close == ' ' ? *at : *at + 1;
    const size_t length = str_find(str_from(line, start), close);
    if (length == STR_MISSING) {
        *at = line.len;
        return str_from(line, start);
    }
    *at = start + length + 1;
    return str_slice(line, start, length);
}

static size_t cut_line(struct str line, struct str *fields)
{
    size_t count = 0;
    for (size_t at = 0; at < line.len;) {
        if (line.ptr[at] == ' ') {
            at++;
            continue;
        }
        if (count == FIELDS_MAX + 1) {
            break;
        }
        fields[count++] = next_field(line, &at);
    }
    return count;
}

static bool node_holds(const struct log_filter *filter, const struct filter_node *node, struct str text)
{
    double number = 0;
    switch (node->kind) {
    case FILTER_AND: return node_holds(filter, node->left, text) && node_holds(filter, node->right, text);
    case FILTER_OR: return node_holds(filter, node->left, text) || node_holds(filter, node->right, text);
    default: return filter_holds(filter, &node->operand, text, str_to_double(text, &number) ? &number : NULL);
    }
}

/* Which piece of the line each field of the pattern is, when their numbers fit. */
static bool assign(const struct log_filter *filter, struct arena *arena, struct str message, struct str *pieces)
{
    struct str *cut = ARENA_ARRAY(arena, struct str, FIELDS_MAX + 1);
    const size_t count = cut_line(str_trim(message), cut);
    size_t rest = filter->field_count;
    for (size_t i = 0; i < filter->field_count; i++) {
        rest = filter->fields[i].rest ? i : rest;
    }
    const size_t named = filter->field_count - (rest < filter->field_count);
    if (count < named || (count > named && named == filter->field_count)) {
        return false;
    }
    for (size_t i = 0; i < filter->field_count; i++) {
        if (i != rest) {
            pieces[i] = cut[i < rest ? i : count - (filter->field_count - i)];
        }
    }
    return true;
}

bool filter_fields_hold(const struct log_filter *filter, struct arena *arena, struct str message)
{
    struct str *pieces = ARENA_ARRAY(arena, struct str, filter->field_count);
    if (!assign(filter, arena, message, pieces)) {
        return false;
    }
    for (size_t i = 0; i < filter->field_count; i++) {
        if (filter->fields[i].when && !node_holds(filter, filter->fields[i].when, pieces[i])) {
            return false;
        }
    }
    return true;
}

size_t filter_fields_values(const struct log_filter *filter, struct arena *arena, struct str message, struct log_filter_value **out)
{
    size_t count = 0;
    struct str *pieces = ARENA_ARRAY(arena, struct str, filter->field_count);
    struct log_filter_value *values = ARENA_ARRAY(arena, struct log_filter_value, filter->field_count);
    if (assign(filter, arena, message, pieces)) {
        for (size_t i = 0; i < filter->field_count; i++) {
            if (filter->fields[i].name.len > 0) {
                const struct str name = str_format(arena, "$%" STR_FMT, STR_ARG(filter->fields[i].name));
                values[count++] = (struct log_filter_value){ name, pieces[i] };
            }
        }
    }
    *out = values;
    return count;
}
