#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/map.h"
#include "match/set.h"

enum { WILDCARD_MAX = 4096, FIELDS_MAX = 16000, RULES_MAX = 1000000 };

struct match_builder {
    struct arena *arena; /* becomes the set's */
    struct match_rule *rules;
    size_t rule_count;
    size_t rule_capacity;
};

struct match_builder *match_builder_open(void)
{
    struct match_builder *builder = memory_new(sizeof(*builder));
    builder->arena = arena_open();
    return builder;
}

void match_builder_close(struct match_builder *builder)
{
    if (builder) {
        memory_free(builder->rules);
        arena_close(builder->arena);
        memory_free(builder);
    }
}

/* --- what is refused --- */

static struct err check_values(struct ctx *ctx, const struct predicate *p)
{
    if (p->value_count == 0) {
        return fail(ctx, &FAULT_INVALID, "a test of \"%" STR_FMT "\" has no values", STR_ARG(p->path));
    }
    if (p->value_count > UINT32_MAX) {
        return fail(ctx, &FAULT_INVALID, "too many values");
    }
    for (size_t i = 0; i < p->value_count; i++) {
        struct network network = { 0 };
        const struct str value = p->values[i];
        const unsigned flags = (p->ignore_case ? REGEX_IGNORE_CASE : 0u) | (p->multiline ? REGEX_MULTILINE : 0u)
                               | (p->dot_all ? REGEX_DOT_ALL : 0u);
        if (p->op == PREDICATE_CIDR && !network_parse(value, &network)) {
            return fail(ctx, &FAULT_INVALID, "\"%" STR_FMT "\" is no IP address or network", STR_ARG(value));
        }
        if ((p->op == PREDICATE_WILDCARD || p->op == PREDICATE_KEYWORD) && value.len > WILDCARD_MAX) {
            return fail(ctx, &FAULT_INVALID, "a wildcard is longer than %d bytes", WILDCARD_MAX);
        }
        if (p->op == PREDICATE_REGEX && value.len > MATCH_REGEX_MAX) {
            return fail(ctx, &FAULT_INVALID, "a regular expression is longer than %d bytes", MATCH_REGEX_MAX);
        }
        if (p->op == PREDICATE_REGEX) {
            TRY(regex_check(ctx, value, flags));
        }
    }
    return ERR_OK;
}

/* NUMBER may have values instead of bounds, when it is flat. */
static bool has_numbers(const struct predicate *p)
{
    return p->op == PREDICATE_NUMBER && p->flat && p->value_count > 0;
}

static struct err check_numbers(struct ctx *ctx, const struct predicate *p)
{
    for (size_t i = 0; has_numbers(p) && i < p->value_count; i++) {
        double number = 0;
        if (!str_to_double(p->values[i], &number)) {
            return fail(ctx, &FAULT_INVALID, "\"%" STR_FMT "\" is no number", STR_ARG(p->values[i]));
        }
    }
    return isnan(p->low) || isnan(p->high) ? fail(ctx, &FAULT_INVALID, "a bound is no number") : ERR_OK;
}

static struct err check_test(struct ctx *ctx, const struct predicate *p)
{
    switch (p->op) {
    case PREDICATE_EXISTS:
    case PREDICATE_NULL:
    case PREDICATE_BOOL:
    case PREDICATE_FIELD:
        return ERR_OK;
    case PREDICATE_NUMBER:
    case PREDICATE_TIME:
        return check_numbers(ctx, p);
    case PREDICATE_EQUALS:
    case PREDICATE_PREFIX:
    case PREDICATE_SUFFIX:
    case PREDICATE_CONTAINS:
    case PREDICATE_WILDCARD:
    case PREDICATE_REGEX:
    case PREDICATE_CIDR:
    case PREDICATE_KEYWORD:
        return check_values(ctx, p);
    }
    return fail(ctx, &FAULT_INVALID, "unknown operator %d", (int)p->op);
}

