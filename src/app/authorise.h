/* authorise.h - may this call be made?
 *
 * From the operation and its resource template comes a struct guard (svc/guard.h), which the service's own function completes.
 * Then the caller's policies, the resource's and the organisation's decide together (policy/policy.h). Compiled policies of
 * resources and organisations are remembered per thread: by their text, and by account.
 *
 * The same for calls from outside (front.c) and from one service to another (inside.c). */
#ifndef YAGURA_APP_AUTHORISE_H
#define YAGURA_APP_AUTHORISE_H

#include "app/identity.h"
#include "svc/request.h"

struct authorise_memory;

struct authorise_memory *authorise_memory_open(void);
void authorise_memory_close(struct authorise_memory *memory); /* NULL is allowed */

/* What its folder says of a service that answers. */
const struct service *authorise_service(const struct service_model *model);
/* rq->db is within a transaction. identity: the caller's; NULL when a service calls or nobody signed. A refusal is AccessDenied
 * in AWS's words; other faults come from the service's guard or the store. Sets rq->identity_allows and rq->limited. */
struct err authorise(struct authorise_memory *memory, struct request *rq, const void *in, const struct identity *identity);
/* What is no operation of a service: a push. No organisation speaks about it. */
struct err authorise_action(struct request *rq, const struct identity *identity, struct str action, struct str resource);

#endif
