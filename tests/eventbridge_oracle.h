/* eventbridge_oracle.h - event patterns the slow way, against the front end and the automaton: the event is flattened to
 * its leaves, each with the array elements around it, and every choice of leaves is tried. For eventbridge_test.c and the
 * fuzzer. */
#ifndef YAGURA_TESTS_EVENTBRIDGE_ORACLE_H
#define YAGURA_TESTS_EVENTBRIDGE_ORACLE_H

#include "match/eventbridge.h"
#include "tests/match_oracle.h"

/* --- the event --- */

struct flat_element {
    const struct json *array, *element;
};
struct flat_leaf {
    struct str path;
    const struct json *value;
    struct flat_element around[10];
    size_t depth;
};
struct flat_event {
    struct flat_leaf leaves[400];
    size_t count;
};

static inline struct str flat_join(struct arena *arena, struct str path, struct str key)
{
    return path.ptr ? str_format(arena, "%" STR_FMT ".%" STR_FMT, STR_ARG(path), STR_ARG(key)) : key;
}

static inline void flat_value(struct arena *arena, struct flat_event *e, struct flat_leaf at, const struct json *j)
{
    if (j->kind == JSON_OBJECT) {
        for (const struct json *child = j->child; child; child = child->next) {
            if (json_get(j, child->key) == child) { /* the last of its name */
                struct flat_leaf below = at;
                below.path = flat_join(arena, at.path, child->key);
                flat_value(arena, e, below, child);
            }
        }
        return;
    }
    if (j->kind == JSON_ARRAY) {
        for (const struct json *child = j->child; child; child = child->next) {
            struct flat_leaf below = at;
            if ((child->kind == JSON_OBJECT || child->kind == JSON_ARRAY) && at.depth < COUNT_OF(at.around)) {
                below.around[below.depth++] = (struct flat_element){ j, child };
            }
            flat_value(arena, e, below, child);
        }
        return;
    }
    if (e->count < COUNT_OF(e->leaves)) {
        at.value = j;
        e->leaves[e->count++] = at;
    }
}

static inline bool flat_contradict(const struct flat_leaf *a, const struct flat_leaf *b)
{
    for (size_t i = 0; i < a->depth; i++) {
        for (size_t j = 0; j < b->depth; j++) {
            if (a->around[i].array == b->around[j].array && a->around[i].element != b->around[j].element) {
                return true;
            }
        }
    }
    return false;
}

/* --- the pattern --- */

struct naive_rule {
    struct {
        struct str path;
        const struct json *alternatives;
    } fields[20];
    size_t count;
};
struct naive_rules {
    struct naive_rule list[32];
    size_t count;
    bool too_many;
};

static inline void naive_put(struct naive_rule *rule, struct str path, const struct json *alternatives)
{
    size_t at = 0;
    while (at < rule->count && str_compare(rule->fields[at].path, path) < 0) {
        at++;
    }
    if (at == rule->count || !str_equal(rule->fields[at].path, path)) {
        if (rule->count == COUNT_OF(rule->fields)) {
            return;
        }
        memmove(&rule->fields[at + 1], &rule->fields[at], (rule->count - at) * sizeof(rule->fields[0]));
        rule->count++;
    }
    rule->fields[at].path = path;
    rule->fields[at].alternatives = alternatives;
}

static inline void naive_read(struct arena *arena, struct naive_rules *rules, struct str path, const struct json *object)
{
    for (const struct json *j = object->child; j; j = j->next) {
        if (str_equal(j->key, STR("$or"))) {
            struct naive_rules *before = ARENA_NEW(arena, struct naive_rules);
            struct naive_rules *one = ARENA_NEW(arena, struct naive_rules);
            *before = *rules;
            rules->count = 0;
            for (const struct json *choice = j->child; choice; choice = choice->next) {
                *one = *before;
                naive_read(arena, one, path, choice);
                rules->too_many |= one->too_many || rules->count + one->count > COUNT_OF(rules->list);
                for (size_t i = 0; i < one->count && !rules->too_many; i++) {
                    rules->list[rules->count++] = one->list[i];
                }
            }
        } else if (j->kind == JSON_OBJECT) {
            naive_read(arena, rules, flat_join(arena, path, j->key), j);
        } else {
            for (size_t i = 0; i < rules->count; i++) {
                naive_put(&rules->list[i], flat_join(arena, path, j->key), j);
            }
        }
    }
}

/* --- one value against one alternative --- */

