/* sigma_item.c - one field with modifiers and values becomes predicates. spec: Sigma rules specification 2.1, Detection. */
#include <math.h>

#include "match/sigma_parts.h"
#include "match/text.h"

enum { ALTERNATIVES_MAX = 2000 };

enum shape { SHAPE_EQUALS, SHAPE_CONTAINS, SHAPE_PREFIX, SHAPE_SUFFIX, SHAPE_REGEX, SHAPE_CIDR, SHAPE_EXISTS, SHAPE_FIELD };

struct item {
    const struct yaml_node *node;
    struct str field; /* a path; absent: keywords */
    struct str label;
    struct sigma_values values;
    enum shape shape;
    enum predicate_unit unit; /* UNIT_MILLISECONDS: no part of a time is asked for */
    struct str comparison;    /* lt lte gt gte; absent */
    bool all, cased, negated, regex_case, multiline, dot_all;
};

const struct predicate *sigma_join(struct arena *arena, enum predicate_kind kind, const struct predicate *const *children,
                                   size_t count)
{
    if (count == 1 && kind != PREDICATE_NOT) {
        return children[0];
    }
    struct predicate *p = ARENA_NEW(arena, struct predicate);
    *p = (struct predicate){ .kind = kind, .children = children, .child_count = count };
    return p;
}

static struct str map_field(const struct sigma_reader *r, struct str field)
{
    for (size_t i = 0; i < r->options->mapping_count; i++) {
        if (str_equal(r->options->mappings[i].from, field)) {
            return r->options->mappings[i].to;
        }
    }
    return field;
}

/* --- modifiers --- */

static struct err set_shape(const struct sigma_reader *r, struct item *item, enum shape shape, struct str name)
{
    if (item->shape != SHAPE_EQUALS) {
        return sigma_refuse(r, item->node, "|%" STR_FMT " can't follow the modifiers before it", STR_ARG(name));
    }
    item->shape = shape;
    return ERR_OK;
}

static bool find_shape(struct str name, enum shape *out)
{
    static const struct {
        struct str name;
        enum shape shape;
    } shapes[] = {
        { STR_INIT("contains"), SHAPE_CONTAINS }, { STR_INIT("startswith"), SHAPE_PREFIX }, { STR_INIT("endswith"), SHAPE_SUFFIX },
        { STR_INIT("re"), SHAPE_REGEX },          { STR_INIT("cidr"), SHAPE_CIDR },         { STR_INIT("exists"), SHAPE_EXISTS },
    };
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        if (str_equal(shapes[i].name, name)) {
            *out = shapes[i].shape;
            return true;
        }
    }
    return false;
}

static bool find_unit(struct str name, enum predicate_unit *out)
{
    static const struct str units[] = {
        [UNIT_MINUTE] = STR_INIT("minute"), [UNIT_HOUR] = STR_INIT("hour"),   [UNIT_DAY] = STR_INIT("day"),
        [UNIT_WEEK] = STR_INIT("week"),     [UNIT_MONTH] = STR_INIT("month"), [UNIT_YEAR] = STR_INIT("year"),
    };
    for (enum predicate_unit u = UNIT_MINUTE; u <= UNIT_YEAR; u++) {
        if (str_equal(units[u], name)) {
            *out = u;
            return true;
        }
    }
    return false;
}

static bool is_comparison(struct str name)
{
    return str_equal(name, STR("lt")) || str_equal(name, STR("lte")) || str_equal(name, STR("gt")) || str_equal(name, STR("gte"));
}

static bool *find_flag(struct item *item, struct str name)
{
    const bool regex = item->shape == SHAPE_REGEX;
    if (str_equal(name, STR("all"))) {
        return &item->all;
    }
    if (str_equal(name, STR("cased"))) {
        return &item->cased;
    }
    if (str_equal(name, STR("neq"))) {
        return &item->negated;
    }
    if (regex && str_equal(name, STR("i"))) {
        return &item->regex_case;
    }
    if (regex && str_equal(name, STR("m"))) {
        return &item->multiline;
    }
    return regex && str_equal(name, STR("s")) ? &item->dot_all : NULL;
}

