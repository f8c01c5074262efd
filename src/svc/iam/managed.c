#include "svc/iam/managed.h"

#include "iam_policies.h"

size_t managed_count(void)
{
    return COUNT_OF(IAM_MANAGED_POLICIES);
}

const struct managed_policy *managed_at(size_t at)
{
    return &IAM_MANAGED_POLICIES[at];
}

const struct managed_policy *managed_find(struct str arn)
{
    for (size_t i = 0; i < COUNT_OF(IAM_MANAGED_POLICIES); i++) {
        if (str_equal(IAM_MANAGED_POLICIES[i].arn, arn)) {
            return &IAM_MANAGED_POLICIES[i];
        }
    }
    return NULL;
}

bool managed_is_aws(struct str arn)
{
    return str_starts(arn, STR("arn:aws:iam::aws:policy/"));
}
