/* criteria.h - GuardDuty finding criteria, tested against findings in their wire form (lowerCamel JSON).
 *
 * Attributes are joined by AND, the values of one attribute by OR (of a negative operator: none of them). Field names are
 * JSON paths ("service.archived"). Fields that are times take epoch milliseconds and are compared with the ISO text in
 * the finding. Matches and NotMatches take * and ? wildcards.
 * spec: GuardDuty API reference, Condition and FindingCriteria; user guide, Filtering findings. */
#ifndef YAGURA_MATCH_CRITERIA_H
#define YAGURA_MATCH_CRITERIA_H

#include "base/err.h"

enum match_comparison {
    MATCH_EQUALS,
    MATCH_NOT_EQUALS,
    MATCH_GREATER_THAN,
    MATCH_GREATER_THAN_OR_EQUAL,
    MATCH_LESS_THAN,
    MATCH_LESS_THAN_OR_EQUAL,
    MATCH_MATCHES,
    MATCH_NOT_MATCHES,
};

struct match_criterion {
    struct str field;
    enum match_comparison comparison;
    const struct str *values; /* numbers as decimal text; exactly one for the four order comparisons */
    size_t value_count;
};

struct match_criteria;
/* Equals, eq, NotEquals, neq, GreaterThan, gt, …: false when it is none of them. */
bool match_comparison_parse(struct str name, enum match_comparison *out);
bool match_criteria_is_time(struct str field); /* epoch milliseconds are compared with ISO text */
/* No criteria at all match every finding. FAULT_INVALID: the reason names the attribute. */
MUST_USE struct err match_criteria_compile(struct ctx *ctx, const struct match_criterion *criteria, size_t count,
                                           struct match_criteria **out);
void match_criteria_free(struct match_criteria *criteria); /* NULL is allowed */
/* One thread at a time. Malformed JSON matches nothing. */
bool match_criteria_test(struct match_criteria *criteria, struct str finding);
/* Why a finding matches or not. FAULT_INVALID: it is malformed. */
struct match_explanation;
MUST_USE struct err match_criteria_explain(struct ctx *ctx, struct match_criteria *criteria, struct str finding,
                                           struct match_explanation *out);

#endif
