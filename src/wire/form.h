/* form.h - application/x-www-form-urlencoded bodies as trees of dotted names: the query and ec2 protocols' input. */
#ifndef YAGURA_WIRE_FORM_H
#define YAGURA_WIRE_FORM_H

#include "wire/value.h"

enum { FORM_PAIRS_MAX = 100000, FORM_DEPTH_MAX = 64 };

/* The first value of name among name=value pairs, decoded; STR_NONE when absent. */
struct str form_find(struct arena *arena, struct str pairs, struct str name);

/* Reads the members of a structure from the pairs of body and query together. */
struct err form_read(struct decoder *d, bool ec2, const struct shape *shape, void *structure, struct str body,
                     struct str query);

#endif
