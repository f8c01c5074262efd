/* eventbridge_parts.h - the parts of the EventBridge front end. For eventbridge*.c only. */
#ifndef YAGURA_MATCH_EVENTBRIDGE_PARTS_H
#define YAGURA_MATCH_EVENTBRIDGE_PARTS_H

#include "match/eventbridge_json.h"

/* The alternatives of one field as they are read. */
struct alternatives {
    struct str path; /* as predicates want it */
    struct str label;
    const struct predicate **tests;
    size_t count;
    size_t capacity;
};

/* A list of values that grows in the arena. */
struct value_list {
    struct str *list;
    size_t count;
    size_t capacity;
};

void value_list_put(struct arena *arena, struct value_list *values, struct str value);
/* A new test of the field, added to its alternatives. */
struct predicate *alternatives_add(struct arena *arena, struct alternatives *a, enum predicate_operator op);
void alternatives_add_values(struct arena *arena, struct alternatives *a, enum predicate_operator op,
                             const struct value_list *values); /* none: no test */

/* { "prefix": … } and the others; the reader stands at the opening brace, afterwards at the closing one. */
MUST_USE struct err eventbridge_expression(struct token_reader *r, struct alternatives *a);
/* False: the text is no number that can be compared. */
bool eventbridge_number(struct str text, double *out);

#endif