/* A child of a together ALL: one flat test, or any of some of one path. */
static struct err check_group(struct ctx *ctx, const struct predicate *p)
{
    const struct predicate *const *tests = p->kind == PREDICATE_ANY ? p->children : &p;
    const size_t count = p->kind == PREDICATE_ANY ? p->child_count : 1;
    for (size_t i = 0; i < count; i++) {
        if (tests[i]->kind != PREDICATE_TEST || !tests[i]->flat || !str_equal(tests[i]->path, tests[0]->path)) {
            return fail(ctx, &FAULT_INVALID, "what is asked together must be flat tests, each group of one path");
        }
    }
    return ERR_OK;
}

static struct err check(struct ctx *ctx, const struct predicate *p, int depth, size_t *tests)
{
    if (p == NULL || depth > MATCH_DEPTH_MAX) {
        return fail(ctx, &FAULT_INVALID, p ? "conditions are nested more than %d deep" : "no condition", MATCH_DEPTH_MAX);
    }
    if (p->kind == PREDICATE_TEST) {
        if (++*tests > MATCH_TESTS_MAX) {
            return fail(ctx, &FAULT_INVALID, "more than %d tests in one rule", MATCH_TESTS_MAX);
        }
        return check_test(ctx, p);
    }
    if (p->kind == PREDICATE_NOT && p->child_count != 1) {
        return fail(ctx, &FAULT_INVALID, "a negation needs exactly one condition");
    }
    for (size_t i = 0; i < p->child_count; i++) {
        TRY(check(ctx, p->children[i], depth + 1, tests));
        if (p->kind == PREDICATE_ALL && p->together) {
            TRY(check_group(ctx, p->children[i]));
        }
    }
    return ERR_OK;
}

struct err match_builder_add(struct ctx *ctx, struct match_builder *builder, uint32_t rule_id,
                             const struct predicate *predicate)
{
    size_t tests = 0;
    if (predicate == NULL || !predicate->checked) {
        TRY(check(ctx, predicate, 0, &tests));
    }
    if (builder->rule_count >= RULES_MAX) {
        return fail(ctx, &FAULT_INVALID, "more than %d rules", RULES_MAX);
    }
    if (builder->rule_count == builder->rule_capacity) {
        builder->rule_capacity = builder->rule_capacity ? builder->rule_capacity * 2 : 64;
        builder->rules = memory_grow(builder->rules, builder->rule_capacity * sizeof(*builder->rules));
    }
    builder->rules[builder->rule_count++] = (struct match_rule){ .id = rule_id, .predicate = predicate };
    return ERR_OK;
}

/* --- compilation --- */

struct compiler {
    struct ctx *ctx;
    struct match_set *set;
    struct arena *arena; /* the set's */
    struct projection_builder *projection;
    struct map *field_index; /* path to index + 1 */
    struct map *test_index;
    size_t field_capacity;
    size_t test_capacity;
    uint32_t numbers; /* of interned values and their spellings */
};

static void *index_pointer(size_t index)
{
    return (void *)(uintptr_t)(index + 1);
}

static struct str joined_text(struct arena *arena, struct str a, struct str b)
{
    struct text text = text_new(arena);
    text_add(&text, a);
    text_add(&text, b);
    return text_str(&text);
}

enum { JOINED_GAPS = 4 }; /* how many dots of a path, from its end, may stand within a key */

