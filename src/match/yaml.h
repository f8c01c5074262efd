/* yaml.h - YAML text to a tree with line numbers, safely.
 *
 * Text is at most YAML_TEXT_MAX bytes, nested at most YAML_DEPTH_MAX deep, with at most YAML_NODES_MAX nodes and
 * YAML_KEYS_MAX keys in one mapping; anchors, aliases and merge keys are refused (nothing can be made to explode), so are
 * duplicate keys in one mapping. The tree lives in ctx->arena. */
#ifndef YAGURA_MATCH_YAML_H
#define YAGURA_MATCH_YAML_H

#include "base/err.h"

enum { YAML_TEXT_MAX = 4 * 1024 * 1024, YAML_DEPTH_MAX = 64, YAML_NODES_MAX = 200000, YAML_DOCUMENTS_MAX = 1000, YAML_KEYS_MAX = 4096 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    struct str key;         /* of a map's entry */
    struct str text;        /* of a scalar */
    bool quoted;            /* the scalar was written in quotes or as a block: it is text whatever it looks like */
    uint32_t line;          /* from 1 */
    size_t count;           /* of children */
    struct yaml_node *child;
    struct yaml_node *next; /* sibling; of a root: the next document */
};

/* All documents of the text; *out is the first root (NULL when the text holds none). FAULT_INVALID: the reason names file
 * and line. */
MUST_USE struct err yaml_parse(struct ctx *ctx, struct str file, struct str text, struct yaml_node **out);
const struct yaml_node *yaml_get(const struct yaml_node *map, struct str key); /* NULL: absent, or not a map */
struct str yaml_text(const struct yaml_node *map, struct str key);             /* of a scalar entry; STR_NONE */
/* A map of both; where both have a key, maps are put together the same way and else `over` counts. Shares what lies deeper. */
const struct yaml_node *yaml_merge(struct arena *arena, const struct yaml_node *base, const struct yaml_node *over);
const struct yaml_node *yaml_without(struct arena *arena, const struct yaml_node *map, struct str key);
bool yaml_is_null(const struct yaml_node *node);                               /* plain ~, null or empty */
bool yaml_bool(const struct yaml_node *node, bool *out);                       /* plain true or false, any case */
bool yaml_number(const struct yaml_node *node, double *out);                   /* plain number */

#endif
