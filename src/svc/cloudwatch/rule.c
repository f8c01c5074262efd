#include "svc/cloudwatch/rule.h"

enum form { RULE_CONSTANT, RULE_STATE, RULE_NOT, RULE_AND, RULE_OR };

struct rule {
    enum form form;
    bool constant;
    struct str state, alarm;
    struct rule *left, *right;
};

struct parser {
    struct arena *arena;
    struct str rest;
    struct str *reason;
    size_t nodes;
    int depth;
};

static struct rule *parse_or(struct parser *p);

static struct rule *refuse(struct parser *p, const char *words)
{
    if (p->reason->ptr == NULL) {
        *p->reason = str_format(p->arena, "AlarmRule: %s near '%" STR_FMT "'", words, STR_ARG(str_slice(p->rest, 0, 20)));
    }
    return NULL;
}

static struct rule *rule_new(struct parser *p, enum form form, struct rule *left, struct rule *right)
{
    if (++p->nodes > RULE_NODES_MAX) {
        return refuse(p, "too many elements");
    }
    struct rule *rule = ARENA_NEW(p->arena, struct rule);
    *rule = (struct rule){ .form = form, .left = left, .right = right };
    return rule;
}

static void skip_spaces(struct parser *p)
{
    while (p->rest.len > 0 && str_find(STR(" \t\r\n"), p->rest.ptr[0]) != STR_MISSING) {
        p->rest = str_from(p->rest, 1);
    }
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static struct str peek_word(struct parser *p)
{
    size_t len = 0;
    skip_spaces(p);
    while (len < p->rest.len && is_word(p->rest.ptr[len])) {
        len++;
    }
    return str_slice(p->rest, 0, len);
}

static bool take_word(struct parser *p, struct str word)
{
    if (!str_equal_nocase(peek_word(p), word)) {
        return false;
    }
    p->rest = str_from(p->rest, word.len);
    return true;
}

static bool take(struct parser *p, char c)
{
    skip_spaces(p);
    if (p->rest.len == 0 || p->rest.ptr[0] != c) {
        return false;
    }
    p->rest = str_from(p->rest, 1);
    return true;
}

/* In quotes, where a backslash takes the meaning of what follows; or bare, up to the bracket. */
static bool take_name(struct parser *p, struct str *out)
{
    skip_spaces(p);
    const char quote = p->rest.len > 0 && (p->rest.ptr[0] == '"' || p->rest.ptr[0] == '\'') ? p->rest.ptr[0] : '\0';
    struct text name = text_new(p->arena);
    size_t at = quote ? 1 : 0;
    while (at < p->rest.len && p->rest.ptr[at] != (quote ? quote : ')')) {
        at += quote && p->rest.ptr[at] == '\\' && at + 1 < p->rest.len;
        text_add_char(&name, p->rest.ptr[at++]);
    }
    if (at == p->rest.len) {
        return false;
    }
    p->rest = str_from(p->rest, at + (quote ? 1 : 0));
    *out = quote ? text_str(&name) : str_trim(text_str(&name));
    return out->len > 0;
}

static struct rule *parse_state(struct parser *p, struct str state)
{
    struct str alarm = STR_NONE;
    if (!take(p, '(') || !take_name(p, &alarm) || !take(p, ')')) {
        return refuse(p, "the name of an alarm in brackets must follow the state");
    }
    struct rule *rule = rule_new(p, RULE_STATE, NULL, NULL);
    if (rule) {
        rule->state = state;
        rule->alarm = alarm;
    }
    return rule;
}

static struct rule *parse_constant(struct parser *p, bool value)
{
    struct rule *rule = rule_new(p, RULE_CONSTANT, NULL, NULL);
    if (rule) {
        rule->constant = value;
    }
    return rule;
}

static struct rule *parse_factor(struct parser *p)
{
    static const struct str states[] = { STR_INIT("ALARM"), STR_INIT("OK"), STR_INIT("INSUFFICIENT_DATA") };
    if (p->depth >= RULE_DEPTH_MAX) {
        return refuse(p, "nested too deeply");
    }
    if (take_word(p, STR("NOT"))) {
        p->depth++;
        struct rule *inside = parse_factor(p);
        p->depth--;
        return inside ? rule_new(p, RULE_NOT, inside, NULL) : NULL;
    }
    if (take(p, '(')) {
        p->depth++;
        struct rule *inside = parse_or(p);
        p->depth--;
        return inside == NULL || take(p, ')') ? inside : refuse(p, "a bracket that isn't closed");
    }
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (take_word(p, states[i])) {
            return parse_state(p, states[i]);
        }
    }
    if (str_equal_nocase(peek_word(p), STR("AT_LEAST"))) {
        return refuse(p, "AT_LEAST is not implemented by Yagura yet");
    }
    return take_word(p, STR("TRUE"))     ? parse_constant(p, true)
        : take_word(p, STR("FALSE")) ? parse_constant(p, false)
                                     : refuse(p, "ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or a bracket is missing");
}

static struct rule *parse_and(struct parser *p)
{
    struct rule *left = parse_factor(p);
    while (left && take_word(p, STR("AND"))) {
        struct rule *right = parse_factor(p);
        left = right ? rule_new(p, RULE_AND, left, right) : NULL;
    }
    return left;
}

static struct rule *parse_or(struct parser *p)
{
    struct rule *left = parse_and(p);
    while (left && take_word(p, STR("OR"))) {
        struct rule *right = parse_and(p);
        left = right ? rule_new(p, RULE_OR, left, right) : NULL;
    }
    return left;
}

const struct rule *rule_parse(struct arena *arena, struct str text, struct str *reason)
{
    struct parser p = { .arena = arena, .rest = text, .reason = reason };
    *reason = STR_NONE;
    const struct rule *rule = parse_or(&p);
    skip_spaces(&p);
    return rule == NULL || p.rest.len == 0 ? rule : refuse(&p, "something is left over");
}

bool rule_holds(const struct rule *rule, bool (*in_state)(void *argument, struct str alarm, struct str state), void *argument)
{
    switch (rule->form) {
    case RULE_CONSTANT: return rule->constant;
    case RULE_STATE: return in_state(argument, rule->alarm, rule->state);
    case RULE_NOT: return !rule_holds(rule->left, in_state, argument);
    case RULE_AND: return rule_holds(rule->left, in_state, argument) && rule_holds(rule->right, in_state, argument);
    case RULE_OR: break;
    }
    return rule_holds(rule->left, in_state, argument) || rule_holds(rule->right, in_state, argument);
}

static void collect(const struct rule *rule, struct rule_names *out)
{
    if (rule == NULL) {
        return;
    }
    if (rule->form == RULE_STATE) {
        out->items[out->count++] = rule->alarm;
    }
    collect(rule->left, out);
    collect(rule->right, out);
}

struct rule_names rule_names(struct arena *arena, const struct rule *rule)
{
    struct rule_names out = { ARENA_ARRAY(arena, struct str, RULE_NODES_MAX), 0 };
    collect(rule, &out);
    return out;
}