/* Slots of the path with some of its last dots within keys. */
static bool compile_joined(struct compiler *c, struct match_field *field)
{
    size_t dots[JOINED_GAPS];
    size_t count = 0;
    for (size_t i = 0; i < field->path.len; i++) {
        if (field->path.ptr[i] == '\\') {
            i++;
        } else if (field->path.ptr[i] == '.') {
            dots[count++ % JOINED_GAPS] = i;
        }
    }
    const unsigned gaps = count < JOINED_GAPS ? (unsigned)count : (unsigned)JOINED_GAPS;
    uint16_t *slots = ARENA_ARRAY(c->arena, uint16_t, (size_t)1 << gaps);
    for (unsigned joins = 1; joins < 1u << gaps; joins++) {
        struct text path = text_new(c->arena);
        for (size_t i = 0; i < field->path.len; i++) {
            for (unsigned gap = 0; gap < gaps; gap++) {
                text_add(&path, joins >> gap & 1 && dots[gap] == i ? STR("\\") : STR(""));
            }
            text_add_char(&path, field->path.ptr[i]);
        }
        text_add(&path, STR("[]"));
        const uint16_t slot = projection_slot(c->projection, text_str(&path));
        if (slot == SCAN_NO_SLOT) {
            return false;
        }
        slots[field->joined_count++] = slot;
    }
    field->joined = slots;
    return true;
}

static struct err compile_field(struct compiler *c, struct str path, bool flat, uint32_t *out)
{
    struct match_set *set = c->set;
    const struct str name = joined_text(c->arena, flat ? STR("flat:") : STR("any:"), path);
    const uintptr_t known = (uintptr_t)map_get(c->field_index, name);
    if (known) {
        *out = (uint32_t)(known - 1);
        return ERR_OK;
    }
    const uint16_t slot = projection_slot(c->projection, joined_text(c->arena, path, STR("[]")));
    if (slot == SCAN_NO_SLOT || set->field_count >= FIELDS_MAX) {
        return fail(c->ctx, &FAULT_INVALID, "too many fields, or the path \"%" STR_FMT "\" is too deep", STR_ARG(path));
    }
    if (set->field_count == c->field_capacity) {
        const size_t grown = c->field_capacity ? c->field_capacity * 2 : 32;
        set->fields = arena_grow(c->arena, set->fields, c->field_capacity * sizeof(*set->fields), grown * sizeof(*set->fields));
        c->field_capacity = grown;
    }
    struct match_field *field = &set->fields[set->field_count];
    *field = (struct match_field){ .path = str_copy(c->arena, path), .each = slot, .whole = SCAN_NO_SLOT, .flat = flat };
    if (flat && !compile_joined(c, field)) {
        return fail(c->ctx, &FAULT_INVALID, "too many fields");
    }
    map_put(c->field_index, name, index_pointer(set->field_count));
    *out = (uint32_t)set->field_count++;
    return ERR_OK;
}

uint64_t match_interned_place(uint64_t hash, size_t mask)
{
    return (hash ^ hash >> 29) & mask;
}

const struct interned *match_field_find(const struct match_field *field, struct str text)
{
    if (field->table == NULL || (field->lengths >> (text.len & 63) & 1) == 0) {
        return NULL;
    }
    const uint64_t hash = match_text_hash(text);
    for (size_t at = match_interned_place(hash, field->mask);; at = (at + 1) & field->mask) {
        const struct interned *value = field->table[at];
        if (value == NULL || (value->hash == hash && match_text_equal(value->lower, text))) {
            return value;
        }
    }
}

static void table_put(struct match_field *field, struct interned *value)
{
    size_t at = match_interned_place(value->hash, field->mask);
    while (field->table[at]) {
        at = (at + 1) & field->mask;
    }
    field->table[at] = value;
}

static struct interned *intern_value(struct compiler *c, struct match_field *field, struct str text)
{
    struct interned *known = NULL;
    if (field->table) {
        const uint64_t hash = match_text_hash(text);
        for (size_t at = match_interned_place(hash, field->mask); field->table[at]; at = (at + 1) & field->mask) {
            if (field->table[at]->hash == hash && match_text_equal(field->table[at]->lower, text)) {
                known = field->table[at];
            }
        }
    }
    if (known) {
        return known;
    }
    if (field->table == NULL || (field->value_count + 1) * 2 > field->mask) {
        field->mask = field->table ? field->mask * 2 + 1 : 7;
        field->table = ARENA_ARRAY(c->arena, struct interned *, field->mask + 1);
        for (struct interned *value = field->values; value; value = value->next) {
            table_put(field, value);
        }
    }
    struct interned *value = ARENA_NEW(c->arena, struct interned);
    char *lower = arena_alloc(c->arena, text.len + 1);
    match_text_lower(lower, text);
    *value = (struct interned){ match_text_hash(text), { lower, text.len }, ++c->numbers, NULL, { NULL, 0 }, field->values };
    field->values = value;
    field->lengths |= (uint64_t)1 << (text.len & 63);
    field->value_count++;
    table_put(field, value);
    return value;
}

