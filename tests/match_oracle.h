/* match_oracle.h - predicates decided slowly and plainly on a JSON tree, and random rules and documents to try them on.
 * Shared by match/match_test.c and fuzz/match_fuzz.c. Everything random comes from a stream of bytes, so that a fuzzer
 * can steer it. */
#ifndef YAGURA_TESTS_MATCH_ORACLE_H
#define YAGURA_TESTS_MATCH_ORACLE_H

#include <arpa/inet.h>
#include <math.h>

#include "base/json.h"
#include "match/match.h"
#include "match/regex.h"

struct oracle_bytes {
    const uint8_t *at;
    const uint8_t *end;
};

static inline unsigned oracle_pick(struct oracle_bytes *b, unsigned count)
{
    return b->at < b->end ? *b->at++ % count : 0;
}

/* --- the slow way --- */

struct oracle_values {
    const struct json *list[512];
    size_t count;
};

static inline void oracle_elements(struct oracle_values *v, const struct json *j)
{
    if (j->kind != JSON_ARRAY) {
        if (v->count < COUNT_OF(v->list)) {
            v->list[v->count++] = j;
        }
        return;
    }
    for (const struct json *child = j->child; child; child = child->next) {
        oracle_elements(v, child);
    }
}

/* The values at a path; present: whether it is there at all. */
static inline void oracle_find(struct oracle_values *v, const struct json *j, struct str path, bool *present)
{
    if (path.ptr == NULL) {
        *present = true;
        oracle_elements(v, j);
        return;
    }
    if (j->kind == JSON_ARRAY) {
        for (const struct json *child = j->child; child; child = child->next) {
            oracle_find(v, child, path, present);
        }
        return;
    }
    struct str rest = STR_NONE;
    const struct json *member = json_get(j, str_cut(path, '.', &rest));
    if (member) {
        oracle_find(v, member, rest, present);
    }
}

static inline bool oracle_wildcard(const char *p, const char *p_end, const char *t, const char *t_end)
{
    if (p == p_end) {
        return t == t_end;
    }
    if (*p == '*') {
        return oracle_wildcard(p + 1, p_end, t, t_end) || (t < t_end && oracle_wildcard(p, p_end, t + 1, t_end));
    }
    if (t == t_end) {
        return false;
    }
    if (*p == '?') {
        return oracle_wildcard(p + 1, p_end, t + 1, t_end); /* the oracle's texts are ASCII */
    }
    if (*p == '\\' && p + 1 < p_end && (p[1] == '*' || p[1] == '?' || p[1] == '\\')) {
        p++;
    }
    return *p == *t && oracle_wildcard(p + 1, p_end, t + 1, t_end);
}

static inline bool oracle_cidr(struct arena *arena, struct str network, struct str address)
{
    struct str length_text = STR_NONE;
    const char *base = str_cstr(arena, str_cut(network, '/', &length_text));
    const char *text = str_cstr(arena, address);
    unsigned char a[16], b[16];
    for (int family = 0; family < 2; family++) {
        const int af = family ? AF_INET6 : AF_INET;
        if (inet_pton(af, base, a) == 1 && inet_pton(af, text, b) == 1) {
            int64_t bits = family ? 128 : 32;
            if (length_text.ptr && !str_to_int(length_text, &bits)) {
                return false;
            }
            for (int64_t i = 0; i < bits; i++) {
                if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) {
                    return false;
                }
            }
            return true;
        }
    }
    return false;
}

static inline struct str oracle_text(const struct json *j)
{
    return j->kind == JSON_TRUE ? STR("true") : j->kind == JSON_FALSE ? STR("false") : j->text;
}

static inline bool oracle_compare_texts(struct arena *arena, const struct predicate *p, struct str value, struct str text)
{
    const struct str v = p->ignore_case ? str_lower(arena, value) : value;
    const struct str t = p->ignore_case ? str_lower(arena, text) : text;
    switch (p->op) {
    case PREDICATE_EQUALS: return str_equal(v, t);
    case PREDICATE_PREFIX: return str_starts(t, v);
    case PREDICATE_SUFFIX: return str_ends(t, v);
    case PREDICATE_CONTAINS: return v.len == 0 || str_search(t, v) != STR_MISSING;
    case PREDICATE_WILDCARD: return oracle_wildcard(v.ptr, v.ptr + v.len, t.ptr, t.ptr + t.len);
    default: return false;
    }
}

