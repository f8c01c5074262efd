/* policy.h - the IAM policy language: parse once, decide often, say why.
 *
 * policy_parse compiles a document into an arena; the result is immutable and may be shared between threads for as long
 * as the arena lives. policy_validate adds what IAM refuses on writing but evaluation can live with.
 *
 * policy_decide asks: may this action be done on this resource? A question has layers (identity policies, session
 * policy, later boundaries and organisation policies). An explicit deny in any layer wins; else every layer given must
 * allow; what no one allows is denied. The answer names the deciding statement, or the condition that an otherwise
 * fitting Allow failed on. Deciding allocates only from the arena passed in.
 *
 * spec: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements". */
#ifndef YAGURA_POLICY_POLICY_H
#define YAGURA_POLICY_POLICY_H

#include "base/str.h"

struct policy;

enum policy_kind {
    POLICY_IDENTITY, /* Resource, no Principal */
    POLICY_TRUST,    /* Principal, no Resource: who may assume a role */
    POLICY_RESOURCE, /* Principal and Resource */
};

struct policy_error {
    const char *reason; /* IAM's words */
    struct str place;   /* "line 3, column 7" or "Statement[1].Action[0]"; absent: the document as a whole */
};

/* NULL when the document is malformed; *error then says why and where. */
struct policy *policy_parse(struct arena *arena, struct str document, enum policy_kind kind,
                            struct policy_error *error);
/* What IAM also checks: vendor prefixes, ARN form of resources, known condition operators, unique Sids. */
bool policy_validate(struct arena *arena, const struct policy *policy, struct policy_error *error);
struct str policy_version(const struct policy *policy); /* absent when the document names none */

/* The values of one context key, as text. */
struct policy_values {
    const struct str *items;
    size_t count;
};

/* False when the request has no such key. Keys compare without case ("aws:username", "aws:PrincipalTag/team"). */
typedef bool (*policy_lookup)(void *argument, struct str key, struct policy_values *values);

/* Who asks, for documents with a Principal. */
struct policy_caller {
    struct str account;
    struct str arn;      /* of the user, root or session */
    struct str role_arn; /* of an assumed role's role; else absent */
    struct str service;  /* "ec2.amazonaws.com" when a service asks; else absent */
};

enum policy_layer_kind { LAYER_IDENTITY, LAYER_SESSION, LAYER_BOUNDARY, LAYER_ORGANIZATION, LAYER_RESOURCE };

/* An empty layer allows nothing. */
struct policy_layer {
    enum policy_layer_kind kind;
    const struct policy *const *policies;
    size_t count;
};

struct policy_question {
    struct str action;   /* "iam:CreateUser" */
    struct str resource; /* an ARN, or "*" for actions that have none */
    struct policy_caller caller;
    policy_lookup lookup; /* NULL: no context keys */
    void *lookup_argument;
    const struct policy_layer *layers;
    size_t layer_count;
};

enum policy_decision { POLICY_IMPLICIT_DENY, POLICY_EXPLICIT_DENY, POLICY_ALLOW };

/* Where a statement stands. */
struct policy_place {
    bool set;
    enum policy_layer_kind layer;
    size_t policy;    /* index within the layer */
    size_t statement; /* index within the policy */
    struct str sid;   /* absent if it has none */
};

struct policy_answer {
    enum policy_decision decision;
    enum policy_layer_kind layer;  /* an implicit deny: the layer that didn't allow */
    struct policy_place decided;   /* the denying statement, or the allowing one of the first layer */
    struct policy_place nearest;   /* an implicit deny: the Allow that fitted but for the condition below */
    struct str unmet_operator;
    struct str unmet_key;
};

struct policy_answer policy_decide(struct arena *arena, const struct policy_question *question);

/* "*" and "?" wildcards over plain text. */
bool policy_wildcard(struct str pattern, struct str text, bool ignore_case);

#endif
