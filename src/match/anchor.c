/* anchor.c - decides what each rule waits behind.
 *
 * An anchor is a necessary condition that can be noticed while reading the document. A rule needs a set of them such that
 * whenever it holds, at least one turned up. For a conjunction the cheapest child's set will do; for a disjunction all
 * children's sets together; a negation promises nothing. Cost is how often, by a rough guess, the anchors will fire. */
#include <math.h>

#include "match/set.h"

enum anchor_kind { ANCHOR_VALUE, ANCHOR_LITERAL, ANCHOR_DOCUMENT, ANCHOR_PRESENT };
enum { LITERAL_MAX = 12, LITERAL_MIN = 2 };

struct anchor {
    enum anchor_kind kind;
    uint32_t field;
    struct interned *value;
    struct str literal; /* lower case */
    struct anchor *next;
};

struct anchors {
    double cost; /* INFINITY: nothing can be promised */
    struct anchor *first;
    uint32_t test; /* they stand for this test alone; NO_GUARD: for several */
};

/* Searching a field for literals has its price for every document, however few rules want it; once it is paid, each
 * literal costs next to nothing. So a field is searched only when the rules that would gain by it are woken often
 * otherwise: WAKES_WORTH_A_SEARCH times a document. */
#define DEAR_LITERAL 4.0
#define CHEAP_LITERAL 0.05
#define WAKES_WORTH_A_SEARCH 3.0

static const struct anchors NOTHING = { (double)INFINITY, NULL, NO_GUARD };

/* Where anchors of one kind gather: rules as they come, and literals per field. */
struct waiting {
    struct sleeper sleeper;
    struct waiting *next;
};
struct literal_set {
    struct str literal;
    struct waiting *rules;
    size_t count;
    struct literal_set *next;
};
struct gather {
    struct arena *arena; /* for the work */
    struct match_set *set;
    struct literal_set **literals; /* by field; one more for the document */
    size_t *literal_counts;
    struct waiting **present; /* by field */
    uint32_t *uses;           /* by test: how many nodes ask it */
    bool *search;             /* by field: whether it is searched for literals at all */
    struct waiting *always;
};

static struct anchors one(struct arena *arena, struct anchor anchor, double cost)
{
    struct anchor *first = ARENA_NEW(arena, struct anchor);
    *first = anchor;
    return (struct anchors){ cost, first, NO_GUARD };
}

static struct anchors both(struct anchors a, struct anchors b)
{
    struct anchor **end = &a.first;
    while (*end) {
        end = &(*end)->next;
    }
    *end = b.first;
    return (struct anchors){ a.cost + b.cost, a.first, NO_GUARD };
}

/* At most so many bytes: the end of a literal tells more than its start (paths, host names, actions). */
static struct str cut_literal(struct arena *arena, struct str text)
{
    char *lower = arena_alloc(arena, text.len + 1);
    match_text_lower(lower, text);
    const size_t len = text.len < LITERAL_MAX ? text.len : (size_t)LITERAL_MAX;
    return (struct str){ lower + text.len - len, len };
}

static struct anchors anchor_literal(struct gather *g, enum anchor_kind kind, uint32_t field, struct str text, double base)
{
    if (text.len < LITERAL_MIN) {
        return kind == ANCHOR_DOCUMENT ? NOTHING : one(g->arena, (struct anchor){ .kind = ANCHOR_PRESENT, .field = field }, 0.8);
    }
    const struct str literal = cut_literal(g->arena, text);
    const double cost = (kind == ANCHOR_LITERAL && g->search[field] ? CHEAP_LITERAL : base) / (double)literal.len;
    return one(g->arena, (struct anchor){ .kind = kind, .field = field, .literal = literal }, cost);
}

