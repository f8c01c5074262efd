/* iam.h - users, groups, roles and policies; and what the front door needs of them: who signed, and what may they do.
 *
 * The front door, for each call:
 *     iam_credential_find        before the signature is verified; the secret then verifies it
 *     iam_policies_of            compiled; may be kept and shared for as long as iam_generation() stays the same
 *     policy_decide              with policies.layers and request_lookup (svc/context.h), unless policies.all_allowed
 *     iam_denial                 when it may not
 * and iam_changed() after the commit of any write to IAM. Read iam_generation() before iam_policies_of and keep the result
 * (credentials alike) under that number. Another process on the same PostgreSQL isn't heard: keep nothing longer than a few seconds there. */
#ifndef YAGURA_SVC_IAM_H
#define YAGURA_SVC_IAM_H

#include "policy/policy.h"
#include "svc/context.h"
#include "svc/request.h"
#include "wire/sigv4.h"

extern const struct service IAM;

/* What iam_credential_find refuses with; sigv4_fault gives what other protocols call them. */
#define IAM_INVALID_CLIENT_TOKEN SIGV4_INVALID_CLIENT_TOKEN_ID /* no such key, or a foreign token */
#define IAM_EXPIRED_TOKEN SIGV4_EXPIRED_TOKEN

struct iam_credential {
    struct principal principal;
    struct str secret;
    bool active;                      /* false: the key exists but was switched off; refuse as InvalidClientTokenId */
    const struct context_pair *tags;  /* of the session, as aws:PrincipalTag/KEY */
    size_t tag_count;
    int64_t expires_ms;               /* of a session; 0: a lasting key */
};

/* session_token absent: a lasting key (AKIA), read from the store. Present: everything is in the sealed token, and db is
 * not touched. All text is in ctx->arena. */
struct err iam_credential_find(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str access_key,
                               struct str session_token, int64_t now_ms, struct iam_credential *out);

enum { IAM_SCOPES_MAX = 3, IAM_LAYERS_MAX = 3 + IAM_SCOPES_MAX }; /* spec: STS API reference, GetScopedCredentials */

struct iam_policies {
    bool all_allowed;                /* the account's root */
    struct policy_layer layers[IAM_LAYERS_MAX]; /* identity; boundary, session and scopes of the session, when there are */
    size_t layer_count;
    const struct str *names;         /* of the identity layer's policies: an ARN, or "user/NAME:INLINE" */
    const struct context_pair *tags; /* of the user or role, as aws:PrincipalTag/KEY */
    size_t tag_count;
};

/* Everything, compiled policies included, is in ctx->arena and immutable: a cache gives it an arena of its own.
 * A principal that no longer exists has no policies. A document that can't be read any more counts as denying all. */
struct err iam_policies_of(struct ctx *ctx, struct store_conn *db, const struct principal *principal,
                           struct iam_policies *out);

/* struct service's: the path of the user, group or role as it is stored (or, when it is being made, as it is asked for), and
 * the caller itself where the input names no user. */
struct guard;
struct err iam_guard(struct request *rq, const void *in, struct guard *guard);
/* AWS's words for a refusal: "User: ... is not authorized to perform: ... on resource: ... because ...". */
struct str iam_denial(struct ctx *ctx, const struct principal *principal, struct str action, struct str resource,
                      const struct policy_answer *answer);

uint64_t iam_generation(void);
void iam_changed(void);

/* On a store without users: makes user "admin" with AdministratorAccess and returns its key, once. Else leaves
 * access_key absent. Within a write transaction of the caller. */
struct err iam_first_administrator(struct ctx *ctx, struct store_conn *db, const struct vault *vault,
                                   struct str account, struct str *access_key, struct str *secret);
/* A role with AdministratorAccess in a new account, which principals of the management account may assume. Within a write
 * transaction; account_role.c. */
struct err iam_account_role(struct ctx *ctx, struct store_conn *db, struct str account, struct str name, struct str management);
/* Remembers for GetAccessKeyLastUsed that a lasting key was used, in a write transaction: once a minute per key is
 * plenty. */
struct err iam_credential_used(struct ctx *ctx, struct store_conn *db, struct str access_key, struct str service,
                               struct str region);

/* Who called what: for GenerateServiceLastAccessedDetails and RoleLastUsed. Likewise in a write transaction, and once a
 * minute for each. */
struct iam_access {
    struct str account;
    struct str principal; /* id of a user or role; the account for its root */
    struct str action;    /* "kms:Decrypt" */
    struct str region;
};
struct err iam_access_used(struct ctx *ctx, struct store_conn *db, const struct iam_access *access);

#endif
