#include <math.h>

#include "match/log_filter_parts.h"

enum { INDEX_DIGITS = 6 };

/* --- reading --- */

static bool is_key(char c)
{
    return c != '\0' && strchr(" \t\r\n.[]=!<>&|(){}\"'%,*?\\", c) == NULL;
}

/* ['a.b'] or ["a.b"] as a key. */
static struct err quoted_key(struct filter_reader *r, struct filter_step *step)
{
    const char quote = r->pattern.ptr[r->at + 1];
    const struct str rest = str_from(r->pattern, r->at + 2);
    const size_t length = str_find(rest, quote);
    if (length == STR_MISSING || length + 1 >= rest.len || rest.ptr[length + 1] != ']') {
        return filter_refuse(r, "a key in brackets ends in a quotation mark and ]");
    }
    step->key = str_slice(rest, 0, length);
    r->at += length + 4;
    return ERR_OK;
}

static struct err bracket(struct filter_reader *r, struct filter_step *step)
{
    const char next = r->at + 1 < r->pattern.len ? r->pattern.ptr[r->at + 1] : '\0';
    if (next == '\'' || next == '"') {
        return quoted_key(r, step);
    }
    int64_t index = -1;
    const struct str rest = str_from(r->pattern, r->at + 1);
    const size_t length = str_find(rest, ']');
    if (length == STR_MISSING || length > INDEX_DIGITS || !str_to_int(str_slice(rest, 0, length), &index) || index < 0) {
        return filter_refuse(r, "an index is a number within brackets");
    }
    step->index = (size_t)index;
    r->at += length + 2;
    return ERR_OK;
}

static struct err read_step(struct filter_reader *r, struct filter_step *step)
{
    const bool dot = filter_peek(r) == '.';
    r->at += dot ? 1 : 0;
    if (filter_peek(r) == '[') {
        return bracket(r, step);
    }
    const size_t start = r->at;
    while (dot && is_key(filter_peek(r))) {
        r->at++;
    }
    step->key = str_slice(r->pattern, start, r->at - start);
    return r->at > start ? ERR_OK : filter_refuse(r, "a name is missing in the selector");
}

static struct err read_selector(struct filter_reader *r, struct filter_node *node)
{
    filter_space(r);
    const size_t start = r->at;
    if (!filter_take(r, STR("$"))) {
        return filter_refuse(r, "a selector begins with $.");
    }
    node->steps = ARENA_ARRAY(r->filter->arena, struct filter_step, r->pattern.len);
    do {
        TRY(read_step(r, &node->steps[node->step_count++]));
    } while (filter_peek(r) == '.' || filter_peek(r) == '[');
    node->selector = str_slice(r->pattern, start, r->at - start);
    return ERR_OK;
}

static struct err read_leaf(struct filter_reader *r, struct filter_node **out)
{
    static const struct {
        struct str words[2];
        enum filter_node_kind kind;
    } tests[] = {
        { { STR_INIT("EXISTS"), STR_INIT("") }, FILTER_EXISTS },   { { STR_INIT("NOT"), STR_INIT("EXISTS") }, FILTER_NOT_EXISTS },
        { { STR_INIT("IS"), STR_INIT("NULL") }, FILTER_NULL },     { { STR_INIT("IS"), STR_INIT("TRUE") }, FILTER_TRUE },
        { { STR_INIT("IS"), STR_INIT("FALSE") }, FILTER_FALSE },
    };
    *out = filter_node_new(r, FILTER_COMPARE);
    TRY(read_selector(r, *out));
    const size_t start = r->at;
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        if (filter_take(r, tests[i].words[0]) && filter_take(r, tests[i].words[1])) {
            (*out)->kind = tests[i].kind;
            return ERR_OK;
        }
        r->at = start;
    }
    return filter_comparison(r, &(*out)->operand);
}

/* --- the predicate that a matching document cannot fail --- */

static const struct predicate *keep(struct arena *arena, struct predicate p)
{
    struct predicate *kept = ARENA_NEW(arena, struct predicate);
    *kept = p;
    return kept;
}

static const struct predicate *either(struct arena *arena, const struct predicate *a, const struct predicate *b)
{
    const struct predicate **children = (void *)ARENA_ARRAY(arena, struct predicate *, 2);
    children[0] = a;
    children[1] = b;
    return keep(arena, (struct predicate){ .kind = PREDICATE_ANY, .children = children, .child_count = 2 });
}

