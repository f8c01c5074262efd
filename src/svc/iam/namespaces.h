/* namespaces.h - services by the prefix of their actions, and which of them a policy document grants something of.
 *
 * Only Allow statements count: IAM's reports on access look neither at conditions nor at what else denies. */
#ifndef YAGURA_SVC_IAM_NAMESPACES_H
#define YAGURA_SVC_IAM_NAMESPACES_H

#include "base/str.h"

struct namespaces {
    struct str *items; /* sorted, each once */
    size_t count;
};

bool namespace_granted(struct arena *arena, struct str document, struct str name);
/* Adds those of the known ones, and those the document spells out, that it grants. */
void namespaces_add_granted(struct arena *arena, struct namespaces *to, struct str document);
void namespaces_add(struct arena *arena, struct namespaces *to, struct str name);
struct str namespace_title(struct str name); /* "AWS Key Management Service"; the name itself when it isn't known */

#endif