static inline bool oracle_regex(struct arena *arena, const struct predicate *p, struct str value, struct str text)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct regex *regex = NULL;
    if (regex_compile(&ctx, value, p->ignore_case ? REGEX_IGNORE_CASE : 0u, &regex).fault) {
        return false;
    }
    struct regex_scratch *scratch = regex_scratch_open();
    const bool found = regex_found(regex, scratch, text, NULL);
    regex_scratch_close(scratch);
    regex_free(regex);
    return found;
}

static inline bool oracle_value_holds(struct arena *arena, const struct predicate *p, const struct json *j)
{
    double number = 0;
    if (p->op == PREDICATE_NULL || j->kind == JSON_NULL) {
        return p->op == PREDICATE_NULL && j->kind == JSON_NULL;
    }
    if (p->op == PREDICATE_BOOL) {
        return j->kind == (p->low > 0 ? JSON_TRUE : JSON_FALSE);
    }
    if (p->op == PREDICATE_NUMBER) {
        return (j->kind == JSON_NUMBER || j->kind == JSON_STRING) && str_to_double(j->text, &number)
               && (p->low_open ? number > p->low : number >= p->low) && (p->high_open ? number < p->high : number <= p->high);
    }
    for (size_t i = 0; i < p->value_count; i++) {
        bool holds = false;
        if (p->op == PREDICATE_CIDR) {
            holds = j->kind == JSON_STRING && oracle_cidr(arena, p->values[i], j->text);
        } else if (p->op == PREDICATE_REGEX) {
            holds = oracle_regex(arena, p, p->values[i], oracle_text(j));
        } else {
            holds = (p->op != PREDICATE_EQUALS || j->kind != JSON_OBJECT)
                    && oracle_compare_texts(arena, p, p->values[i], oracle_text(j));
        }
        if (holds) {
            return true;
        }
    }
    return false;
}

static inline bool oracle_fields_hold(struct arena *arena, const struct predicate *p, const struct json *a,
                                      const struct oracle_values *others)
{
    for (size_t i = 0; i < others->count; i++) {
        if (a->kind != JSON_NULL && others->list[i]->kind != JSON_NULL) {
            struct predicate equals = { .op = PREDICATE_EQUALS, .ignore_case = p->ignore_case };
            if (oracle_compare_texts(arena, &equals, oracle_text(a), oracle_text(others->list[i]))) {
                return true;
            }
        }
    }
    return false;
}

static inline bool oracle_test_holds(struct arena *arena, const struct predicate *p, const struct json *root, struct str source)
{
    struct oracle_values values = { .count = 0 };
    struct oracle_values others = { .count = 0 };
    bool present = false;
    bool other_present = false;
    if (p->op == PREDICATE_KEYWORD) {
        return (str_search(str_lower(arena, source), str_lower(arena, p->values[0])) != STR_MISSING) != p->anything_but;
    }
    oracle_find(&values, root, p->path, &present);
    if (p->op == PREDICATE_EXISTS) {
        return present != p->anything_but;
    }
    if (p->op == PREDICATE_FIELD) {
        oracle_find(&others, root, p->other, &other_present);
    }
    for (size_t i = 0; i < values.count; i++) {
        const bool holds = p->op == PREDICATE_FIELD ? oracle_fields_hold(arena, p, values.list[i], &others)
                                                    : oracle_value_holds(arena, p, values.list[i]);
        if (holds != p->anything_but) {
            return true;
        }
    }
    return false;
}

static inline bool oracle_holds(struct arena *arena, const struct predicate *p, const struct json *root, struct str source)
{
    switch (p->kind) {
    case PREDICATE_TEST: return oracle_test_holds(arena, p, root, source);
    case PREDICATE_NOT: return !oracle_holds(arena, p->children[0], root, source);
    case PREDICATE_ALL:
    case PREDICATE_ANY:
        for (size_t i = 0; i < p->child_count; i++) {
            if (oracle_holds(arena, p->children[i], root, source) == (p->kind == PREDICATE_ANY)) {
                return p->kind == PREDICATE_ANY;
            }
        }
    }
    return p->kind == PREDICATE_ALL;
}

