/* validate.h - the constraints of a model, checked on a value that is already decoded. */
#ifndef YAGURA_WIRE_VALIDATE_H
#define YAGURA_WIRE_VALIDATE_H

#include "wire/model.h"

/* What the value breaks, in AWS's words: "1 validation error detected: Value ... failed to satisfy constraint: ...";
 * STR_NONE when it is sound. Members that the caller may leave to us (idempotency tokens) may be absent. */
struct str validate_structure(struct arena *arena, const struct shape *shape, const void *structure);
/* The same in IAM's words, which never show the value: "Value at 'roleName' failed ...". Others leave out sensitive ones. */
struct str validate_unquoted(struct arena *arena, const struct shape *shape, const void *structure);
/* The same of those members alone for which `wanted` says yes. */
struct str validate_members(struct arena *arena, const struct shape *shape, const void *structure,
                            bool (*wanted)(const struct member *member));

#endif
