/* guard_item.h - the parts of IAM's guard: users, groups, roles and policies in guard.c, all else in guard_item.c. */
#ifndef YAGURA_SVC_IAM_GUARD_ITEM_H
#define YAGURA_SVC_IAM_GUARD_ITEM_H

#include "svc/guard.h"
#include "svc/iam/item.h"

struct str guard_input(const struct request *rq, const void *in, const char *name); /* a member that is text */
/* Tags of what is there, and its boundary. */
struct err guard_describe(struct request *rq, struct str owner, struct str boundary, struct guard *guard);
/* For instance profiles, certificates, MFA devices and providers, by the operation's resource template. */
struct err guard_item(struct request *rq, const void *in, struct guard *guard);
/* What an operation needs beside its template: a role handed to EC2, the right to change one's own password. */
struct err guard_special(struct request *rq, const void *in, struct guard *guard);

#endif
