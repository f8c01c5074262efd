#include "svc/cloudwatch/math_parts.h"

/* What stands where, by how tightly it binds; ^ binds tighter than all of it, and to the right. */
static const struct {
    struct str text;
    enum math_operator operator;
    int level;
} OPERATORS[] = {
    { STR_INIT("||"), MATH_OR, 0 },         { STR_INIT("OR"), MATH_OR, 0 },
    { STR_INIT("&&"), MATH_AND, 1 },        { STR_INIT("AND"), MATH_AND, 1 },
    { STR_INIT("=="), MATH_EQUAL, 2 },      { STR_INIT("!="), MATH_UNEQUAL, 2 },
    { STR_INIT("<="), MATH_LESS_EQUAL, 2 }, { STR_INIT(">="), MATH_GREATER_EQUAL, 2 },
    { STR_INIT("<"), MATH_LESS, 2 },        { STR_INIT(">"), MATH_GREATER, 2 },
    { STR_INIT("+"), MATH_ADD, 3 },         { STR_INIT("-"), MATH_SUBTRACT, 3 },
    { STR_INIT("*"), MATH_MULTIPLY, 4 },    { STR_INIT("/"), MATH_DIVIDE, 4 },
};
enum { LEVELS = 5 };

struct parser {
    struct arena *arena;
    struct str rest;
    struct str *reason;
    size_t nodes;
    int depth;
};

static struct math_node *parse_level(struct parser *p, int level);

static struct math_node *refuse(struct parser *p, const char *words)
{
    if (p->reason->ptr == NULL) {
        *p->reason = str_format(p->arena, "Error in expression: %s near '%" STR_FMT "'", words, STR_ARG(str_slice(p->rest, 0, 20)));
    }
    return NULL;
}

