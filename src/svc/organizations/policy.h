/* policy.h - policies of the organisation, AWS's own two among them, and the rules of their contents. */
#ifndef YAGURA_SVC_ORGANIZATIONS_POLICY_H
#define YAGURA_SVC_ORGANIZATIONS_POLICY_H

#include "svc/organizations/caller.h"

/* One of AWS's own, or the organisation's. */
struct err org_policy_find(const struct rows *rows, struct str id, struct policy_row *out, bool *found);
/* PolicyNotFoundException when it isn't there. */
struct err org_policy_get(struct request *rq, const struct standing *standing, struct str id, struct policy_row *out);
bool org_policy_is_aws(struct str id);
/* What AWS attaches by itself everywhere once a type is enabled; absent for the other types. */
struct str org_policy_default(struct str type);
struct organizations_policy_summary org_policy_summary(struct request *rq, const struct organization_row *organization,
                                                       const struct policy_row *policy);

/* MalformedPolicyDocumentException, or POLICY_CONTENT_LIMIT_EXCEEDED; policy_check.c */
struct err org_policy_check(struct request *rq, struct str type, struct str content);

/* What the policies of a management type come to, from the root's down to the target's own; effective.c. Documents are
 * in the order of their levels. */
struct str org_policy_merge(struct arena *arena, const struct str *documents, size_t count);

#endif
