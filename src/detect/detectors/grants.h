/* grants.h - whom a resource policy lets in, read from its JSON without judging requests.
 *
 * spec: IAM user guide, JSON policy elements: Principal, Condition; S3 user guide, the meaning of "public". */
#ifndef YAGURA_DETECT_DETECTORS_GRANTS_H
#define YAGURA_DETECT_DETECTORS_GRANTS_H

#include "base/json.h"

/* The policy as a tree, whether it stands there as an object or as text; NULL when it is neither. */
const struct json *grants_policy(struct arena *arena, const struct json *value);
/* A statement allows everyone, without a condition that narrows who that is. */
bool grants_everyone(const struct json *policy);
/* The first foreign account that some statement allows more than to write objects; STR_NONE: none. */
struct str grants_foreign_account(const struct json *policy, struct str own_account);

#endif
