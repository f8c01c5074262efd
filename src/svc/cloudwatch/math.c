#include "svc/cloudwatch/math.h"

#include <math.h>

#include "svc/cloudwatch/math_parts.h"

bool math_refuse(struct math_run *run, struct str reason)
{
    *run->reason = reason;
    return false;
}

struct point *math_points(struct math_run *run, size_t count)
{
    run->points += count;
    return ARENA_ARRAY(run->arena, struct point, count);
}

double math_apply(enum math_operator operator, double a, double b)
{
    switch (operator) {
    case MATH_OR: return a != 0 || b != 0;
    case MATH_AND: return a != 0 && b != 0;
    case MATH_EQUAL: return !(a < b) && !(a > b);
    case MATH_UNEQUAL: return a < b || a > b;
    case MATH_LESS: return a < b;
    case MATH_LESS_EQUAL: return a <= b;
    case MATH_GREATER: return a > b;
    case MATH_GREATER_EQUAL: return a >= b;
    case MATH_ADD: return a + b;
    case MATH_SUBTRACT: return a - b;
    case MATH_MULTIPLY: return a * b;
    case MATH_DIVIDE: return a / b;
    case MATH_POWER: break;
    }
    return pow(a, b);
}

/* A point that is no number (divided by zero) is none. */
static void add_point(struct series *series, int64_t at_ms, double value)
{
    if (isfinite(value)) {
        series->items[series->count++] = (struct point){ at_ms, value };
    }
}

static struct series join(struct math_run *run, enum math_operator operator, const struct series *a, const struct series *b)
{
    struct series out = { math_points(run, a->count < b->count ? a->count : b->count), 0 };
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        const struct point left = a->items[i];
        const struct point right = b->items[j];
        if (left.at_ms == right.at_ms) {
            add_point(&out, left.at_ms, math_apply(operator, left.value, right.value));
        }
        i += left.at_ms <= right.at_ms;
        j += right.at_ms <= left.at_ms;
    }
    return out;
}

static struct series with_scalar(struct math_run *run, enum math_operator operator, const struct series *series, double scalar,
                                 bool scalar_first)
{
    struct series out = { math_points(run, series->count), 0 };
    for (size_t i = 0; i < series->count; i++) {
        const struct point point = series->items[i];
        add_point(&out, point.at_ms, scalar_first ? math_apply(operator, scalar, point.value) : math_apply(operator, point.value, scalar));
    }
    return out;
}

/* A list with one series or number: each of its series; two lists can't meet. */
static bool binary(struct math_run *run, enum math_operator operator, const struct math_value *a, const struct math_value *b,
                   struct math_value *out)
{
    if (a->kind == MATH_SCALAR && b->kind == MATH_SCALAR) {
        *out = (struct math_value){ .kind = MATH_SCALAR, .scalar = math_apply(operator, a->scalar, b->scalar) };
        return true;
    }
    if (a->kind == MATH_LIST && b->kind == MATH_LIST) {
        return math_refuse(run, STR("Error in expression: an operator can't take two arrays of time series"));
    }
    const bool first_leads = a->kind == MATH_LIST || (a->kind == MATH_SERIES && b->kind != MATH_LIST);
    const struct math_value *leads = first_leads ? a : b;
    const struct math_value *other = first_leads ? b : a;
    *out = (struct math_value){ .kind = leads->kind, .items = ARENA_ARRAY(run->arena, struct series, leads->count), .count = leads->count };
    for (size_t i = 0; i < leads->count; i++) {
        const struct series *own = &leads->items[i];
        out->items[i] = other->kind == MATH_SCALAR ? with_scalar(run, operator, own, other->scalar, !first_leads)
                        : first_leads              ? join(run, operator, own, other->items)
                                                   : join(run, operator, other->items, own);
    }
    return true;
}

static bool array(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    *out = (struct math_value){ .kind = MATH_LIST, .items = ARENA_ARRAY(run->arena, struct series, node->count) };
    for (const struct math_node *child = node->child; child; child = child->next) {
        struct math_value value = { .kind = MATH_SCALAR };
        if (!math_node_value(run, child, &value)) {
            return false;
        }
        if (value.kind != MATH_SERIES) {
            return math_refuse(run, STR("Error in expression: an array holds time series"));
        }
        out->items[out->count++] = value.items[0];
    }
    return true;
}

static bool name(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    int64_t period_s = 0;
    return run->scope->find(run->scope->argument, node->text, out, &period_s)
        || math_refuse(run, str_format(run->arena, "Error in expression: undefined variable %" STR_FMT, STR_ARG(node->text)));
}

bool math_node_value(struct math_run *run, const struct math_node *node, struct math_value *out)
{
    struct math_value left = { .kind = MATH_SCALAR };
    struct math_value right = { .kind = MATH_SCALAR, .scalar = -1 };
    if (run->points > MATH_TOTAL_MAX) {
        return math_refuse(run, STR("Error in expression: too many datapoints; ask for a shorter time or a longer period"));
    }
    switch (node->form) {
    case MATH_NUMBER: *out = (struct math_value){ .kind = MATH_SCALAR, .scalar = node->number }; return true;
    case MATH_TEXT: return math_refuse(run, STR("Error in expression: a text can't stand there"));
    case MATH_NAME: return name(run, node, out);
    case MATH_ARRAY: return array(run, node, out);
    case MATH_CALL: return MATH_FUNCTIONS[node->function].call(run, node, out);
    case MATH_NEGATE: return math_node_value(run, node->child, &left) && binary(run, MATH_MULTIPLY, &left, &right, out);
    case MATH_BINARY: break;
    }
    return math_node_value(run, node->child, &left) && math_node_value(run, node->child->next, &right)
        && binary(run, node->operator, &left, &right, out);
}

bool math_compute(struct arena *arena, const struct math_node *node, const struct math_scope *scope, struct math_value *out,
                  struct str *reason)
{
    struct math_run run = { arena, scope, reason, 0 };
    *reason = STR_NONE;
    return math_node_value(&run, node, out);
}
