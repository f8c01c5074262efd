/* assume.h - what AssumeRole, AssumeRoleWithWebIdentity and AssumeRoleWithSAML share: the role, its trust, the session.
 *
 * Each fills in a struct assume from its input, then
 *     assume_find       reads the role (within the transaction); assume_find_kept only where it isn't kept
 *     assume_trusted    asks its trust policy, and the caller's own policies where those count
 *     assume_session    checks duration, session policies and tags, and makes the credentials
 * Neither of the last two needs the store. */
#ifndef YAGURA_SVC_STS_ASSUME_H
#define YAGURA_SVC_STS_ASSUME_H

#include "svc/sts/credentials.h"
#include "svc/sts/kept.h"

struct assume {
    const char *action;             /* "sts:AssumeRole" */
    struct str role_arn;
    struct str session_name;
    struct str policy;              /* session policies; absent: none */
    struct sts_policy_descriptor_list_type policy_arns;
    struct session_tags tags;       /* asked for */
    struct str source_identity;     /* asked for, or set before; absent: none */
    struct str provider;            /* ARN of the identity provider that vouches; absent: the caller itself asks */
    struct opt_int duration;
    struct opt_int token_size_min;
    const struct context_pair *pairs; /* the operation's condition keys, but those of tags */
    size_t pair_count;
    /* assume_find */
    struct role_row role;
    struct str account;
    const struct policy *trust; /* NULL: the role is missing, or lets nobody in */
    bool found;
};

/* What all three operations answer. */
struct assumed {
    const struct sts_credentials *credentials;
    const struct sts_assumed_role_user *user;
    struct opt_int packed_policy_size;
    struct opt_int token_size, token_utilization;
};

/* ValidationError when role_arn is no role's. A missing role is no fault: it isn't trusted. */
struct err assume_find(struct request *rq, struct assume *assume);
/* The same of a role that may be kept: it is held in *role, which the caller gives back (kept_role_give). */
struct err assume_find_kept(struct request *rq, struct assume *assume, const struct kept_role **role);
bool assume_trusted(struct request *rq, const struct assume *assume);
struct err assume_session(struct request *rq, const struct assume *assume, struct assumed *out);

/* MalformedPolicyDocument unless it is absent or a sound identity policy. */
struct err assume_check_policy(struct request *rq, struct str document);
struct str assume_join_arns(struct request *rq, struct sts_policy_descriptor_list_type arns);
/* How much of the room for session policies and tags is used; PackedPolicyTooLarge beyond it. */
struct err assume_packed(struct request *rq, struct str policy, struct sts_policy_descriptor_list_type arns,
                         const struct session_tags *tags, struct opt_int *out);

#endif