/* The dotted path up to the first index. */
static struct str path_of(struct arena *arena, const struct filter_node *node, bool *indexed)
{
    struct text path = text_new(arena);
    for (size_t i = 0; i < node->step_count; i++) {
        const struct str key = node->steps[i].key;
        if (key.ptr == NULL) {
            *indexed = true;
            break;
        }
        text_add(&path, i > 0 ? STR(".") : STR(""));
        for (size_t c = 0; c < key.len; c++) {
            const bool each = c + 2 == key.len && str_ends(key, STR("[]"));
            text_add(&path, key.ptr[c] == '.' || key.ptr[c] == '\\' || each ? STR("\\") : STR(""));
            text_add_char(&path, key.ptr[c]);
        }
    }
    return text_str(&path);
}

static const struct predicate *comparison_gate(struct arena *arena, struct str path, const struct filter_operand *operand)
{
    struct predicate p = { .kind = PREDICATE_TEST, .path = path, .op = PREDICATE_WILDCARD, .values = &operand->text, .value_count = 1 };
    const bool above = operand->comparison == FILTER_GREATER || operand->comparison == FILTER_AT_LEAST;
    const bool below = operand->comparison == FILTER_LESS || operand->comparison == FILTER_AT_MOST;
    if (operand->comparison == FILTER_UNEQUAL || operand->regex) {
        p.op = PREDICATE_EXISTS;
        p.value_count = 0;
        return keep(arena, p);
    }
    if (!operand->numeric) {
        return keep(arena, p);
    }
    struct predicate number = { .kind = PREDICATE_TEST, .path = path, .op = PREDICATE_NUMBER };
    number.low = below ? (double)-INFINITY : operand->number;
    number.high = above ? (double)INFINITY : operand->number;
    number.low_open = operand->comparison == FILTER_GREATER;
    number.high_open = operand->comparison == FILTER_LESS;
    return above || below ? keep(arena, number) : either(arena, keep(arena, p), keep(arena, number));
}

static const struct predicate *gate(struct arena *arena, const struct filter_node *node);

/* a && b && c is one conjunction, however the tree leans: the matcher's depth is for parentheses. */
static const struct predicate *joined_gate(struct arena *arena, const struct filter_node *node)
{
    size_t count = 1;
    for (const struct filter_node *n = node; n->kind == node->kind; n = n->left) {
        count++;
    }
    const struct predicate **children = (void *)ARENA_ARRAY(arena, struct predicate *, count);
    const struct filter_node *n = node;
    for (size_t i = count; i-- > 1; n = n->left) {
        children[i] = gate(arena, n->right);
    }
    children[0] = gate(arena, n);
    return keep(arena, (struct predicate){ .kind = node->kind == FILTER_AND ? PREDICATE_ALL : PREDICATE_ANY,
                                           .children = children, .child_count = count });
}

/* A path in the matcher sees through arrays, where a selector doesn't: it lets more through. What an absent or twice
 * written key could satisfy isn't asked at all. */
static const struct predicate *gate(struct arena *arena, const struct filter_node *node)
{
    if (node->kind == FILTER_AND || node->kind == FILTER_OR) {
        return joined_gate(arena, node);
    }
    bool indexed = false;
    struct predicate p = { .kind = PREDICATE_TEST, .op = PREDICATE_EXISTS, .path = path_of(arena, node, &indexed) };
    if (node->kind == FILTER_NOT_EXISTS || node->steps[0].key.ptr == NULL) {
        return keep(arena, (struct predicate){ .kind = PREDICATE_ALL });
    }
    if (!indexed && node->kind == FILTER_COMPARE) {
        return comparison_gate(arena, p.path, &node->operand);
    }
    if (!indexed && node->kind == FILTER_NULL) {
        p.op = PREDICATE_NULL;
    }
    if (!indexed && (node->kind == FILTER_TRUE || node->kind == FILTER_FALSE)) {
        p.op = PREDICATE_BOOL;
        p.low = node->kind == FILTER_TRUE ? 1 : 0;
    }
    return keep(arena, p);
}

