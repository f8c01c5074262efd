/* math_parts.h - what the parser of metric math (math_parse.c) and its computation (math.c, math_call.c) share. */
#ifndef YAGURA_SVC_CLOUDWATCH_MATH_PARTS_H
#define YAGURA_SVC_CLOUDWATCH_MATH_PARTS_H

#include "svc/cloudwatch/math.h"

enum math_operator {
    MATH_OR, MATH_AND, MATH_EQUAL, MATH_UNEQUAL, MATH_LESS, MATH_LESS_EQUAL, MATH_GREATER, MATH_GREATER_EQUAL,
    MATH_ADD, MATH_SUBTRACT, MATH_MULTIPLY, MATH_DIVIDE, MATH_POWER
};
enum math_form { MATH_NUMBER, MATH_TEXT, MATH_NAME, MATH_NEGATE, MATH_BINARY, MATH_CALL, MATH_ARRAY };

struct math_node {
    enum math_form form;
    enum math_operator operator;
    int function;                 /* index into MATH_FUNCTIONS */
    double number;
    struct str text;              /* of text and name */
    struct math_node *child, *next; /* operands, arguments, elements */
    size_t count;                 /* of children */
};

struct math_run {
    struct arena *arena;
    const struct math_scope *scope;
    struct str *reason;
    size_t points; /* made so far */
};

struct math_function {
    struct str name;
    size_t least, most; /* arguments */
    bool (*call)(struct math_run *run, const struct math_node *node, struct math_value *out);
};
extern const struct math_function MATH_FUNCTIONS[];
extern const size_t MATH_FUNCTION_COUNT;

bool math_node_value(struct math_run *run, const struct math_node *node, struct math_value *out);
bool math_refuse(struct math_run *run, struct str reason); /* always false */
/* Room for so many points. */
struct point *math_points(struct math_run *run, size_t count);
double math_apply(enum math_operator operator, double a, double b);

#endif
