/* tag.h - tags, for those who make what can be tagged. */
#ifndef YAGURA_SVC_ORGANIZATIONS_TAG_H
#define YAGURA_SVC_ORGANIZATIONS_TAG_H

#include "svc/organizations/caller.h"

/* DUPLICATE_TAG_KEY, MAX_TAG_LIMIT_EXCEEDED, INVALID_SYSTEM_TAGS_PARAMETER. */
struct err org_tags_put(struct request *rq, const struct standing *standing, struct str resource,
                        struct organizations_tags tags);

#endif
