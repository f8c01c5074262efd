/* organization_policies.h - what the organisation says of an account, as authorisation needs it.
 *
 * svc/organizations fills it in: const struct service ORGANIZATIONS = { ..., .organization = function,
 * .changes_authority = true }. The function is asked within a read transaction, for any account, with ctx->arena for all
 * text; the answer is compiled and kept until the next committed write to Organizations or IAM, a few seconds at most.
 *
 * spec: Organizations user guide, "SCP evaluation" and "RCP evaluation": each level from the root to the account must
 * allow. Policies of a type that isn't enabled in the root say nothing: leave levels empty (count 0), else name every
 * level, FullAWSAccess and RCPFullAWSAccess included. */
#ifndef YAGURA_SVC_ORGANIZATION_POLICIES_H
#define YAGURA_SVC_ORGANIZATION_POLICIES_H

#include "base/str.h"

enum { ORGANIZATION_LEVELS_MAX = 7 }; /* root, five levels of units, account */

/* The policies attached to one root, unit or account. */
struct organization_level {
    const struct str *documents; /* JSON */
    size_t count;                /* 0: nothing is attached: nothing is allowed */
};

struct organization_levels {
    struct organization_level items[ORGANIZATION_LEVELS_MAX]; /* the root first */
    size_t count;
};

struct organization_facts {
    bool member;      /* false: the account is in no organisation, and the rest but suspended is empty */
    bool suspended;   /* the account is closed, in an organisation or no more: nothing may be done by it or in it */
    bool management;  /* it is the management account: neither SCPs nor RCPs bind it */
    struct str id;    /* "o-a1b2c3d4e5": aws:PrincipalOrgID */
    struct str path;  /* "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/": aws:PrincipalOrgPaths */
    struct str management_account;
    struct organization_levels service_control, resource_control;
};

#endif
