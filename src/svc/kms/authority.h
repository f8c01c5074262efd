/* authority.h - who may use a key: what its policy must be, and the grants that speak for a caller. */
#ifndef YAGURA_SVC_KMS_AUTHORITY_H
#define YAGURA_SVC_KMS_AUTHORITY_H

#include "svc/guard.h"
#include "svc/kms/key.h"
#include "svc/kms/rows.h"

/* MalformedPolicyDocumentException for what is no key policy, and (unless bypassed) for one that would lock the caller
 * out of changing it again. */
struct err authority_check_policy(struct request *rq, const struct key *key, struct str policy, bool bypass);

/* What hangs on a key and speaks in authorisation. */
struct belongings {
    const struct context_pair *pairs; /* kms:ResourceAliases, aws:ResourceTag/KEY */
    size_t pair_count;
    const struct grant_row *grants;
    size_t grant_count;
};
/* key_look, and what hangs on the key. */
struct err key_look_whole(struct request *rq, struct str reference, struct key *out, const struct belongings **belongings,
                          bool *found);
struct err authority_belongings(struct request *rq, const struct key *key, const struct belongings **out);

/* The grants among them that the caller may have been given. */
struct err authority_grants(struct request *rq, const struct belongings *belongings, struct guard *guard);

/* KMS's struct service guard. */
struct err kms_guard(struct request *rq, const void *in, struct guard *guard);

#endif
