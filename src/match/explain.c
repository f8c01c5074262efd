#include "match/set.h"

static const struct match_rule *find_rule(const struct match_set *set, uint32_t rule_id)
{
    if (rule_id < set->rule_count && set->rules[rule_id].id == rule_id) {
        return &set->rules[rule_id]; /* as most callers number them */
    }
    for (size_t i = 0; i < set->rule_count; i++) {
        if (set->rules[i].id == rule_id) {
            return &set->rules[i];
        }
    }
    return NULL;
}

/* The value that satisfied the test, else the first one. */
static struct str telling_value(struct match_scratch *scratch, uint32_t index)
{
    const struct match_test *test = &scratch->set->tests[index];
    if (test->predicate.op == PREDICATE_KEYWORD) {
        return STR_NONE;
    }
    size_t count = 0;
    match_field_values(scratch, test->field, &count);
    const size_t first = scratch->fields[test->field].first;
    const bool by_value = test->predicate.op != PREDICATE_EXISTS && test->predicate.op != PREDICATE_FIELD;
    for (size_t i = 0; i < count && by_value; i++) {
        struct seen_value *value = &scratch->values[first + i];
        if (match_test_value(scratch, test, value) != test->predicate.anything_but) {
            return value->kind == SCAN_NULL ? STR("null") : value->text;
        }
    }
    const struct seen_value *value = &scratch->values[first];
    return count == 0 ? STR_NONE : value->kind == SCAN_NULL ? STR("null") : value->text;
}

struct reasons {
    struct ctx *ctx;
    struct match_scratch *scratch;
    const struct match_rule *rule;
    struct match_reason *list;
    size_t count;
};

static void collect(struct reasons *r, const struct match_node *node, bool negated)
{
    if (node->kind == PREDICATE_TEST) {
        const struct str value = telling_value(r->scratch, node->test);
        r->list[r->count++] = (struct match_reason){
            .test = &r->scratch->set->tests[node->test].predicate,
            .label = r->rule->labels[node - r->rule->written],
            .held = match_test_holds(r->scratch, node->test),
            .negated = negated,
            .value = value.ptr ? str_copy(r->ctx->arena, value) : STR_NONE,
        };
        return;
    }
    for (const struct match_node *child = node + 1; child < node + node->size; child += child->size) {
        collect(r, child, negated != (node->kind == PREDICATE_NOT));
    }
}

/* NUMBER with values instead of bounds. */
static bool is_one_of_numbers(const struct predicate *p)
{
    return p->op == PREDICATE_NUMBER && p->flat && p->value_count > 0;
}

static const char *operator_words(const struct predicate *p)
{
    static const char *const words[] = {
        [PREDICATE_EQUALS] = "equals",           [PREDICATE_PREFIX] = "starts with", [PREDICATE_SUFFIX] = "ends with",
        [PREDICATE_CONTAINS] = "contains",       [PREDICATE_WILDCARD] = "is like",   [PREDICATE_REGEX] = "matches",
        [PREDICATE_NUMBER] = "is a number from", [PREDICATE_TIME] = "is a time from", [PREDICATE_CIDR] = "is within",
        [PREDICATE_EXISTS] = "is present",       [PREDICATE_NULL] = "is null",       [PREDICATE_BOOL] = "is",
        [PREDICATE_FIELD] = "equals the field",  [PREDICATE_KEYWORD] = "the document contains",
    };
    return is_one_of_numbers(p) ? "is the number" : words[p->op];
}

static void say_operand(struct text *text, const struct predicate *p)
{
    if (p->op == PREDICATE_FIELD) {
        text_add_format(text, " %" STR_FMT, STR_ARG(p->other));
    } else if (p->op == PREDICATE_BOOL) {
        text_add(text, p->low > 0 || p->low < 0 ? STR(" true") : STR(" false"));
    } else if (p->op == PREDICATE_TIME || (p->op == PREDICATE_NUMBER && !is_one_of_numbers(p))) {
        text_add_format(text, " %g to %g", p->low, p->high);
    }
    for (size_t i = 0; i < p->value_count && i < 3; i++) {
        text_add_format(text, "%s\"%" STR_FMT "\"", i ? " or " : " ", STR_ARG(p->values[i]));
    }
    if (p->value_count > 3) {
        text_add_format(text, " or %zu more", p->value_count - 3);
    }
}

/* One test that speaks for the verdict: for a match those that hold as they should, for a miss those that don't. */
static void say_reason(struct text *text, const struct match_reason *reason)
{
    const struct predicate *p = reason->test;
    text_add(text, text->len ? STR("; ") : STR(""));
    text_add_format(text, "%" STR_FMT "%s%s%s", STR_ARG(p->path), p->path.len ? " " : "", p->anything_but ? "is anything but: " : "",
                    operator_words(p));
    say_operand(text, p);
    text_add(text, reason->held ? STR(": yes") : STR(": no"));
    if (reason->value.ptr) {
        text_add_format(text, ", it is \"%" STR_FMT "\"", STR_ARG(str_slice(reason->value, 0, 200)));
    } else if (p->op != PREDICATE_KEYWORD) {
        text_add(text, STR(", it is absent"));
    }
}

static struct str say(struct ctx *ctx, const struct match_explanation *e)
{
    struct text text = text_new(ctx->arena);
    for (size_t i = 0; i < e->count; i++) {
        if ((e->reasons[i].held != e->reasons[i].negated) == e->matched) {
            say_reason(&text, &e->reasons[i]);
        }
    }
    if (text.len == 0 && !e->matched) {
        text_add(&text, STR("no one element of an array satisfies all that is asked of it"));
    }
    return str_format(ctx->arena, "%s: %" STR_FMT, e->matched ? "matched" : "missed", STR_ARG(text_str(&text)));
}

struct err match_explain_last(struct ctx *ctx, struct match_scratch *scratch, uint32_t rule_id, struct match_explanation *out)
{
    const struct match_rule *rule = scratch->set ? find_rule(scratch->set, rule_id) : NULL;
    if (rule == NULL) {
        return fail(ctx, &FAULT_MISSING, "no rule %u", rule_id);
    }
    struct reasons reasons = { ctx, scratch, rule, ARENA_ARRAY(ctx->arena, struct match_reason, rule->written->size), 0 };
    collect(&reasons, rule->written, false);
    *out = (struct match_explanation){
        .matched = match_node_holds(scratch, rule->nodes), .reasons = reasons.list, .count = reasons.count,
    };
    out->words = say(ctx, out);
    return ERR_OK;
}

struct err match_explain(struct ctx *ctx, const struct match_set *set, const struct scan *scan, uint32_t rule_id,
                         struct match_explanation *out)
{
    struct match_scratch *scratch = match_scratch_open();
    match_scratch_begin(scratch, set, scan);
    const struct err err = match_explain_last(ctx, scratch, rule_id, out);
    match_scratch_close(scratch);
    return err;
}
