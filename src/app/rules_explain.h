/* rules_explain.h - what a rule asks, and why its own test events are hits or misses. */
#ifndef YAGURA_APP_RULES_EXPLAIN_H
#define YAGURA_APP_RULES_EXPLAIN_H

#include "detect/rules.h"

/* What takes a line: a part of the rule ("condition", "selection", "hit 1"), a verdict ("" for what the rule says of itself,
 * "match", "miss", "skipped") and words. */
struct rules_explain_sink {
    void *self;
    void (*line)(void *self, struct str part, const char *verdict, struct str words);
};

/* Filters that concern the rule are part of what its events are asked. */
MUST_USE struct err rules_explain_rule(struct ctx *ctx, const struct rule *rule, const struct rules_explain_sink *sink);
void rules_explain_correlation(struct ctx *ctx, const struct correlation *correlation, const struct rules_explain_sink *sink);

#endif
