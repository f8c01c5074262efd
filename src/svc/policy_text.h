/* policy_text.h - a policy document as a service takes it: sound, or refused with IAM's reason and our place.
 *
 *     TRY(policy_text_check(rq, in->policy, POLICY_RESOURCE, &KMS_MALFORMED_POLICY_DOCUMENT_EXCEPTION)); */
#ifndef YAGURA_SVC_POLICY_TEXT_H
#define YAGURA_SVC_POLICY_TEXT_H

#include "policy/policy.h"
#include "svc/request.h"

/* Structure and content (policy_parse, policy_validate). The reason is "WORDS (line 3, column 7)". */
struct err policy_text_check(struct request *rq, struct str document, enum policy_kind kind, const struct fault *fault);
size_t policy_text_size(struct str document); /* without white space, as quotas count it */

#endif