/* |fieldref goes with startswith, endswith and contains in either order; these then say how the fields are compared. */
static struct err apply_fieldref(const struct sigma_reader *r, struct item *item, struct predicate *how)
{
    how->op = PREDICATE_FIELD;
    how->starts = item->shape == SHAPE_PREFIX;
    how->ends = item->shape == SHAPE_SUFFIX;
    how->part = item->shape == SHAPE_CONTAINS;
    if (item->shape != SHAPE_EQUALS && !how->starts && !how->ends && !how->part) {
        return sigma_refuse(r, item->node, "|fieldref can't follow the modifiers before it");
    }
    item->shape = SHAPE_FIELD;
    return ERR_OK;
}

static struct err apply_modifier(const struct sigma_reader *r, struct item *item, struct str name, struct predicate *how)
{
    enum shape shape = SHAPE_EQUALS;
    bool *flag = find_flag(item, name);
    if (flag) {
        *flag = true;
        return ERR_OK;
    }
    if (str_equal(name, STR("fieldref"))) {
        return apply_fieldref(r, item, how);
    }
    if (find_shape(name, &shape)) {
        if (item->shape == SHAPE_FIELD && shape <= SHAPE_SUFFIX) {
            item->shape = shape;
            return apply_fieldref(r, item, how);
        }
        return set_shape(r, item, shape, name);
    }
    if (is_comparison(name) || find_unit(name, &item->unit)) {
        item->comparison = is_comparison(name) ? name : item->comparison;
        return item->shape == SHAPE_EQUALS ? ERR_OK : sigma_refuse(r, item->node, "|%" STR_FMT " needs a plain field", STR_ARG(name));
    }
    if (!sigma_is_transformation(name)) {
        return sigma_refuse(r, item->node, "unknown modifier |%" STR_FMT, STR_ARG(name));
    }
    if (item->shape != SHAPE_EQUALS && !str_equal(name, STR("expand")) && !str_equal(name, STR("windash"))) {
        return sigma_refuse(r, item->node, "|%" STR_FMT " must come before |contains, |re and their like", STR_ARG(name));
    }
    return sigma_transform(r, name, &item->values);
}

/* --- predicates --- */

static struct predicate test_of(const struct item *item, enum predicate_operator op)
{
    return (struct predicate){
        .kind = PREDICATE_TEST, .op = op, .path = item->field, .label = item->label, .ignore_case = !item->cased,
    };
}

static const struct predicate *keep(struct arena *arena, struct predicate p)
{
    struct predicate *kept = ARENA_NEW(arena, struct predicate);
    *kept = p;
    return kept;
}

static const struct predicate *one_value(struct arena *arena, struct predicate p, struct str value)
{
    struct str *values = ARENA_NEW(arena, struct str);
    *values = value;
    p.values = values;
    p.value_count = 1;
    return keep(arena, p);
}

static const struct predicate *null_test(struct arena *arena, const struct item *item)
{
    const struct predicate **either = (void *)ARENA_ARRAY(arena, struct predicate *, 2);
    const struct predicate **absent = (void *)ARENA_ARRAY(arena, struct predicate *, 1);
    either[0] = keep(arena, test_of(item, PREDICATE_NULL));
    absent[0] = keep(arena, test_of(item, PREDICATE_EXISTS));
    either[1] = sigma_join(arena, PREDICATE_NOT, absent, 1);
    return sigma_join(arena, PREDICATE_ANY, either, 2);
}

/* Puts backslashes before what a wildcard would take for special. */
static struct str escape_wildcards(struct arena *arena, struct str plain)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < plain.len; i++) {
        if (strchr("*?\\", plain.ptr[i]) && plain.ptr[i]) {
            text_add_char(&text, '\\');
        }
        text_add_char(&text, plain.ptr[i]);
    }
    return text_str(&text);
}

