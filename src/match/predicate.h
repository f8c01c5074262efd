/* predicate.h - the intermediate form of every question asked of a JSON document: a tree of tests over paths.
 *
 * Front ends build predicates in an arena; match_compile turns many of them into one automaton. Plain data: whoever made
 * it owns it, and match_builder_add copies nothing, so it must live until match_compile returns.
 *
 * A path is dotted and sees through arrays, as in base/scan.h. A TEST holds when ANY value found at its path (any element
 * of an array, nested ones included) satisfies it; an absent path satisfies no operator. Negation is said either by a
 * PREDICATE_NOT around a test ("no element does") or by anything_but in it ("some element doesn't").
 * Text operators see strings as they are, and numbers, true, false and objects by their source text (EQUALS: no objects);
 * null satisfies only NULL and EXISTS. Case is folded in ASCII alone.
 *
 * A `flat` test sees documents as EventBridge does: only leaves are values (an object or an empty array is not there), a
 * key "a.b" is the same as b within a (in the last five parts of a path), text operators hold for strings alone and NUMBER
 * for numbers alone.
 * The children of a `together` ALL must be satisfied by values that don't lie in different elements of one array. Each
 * child is a flat test, or an ANY of flat tests, of one path; EXISTS with anything_but asks that the path be absent
 * where the values chosen for the children before it leave it a place. */
#ifndef YAGURA_MATCH_PREDICATE_H
#define YAGURA_MATCH_PREDICATE_H

#include "base/str.h"

enum predicate_kind { PREDICATE_ALL, PREDICATE_ANY, PREDICATE_NOT, PREDICATE_TEST };

enum predicate_operator {
    PREDICATE_EQUALS,   /* one of values */
    PREDICATE_PREFIX,   /* starts with one of values */
    PREDICATE_SUFFIX,
    PREDICATE_CONTAINS,
    PREDICATE_WILDCARD, /* one of values: * is any text, ? any one character; \ before *, ? or \ makes it literal */
    PREDICATE_REGEX,    /* one of values found in the text (PCRE2, bounded: see match.h) */
    PREDICATE_NUMBER,   /* a number (or text that is wholly one) within low..high; flat and with values: equal to one of them */
    PREDICATE_TIME,     /* ISO 8601 text whose `unit` lies within low..high */
    PREDICATE_CIDR,     /* an address within one of values: 10.0.0.0/8, 2001:db8::/32, 192.0.2.1 */
    PREDICATE_EXISTS,   /* the path is there, whatever stands there (null and an empty array too) */
    PREDICATE_NULL,     /* JSON null stands there */
    PREDICATE_BOOL,     /* JSON true or false, as low is not 0 or 0 */
    PREDICATE_FIELD,    /* equal to a value at the path `other` */
    PREDICATE_KEYWORD,  /* one of values (wildcards, as above) is found in the document's source text; path is not used */
};

enum predicate_unit { UNIT_MILLISECONDS, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR }; /* in UTC */

struct predicate {
    enum predicate_kind kind;
    enum predicate_operator op;
    bool ignore_case;  /* of text operators */
    bool anything_but; /* a value is there for which the operator does not hold */
    bool multiline;    /* of a regular expression: ^ and $ match at lines */
    bool dot_all;      /* of a regular expression: . matches line ends */
    bool starts;       /* PREDICATE_FIELD: prefix, suffix, part of instead of equal */
    bool ends;
    bool part;
    bool checked;      /* of a root: match_builder_add took it before, as it is now, and need not look at it again */
    bool flat;         /* of a test: see above */
    bool together;     /* of ALL: see above */
    bool low_open;     /* PREDICATE_NUMBER: the bound itself is outside */
    bool high_open;
    enum predicate_unit unit;
    double low;        /* -INFINITY: none */
    double high;
    struct str path;
    struct str other;
    const struct str *values;
    size_t value_count;
    const struct predicate *const *children; /* of ALL (none: true), ANY (none: false), NOT (exactly one) */
    size_t child_count;
    struct str label;  /* how the front end's text called it ("selection: eventName|contains"), for explanations; may be absent */
};

#endif