static struct anchors anchor_value(struct gather *g, const struct match_test *test, struct str text)
{
    const struct match_field *field = &g->set->fields[test->field];
    struct interned *value = NULL;
    for (size_t at = match_interned_place(match_text_hash(text), field->mask); value == NULL; at = (at + 1) & field->mask) {
        value = match_text_equal(field->table[at]->lower, text) ? field->table[at] : NULL;
    }
    return one(g->arena, (struct anchor){ .kind = ANCHOR_VALUE, .field = test->field, .value = value },
               0.5 / (double)field->value_count);
}

static struct anchors anchor_test(struct gather *g, const struct match_test *test)
{
    const struct predicate *p = &test->predicate;
    const bool text = p->op == PREDICATE_EQUALS || p->op == PREDICATE_PREFIX || p->op == PREDICATE_SUFFIX
                      || p->op == PREDICATE_CONTAINS || p->op == PREDICATE_WILDCARD || p->op == PREDICATE_KEYWORD;
    if (p->op == PREDICATE_EXISTS || (p->op == PREDICATE_KEYWORD && p->anything_but)) {
        return NOTHING;
    }
    if (!text || p->anything_but) {
        return one(g->arena, (struct anchor){ .kind = ANCHOR_PRESENT, .field = test->field }, 0.9);
    }
    struct anchors all = { 0, NULL, NO_GUARD };
    for (size_t i = 0; i < p->value_count; i++) {
        struct anchors next = NOTHING;
        if (p->op == PREDICATE_EQUALS) {
            next = anchor_value(g, test, p->values[i]);
        } else if (p->op == PREDICATE_WILDCARD) {
            next = anchor_literal(g, ANCHOR_LITERAL, test->field, wildcard_longest(&test->wildcards[i], g->arena), DEAR_LITERAL);
        } else if (p->op == PREDICATE_KEYWORD) {
            const struct wildcard *wildcard = &test->wildcards[i];
            const struct str literal = wildcard->tokens ? wildcard_longest(wildcard, g->arena) : test->texts[i];
            next = anchor_literal(g, ANCHOR_DOCUMENT, 0, literal, DEAR_LITERAL);
        } else {
            next = anchor_literal(g, ANCHOR_LITERAL, test->field, p->values[i], DEAR_LITERAL);
        }
        all = both(all, next);
    }
    return all;
}

static struct anchors anchor_node(struct gather *g, const struct match_node *node)
{
    if (node->kind == PREDICATE_NOT) {
        return NOTHING;
    }
    if (node->kind == PREDICATE_TEST) {
        struct anchors anchors = anchor_test(g, &g->set->tests[node->test]);
        anchors.test = node->test;
        return anchors;
    }
    struct anchors best = node->kind == PREDICATE_ALL ? NOTHING : (struct anchors){ 0, NULL, NO_GUARD };
    for (const struct match_node *child = node + 1; child < node + node->size; child += child->size) {
        const struct anchors next = anchor_node(g, child);
        if (node->kind == PREDICATE_ANY) {
            best = both(best, next);
        } else if (next.cost < best.cost) {
            best = next;
        }
    }
    return best;
}

/* --- guards --- */

/* How good a guard the test makes beside the anchors: the share of documents that pass it, by a rough guess. */
static double guard_cost(const struct gather *g, uint32_t test, const struct anchors *anchors)
{
    const struct predicate *p = &g->set->tests[test].predicate;
    const uint32_t field = g->set->tests[test].field;
    if (p->op != PREDICATE_EQUALS || p->anything_but) {
        return (double)INFINITY;
    }
    for (const struct anchor *a = anchors->first; a; a = a->next) {
        if (a->kind != ANCHOR_DOCUMENT && a->field == field) {
            return (double)INFINITY;
        }
    }
    return (double)p->value_count / (double)g->set->fields[field].value_count + 1.0 / (double)g->uses[test];
}