static inline bool naive_number(const struct json *numeric, double number)
{
    for (const struct json *op = numeric->child; op; op = op->next->next) {
        double bound = 0;
        json_double(op->next, &bound);
        const char first = op->text.ptr[0];
        const bool equal_too = op->text.len == 2 || first == '=';
        const bool equal = number >= bound && number <= bound;
        if (!((equal_too && equal) || (first == '<' && number < bound) || (first == '>' && number > bound))) {
            return false;
        }
    }
    return true;
}

static inline bool naive_operator(struct arena *arena, struct str op, const struct json *operand, struct str text)
{
    if (operand->kind == JSON_OBJECT) { /* prefix or suffix without regard to case */
        struct json lowered = *operand->child;
        lowered.text = str_lower(arena, lowered.text);
        return naive_operator(arena, op, &lowered, str_lower(arena, text));
    }
    if (operand->kind == JSON_ARRAY) {
        for (const struct json *one = operand->child; one; one = one->next) {
            if (naive_operator(arena, op, one, text)) {
                return true;
            }
        }
        return false;
    }
    const struct str value = operand->text;
    switch (op.ptr[0]) {
    case 'p': return str_starts(text, value);
    case 's': return str_ends(text, value);
    case 'e': return str_equal_nocase(text, value);
    case 'w': return oracle_wildcard(value.ptr, value.ptr + value.len, text.ptr, text.ptr + text.len);
    default: return oracle_cidr(arena, value, text);
    }
}

static inline bool naive_literal(const struct json *alternative, const struct json *value)
{
    double a = 0;
    double b = 0;
    if (alternative->kind == JSON_NUMBER && value->kind == JSON_NUMBER) {
        return json_double(alternative, &a) && json_double(value, &b) && a >= b && a <= b;
    }
    return alternative->kind == value->kind && (value->kind != JSON_STRING || str_equal(alternative->text, value->text));
}

static inline bool naive_excluded(struct arena *arena, const struct json *operand, const struct json *value)
{
    if (operand->kind == JSON_OBJECT) {
        return value->kind == JSON_STRING && naive_operator(arena, operand->child->key, operand->child, value->text);
    }
    for (const struct json *one = operand->kind == JSON_ARRAY ? operand->child : operand; one;
         one = operand->kind == JSON_ARRAY ? one->next : NULL) {
        if (naive_literal(one, value)) {
            return true;
        }
    }
    return false;
}

static inline bool naive_value(struct arena *arena, const struct json *alternative, const struct json *value)
{
    double number = 0;
    if (alternative->kind != JSON_OBJECT) {
        return naive_literal(alternative, value);
    }
    const struct json *operand = alternative->child;
    if (str_equal(operand->key, STR("exists"))) {
        return operand->kind == JSON_TRUE;
    }
    if (str_equal(operand->key, STR("anything-but"))) {
        return !naive_excluded(arena, operand, value);
    }
    if (str_equal(operand->key, STR("numeric"))) {
        return value->kind == JSON_NUMBER && json_double(value, &number) && naive_number(operand, number);
    }
    return value->kind == JSON_STRING && naive_operator(arena, operand->key, operand, value->text);
}

/* --- every choice --- */

static inline bool naive_fits(const struct flat_leaf *leaf, const struct flat_leaf *const *chosen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (chosen[i] && flat_contradict(leaf, chosen[i])) {
            return false;
        }
    }
    return true;
}

static inline bool naive_absent(const struct flat_event *e, struct str path, const struct flat_leaf *const *chosen, size_t count)
{
    for (size_t i = 0; i < e->count; i++) {
        if (str_equal(e->leaves[i].path, path) && naive_fits(&e->leaves[i], chosen, count)) {
            return false;
        }
    }
    return true;
}

static inline bool naive_search(struct arena *arena, const struct naive_rule *rule, const struct flat_event *e,
                                const struct flat_leaf **chosen, size_t count)
{
    if (count == rule->count) {
        return true;
    }
    for (const struct json *a = rule->fields[count].alternatives->child; a; a = a->next) {
        const bool absence = a->kind == JSON_OBJECT && str_equal(a->child->key, STR("exists")) && a->child->kind == JSON_FALSE;
        chosen[count] = NULL;
        if (absence && naive_absent(e, rule->fields[count].path, chosen, count) && naive_search(arena, rule, e, chosen, count + 1)) {
            return true;
        }
        for (size_t i = 0; i < e->count && !absence; i++) {
            const struct flat_leaf *leaf = &e->leaves[i];
            if (str_equal(leaf->path, rule->fields[count].path) && naive_fits(leaf, chosen, count) && naive_value(arena, a, leaf->value)) {
                chosen[count] = leaf;
                if (naive_search(arena, rule, e, chosen, count + 1)) {
                    return true;
                }
            }
        }
    }
    return false;
}