static const struct predicate *text_test(struct arena *arena, const struct item *item, const struct sigma_value *value)
{
    static const enum predicate_operator operators[] = {
        [SHAPE_EQUALS] = PREDICATE_EQUALS, [SHAPE_CONTAINS] = PREDICATE_CONTAINS,
        [SHAPE_PREFIX] = PREDICATE_PREFIX, [SHAPE_SUFFIX] = PREDICATE_SUFFIX,
    };
    if (item->field.ptr == NULL) {
        const struct str pattern = value->plain ? escape_wildcards(arena, value->text) : value->text;
        return one_value(arena, test_of(item, PREDICATE_KEYWORD), pattern);
    }
    struct str plain = value->text;
    const struct wildcard wildcard = wildcard_parse(arena, value->text, false);
    if (value->plain || wildcard_is_plain(&wildcard, arena, &plain)) {
        return one_value(arena, test_of(item, operators[item->shape]), plain);
    }
    const bool open_front = item->shape == SHAPE_CONTAINS || item->shape == SHAPE_SUFFIX;
    const bool open_back = item->shape == SHAPE_CONTAINS || item->shape == SHAPE_PREFIX;
    const struct str pattern = str_format(arena, "%s%.*s%s", open_front ? "*" : "", (int)value->text.len, value->text.ptr,
                                          open_back ? "*" : "");
    return one_value(arena, test_of(item, PREDICATE_WILDCARD), pattern);
}

static struct err number_test(const struct sigma_reader *r, const struct item *item, const struct sigma_value *value,
                              const struct predicate **out)
{
    double number = 0;
    if (!str_to_double(value->text, &number)) {
        return sigma_refuse(r, value->node, "\"%" STR_FMT "\" is not a number", STR_ARG(value->text));
    }
    const bool less = item->comparison.ptr && item->comparison.ptr[0] == 'l';
    const bool greater = item->comparison.ptr && item->comparison.ptr[0] == 'g';
    const bool open = item->comparison.len == 2;
    struct predicate p = test_of(item, item->unit == UNIT_MILLISECONDS ? PREDICATE_NUMBER : PREDICATE_TIME);
    p.unit = item->unit;
    p.low = less ? (double)-INFINITY : number;
    p.high = greater ? (double)INFINITY : number;
    p.low_open = greater && open;
    p.high_open = less && open;
    *out = keep(r->ctx->arena, p);
    return ERR_OK;
}

static struct err exists_test(const struct sigma_reader *r, const struct item *item, const struct sigma_value *value,
                              const struct predicate **out)
{
    bool wanted = false;
    if (!yaml_bool(value->node, &wanted) || item->values.count != 1) {
        return sigma_refuse(r, value->node, "|exists takes true or false");
    }
    struct predicate p = test_of(item, PREDICATE_EXISTS);
    p.anything_but = !wanted;
    *out = keep(r->ctx->arena, p);
    return ERR_OK;
}

static struct err value_test(const struct sigma_reader *r, const struct item *item, const struct predicate *how,
                             const struct sigma_value *value, const struct predicate **out)
{
    struct arena *arena = r->ctx->arena;
    if (value->null) {
        *out = null_test(arena, item);
        return item->shape == SHAPE_EQUALS && item->field.ptr ? ERR_OK : sigma_refuse(r, value->node, "null can't be used here");
    }
    if (item->comparison.ptr || item->unit != UNIT_MILLISECONDS) {
        return number_test(r, item, value, out);
    }
    if (item->shape == SHAPE_EXISTS) {
        return exists_test(r, item, value, out);
    }
    if (item->shape == SHAPE_FIELD) {
        struct predicate p = test_of(item, PREDICATE_FIELD);
        p.starts = how->starts;
        p.ends = how->ends;
        p.part = how->part;
        p.other = map_field(r, value->text);
        *out = keep(arena, p);
        return ERR_OK;
    }
    if (item->shape == SHAPE_CIDR || item->shape == SHAPE_REGEX) {
        struct predicate p = test_of(item, item->shape == SHAPE_CIDR ? PREDICATE_CIDR : PREDICATE_REGEX);
        p.ignore_case = item->regex_case;
        p.multiline = item->multiline;
        p.dot_all = item->dot_all;
        *out = one_value(arena, p, value->text);
        return ERR_OK;
    }
    *out = text_test(arena, item, value);
    return ERR_OK;
}

