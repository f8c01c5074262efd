/* sigma_condition.c - the condition of a rule. spec: Sigma rules specification 2.1, Condition.
 *
 *     or-term:  and-term { "or" and-term }      and-term: not-term { "and" not-term }
 *     not-term: "not" not-term | "(" or-term ")" | ("1" | "any" | "all") "of" ("them" | pattern) | name            */
#include "match/sigma_parts.h"
#include "match/text.h"

enum { CONDITION_DEPTH_MAX = 32 };

struct condition {
    const struct sigma_reader *r;
    const struct yaml_node *node;
    const struct sigma_named *searches;
    size_t search_count;
    struct str rest;
    struct str word; /* the one at hand; absent at the end */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void next_word(struct condition *c)
{
    c->rest = str_trim(c->rest);
    size_t len = c->rest.len ? 1 : 0;
    if (len && !strchr("()|", c->rest.ptr[0])) {
        while (len < c->rest.len && !is_space(c->rest.ptr[len]) && !strchr("()|", c->rest.ptr[len])) {
            len++;
        }
    }
    c->word = len ? str_slice(c->rest, 0, len) : STR_NONE;
    c->rest = str_from(c->rest, len);
}

static bool word_is(const struct condition *c, struct str word)
{
    return c->word.ptr && str_equal_nocase(c->word, word);
}

static bool take(struct condition *c, struct str word)
{
    const bool there = word_is(c, word);
    if (there) {
        next_word(c);
    }
    return there;
}

static struct err parse_or(struct condition *c, const struct predicate **out, int depth);

/* "of" has been read: them, or a pattern with *. */
static struct err parse_group(struct condition *c, enum predicate_kind kind, const struct predicate **out)
{
    struct arena *arena = c->r->ctx->arena;
    const bool them = word_is(c, STR("them"));
    if (c->word.ptr == NULL) {
        return sigma_refuse(c->r, c->node, "the condition ends behind \"of\"");
    }
    const struct wildcard pattern = wildcard_parse(arena, c->word, false);
    const struct predicate **list = (void *)ARENA_ARRAY(arena, struct predicate *, c->search_count);
    size_t count = 0;
    for (size_t i = 0; i < c->search_count; i++) {
        const struct str name = c->searches[i].name;
        if (them ? !str_starts(name, STR("_")) : wildcard_match(&pattern, name)) {
            list[count++] = c->searches[i].predicate;
        }
    }
    if (count == 0) {
        return sigma_refuse(c->r, c->node, "\"%" STR_FMT "\" in the condition fits no search", STR_ARG(c->word));
    }
    next_word(c);
    *out = sigma_join(arena, kind, list, count);
    return ERR_OK;
}

static struct err parse_name(struct condition *c, const struct predicate **out)
{
    const struct str name = c->word;
    next_word(c);
    if (str_equal_nocase(name, STR("1")) || str_equal_nocase(name, STR("any")) || str_equal_nocase(name, STR("all"))) {
        if (take(c, STR("of"))) {
            return parse_group(c, str_equal_nocase(name, STR("all")) ? PREDICATE_ALL : PREDICATE_ANY, out);
        }
    }
    for (size_t i = 0; i < c->search_count; i++) {
        if (str_equal(c->searches[i].name, name)) {
            *out = c->searches[i].predicate;
            return ERR_OK;
        }
    }
    return sigma_refuse(c->r, c->node, "the condition names \"%" STR_FMT "\", which is not defined", STR_ARG(name));
}

static struct err parse_not(struct condition *c, const struct predicate **out, int depth)
{
    if (depth > CONDITION_DEPTH_MAX) {
        return sigma_refuse(c->r, c->node, "the condition is nested too deeply");
    }
    if (take(c, STR("not"))) {
        const struct predicate **inside = (void *)ARENA_ARRAY(c->r->ctx->arena, struct predicate *, 1);
        TRY(parse_not(c, &inside[0], depth + 1));
        *out = sigma_join(c->r->ctx->arena, PREDICATE_NOT, inside, 1);
        return ERR_OK;
    }
    if (take(c, STR("("))) {
        TRY(parse_or(c, out, depth + 1));
        return take(c, STR(")")) ? ERR_OK : sigma_refuse(c->r, c->node, "a parenthesis of the condition is not closed");
    }
    if (c->word.ptr == NULL || word_is(c, STR(")")) || word_is(c, STR("|")) || word_is(c, STR("and")) || word_is(c, STR("or"))) {
        return sigma_refuse(c->r, c->node, "the condition lacks a search before \"%" STR_FMT "\"", STR_ARG(c->word));
    }
    return parse_name(c, out);
}

typedef struct err parse_term(struct condition *c, const struct predicate **out, int depth);

static struct err parse_chain(struct condition *c, const struct predicate **out, int depth, enum predicate_kind kind,
                              parse_term *term)
{
    enum { TERMS_MAX = 256 };
    const struct predicate **list = (void *)ARENA_ARRAY(c->r->ctx->arena, struct predicate *, TERMS_MAX);
    size_t count = 0;
    do {
        if (count == TERMS_MAX) {
            return sigma_refuse(c->r, c->node, "the condition has too many parts");
        }
        TRY(term(c, &list[count++], depth));
    } while (take(c, kind == PREDICATE_ALL ? STR("and") : STR("or")));
    *out = sigma_join(c->r->ctx->arena, kind, list, count);
    return ERR_OK;
}

static struct err parse_and(struct condition *c, const struct predicate **out, int depth)
{
    return parse_chain(c, out, depth, PREDICATE_ALL, parse_not);
}

static struct err parse_or(struct condition *c, const struct predicate **out, int depth)
{
    return parse_chain(c, out, depth, PREDICATE_ANY, parse_and);
}

static struct err parse_one(struct condition *c, const struct predicate **out, struct str *aggregation)
{
    c->rest = c->node->text;
    next_word(c);
    TRY(parse_or(c, out, 0));
    if (word_is(c, STR("|"))) {
        *aggregation = str_trim(c->rest);
        return ERR_OK;
    }
    return c->word.ptr ? sigma_refuse(c->r, c->node, "unexpected \"%" STR_FMT "\" in the condition", STR_ARG(c->word)) : ERR_OK;
}

struct err sigma_condition(const struct sigma_reader *r, const struct yaml_node *condition, const struct sigma_named *searches,
                           size_t count, const struct predicate **out, struct str *aggregation)
{
    struct condition c = { .r = r, .node = condition, .searches = searches, .search_count = count };
    *aggregation = STR_NONE;
    if (condition->kind == YAML_SCALAR) {
        return parse_one(&c, out, aggregation);
    }
    if (condition->kind != YAML_LIST || condition->count == 0) {
        return sigma_refuse(r, condition, "the condition must be text or a list of texts");
    }
    const struct predicate **either = (void *)ARENA_ARRAY(r->ctx->arena, struct predicate *, condition->count);
    size_t done = 0;
    for (const struct yaml_node *n = condition->child; n; n = n->next) {
        c.node = n;
        if (n->kind != YAML_SCALAR) {
            return sigma_refuse(r, n, "the condition must be text or a list of texts");
        }
        TRY(parse_one(&c, &either[done++], aggregation));
    }
    *out = sigma_join(r->ctx->arena, PREDICATE_ANY, either, done);
    return ERR_OK;
}