/* --- random rules and documents over few names and values, so that they meet --- */

static const struct str ORACLE_NAMES[] = { STR_INIT("a"), STR_INIT("b"), STR_INIT("a.b"), STR_INIT("b.a"), STR_INIT("b.a.a") };
static const struct str ORACLE_TEXTS[] = {
    STR_INIT("CreateUser"), STR_INIT("createuser"), STR_INIT("DeleteUser"), STR_INIT("arn:aws:iam::1:user/x"), STR_INIT("10.1.2.3"),
    STR_INIT("2001:db8::7"), STR_INIT(""), STR_INIT("42"), STR_INIT("7.5"), STR_INIT("true"), STR_INIT("user"), STR_INIT("eU"),
};
static const struct str ORACLE_PATTERNS[] = {
    STR_INIT("*user"), STR_INIT("create*"), STR_INIT("*"), STR_INIT("?reate?ser"), STR_INIT("arn:*:iam*x"), STR_INIT("4\\*"), STR_INIT("*e*e*e*"),
};
static const struct str ORACLE_REGEXES[] = { STR_INIT("^Create"), STR_INIT("user$"), STR_INIT("[0-9]+"), STR_INIT("(a|b)r?n") };
static const struct str ORACLE_NETWORKS[] = { STR_INIT("10.0.0.0/8"), STR_INIT("2001:db8::/32"), STR_INIT("10.1.2.3"), STR_INIT("0.0.0.0/0") };

static inline struct str oracle_operand(struct oracle_bytes *b, enum predicate_operator op)
{
    switch (op) {
    case PREDICATE_WILDCARD: return ORACLE_PATTERNS[oracle_pick(b, COUNT_OF(ORACLE_PATTERNS))];
    case PREDICATE_REGEX: return ORACLE_REGEXES[oracle_pick(b, COUNT_OF(ORACLE_REGEXES))];
    case PREDICATE_CIDR: return ORACLE_NETWORKS[oracle_pick(b, COUNT_OF(ORACLE_NETWORKS))];
    default: return ORACLE_TEXTS[oracle_pick(b, COUNT_OF(ORACLE_TEXTS))];
    }
}

static inline const struct predicate *oracle_random_predicate(struct arena *arena, struct oracle_bytes *b, int depth)
{
    static const double bounds[] = { (double)-INFINITY, 0, 7.5, 42, (double)INFINITY };
    static const enum predicate_operator operators[] = {
        PREDICATE_EQUALS, PREDICATE_EQUALS, PREDICATE_EQUALS, PREDICATE_PREFIX, PREDICATE_SUFFIX, PREDICATE_CONTAINS,
        PREDICATE_WILDCARD, PREDICATE_REGEX, PREDICATE_NUMBER, PREDICATE_CIDR, PREDICATE_EXISTS, PREDICATE_NULL, PREDICATE_BOOL,
        PREDICATE_FIELD, PREDICATE_KEYWORD,
    };
    struct predicate *p = ARENA_NEW(arena, struct predicate);
    const unsigned kind = depth > 4 ? 9 : oracle_pick(b, 10);
    if (kind < 5) {
        p->kind = kind < 2 ? PREDICATE_ALL : kind < 4 ? PREDICATE_ANY : PREDICATE_NOT;
        p->child_count = p->kind == PREDICATE_NOT ? 1 : oracle_pick(b, 4);
        const struct predicate **children = (void *)ARENA_ARRAY(arena, struct predicate *, p->child_count);
        for (size_t i = 0; i < p->child_count; i++) {
            children[i] = oracle_random_predicate(arena, b, depth + 1);
        }
        p->children = children;
        return p;
    }
    p->kind = PREDICATE_TEST;
    p->op = operators[oracle_pick(b, COUNT_OF(operators))];
    p->ignore_case = p->op == PREDICATE_KEYWORD || oracle_pick(b, 2);
    p->anything_but = oracle_pick(b, 5) == 4;
    p->path = ORACLE_NAMES[oracle_pick(b, COUNT_OF(ORACLE_NAMES))];
    p->other = ORACLE_NAMES[oracle_pick(b, COUNT_OF(ORACLE_NAMES))];
    p->low = p->op == PREDICATE_BOOL ? oracle_pick(b, 2) : bounds[oracle_pick(b, COUNT_OF(bounds))];
    p->high = bounds[oracle_pick(b, COUNT_OF(bounds))];
    p->low_open = oracle_pick(b, 2);
    p->high_open = oracle_pick(b, 2);
    p->value_count = p->op == PREDICATE_KEYWORD ? 1 : 1 + oracle_pick(b, 3);
    struct str *values = ARENA_ARRAY(arena, struct str, p->value_count);
    for (size_t i = 0; i < p->value_count; i++) {
        values[i] = oracle_operand(b, p->op);
    }
    p->values = values;
    return p;
}

