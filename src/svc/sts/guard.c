/* guard.c - what authorisation must know about STS: most of it is for any caller, or for the handler to decide. */
#include "sts_model.h"
#include "svc/guard.h"
#include "svc/sts/sts.h"

/* spec: STS API reference: GetCallerIdentity and GetSessionToken need no permission; IAM user guide, "How IAM roles differ
 * from resource-based policies": the role's trust policy decides about AssumeRole, which the handler reads. */
static struct err guard(struct request *rq, const void *in, struct guard *guard)
{
    (void)in;
    const struct str name = str_of(rq->operation->name);
    guard->open = str_equal(name, STR("GetCallerIdentity")) || str_equal(name, STR("GetSessionToken"));
    guard->handler_decides = str_equal(name, STR("AssumeRole"));
    return ERR_OK;
}

const struct service STS = { .model = &STS_MODEL, .guard = guard };