static inline bool naive_matches(struct arena *arena, const struct naive_rules *rules, const struct flat_event *e)
{
    const struct flat_leaf *chosen[COUNT_OF(rules->list[0].fields)];
    for (size_t i = 0; i < rules->count; i++) {
        if (naive_search(arena, &rules->list[i], e, chosen, 0)) {
            return true;
        }
    }
    return false;
}

/* --- random patterns and events over few names and values, so that they meet --- */

static const char *const FLAT_ALTERNATIVES[] = {
    "\"x\"", "\"X\"", "\"xy\"", "\"1\"", "\"\"", "\"10.0.0.1\"", "1", "1.0", "2", "true", "false", "null",
    "{\"exists\":true}", "{\"exists\":false}", "{\"exists\":false}", "{\"prefix\":\"x\"}", "{\"prefix\":\"\"}", "{\"suffix\":\"y\"}",
    "{\"prefix\":{\"equals-ignore-case\":\"X\"}}", "{\"suffix\":{\"equals-ignore-case\":\"Y\"}}", "{\"equals-ignore-case\":\"XY\"}",
    "{\"wildcard\":\"x*\"}", "{\"wildcard\":\"*\"}", "{\"wildcard\":\"1*0*1\"}", "{\"cidr\":\"10.0.0.0/8\"}", "{\"cidr\":\"0.0.0.0/0\"}",
    "{\"numeric\":[\">\",1]}", "{\"numeric\":[\"=\",1]}", "{\"numeric\":[\">=\",1,\"<\",2]}", "{\"numeric\":[\"<\",0]}",
    "{\"anything-but\":\"x\"}", "{\"anything-but\":[\"x\",\"xy\"]}", "{\"anything-but\":1}", "{\"anything-but\":[1,2]}",
    "{\"anything-but\":{\"prefix\":\"x\"}}", "{\"anything-but\":{\"suffix\":[\"y\",\"1\"]}}", "{\"anything-but\":{\"wildcard\":\"*1\"}}",
    "{\"anything-but\":{\"equals-ignore-case\":[\"x\",\"XY\"]}}",
};
static const char *const FLAT_VALUES[] = { "\"x\"", "\"X\"", "\"xy\"", "\"1\"", "\"\"", "\"10.0.0.1\"", "1", "1.0", "2", "-3e0", "true", "null" };
static const char *const FLAT_NAMES[] = { "a", "b", "c", "a.b", "b.a" };

static inline void flat_random_pattern(struct text *out, struct oracle_bytes *b, int depth, int ors)
{
    const unsigned count = 1 + oracle_pick(b, depth ? 2 : 3);
    text_add_char(out, '{');
    for (unsigned i = 0; i < count; i++) {
        const unsigned kind = oracle_pick(b, 8);
        text_add(out, i ? STR(",") : STR(""));
        if (kind == 0 && ors < 2) {
            text_add(out, STR("\"$or\":["));
            flat_random_pattern(out, b, depth, ors + 1);
            text_add_char(out, ',');
            flat_random_pattern(out, b, depth, ors + 1);
            text_add_char(out, ']');
            continue;
        }
        text_add_format(out, "\"%s\":", FLAT_NAMES[oracle_pick(b, depth ? 5 : 3)]);
        if (kind < 5 && depth < 1) {
            flat_random_pattern(out, b, depth + 1, ors);
            continue;
        }
        text_add_char(out, '[');
        for (unsigned j = 0, n = 1 + oracle_pick(b, 2); j < n; j++) {
            text_add_format(out, "%s%s", j ? "," : "", FLAT_ALTERNATIVES[oracle_pick(b, COUNT_OF(FLAT_ALTERNATIVES))]);
        }
        text_add_char(out, ']');
    }
    text_add_char(out, '}');
}