static struct err compile(struct filter_reader *r)
{
    struct log_filter *filter = r->filter;
    struct match_builder *builder = match_builder_open();
    struct ctx inner = ctx_new(filter->arena, r->ctx->now_ms);
    struct err err = match_builder_add(&inner, builder, 0, filter->predicate);
    if (err.fault) {
        match_builder_close(builder);
        return fail(r->ctx, &LOG_FILTER_INVALID, "Invalid metric filter pattern: %.900s", inner.reason);
    }
    struct projection_builder *paths = projection_begin();
    err = match_compile(&inner, builder, paths, &filter->set);
    filter->projection = projection_end(paths);
    filter->scan = scan_open(filter->projection);
    filter->scratch = match_scratch_open();
    return err.fault ? fail(r->ctx, &LOG_FILTER_INVALID, "Invalid metric filter pattern: %.900s", inner.reason) : ERR_OK;
}

struct err filter_json_read(struct filter_reader *r)
{
    r->at++;
    TRY(filter_expression(r, read_leaf, &r->filter->root));
    if (!filter_take(r, STR("}")) || r->at != r->pattern.len) {
        return filter_refuse(r, "the pattern should end in }");
    }
    r->filter->predicate = gate(r->filter->arena, r->filter->root);
    return compile(r);
}

/* --- the verdict --- */

static const struct json *element(const struct json *array, size_t index)
{
    const struct json *item = array->kind == JSON_ARRAY && index < array->count ? array->child : NULL;
    for (size_t i = 0; item && i < index; i++) {
        item = item->next;
    }
    return item;
}

static const struct json *find(const struct filter_node *node, const struct json *document)
{
    for (size_t i = 0; document && i < node->step_count; i++) {
        const struct filter_step *step = &node->steps[i];
        document = step->key.ptr ? json_get(document, step->key) : element(document, step->index);
    }
    return document;
}

static struct str scalar_text(const struct json *value)
{
    if (value == NULL || value->kind == JSON_NULL || value->kind == JSON_ARRAY || value->kind == JSON_OBJECT) {
        return STR_NONE;
    }
    return value->kind == JSON_TRUE ? STR("true") : value->kind == JSON_FALSE ? STR("false") : value->text;
}

static bool compare(const struct log_filter *filter, const struct filter_operand *operand, const struct json *value)
{
    double number = 0;
    const struct str text = scalar_text(value);
    return text.ptr && filter_holds(filter, operand, text, json_double(value, &number) ? &number : NULL);
}

static bool holds(const struct log_filter *filter, const struct filter_node *node, const struct json *document)
{
    if (node->kind == FILTER_AND) {
        return holds(filter, node->left, document) && holds(filter, node->right, document);
    }
    if (node->kind == FILTER_OR) {
        return holds(filter, node->left, document) || holds(filter, node->right, document);
    }
    const struct json *value = find(node, document);
    switch (node->kind) {
    case FILTER_EXISTS: return value != NULL;
    case FILTER_NOT_EXISTS: return value == NULL;
    case FILTER_NULL: return value && value->kind == JSON_NULL;
    case FILTER_TRUE: return value && value->kind == JSON_TRUE;
    case FILTER_FALSE: return value && value->kind == JSON_FALSE;
    default: return compare(filter, &node->operand, value);
    }
}

bool log_filter_confirm(struct log_filter *filter, const struct json *document)
{
    return document && document->kind == JSON_OBJECT && holds(filter, filter->root, document);
}

static void add_values(const struct filter_node *node, const struct json *document, struct log_filter_value *values, size_t *count)
{
    if (node->kind == FILTER_AND || node->kind == FILTER_OR) {
        add_values(node->left, document, values, count);
        add_values(node->right, document, values, count);
        return;
    }
    const struct str text = scalar_text(find(node, document));
    for (size_t i = 0; i < *count; i++) {
        if (str_equal(values[i].name, node->selector)) {
            return;
        }
    }
    if (text.ptr) {
        values[(*count)++] = (struct log_filter_value){ node->selector, text };
    }
}

size_t filter_json_values(const struct log_filter *filter, struct arena *arena, struct str message, struct log_filter_value **out)
{
    size_t count = 0;
    struct log_filter_value *values = ARENA_ARRAY(arena, struct log_filter_value, LOG_FILTER_PATTERN_MAX);
    const struct json *document = json_parse(arena, message, NULL);
    if (document) {
        add_values(filter->root, document, values, &count);
    }
    *out = values;
    return count;
}
