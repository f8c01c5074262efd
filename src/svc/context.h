/* context.h - the context keys that every request carries into policy evaluation.
 *
 * spec: IAM user guide, "AWS global condition context keys". request_lookup is a policy_lookup whose argument is a
 * struct request_context; what a single operation adds (sts:ExternalId) comes in extra. */
#ifndef YAGURA_SVC_CONTEXT_H
#define YAGURA_SVC_CONTEXT_H

#include "policy/policy.h"
#include "svc/request.h"

struct request_context {
    struct request *rq;
    const struct context_pair *extra; /* pairs with the same key are several values; an absent value is no pair */
    size_t extra_count;
    const struct guard *guard; /* with a `late` function (svc/guard.h) that knows more; NULL: none */
};

bool request_lookup(void *argument, struct str key, struct policy_values *values);
/* The caller as documents with a Principal see it. */
struct policy_caller request_caller(struct request *rq);

#endif