/* Only tests that the rule can't do without. */
static void find_guard(const struct gather *g, const struct match_node *node, const struct anchors *anchors, double *best,
                       uint32_t *guard)
{
    if (node->kind == PREDICATE_TEST) {
        const double cost = guard_cost(g, node->test, anchors);
        if (cost < *best) {
            *best = cost;
            *guard = node->test;
        }
    }
    for (const struct match_node *child = node + 1; node->kind == PREDICATE_ALL && child < node + node->size; child += child->size) {
        find_guard(g, child, anchors, best, guard);
    }
}

/* --- filling the wakes --- */

static void wait_behind(struct arena *arena, struct waiting **list, struct sleeper sleeper)
{
    if (*list && (*list)->sleeper.rule == sleeper.rule) {
        return; /* rules come in order: a repeated one is at the head */
    }
    struct waiting *w = ARENA_NEW(arena, struct waiting);
    *w = (struct waiting){ sleeper, *list };
    *list = w;
}

static void wait_behind_literal(struct gather *g, size_t place, struct str literal, struct sleeper sleeper)
{
    struct literal_set *l = g->literals[place];
    while (l && !str_equal(l->literal, literal)) {
        l = l->next;
    }
    if (l == NULL) {
        l = ARENA_NEW(g->arena, struct literal_set);
        l->literal = str_copy(g->set->arena, literal);
        l->next = g->literals[place];
        g->literals[place] = l;
        g->literal_counts[place]++;
    }
    wait_behind(g->arena, &l->rules, sleeper);
}

static struct rule_list list_of(struct gather *g, const struct waiting *waiting)
{
    size_t count = 0;
    for (const struct waiting *w = waiting; w; w = w->next) {
        count++;
    }
    struct sleeper *sleepers = ARENA_ARRAY(g->set->arena, struct sleeper, count);
    size_t at = count;
    for (const struct waiting *w = waiting; w; w = w->next) {
        sleepers[--at] = w->sleeper;
    }
    return (struct rule_list){ sleepers, count };
}

static void append_rule(struct gather *g, struct rule_list *list, struct sleeper sleeper)
{
    if (list->count && list->sleepers[list->count - 1].rule == sleeper.rule) {
        return;
    }
    /* Doubles at powers of two; the old piece stays in the arena, at most as much again. */
    if ((list->count & (list->count - 1)) == 0) {
        struct sleeper *grown = ARENA_ARRAY(g->set->arena, struct sleeper, list->count ? list->count * 2 : 1);
        memcpy(grown, list->sleepers ? list->sleepers : grown, list->count * sizeof(*grown));
        list->sleepers = grown;
    }
    list->sleepers[list->count++] = sleeper;
}

static bool stands_for(const struct match_node *node, uint32_t a, uint32_t b)
{
    return node->kind == PREDICATE_TEST && (node->test == a || node->test == b);
}

struct ordering {
    struct match_node *nodes;
    size_t used;
    uint32_t anchor, guard;
    bool late;
};

/* Takes over the children of a conjunction, and of conjunctions in it, that belong into this round. */
static void order_children(struct ordering *o, const struct match_node *all)
{
    for (const struct match_node *child = all + 1; child < all + all->size; child += child->size) {
        if (child->kind == PREDICATE_ALL && !child->together) {
            order_children(o, child);
        } else if (stands_for(child, o->anchor, o->guard) == o->late) {
            memcpy(o->nodes + o->used, child, child->size * sizeof(*child));
            o->used += child->size;
        }
    }
}

/* Of a conjunction, the tests that the rule was woken by come last: they hold most likely, and the others may spare them. */
static void order_nodes(struct gather *g, struct match_rule *rule, uint32_t anchor, uint32_t guard)
{
    const struct match_node *root = rule->written;
    struct ordering o = { .nodes = ARENA_ARRAY(g->set->arena, struct match_node, root->size), .anchor = anchor, .guard = guard };
    rule->nodes = o.nodes;
    if (root->kind != PREDICATE_ALL || root->together) {
        memcpy(o.nodes, root, root->size * sizeof(*root));
        return;
    }
    o.nodes[o.used++] = *root;
    order_children(&o, root);
    o.late = true;
    order_children(&o, root);
    o.nodes[0].size = (uint32_t)o.used;
}

