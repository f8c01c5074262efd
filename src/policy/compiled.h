/* compiled.h - the compiled form of a policy; only src/policy includes it. */
#ifndef YAGURA_POLICY_COMPILED_H
#define YAGURA_POLICY_COMPILED_H

#include "policy/policy.h"

/* A pattern as written; variables are expanded while deciding, because their values belong to the request. */
struct pattern {
    struct str text;
    bool variables; /* holds ${...}, and the document's version gives that a meaning */
};

struct patterns {
    struct pattern *items;
    size_t count;
};

struct operator;

enum quantifier { ANY_OR_NONE, FOR_ALL_VALUES, FOR_ANY_VALUE };

struct condition {
    struct str operator_text;        /* as written */
    const struct operator *operator; /* NULL: unknown, never met */
    enum quantifier quantifier;
    bool if_exists;
    struct str key;
    struct patterns values;
};

struct statement {
    struct str sid;
    bool deny;
    bool not_action, not_resource, not_principal;
    struct patterns actions, resources; /* resources: count 0 in trust policies */
    struct patterns principals;         /* text is "AWS:..." , "Service:...", "Federated:..." or "*" */
    struct condition *conditions;
    size_t condition_count;
};

struct policy {
    enum policy_kind kind;
    struct str version;
    struct statement *statements;
    size_t count;
};

/* NULL: unknown. Takes quantifier and IfExists off the name. */
const struct operator *operator_find(struct str name, enum quantifier *quantifier, bool *if_exists);
bool condition_met(struct arena *arena, const struct condition *condition, const struct policy_question *question);

/* A pattern with its variables replaced: codes below 256 are literal bytes. */
enum { CODE_MANY = 256, CODE_ONE = 257 };
struct codes {
    uint16_t *items;
    size_t count;
};
/* False when a variable has neither value nor default. wild: * and ? are wildcards, else literals. */
bool pattern_expand(struct arena *arena, const struct pattern *pattern, const struct policy_question *question,
                    bool wild, struct codes *out);
bool codes_match(struct codes pattern, struct str text, bool ignore_case);
/* Each of the six parts of an ARN on its own; missing parts of the pattern match anything. */
bool codes_match_arn(struct codes pattern, struct str arn);

#endif
