/* organization.h - the organisation of the calling account, as IAM's features for organisations need it: asked of
 * Organizations through the front door, with the caller's own rights. */
#ifndef YAGURA_SVC_IAM_ORGANIZATION_H
#define YAGURA_SVC_IAM_ORGANIZATION_H

#include "organizations_model.h"
#include "svc/iam/item.h"

/* OrganizationNotFoundException when the account is in none. */
struct err organization_get(struct request *rq, const struct organizations_organization **out);
struct err organization_call(struct request *rq, const char *operation, const void *in, const void **out);

#endif