static void place_rule(struct gather *g, uint32_t rule)
{
    const struct match_node *nodes = g->set->rules[rule].written;
    const struct anchors anchors = anchor_node(g, nodes);
    struct sleeper sleeper = { rule, NO_GUARD };
    double best = (double)INFINITY;
    find_guard(g, nodes, &anchors, &best, &sleeper.guard);
    order_nodes(g, &g->set->rules[rule], anchors.test, sleeper.guard);
    if (isinf(anchors.cost)) {
        wait_behind(g->arena, &g->always, sleeper);
        return;
    }
    for (const struct anchor *a = anchors.first; a; a = a->next) {
        switch (a->kind) {
        case ANCHOR_VALUE: append_rule(g, &a->value->wakes, sleeper); break;
        case ANCHOR_LITERAL: wait_behind_literal(g, a->field, a->literal, sleeper); break;
        case ANCHOR_DOCUMENT: wait_behind_literal(g, g->set->field_count, a->literal, sleeper); break;
        case ANCHOR_PRESENT: wait_behind(g->arena, &g->present[a->field], sleeper); break;
        }
    }
}

/* Tests that look through the text alone, whatever else the document holds. */
static void choose_memo(struct match_set *set, struct match_test *test)
{
    test->memo = MEMO_TESTS;
    if (test->op == PREDICATE_CONTAINS || test->op == PREDICATE_WILDCARD || test->op == PREDICATE_REGEX
        || test->op == PREDICATE_PREFIX || test->op == PREDICATE_SUFFIX) {
        struct match_field *field = &set->fields[test->field];
        test->memo = field->memo_tests < MEMO_TESTS ? (uint8_t)field->memo_tests++ : (uint8_t)MEMO_TESTS;
    }
}

static void count_uses(struct gather *g)
{
    for (size_t i = 0; i < g->set->rule_count; i++) {
        const struct match_node *nodes = g->set->rules[i].written;
        for (const struct match_node *node = nodes; node < nodes + nodes->size; node++) {
            g->uses[node->test] += node->kind == PREDICATE_TEST;
        }
    }
    for (size_t i = 0; i < g->set->test_count; i++) {
        g->set->tests[i].once = g->uses[i] == 1;
        choose_memo(g->set, &g->set->tests[i]);
    }
}

/* Decides which fields are searched. */
static void choose_searches(struct gather *g)
{
    const size_t count = g->set->field_count;
    double *gain = ARENA_ARRAY(g->arena, double, count + 1);
    bool *none = ARENA_ARRAY(g->arena, bool, count + 1);
    bool *all = ARENA_ARRAY(g->arena, bool, count + 1);
    memset(all, true, count);
    for (size_t i = 0; i < g->set->rule_count; i++) {
        g->search = none;
        const struct anchors dear = anchor_node(g, g->set->rules[i].written);
        g->search = all;
        const struct anchors cheap = anchor_node(g, g->set->rules[i].written);
        if (cheap.first && cheap.first->kind == ANCHOR_LITERAL) {
            gain[cheap.first->field] += dear.cost < 1 ? dear.cost : 1;
        }
    }
    g->search = none;
    for (size_t i = 0; i < count; i++) {
        g->search[i] = gain[i] > WAKES_WORTH_A_SEARCH;
    }
}

static struct literals *build_literals(struct gather *g, size_t place, const struct rule_list **wakes)
{
    const size_t count = g->literal_counts[place];
    if (count == 0) {
        return NULL;
    }
    struct str *texts = ARENA_ARRAY(g->arena, struct str, count);
    struct rule_list *lists = ARENA_ARRAY(g->set->arena, struct rule_list, count);
    size_t at = 0;
    for (const struct literal_set *l = g->literals[place]; l; l = l->next) {
        texts[at] = l->literal;
        lists[at++] = list_of(g, l->rules);
    }
    *wakes = lists;
    return literals_build(g->set->arena, texts, count);
}

