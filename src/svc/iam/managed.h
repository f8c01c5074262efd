/* managed.h - the policies that AWS manages, as content of our own under rules/policies/, embedded at build time. */
#ifndef YAGURA_SVC_IAM_MANAGED_H
#define YAGURA_SVC_IAM_MANAGED_H

#include "svc/iam/rows.h"

struct managed_policy {
    struct str name, id, arn, description, document;
};

size_t managed_count(void);
const struct managed_policy *managed_at(size_t at); /* ordered by ARN */
const struct managed_policy *managed_find(struct str arn);
bool managed_is_aws(struct str arn); /* its account part is "aws" */

#endif
