/* kept.h - roles that were read lately, their trust policies compiled: AssumeRole of one that nobody changes asks no database.
 *
 * For how long a row counts, svc/changes.h says (changes_authority). Bounded in number; immutable and shared by threads. */
#ifndef YAGURA_SVC_STS_KEPT_H
#define YAGURA_SVC_STS_KEPT_H

#include "policy/policy.h"
#include "svc/sts/rows.h"

struct kept_role {
    struct role_row row;
    const struct policy *trust; /* NULL: it can't be read, and lets nobody in */
};

/* *out is NULL when there is no such role, else the caller's until kept_role_give. */
struct err kept_role_take(struct request *rq, struct str account, struct str name, const struct kept_role **out);
void kept_role_give(const struct kept_role *const *role); /* of *role, which may be NULL */

#endif
