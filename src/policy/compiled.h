/* compiled.h - the compiled form of a policy; only src/policy includes it. */
#ifndef YAGURA_POLICY_COMPILED_H
#define YAGURA_POLICY_COMPILED_H

#include "policy/address.h"
#include "policy/policy.h"

/* --- patterns --- */

enum { ARN_PARTS = 6, PIECES_MAX = 64 };

enum piece_kind {
    PIECE_TEXT,     /* as written: * and ? may be wildcards */
    PIECE_LITERAL,  /* of ${*}, ${?}, ${$} */
    PIECE_VARIABLE, /* text is the key; its value belongs to the request and is never a wildcard */
};

struct piece {
    enum piece_kind kind;
    struct str text;
    struct str fallback; /* of a variable; absent: none */
};

struct pieces {
    const struct piece *items;
    size_t count;
};

struct pattern {
    struct str text; /* as written */
    struct pieces whole;
    const struct pieces *parts; /* of an ARN, ARN_PARTS at most; NULL where no ARN is wanted */
    size_t part_count;
};

struct patterns {
    struct pattern *items;
    size_t count;
};

/* False when it holds more than PIECES_MAX pieces. variables: ${...} has a meaning; arn: fill in parts. */
bool pattern_compile(struct arena *arena, struct str text, bool variables, bool arn, struct pattern *out);

/* A question, with what many statements ask of it worked out once. */
struct asked {
    const struct policy_question *question;
    uint32_t action_hash, service_hash;
    struct str parts[ARN_PARTS]; /* of the resource */
    size_t part_count;
};

size_t arn_split(struct str arn, struct str *parts);
enum match_mode { MATCH_EXACT, MATCH_NO_CASE, MATCH_LIKE };
/* False also when a variable has neither value nor default. */
bool pattern_match(const struct asked *asked, const struct pattern *pattern, struct str text, enum match_mode mode);
/* Each of the six parts of an ARN on its own; missing parts of the pattern match anything. */
bool pattern_match_arn(const struct asked *asked, const struct pattern *pattern, struct str arn, const struct str *parts,
                       size_t part_count);

/* --- statements --- */

struct operator;

enum quantifier { ANY_OR_NONE, FOR_ALL_VALUES, FOR_ANY_VALUE };

/* A number, date or network of the policy, read once. */
struct literal {
    bool sound;
    double number; /* dates: milliseconds */
    struct address_range range;
};

struct condition {
    struct str operator_text;        /* as written */
    const struct operator *operator; /* NULL: unknown, never met */
    enum quantifier quantifier;
    bool if_exists;
    struct str key;
    struct patterns values;
    const struct literal *literals; /* one per value; NULL for text */
};

enum principal_kind { NAMES_ANYONE, NAMES_ACCOUNT, NAMES_ARN, NAMES_SERVICE, NAMES_FEDERATED, NAMES_CANONICAL };

struct named_principal {
    enum principal_kind kind;
    struct str value;
};

struct named_principals {
    struct named_principal *items;
    size_t count;
};

struct statement {
    struct str sid;
    bool deny;
    bool not_action, not_resource, not_principal;
    struct patterns actions, resources; /* resources: count 0 in trust policies */
    struct named_principals principals;
    struct condition *conditions;
    size_t condition_count;
};

/* --- the index of actions: which statements can an action concern? --- */

#define EVERY_PATTERN UINT32_MAX /* of a NotAction: look at the statement as a whole */

struct index_entry {
    uint32_t statement, pattern;
};

struct index_slot {
    uint32_t hash, start, count;
};

struct action_index {
    struct index_slot *slots; /* open addressing; count 0: free */
    uint32_t mask;
    struct index_entry *entries;
    uint32_t always; /* the entries that any action concerns are the first ones */
};

struct policy {
    enum policy_kind kind;
    struct str version;
    struct statement *statements;
    size_t count;
    struct action_index index;
};

void index_build(struct arena *arena, struct policy *policy);
struct index_slot index_find(const struct action_index *index, uint32_t hash); /* count 0: none */
uint32_t index_hash(struct str text);    /* without case */
struct str index_service(struct str action); /* "s3:" of "s3:GetObject"; absent without a colon */
bool action_sound(struct str pattern);
bool action_named(const struct statement *statement, struct str action);

/* --- conditions --- */

/* NULL: unknown. Takes quantifier and IfExists off the name. */
const struct operator *operator_find(struct str name, enum quantifier *quantifier, bool *if_exists);
bool operator_wants_arn(const struct operator *operator); /* NULL is allowed */
bool operator_demands(const struct operator *operator); /* a value like the policy's: not negated, not Null; NULL is allowed */
void condition_compile(struct arena *arena, struct condition *condition);
bool condition_met(const struct asked *asked, const struct condition *condition);

#endif
