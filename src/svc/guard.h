/* guard.h - what a service tells authorisation about a call: the resource, its owner, its policy, its condition keys.
 *
 * The front door fills in a struct guard with what follows from the operation and its resource template, then asks the
 * service's own guard function (struct service), within a read transaction on rq->db. What the function leaves alone
 * stays. A resource that doesn't exist is no fault here: the handler says so to those who may ask.
 *
 * One call may touch several resources (CopyObject reads one object and writes another): guard->next, in the request's
 * arena; every one of them must be allowed, each with its own action. */
#ifndef YAGURA_SVC_GUARD_H
#define YAGURA_SVC_GUARD_H

#include "svc/context.h"

struct guard {
    struct str action;         /* "kms:Decrypt" */
    struct str resource;       /* an ARN, or "*" */
    struct str account;        /* who owns the resource; the caller's at first */
    struct str policy;         /* the resource's policy, JSON; absent: it has none */
    struct str acl;            /* what else it grants, as a policy, JSON: S3's ACLs; absent: nothing. Either may allow */
    bool trust;                /* policy is a role's trust policy: it names no Resource */
    bool handler_decides;      /* AssumeRole: refuse only an explicit deny, tell rq->identity_allows and rq->limited */
    bool resource_decides;     /* KMS keys: without a word of the resource's policy identity policies count for nothing */
    bool open;                 /* any verified caller may, as GetCallerIdentity; unsigned ones too where the model says so */
    const struct policy_kms_grant *grants;
    size_t grant_count;
    const struct context_pair *pairs; /* keys of the operation and of the resource: "kms:ViaService", "aws:ResourceTag/team" */
    size_t pair_count;
    /* One key that is costly to tell, asked only when a policy does and no pair has it; STR_NONE: the request has none such. */
    struct str (*late)(struct request *rq, const struct guard *guard, struct str key);
    const void *late_self;
    struct str canonical_user; /* the caller's id for S3's policies; absent: none is told */
    bool *verdict;             /* not NULL: refuse nothing, say here whether it would be allowed */
    bool terse;                /* S3 to strangers: a refusal says "Access Denied" and no more */
    struct guard *next;
};

#endif