static struct math_node *node_new(struct parser *p, enum math_form form)
{
    if (++p->nodes > MATH_NODES_MAX) {
        return refuse(p, "too many terms");
    }
    struct math_node *node = ARENA_NEW(p->arena, struct math_node);
    node->form = form;
    return node;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void skip_spaces(struct parser *p)
{
    while (p->rest.len > 0 && str_find(STR(" \t\r\n"), p->rest.ptr[0]) != STR_MISSING) {
        p->rest = str_from(p->rest, 1);
    }
}

static bool take(struct parser *p, struct str token)
{
    skip_spaces(p);
    const bool word = is_word(token.ptr[0]);
    if (!str_starts(p->rest, token) || (word && p->rest.len > token.len && is_word(p->rest.ptr[token.len]))) {
        return false;
    }
    p->rest = str_from(p->rest, token.len);
    return true;
}

static size_t word_length(struct str rest)
{
    size_t len = 0;
    while (len < rest.len && is_word(rest.ptr[len])) {
        len++;
    }
    return len;
}

static size_t number_length(struct str rest)
{
    size_t len = 0;
    while (len < rest.len && ((rest.ptr[len] >= '0' && rest.ptr[len] <= '9') || rest.ptr[len] == '.'
                              || (len > 0 && (rest.ptr[len] == 'e' || rest.ptr[len] == 'E'))
                              || (len > 0 && (rest.ptr[len] == '-' || rest.ptr[len] == '+')
                                  && (rest.ptr[len - 1] == 'e' || rest.ptr[len - 1] == 'E')))) {
        len++;
    }
    return len;
}

static struct math_node *parse_number(struct parser *p)
{
    const size_t len = number_length(p->rest);
    struct str text = str_slice(p->rest, 0, len);
    struct math_node *node = node_new(p, MATH_NUMBER);
    if (str_starts(text, STR("."))) {
        text = str_format(p->arena, "0%" STR_FMT, STR_ARG(text));
    }
    if (node && !str_to_double(text, &node->number)) {
        return refuse(p, "no number");
    }
    p->rest = str_from(p->rest, len);
    return node;
}

static struct math_node *parse_text(struct parser *p, char quote)
{
    struct str tail = STR_NONE;
    const struct str inside = str_cut(str_from(p->rest, 1), quote, &tail);
    if (tail.ptr == NULL) {
        return refuse(p, "a text without end");
    }
    struct math_node *node = node_new(p, MATH_TEXT);
    if (node) {
        node->text = inside;
        p->rest = tail;
    }
    return node;
}

/* Up to the closing bracket. */
static struct math_node *parse_children(struct parser *p, struct math_node *node, struct str close)
{
    struct math_node **last = &node->child;
    if (take(p, close)) {
        return node;
    }
    do {
        *last = parse_level(p, 0);
        if (*last == NULL) {
            return NULL;
        }
        last = &(*last)->next;
        node->count++;
    } while (take(p, STR(",")));
    return take(p, close) ? node : refuse(p, "a bracket that isn't closed");
}

static struct math_node *parse_call(struct parser *p, struct str name)
{
    struct math_node *node = node_new(p, MATH_CALL);
    if (node == NULL) {
        return NULL;
    }
    size_t at = 0;
    while (at < MATH_FUNCTION_COUNT && !str_equal_nocase(name, MATH_FUNCTIONS[at].name)) {
        at++;
    }
    if (at == MATH_FUNCTION_COUNT) {
        *p->reason = str_format(p->arena, "The function %" STR_FMT " of metric math is not implemented by Yagura yet.", STR_ARG(name));
        return NULL;
    }
    node->function = (int)at;
    if (parse_children(p, node, STR(")")) == NULL) {
        return NULL;
    }
    if (node->count < MATH_FUNCTIONS[at].least || node->count > MATH_FUNCTIONS[at].most) {
        *p->reason = str_format(p->arena, "Error in expression: %" STR_FMT " takes %zu to %zu arguments", STR_ARG(name),
                                MATH_FUNCTIONS[at].least, MATH_FUNCTIONS[at].most);
        return NULL;
    }
    return node;
}

static struct math_node *parse_word(struct parser *p)
{
    const struct str word = str_slice(p->rest, 0, word_length(p->rest));
    p->rest = str_from(p->rest, word.len);
    if (take(p, STR("("))) {
        return parse_call(p, word);
    }
    struct math_node *node = node_new(p, MATH_NAME);
    if (node) {
        node->text = word;
    }
    return node;
}

static struct math_node *parse_operand(struct parser *p)
{
    if (take(p, STR("("))) {
        struct math_node *inside = parse_level(p, 0);
        return inside == NULL || take(p, STR(")")) ? inside : refuse(p, "a bracket that isn't closed");
    }
    if (take(p, STR("["))) {
        struct math_node *node = node_new(p, MATH_ARRAY);
        return node ? parse_children(p, node, STR("]")) : NULL;
    }
    const char first = p->rest.len > 0 ? p->rest.ptr[0] : '\0';
    if (first == '"' || first == '\'') {
        return parse_text(p, first);
    }
    if ((first >= '0' && first <= '9') || first == '.') {
        return parse_number(p);
    }
    return is_word(first) && first != '_' ? parse_word(p) : refuse(p, "a term is missing");
}

static struct math_node *parse_unary(struct parser *p);

static struct math_node *parse_power(struct parser *p)
{
    struct math_node *left = parse_operand(p);
    if (left == NULL || !take(p, STR("^"))) {
        return left;
    }
    struct math_node *node = node_new(p, MATH_BINARY);
    struct math_node *right = node ? parse_unary(p) : NULL;
    if (right == NULL) {
        return NULL;
    }
    left->next = right;
    *node = (struct math_node){ .form = MATH_BINARY, .operator = MATH_POWER, .child = left, .count = 2 };
    return node;
}

static struct math_node *parse_unary(struct parser *p)
{
    if (!take(p, STR("-"))) {
        return parse_power(p);
    }
    if (++p->depth > MATH_DEPTH_MAX) {
        return refuse(p, "nested too deeply");
    }
    struct math_node *node = node_new(p, MATH_NEGATE);
    struct math_node *operand = node ? parse_unary(p) : NULL;
    p->depth--;
    if (operand == NULL) {
        return NULL;
    }
    node->child = operand;
    node->count = 1;
    return node;
}

static bool take_operator(struct parser *p, int level, enum math_operator *out)
{
    for (size_t i = 0; i < COUNT_OF(OPERATORS); i++) {
        if (OPERATORS[i].level == level && take(p, OPERATORS[i].text)) {
            *out = OPERATORS[i].operator;
            return true;
        }
    }
    return false;
}

static struct math_node *parse_binary(struct parser *p, int level)
{
    struct math_node *left = level + 1 == LEVELS ? parse_unary(p) : parse_binary(p, level + 1);
    enum math_operator operator = MATH_OR;
    while (left && take_operator(p, level, &operator)) {
        struct math_node *right = level + 1 == LEVELS ? parse_unary(p) : parse_binary(p, level + 1);
        struct math_node *node = right ? node_new(p, MATH_BINARY) : NULL;
        if (node == NULL) {
            return NULL;
        }
        left->next = right;
        *node = (struct math_node){ .form = MATH_BINARY, .operator = operator, .child = left, .count = 2 };
        left = node;
    }
    return left;
}

static struct math_node *parse_level(struct parser *p, int level)
{
    if (++p->depth > MATH_DEPTH_MAX) {
        return refuse(p, "nested too deeply");
    }
    struct math_node *node = parse_binary(p, level);
    p->depth--;
    return node;
}

const struct math_node *math_parse(struct arena *arena, struct str text, struct str *reason)
{
    struct parser p = { .arena = arena, .rest = text, .reason = reason };
    *reason = STR_NONE;
    const struct math_node *node = parse_level(&p, 0);
    skip_spaces(&p);
    return node == NULL || p.rest.len == 0 ? node : refuse(&p, "something is left over");
}

void math_names(const struct math_node *node, void (*take_name)(void *argument, struct str id), void *argument)
{
    if (node->form == MATH_NAME) {
        take_name(argument, node->text);
    }
    for (const struct math_node *child = node->child; child; child = child->next) {
        math_names(child, take_name, argument);
    }
}
