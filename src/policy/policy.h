/* policy.h - the IAM policy language: parse once, decide often, say why.
 *
 * policy_parse compiles a document into an arena; the result is immutable and may be shared between threads for as long
 * as the arena lives. policy_validate adds what IAM refuses on writing but evaluation can live with. policy_of_grant makes
 * a policy of a KMS grant.
 *
 * policy_decide asks: may this action be done on this resource? A question has layers. An explicit deny in any layer
 * wins. Else every level of the organisation's policies (SCP, RCP) and the endpoint's policy must allow, and then:
 *   same account     the identity policies, or the resource's policy or a grant, allow
 *   resource_decides the same, but identity policies count only where the resource's policy names the account or the caller
 *   another account  the resource's policy and the identity policies allow, or a grant does
 *   anonymous, service or federated callers   the resource's policy allows
 * Boundary and session policy must allow too, unless the resource's policy names the very user or session, or anyone.
 * A resource's policy that names only the account delegates: identity policies must allow. Layers left out don't
 * restrict; without an identity layer identity allows nothing, but for the account's root.
 *
 * The answer names the deciding statement, or the condition that an otherwise fitting Allow failed on; policy_weigh tells
 * what one layer said. Neither allocates: a lookup's values must stay as they are until the decision is made.
 *
 * spec: IAM user guide, "Policy evaluation logic", "Cross-account policy evaluation logic", "IAM JSON policy elements"; KMS
 * developer guide, "Troubleshooting key access". */
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
/* What IAM also checks: vendor prefixes, ARN form of resources and principals, known condition operators, unique Sids. */
bool policy_validate(struct arena *arena, const struct policy *policy, struct policy_error *error);
/* Whether a resource's policy lets in just anybody: S3's meaning of "public". */
bool policy_is_public(const struct policy *policy);
size_t policy_statement_count(const struct policy *policy);
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
    struct str account;  /* absent: nobody signed */
    struct str arn;      /* of the user, root or session */
    struct str role_arn; /* of an assumed role's role, of a federated session's user; else absent */
    struct str service;  /* "ec2.amazonaws.com" when a service asks; else absent */
    struct str federated;      /* the provider that a web identity or SAML assertion comes from; else absent */
    struct str canonical_user; /* S3's id of the account; else absent */
    bool management_account;   /* the caller's account manages the organisation: SCPs don't bind it */
};

/* From "arn:aws:iam::111122223333:user/ann" (or role, root, an STS session), "sns.amazonaws.com" or "anonymous"; false for
 * anything else. A session's role is taken to have no path. */
bool policy_caller_of(struct arena *arena, struct str text, struct policy_caller *out);

enum policy_layer_kind {
    LAYER_IDENTITY,
    LAYER_SESSION,
    LAYER_BOUNDARY,
    LAYER_ORGANIZATION,     /* SCPs: a layer for each level, from the root to the account */
    LAYER_RESOURCE,         /* the resource's policy, a key's policy, a role's trust */
    LAYER_RESOURCE_CONTROL, /* RCPs (POLICY_RESOURCE): as LAYER_ORGANIZATION, of the resource's account */
    LAYER_GRANT,            /* KMS grants, from policy_of_grant */
    LAYER_ENDPOINT,         /* the policy of a VPC endpoint */
    LAYER_KINDS,            /* how many there are */
};

/* An empty layer allows nothing. Within a layer any policy may allow; of layers of one kind each must. */
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
    struct str resource_account; /* who owns the resource; absent: the caller's account */
    bool resource_decides;       /* KMS keys and role trust: see above */
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

struct policy_answer policy_decide(const struct policy_question *question);

/* How closely a policy with principals names the caller. */
enum policy_grant { GRANT_NONE, GRANT_ACCOUNT, GRANT_ROLE, GRANT_DIRECT };

struct policy_verdict {
    enum policy_decision decision;
    enum policy_grant grant; /* of an allow by a policy with principals: the closest */
    bool exempt;             /* the layer doesn't bind this caller */
    struct policy_place decided, nearest;
    struct str unmet_operator, unmet_key;
};
struct policy_verdict policy_weigh(const struct policy_question *question, const struct policy_layer *layer);
/* The statements of a layer that fit the question wholly, conditions included: for whoever wants to show them. Up to max. */
struct policy_match {
    struct policy_place place;
    bool deny;
};
size_t policy_matches(const struct policy_question *question, const struct policy_layer *layer, struct policy_match *out,
                      size_t max);
/* Each context key that the policy asks for, in conditions and variables, as it spells it; maybe more than once. */
void policy_context_keys(const struct policy *policy, void (*take)(void *argument, struct str key), void *argument);
/* SCPs bind neither anonymous callers nor services, service-linked roles or the management account; RCPs no service-linked roles. */
bool policy_binds(const struct policy_question *question, enum policy_layer_kind kind);
const char *policy_layer_words(enum policy_layer_kind kind); /* "service control policy" */

/* A KMS grant: the grantee may do the operations when the encryption context is this, or holds it. */
struct policy_pair {
    struct str key, value;
};
struct policy_kms_grant {
    struct str grantee;           /* an ARN, or a service ("rds.amazonaws.com") */
    const struct str *operations; /* "Decrypt" */
    size_t operation_count;
    const struct policy_pair *context;
    size_t context_count;
    bool context_exact; /* EncryptionContextEquals, else EncryptionContextSubset */
};
/* For LAYER_GRANT; reads kms:EncryptionContext:KEY and kms:EncryptionContextKeys. */
const struct policy *policy_of_grant(struct arena *arena, const struct policy_kms_grant *grant);

/* "*" and "?" wildcards over plain text. */
bool policy_wildcard(struct str pattern, struct str text, bool ignore_case);

#endif
