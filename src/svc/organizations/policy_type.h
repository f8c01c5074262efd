/* policy_type.h - the kinds of policies, and which are enabled in the root. */
#ifndef YAGURA_SVC_ORGANIZATIONS_POLICY_TYPE_H
#define YAGURA_SVC_ORGANIZATIONS_POLICY_TYPE_H

#include "svc/organizations/caller.h"

bool org_policy_type_enabled(const struct organization_row *organization, struct str type);
/* Attaches AWS's own policies of every enabled type to a unit or account that is new. */
struct err org_policy_type_defaults(const struct standing *standing, struct str target);
struct organizations_policy_types org_policy_types_out(struct request *rq, const struct organization_row *organization);
const struct organizations_root *org_root_out(struct request *rq, const struct organization_row *organization);

#endif