static uint32_t intern_spelling(struct compiler *c, struct interned *value, struct str text)
{
    for (const struct spelling *s = value->spellings; s; s = s->next) {
        if (str_equal(s->text, text)) {
            return s->number;
        }
    }
    struct spelling *s = ARENA_NEW(c->arena, struct spelling);
    *s = (struct spelling){ text, ++c->numbers, value->spellings };
    value->spellings = s;
    return s->number;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void compile_equals(struct compiler *c, struct match_test *test)
{
    const struct predicate *p = &test->predicate;
    uint32_t *numbers = ARENA_ARRAY(c->arena, uint32_t, p->value_count);
    for (size_t i = 0; i < p->value_count; i++) {
        struct interned *value = intern_value(c, &c->set->fields[test->field], p->values[i]);
        numbers[i] = p->ignore_case ? value->number : intern_spelling(c, value, p->values[i]);
    }
    qsort(numbers, p->value_count, sizeof(*numbers), compare_numbers);
    test->numbers = numbers;
}

static struct str compile_text(struct compiler *c, struct str text, bool lower)
{
    if (!lower) {
        return text;
    }
    char *bytes = arena_alloc(c->arena, text.len + 1);
    match_text_lower(bytes, text);
    return (struct str){ bytes, text.len };
}

/* A keyword is looked for anywhere in the document's text, which holds JSON escapes. Without wildcards it is a plain search. */
static void compile_keyword(struct compiler *c, struct match_test *test, size_t i, struct str *text)
{
    const struct predicate *p = &test->predicate;
    const struct wildcard written = wildcard_parse(c->arena, p->values[i], p->ignore_case);
    const struct wildcard inside = wildcard_in_json(c->arena, &written);
    if (wildcard_is_plain(&inside, c->arena, text)) {
        test->wildcards[i] = (struct wildcard){ NULL, 0 };
        return;
    }
    uint16_t *tokens = ARENA_ARRAY(c->arena, uint16_t, inside.count + 2);
    tokens[0] = WILDCARD_ANY;
    memcpy(tokens + 1, inside.tokens, inside.count * sizeof(*tokens));
    tokens[inside.count + 1] = WILDCARD_ANY;
    test->wildcards[i] = (struct wildcard){ tokens, inside.count + 2 };
}

static struct err compile_values(struct compiler *c, struct match_test *test)
{
    const struct predicate *p = &test->predicate;
    const size_t count = p->value_count;
    struct str *texts = ARENA_ARRAY(c->arena, struct str, count);
    test->texts = texts;
    test->wildcards = ARENA_ARRAY(c->arena, struct wildcard, count);
    test->networks = p->op == PREDICATE_CIDR ? ARENA_ARRAY(c->arena, struct network, count) : NULL;
    double *doubles = has_numbers(p) ? ARENA_ARRAY(c->arena, double, count) : NULL;
    test->doubles = doubles;
    test->regexes = p->op == PREDICATE_REGEX ? ARENA_ARRAY(c->arena, struct regex *, count) : NULL;
    const unsigned flags = (p->ignore_case ? REGEX_IGNORE_CASE : 0u) | (p->multiline ? REGEX_MULTILINE : 0u)
                           | (p->dot_all ? REGEX_DOT_ALL : 0u);
    for (size_t i = 0; i < count; i++) {
        texts[i] = compile_text(c, p->values[i], p->ignore_case);
        if (doubles && !str_to_double(p->values[i], &doubles[i])) {
            return fail(c->ctx, &FAULT_INVALID, "a number changed since it was checked");
        }
        if (p->op == PREDICATE_WILDCARD) {
            test->wildcards[i] = wildcard_parse(c->arena, p->values[i], p->ignore_case);
        } else if (p->op == PREDICATE_KEYWORD) {
            compile_keyword(c, test, i, &texts[i]);
        } else if (p->op == PREDICATE_CIDR && !network_parse(p->values[i], &test->networks[i])) {
            return fail(c->ctx, &FAULT_INVALID, "a network changed since it was checked");
        } else if (p->op == PREDICATE_REGEX) {
            TRY(regex_compile(c->ctx, p->values[i], flags | REGEX_CHECKED, &test->regexes[i]));
        }
    }
    return ERR_OK;
}

/* The predicate's own strings, so that the set needs nobody else's memory. */
static struct predicate copy_predicate(struct compiler *c, const struct predicate *p)
{
    struct predicate copy = *p;
    struct str *values = ARENA_ARRAY(c->arena, struct str, p->value_count);
    for (size_t i = 0; i < p->value_count; i++) {
        values[i] = p->values[i].ptr ? str_copy(c->arena, p->values[i]) : STR("");
    }
    copy.values = values;
    copy.path = p->path.ptr ? str_copy(c->arena, p->path) : STR("");
    copy.other = p->other.ptr ? str_copy(c->arena, p->other) : STR("");
    copy.label = STR_NONE;
    return copy;
}

static void add_bytes(struct text *key, const void *bytes, size_t count)
{
    text_add(key, (struct str){ bytes, count });
}

static void add_text(struct text *key, struct str s)
{
    add_bytes(key, &s.len, sizeof(s.len));
    text_add(key, s);
}

/* Two tests are the same when all that decides is: one then answers for both. */
static struct str test_key(struct compiler *c, const struct predicate *p)
{
    const unsigned char kinds[] = { (unsigned char)p->op, p->flat, p->ignore_case, p->anything_but, p->multiline, p->dot_all,
                                    p->starts, p->ends, p->part, p->low_open, p->high_open, (unsigned char)p->unit };
    struct text key = text_new(c->arena);
    add_bytes(&key, kinds, sizeof(kinds));
    add_bytes(&key, &p->low, sizeof(p->low));
    add_bytes(&key, &p->high, sizeof(p->high));
    add_text(&key, p->path);
    add_text(&key, p->other);
    for (size_t i = 0; i < p->value_count; i++) {
        add_text(&key, p->values[i]);
    }
    return text_str(&key);
}

static struct err compile_new_test(struct compiler *c, const struct predicate *p, struct match_test *test)
{
    test->predicate = copy_predicate(c, p);
    test->op = p->op;
    test->value_count = (uint32_t)p->value_count;
    test->ignore_case = p->ignore_case;
    test->anything_but = p->anything_but;
    test->flat = p->flat;
    if (p->op == PREDICATE_KEYWORD) {
        return compile_values(c, test);
    }
    TRY(compile_field(c, p->path, p->flat, &test->field));
    if (p->op == PREDICATE_FIELD) {
        return compile_field(c, p->other, p->flat, &test->other);
    }
    if (p->op == PREDICATE_EXISTS && p->flat) {
        return ERR_OK;
    }
    if (p->op == PREDICATE_EXISTS) {
        c->set->fields[test->field].whole = projection_slot(c->projection, test->predicate.path);
        return ERR_OK;
    }
    if (p->op == PREDICATE_EQUALS) {
        compile_equals(c, test);
        return ERR_OK;
    }
    return compile_values(c, test);
}

static struct err compile_test(struct compiler *c, const struct predicate *p, uint32_t *out)
{
    struct match_set *set = c->set;
    const struct str key = test_key(c, p);
    const uintptr_t known = (uintptr_t)map_get(c->test_index, key);
    if (known) {
        *out = (uint32_t)(known - 1);
        return ERR_OK;
    }
    if (set->test_count == c->test_capacity) {
        const size_t grown = c->test_capacity ? c->test_capacity * 2 : 64;
        set->tests = arena_grow(c->arena, set->tests, c->test_capacity * sizeof(*set->tests), grown * sizeof(*set->tests));
        c->test_capacity = grown;
    }
    struct match_test *test = &set->tests[set->test_count];
    memset(test, 0, sizeof(*test));
    *out = (uint32_t)set->test_count++;
    map_put(c->test_index, key, index_pointer(*out));
    return compile_new_test(c, p, test);
}

static size_t count_nodes(const struct predicate *p)
{
    size_t count = 1;
    for (size_t i = 0; p->kind != PREDICATE_TEST && i < p->child_count; i++) {
        count += count_nodes(p->children[i]);
    }
    return count;
}

static struct err compile_nodes(struct compiler *c, const struct predicate *p, struct match_node *nodes, struct str *labels,
                                size_t *used)
{
    struct match_node *node = &nodes[(*used)++];
    const size_t start = *used - 1;
    node->kind = p->kind;
    node->together = p->kind == PREDICATE_ALL && p->together;
    if (p->kind == PREDICATE_TEST) {
        TRY(compile_test(c, p, &node->test));
        labels[start] = p->label.ptr ? str_copy(c->arena, p->label) : STR_NONE;
    }
    for (size_t i = 0; p->kind != PREDICATE_TEST && i < p->child_count; i++) {
        TRY(compile_nodes(c, p->children[i], nodes, labels, used));
    }
    node->size = (uint32_t)(*used - start);
    return ERR_OK;
}

static struct err compile_rules(struct compiler *c)
{
    for (size_t i = 0; i < c->set->rule_count; i++) {
        struct match_rule *rule = &c->set->rules[i];
        const size_t count = count_nodes(rule->predicate);
        struct match_node *nodes = ARENA_ARRAY(c->arena, struct match_node, count);
        struct str *labels = ARENA_ARRAY(c->arena, struct str, count);
        size_t used = 0;
        TRY(compile_nodes(c, rule->predicate, nodes, labels, &used));
        rule->written = nodes;
        rule->labels = labels;
        rule->predicate = NULL;
    }
    return ERR_OK;
}

struct err match_compile(struct ctx *ctx, struct match_builder *builder, struct projection_builder *projection,
                         struct match_set **out)
{
    static atomic_uint_fast64_t stamps = 1;
    struct match_set *set = memory_new(sizeof(*set));
    set->stamp = atomic_fetch_add(&stamps, 1);
    set->arena = builder->arena;
    set->rule_count = builder->rule_count;
    set->rules = ARENA_ARRAY(set->arena, struct match_rule, set->rule_count);
    memcpy(set->rules, builder->rules ? builder->rules : set->rules, set->rule_count * sizeof(*set->rules));
    builder->arena = NULL;
    match_builder_close(builder);
    struct compiler c = { .ctx = ctx, .set = set, .arena = set->arena, .projection = projection,
                          .field_index = map_open(), .test_index = map_open() };
    const struct err err = compile_rules(&c);
    map_close(c.field_index, NULL);
    map_close(c.test_index, NULL);
    if (err.fault) {
        match_set_free(set);
        return err;
    }
    match_anchor_rules(set);
    *out = set;
    return ERR_OK;
}

void match_set_free(struct match_set *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->test_count; i++) {
        const struct match_test *test = &set->tests[i];
        for (size_t j = 0; test->regexes && j < test->predicate.value_count; j++) {
            regex_free(test->regexes[j]);
        }
    }
    arena_close(set->arena);
    memory_free(set);
}

size_t match_set_rules(const struct match_set *set)
{
    return set->rule_count;
}
