#include "match/log_filter_parts.h"

struct filter_node *filter_node_new(struct filter_reader *r, enum filter_node_kind kind)
{
    struct filter_node *node = ARENA_NEW(r->filter->arena, struct filter_node);
    node->kind = kind;
    return node;
}

static struct err read_part(struct filter_reader *r, filter_leaf leaf, struct filter_node **out)
{
    filter_space(r);
    if (filter_peek(r) != '(') {
        return leaf(r, out);
    }
    if (r->depth == LOG_FILTER_DEPTH_MAX) {
        return filter_refuse(r, "parentheses are nested too deep");
    }
    r->at++;
    r->depth++;
    TRY(filter_expression(r, leaf, out));
    r->depth--;
    return filter_take(r, STR(")")) ? ERR_OK : filter_refuse(r, "a closing parenthesis is missing");
}

static struct filter_node *join(struct filter_reader *r, enum filter_node_kind kind, struct filter_node *left)
{
    struct filter_node *node = filter_node_new(r, kind);
    node->left = left;
    return node;
}

static struct err read_all(struct filter_reader *r, filter_leaf leaf, struct filter_node **out)
{
    TRY(read_part(r, leaf, out));
    while (filter_take(r, STR("&&"))) {
        *out = join(r, FILTER_AND, *out);
        TRY(read_part(r, leaf, &(*out)->right));
    }
    return ERR_OK;
}

struct err filter_expression(struct filter_reader *r, filter_leaf leaf, struct filter_node **out)
{
    TRY(read_all(r, leaf, out));
    while (filter_take(r, STR("||"))) {
        *out = join(r, FILTER_OR, *out);
        TRY(read_all(r, leaf, &(*out)->right));
    }
    return ERR_OK;
}