static bool field_wakes(const struct match_field *field)
{
    bool any = field->literals || field->present_wakes.count;
    for (const struct interned *value = field->values; value && !any; value = value->next) {
        any = value->wakes.count > 0;
    }
    return any;
}

struct keys {
    struct match_set *set;
    bool *chosen;
};

static void add_guards(struct keys *keys, const struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->sleepers[i].guard != NO_GUARD) {
            keys->chosen[keys->set->tests[list->sleepers[i].guard].field] = true;
        }
    }
}

static void add_field(struct keys *keys, const struct match_field *field)
{
    keys->chosen[field - keys->set->fields] = true;
    add_guards(keys, &field->present_wakes);
    for (const struct interned *value = field->values; value; value = value->next) {
        add_guards(keys, &value->wakes);
    }
    for (size_t i = 0; field->literals && i < field->literal_count; i++) {
        add_guards(keys, &field->literal_wakes[i]);
    }
}

/* Fields whose values decide which rules wake: those with wakes, and those that guards ask. */
static void choose_keys(struct gather *g)
{
    struct match_set *set = g->set;
    struct keys keys = { set, ARENA_ARRAY(g->arena, bool, set->field_count + 1) };
    struct match_key *list = ARENA_ARRAY(set->arena, struct match_key, KEYS_MAX);
    add_guards(&keys, &set->always);
    for (size_t i = 0; i < set->woken_field_count; i++) {
        add_field(&keys, &set->fields[set->woken_fields[i]]);
    }
    for (uint32_t i = 0; i < set->field_count; i++) {
        if (!keys.chosen[i]) {
            continue;
        }
        if (set->key_count == KEYS_MAX || set->fields[i].flat) {
            set->key_count = 0;
            return;
        }
        const struct match_field *field = &set->fields[i];
        list[set->key_count++] = (struct match_key){ i, field->each, field->table || field->literals };
    }
    set->keys = list;
}

/* Keys, and the first few other fields whose texts are searched. */
static void choose_memos(struct match_set *set)
{
    for (size_t i = 0; i < set->key_count; i++) {
        set->fields[set->keys[i].field].remembered = true;
    }
    for (size_t i = 0, chosen = 0; i < set->field_count && chosen < MEMO_FIELDS_MAX; i++) {
        struct match_field *field = &set->fields[i];
        if (!field->remembered && (field->literals || field->memo_tests > 0)) {
            field->remembered = true;
            chosen++;
        }
    }
}

void match_anchor_rules(struct match_set *set)
{
    struct arena *work = arena_open();
    struct gather g = { .arena = work, .set = set };
    g.literals = ARENA_ARRAY(work, struct literal_set *, set->field_count + 1);
    g.literal_counts = ARENA_ARRAY(work, size_t, set->field_count + 1);
    g.present = ARENA_ARRAY(work, struct waiting *, set->field_count + 1);
    g.uses = ARENA_ARRAY(work, uint32_t, set->test_count + 1);
    count_uses(&g);
    choose_searches(&g);
    for (uint32_t i = 0; i < set->rule_count; i++) {
        place_rule(&g, i);
    }
    uint32_t *woken = ARENA_ARRAY(set->arena, uint32_t, set->field_count);
    for (uint32_t i = 0; i < set->field_count; i++) {
        struct match_field *field = &set->fields[i];
        field->present_wakes = list_of(&g, g.present[i]);
        field->literals = build_literals(&g, i, &field->literal_wakes);
        field->literal_count = g.literal_counts[i];
        if (field_wakes(field)) {
            woken[set->woken_field_count++] = i;
        }
    }
    set->woken_fields = woken;
    set->document_literals = build_literals(&g, set->field_count, &set->document_wakes);
    set->always = list_of(&g, g.always);
    choose_keys(&g);
    choose_memos(set);
    arena_close(work);
}