static inline void oracle_random_json(struct text *out, struct oracle_bytes *b, int depth)
{
    static const char *const plain[] = { "null", "true", "false", "42", "7.5", "-1e3" };
    const unsigned kind = depth == 0 ? 9 : depth > 4 ? oracle_pick(b, 5) : oracle_pick(b, 9);
    if (kind < 2) {
        text_add(out, str_of(plain[oracle_pick(b, COUNT_OF(plain))]));
    } else if (kind < 5) {
        text_add_char(out, '"');
        text_add(out, ORACLE_TEXTS[oracle_pick(b, COUNT_OF(ORACLE_TEXTS))]);
        text_add_char(out, '"');
    } else {
        const bool array = kind == 5;
        text_add_char(out, array ? '[' : '{');
        for (unsigned i = 0, n = oracle_pick(b, 4); i < n; i++) {
            text_add(out, i ? STR(",") : STR(""));
            text_add(out, array ? STR("") : oracle_pick(b, 2) ? STR("\"a\":") : STR("\"b\":"));
            oracle_random_json(out, b, depth + 1);
        }
        text_add_char(out, array ? ']' : '}');
    }
}

enum { ORACLE_RULES = 24 };

/* Makes rules and documents from the bytes; NULL: the automaton and the slow way agree on all of them, and so does
 * match_explain. */
static inline const char *oracle_match_check(struct arena *arena, struct oracle_bytes *b, size_t documents)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate *rules[ORACLE_RULES];
    struct match_builder *builder = match_builder_open();
    for (uint32_t i = 0; i < ORACLE_RULES; i++) {
        rules[i] = oracle_random_predicate(arena, b, 0);
        if (match_builder_add(&ctx, builder, i, rules[i]).fault) {
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
    for (size_t d = 0; d < documents && !trouble; d++) {
        struct text document = text_new(arena);
        oracle_random_json(&document, b, 0);
        const struct str source = text_str(&document);
        const struct json *root = json_parse(arena, source, NULL);
        size_t used = 0, at = 0;
        uint32_t ids[ORACLE_RULES];
        if (root == NULL || !scan_document(scan, source, &used)) {
            trouble = "the document was refused";
            break;
        }
        uint32_t again[ORACLE_RULES];
        const size_t count = match_run(set, scratch, scan, ids, ORACLE_RULES);
        const size_t count_again = match_run(set, scratch, scan, again, ORACLE_RULES); /* now from what it remembers */
        if (count_again != count || memcmp(ids, again, count * sizeof(ids[0])) != 0) {
            trouble = "the second look says otherwise";
        }
        for (uint32_t i = 0; i < ORACLE_RULES; i++) {
            const bool expected = oracle_holds(arena, rules[i], root, source);
            const bool got = at < count && ids[at] == i;
            at += got;
            struct match_explanation why = { 0 };
            if (expected != got) {
                trouble = expected ? "the automaton misses a rule" : "the automaton invents a match";
            } else if (match_explain(&ctx, set, scan, i, &why).fault || why.matched != expected) {
                trouble = "the explanation says otherwise";
            }
        }
    }
    match_scratch_close(scratch);
    scan_close(scan);
    projection_free(projection);
    match_set_free(set);
    return trouble;
}

#endif
