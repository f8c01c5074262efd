/* documents.h - the policy documents that speak for a user, group or role: its own, the attached, and those of a user's
 * groups. */
#ifndef YAGURA_SVC_IAM_DOCUMENTS_H
#define YAGURA_SVC_IAM_DOCUMENTS_H

#include "svc/iam/entity.h"

struct document {
    enum entity_kind kind; /* of whom it hangs on */
    struct str owner;      /* its name */
    struct str name;       /* of an inline policy, or a managed one's ARN */
    bool managed;
    struct str text;       /* absent: the managed policy is gone */
};

struct documents {
    struct document *items;
    size_t count;
};

struct err documents_of(const struct rows *rows, const struct entity *entity, struct documents *out);

#endif
