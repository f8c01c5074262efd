/* post_policy.h - the policy document of a browser's upload: which fields a form may have, with which values.
 *
 * spec: S3 API reference, "Creating a POST policy". Field names compare without case, values as they are. Every field must be
 * named by a condition but those that carry the signature, the policy, the file, and x-ignore-*. */
#ifndef YAGURA_SVC_S3_POST_POLICY_H
#define YAGURA_SVC_S3_POST_POLICY_H

#include "svc/request.h"
#include "wire/form_data.h"

/* document: JSON, out of its base64. Faults: InvalidPolicyDocument, AccessDenied, EntityTooLarge, EntityTooSmall. */
struct err post_policy_check(struct request *rq, struct str document, struct str bucket, const struct form_data *form);

#endif