static inline void flat_random_event(struct text *out, struct oracle_bytes *b, int depth)
{
    const unsigned kind = depth == 0 ? 9 : depth > 4 ? 0 : oracle_pick(b, 10);
    if (kind < 3) {
        text_add(out, str_of(FLAT_VALUES[oracle_pick(b, COUNT_OF(FLAT_VALUES))]));
        return;
    }
    const bool array = kind < 7;
    text_add_char(out, array ? '[' : '{');
    for (unsigned i = 0, n = oracle_pick(b, 4); i < n; i++) {
        text_add(out, i ? STR(",") : STR(""));
        if (!array) {
            text_add_format(out, "\"%s\":", FLAT_NAMES[oracle_pick(b, 4) ? oracle_pick(b, 3) : oracle_pick(b, 5)]);
        }
        flat_random_event(out, b, depth + 1);
    }
    text_add_char(out, array ? ']' : '}');
}

enum { FLAT_RULES = 12 };

struct flat_case {
    struct naive_rules rules;
    struct str text;
};

/* One event against all patterns; NULL: everybody agrees. */
static inline const char *flat_compare(struct arena *arena, const struct match_set *set, struct match_scratch *scratch, struct scan *scan,
                                       const struct flat_case *cases, struct str event, size_t *hits)
{
    struct flat_event *flat = ARENA_NEW(arena, struct flat_event);
    struct ctx ctx = ctx_new(arena, 0);
    uint32_t ids[FLAT_RULES];
    size_t used = 0;
    size_t at = 0;
    const struct json *root = json_parse(arena, event, NULL);
    if (root == NULL || !scan_document(scan, event, &used)) {
        return "the event was refused";
    }
    flat_value(arena, flat, (struct flat_leaf){ .depth = 0 }, root);
    const size_t count = match_run(set, scratch, scan, ids, FLAT_RULES);
    *hits += count;
    for (uint32_t i = 0; i < FLAT_RULES; i++) {
        const bool got = at < count && ids[at] == i;
        at += got;
        struct match_explanation why = { 0 };
        if (!cases[i].rules.too_many && naive_matches(arena, &cases[i].rules, flat) != got) {
            return str_cstr(arena, str_format(arena, "%s\n%" STR_FMT "\n%" STR_FMT, got ? "invented" : "missed", STR_ARG(cases[i].text),
                                              STR_ARG(event)));
        }
        if (match_explain(&ctx, set, scan, i, &why).fault || why.matched != got) {
            return "the explanation says otherwise";
        }
    }
    return NULL;
}

/* A pattern that AWS would call too complex gives way to a plain one; any other refusal is trouble. */
static inline bool flat_case_add(struct ctx *ctx, struct match_builder *builder, struct flat_case *one, uint32_t id,
                                 struct oracle_bytes *b)
{
    const struct predicate *predicate = NULL;
    struct str reason = STR_NONE;
    struct text text = text_new(ctx->arena);
    flat_random_pattern(&text, b, 0, 0);
    one->text = text_str(&text);
    if (eventbridge_parse(ctx, one->text, &predicate, &reason).fault) {
        if (!str_starts(reason, STR("Event pattern is not valid. Reason: Rule is too complex"))) {
            return false;
        }
        one->text = STR("{\"a\":[\"x\"]}");
        if (eventbridge_parse(ctx, one->text, &predicate, NULL).fault) {
            return false;
        }
    }
    one->rules.count = 1;
    naive_read(ctx->arena, &one->rules, STR_NONE, json_parse(ctx->arena, one->text, NULL));
    return match_builder_add(ctx, builder, id, predicate).fault == NULL;
}

static inline const char *flat_check(struct arena *arena, struct oracle_bytes *b, size_t events, size_t *hits)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct flat_case *cases = ARENA_ARRAY(arena, struct flat_case, FLAT_RULES);
    struct match_builder *builder = match_builder_open();
    for (uint32_t i = 0; i < FLAT_RULES; i++) {
        if (!flat_case_add(&ctx, builder, &cases[i], i, b)) {
            match_builder_close(builder);
            return str_cstr(arena, str_of(ctx.reason));
        }
    }
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    if (match_compile(&ctx, builder, paths, &set).fault) {
        return "did not compile";
    }
    struct projection *projection = projection_end(paths);
    struct scan *scan = scan_open(projection);
    struct match_scratch *scratch = match_scratch_open();
    const char *trouble = NULL;
    for (size_t i = 0; i < events && !trouble; i++) {
        struct text event = text_new(arena);
        flat_random_event(&event, b, 0);
        trouble = flat_compare(arena, set, scratch, scan, cases, text_str(&event), hits);
    }
    match_scratch_close(scratch);
    scan_close(scan);
    projection_free(projection);
    match_set_free(set);
    return trouble;
}

#endif
