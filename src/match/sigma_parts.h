/* sigma_parts.h - the parts of the Sigma front end: values with their modifiers, and conditions. For sigma*.c only. */
#ifndef YAGURA_MATCH_SIGMA_PARTS_H
#define YAGURA_MATCH_SIGMA_PARTS_H

#include "match/sigma.h"

struct sigma_reader {
    struct ctx *ctx;
    struct str file;
    const struct sigma_options *options; /* never NULL where rules are read */
};

/* The reason is for people and already names file and line. */
MUST_USE struct err sigma_refuse(const struct sigma_reader *r, const struct yaml_node *at, const char *format, ...)
    PRINTF_LIKE(3, 4);

const struct predicate *sigma_join(struct arena *arena, enum predicate_kind kind, const struct predicate *const *children,
                                   size_t count); /* a single child stands for itself */

/* One entry of a search identifier: field and modifiers in the key, values below. */
MUST_USE struct err sigma_item(const struct sigma_reader *r, struct str search, const struct yaml_node *item,
                               const struct predicate **out);
/* A whole search identifier. */
MUST_USE struct err sigma_search(const struct sigma_reader *r, const struct yaml_node *search, const struct predicate **out);

/* Whole documents: a rule, one with a `correlation:` section, one with a `filter:` section. */
MUST_USE struct err sigma_rule(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_rule *rule);
MUST_USE struct err sigma_filter(const struct sigma_reader *r, const struct yaml_node *document, struct sigma_filter *out);
struct correlation;
MUST_USE struct err sigma_correlation(const struct sigma_reader *r, const struct yaml_node *document, struct correlation *out);

MUST_USE struct err sigma_level(const struct sigma_reader *r, const struct yaml_node *document);
/* The automaton has bounds of its own; what is beyond them is wrong here already, with its place. */
MUST_USE struct err sigma_compiles(const struct sigma_reader *r, const struct yaml_node *at, const struct predicate *when);
MUST_USE struct err sigma_read_file(struct ctx *ctx, const char *path, struct str *out);

/* value.c: what the modifiers do to one value. Values that are not plain keep Sigma's wildcards and escapes. */
struct sigma_value {
    struct str text;
    bool plain;
    bool null;
    size_t origin; /* which written value it came from: what one value turns into is joined by OR even under |all */
    const struct yaml_node *node;
};
struct sigma_values {
    struct sigma_value *list;
    size_t count;
};
enum { SIGMA_VALUES_MAX = 20000 }; /* of one item, after all modifiers */
/* False: name is no modifier that transforms values. */
bool sigma_is_transformation(struct str name);
MUST_USE struct err sigma_transform(const struct sigma_reader *r, struct str name, struct sigma_values *values);

struct sigma_named {
    struct str name;
    const struct predicate *predicate;
};
/* A condition over the named searches. *aggregation is what follows a |, absent when nothing does. */
MUST_USE struct err sigma_condition(const struct sigma_reader *r, const struct yaml_node *condition,
                                    const struct sigma_named *searches, size_t count, const struct predicate **out,
                                    struct str *aggregation);

#endif
