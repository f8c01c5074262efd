/* sigma.h - Sigma rules to predicates.
 *
 * A file holds one or more documents; each is a rule, a correlation (correlation.h) or a filter, or says what the rules after
 * it have in common (`action: global`, ended by `reset`) or how the one before it is told once more (`repeat`). A wrong rule
 * is refused whole: it appears among the problems with file, line and reason, and the others load. Fields are dotted JSON paths, after field mappings. Metadata stays, and so
 * does the whole document as a YAML tree, so that `yagura:` and other keys of our own can be read from it
 * (yaml_get(rule->document, STR("yagura"))).
 *
 * Values are compared without regard to case unless `cased`; `null` means null or absent; `not` and `neq` hold where the
 * field is absent. A keyword is looked for in the record's JSON text. Filters change nothing by themselves: whoever has all
 * rules together asks match_sigma_filtered.
 * spec: sigma-rules-specification 2.1, appendix modifiers. */
#ifndef YAGURA_MATCH_SIGMA_H
#define YAGURA_MATCH_SIGMA_H

#include "match/predicate.h"
#include "match/yaml.h"

struct sigma_rule {
    struct str file;
    uint32_t line;
    struct str id, name, title, description, status, author, level; /* absent when not given */
    struct str product, category, service;                    /* of logsource */
    const struct str *tags;
    size_t tag_count;
    const struct yaml_node *document;
    const struct predicate *when;
    struct str aggregation; /* see keep_unsupported */
    struct str timeframe;
};

/* Narrows the rules it names, wherever they were loaded from. */
struct sigma_filter {
    struct str file;
    uint32_t line;
    struct str id, title;
    struct str product, category, service;
    const struct str *rules; /* ids or names */
    size_t rule_count;       /* 0: any rule */
    const struct predicate *when;
};

struct sigma_problem {
    struct str file;
    uint32_t line;
    struct str reason;
};

/* Values for %name% under |expand, and names of fields. */
struct sigma_placeholder {
    struct str name;
    const struct str *values;
    size_t value_count;
};
struct sigma_mapping {
    struct str from, to;
};
struct sigma_options {
    const struct sigma_placeholder *placeholders;
    size_t placeholder_count;
    const struct sigma_mapping *mappings;
    size_t mapping_count;
    /* Old rules end their condition in "| count() > 5" or set a timeframe: without this they are refused. With it they
     * load, with `when` for the single event and the rest as text; whoever can't count must not raise findings by them. */
    bool keep_unsupported;
};

struct correlation;
struct sigma_rules {
    const struct sigma_rule *rules;
    size_t count;
    const struct correlation *correlations; /* whether the rules they name are there is for correlation_open to say */
    size_t correlation_count;
    const struct sigma_filter *filters;
    size_t filter_count;
    const struct sigma_problem *problems;
    size_t problem_count;
};

/* options may be NULL. Everything lives in ctx->arena. The result is also filled when some rules were wrong. */
void match_sigma_parse(struct ctx *ctx, struct str file, struct str text, const struct sigma_options *options,
                       struct sigma_rules *out);
/* A file, or every *.yml and *.yaml below a folder, in order of path. FAULT_IO: path can't be read at all. */
MUST_USE struct err match_sigma_load(struct ctx *ctx, const char *path, const struct sigma_options *options,
                                     struct sigma_rules *out);

/* Another number once a rule file at or below the path has come, gone or changed. */
uint64_t match_sigma_stamp(struct ctx *ctx, const char *path);

/* The rule's predicate with those of the filters that concern it; in the arena. */
const struct predicate *match_sigma_filtered(struct arena *arena, const struct sigma_rule *rule, const struct sigma_filter *filters,
                                             size_t count);
bool match_sigma_filter_concerns(const struct sigma_filter *filter, const struct sigma_rule *rule);

/* YAML with what rules leave open: `fields` (name: path) and `placeholders` (name: a value or a list).
 * FAULT_INVALID: file, line and reason. */
MUST_USE struct err match_sigma_options_parse(struct ctx *ctx, struct str file, struct str text, struct sigma_options *out);
MUST_USE struct err match_sigma_options_load(struct ctx *ctx, const char *path, struct sigma_options *out);

#endif