static bool takes_more(const struct predicate *a, const struct predicate *b)
{
    return a && b && a->kind == PREDICATE_TEST && b->kind == PREDICATE_TEST && a->op == b->op && a->value_count == 1
           && b->value_count == 1 && str_equal(a->path, b->path) && a->ignore_case == b->ignore_case
           && a->multiline == b->multiline && a->dot_all == b->dot_all;
}

/* Alternatives that differ in their value alone are one test with many values: that is what the automaton is quick at. */
static void merge_values(struct arena *arena, const struct predicate **tests, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        const struct predicate *first = tests[i];
        if (first == NULL) {
            continue;
        }
        size_t alike = 0;
        for (size_t j = i; j < *count; j++) {
            alike += takes_more(first, tests[j]);
        }
        if (alike > 1) {
            struct predicate merged = *first;
            struct str *values = ARENA_ARRAY(arena, struct str, alike);
            merged.value_count = 0;
            for (size_t j = i; j < *count; j++) {
                if (takes_more(first, tests[j])) {
                    values[merged.value_count++] = tests[j]->values[0];
                    tests[j] = NULL;
                }
            }
            merged.values = values;
            first = keep(arena, merged);
        }
        tests[kept++] = first;
    }
    *count = kept;
}

/* The values [from, to) as alternatives. */
static struct err build_any(const struct sigma_reader *r, const struct item *item, const struct predicate *how, size_t from,
                            size_t to, const struct predicate **out)
{
    struct arena *arena = r->ctx->arena;
    size_t count = to - from;
    const struct predicate **tests = (void *)ARENA_ARRAY(arena, struct predicate *, count);
    for (size_t i = 0; i < count; i++) {
        TRY(value_test(r, item, how, &item->values.list[from + i], &tests[i]));
    }
    merge_values(arena, tests, &count);
    *out = sigma_join(arena, PREDICATE_ANY, tests, count);
    return ERR_OK;
}

/* |all: each written value must hold, in any of the forms that modifiers gave it. */
static struct err build_all(const struct sigma_reader *r, const struct item *item, const struct predicate *how,
                            const struct predicate **out)
{
    const struct sigma_values *values = &item->values;
    const struct predicate **parts = (void *)ARENA_ARRAY(r->ctx->arena, struct predicate *, values->count);
    size_t count = 0;
    for (size_t from = 0, to = 0; from < values->count; from = to) {
        while (to < values->count && values->list[to].origin == values->list[from].origin) {
            to++;
        }
        TRY(build_any(r, item, how, from, to, &parts[count++]));
    }
    *out = sigma_join(r->ctx->arena, PREDICATE_ALL, parts, count);
    return ERR_OK;
}

static struct err build(const struct sigma_reader *r, const struct item *item, const struct predicate *how,
                        const struct predicate **out)
{
    if (item->all) {
        TRY(build_all(r, item, how, out));
    } else {
        TRY(build_any(r, item, how, 0, item->values.count, out));
    }
    if (item->negated) {
        const struct predicate **inside = (void *)ARENA_ARRAY(r->ctx->arena, struct predicate *, 1);
        inside[0] = *out;
        *out = sigma_join(r->ctx->arena, PREDICATE_NOT, inside, 1);
    }
    return ERR_OK;
}

static struct err read_values(const struct sigma_reader *r, const struct yaml_node *node, struct sigma_values *out)
{
    const bool list = node->kind == YAML_LIST;
    if (node->kind == YAML_MAP || (list && (node->count == 0 || node->count > SIGMA_VALUES_MAX))) {
        return sigma_refuse(r, node, list ? "an empty or endless list of values" : "a mapping can't be a value");
    }
    out->list = ARENA_ARRAY(r->ctx->arena, struct sigma_value, list ? node->count : 1);
    for (const struct yaml_node *n = list ? node->child : node; n; n = list ? n->next : NULL) {
        if (n->kind != YAML_SCALAR) {
            return sigma_refuse(r, n, "a value must be text, a number, true, false or null");
        }
        if (list && yaml_is_null(n)) {
            return sigma_refuse(r, n, "null can't be part of a list");
        }
        out->list[out->count] = (struct sigma_value){ n->text, false, yaml_is_null(n), out->count, n };
        out->count++;
    }
    return ERR_OK;
}

struct err sigma_item(const struct sigma_reader *r, struct str search, const struct yaml_node *node, const struct predicate **out)
{
    struct str modifiers = STR_NONE;
    const struct str field = str_cut(node->key, '|', &modifiers);
    struct predicate how = { .kind = PREDICATE_TEST };
    struct item item = { .node = node, .field = field.len ? map_field(r, field) : STR_NONE };
    item.label = str_format(r->ctx->arena, "%" STR_FMT ": %" STR_FMT, STR_ARG(search), STR_ARG(node->key));
    TRY(read_values(r, node, &item.values));
    const size_t written = item.values.count;
    while (modifiers.ptr) {
        TRY(apply_modifier(r, &item, str_cut(modifiers, '|', &modifiers), &how));
    }
    /* spec: "Single item values are not allowed to have an all modifier". */
    if (item.all && written < 2) {
        return sigma_refuse(r, node, "|all needs at least two values");
    }
    if (item.field.ptr == NULL && item.shape != SHAPE_EQUALS && item.shape != SHAPE_CONTAINS) {
        return sigma_refuse(r, node, "keywords can't have this modifier");
    }
    return build(r, &item, &how, out);
}

/* --- search identifiers --- */

static struct err search_map(const struct sigma_reader *r, struct str search, const struct yaml_node *map,
                             const struct predicate **out)
{
    const struct predicate **items = (void *)ARENA_ARRAY(r->ctx->arena, struct predicate *, map->count);
    size_t count = 0;
    for (const struct yaml_node *n = map->child; n; n = n->next) {
        TRY(sigma_item(r, search, n, &items[count++]));
    }
    *out = sigma_join(r->ctx->arena, PREDICATE_ALL, items, count);
    return count ? ERR_OK : sigma_refuse(r, map, "an empty search");
}

static struct err keyword(const struct sigma_reader *r, struct str search, const struct yaml_node *node,
                          const struct predicate **out)
{
    struct item item = { .node = node, .label = search };
    TRY(read_values(r, node, &item.values));
    struct predicate how = { .kind = PREDICATE_TEST };
    return build(r, &item, &how, out);
}

static struct err search_list(const struct sigma_reader *r, const struct yaml_node *list, const struct predicate **out)
{
    const struct predicate **either = (void *)ARENA_ARRAY(r->ctx->arena, struct predicate *, list->count);
    size_t count = 0;
    if (list->count > ALTERNATIVES_MAX) {
        return sigma_refuse(r, list, "more than %d alternatives", ALTERNATIVES_MAX);
    }
    for (const struct yaml_node *n = list->child; n; n = n->next) {
        if (n->kind == YAML_MAP) {
            TRY(search_map(r, list->key, n, &either[count++]));
        } else {
            TRY(keyword(r, list->key, n, &either[count++]));
        }
    }
    merge_values(r->ctx->arena, either, &count);
    *out = sigma_join(r->ctx->arena, PREDICATE_ANY, either, count);
    return count ? ERR_OK : sigma_refuse(r, list, "an empty search");
}

struct err sigma_search(const struct sigma_reader *r, const struct yaml_node *search, const struct predicate **out)
{
    switch (search->kind) {
    case YAML_MAP: return search_map(r, search->key, search, out);
    case YAML_LIST: return search_list(r, search, out);
    case YAML_SCALAR: break;
    }
    return keyword(r, search->key, search, out);
}
