#include "svc/door.h"

struct err door_call(struct request *rq, const struct door_call *call, const void **out)
{
    if (rq->door == NULL) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "%s:%s can't be called here: there is no front door", call->service,
                    call->operation);
    }
    return rq->door->call(rq, call, out);
}

struct err door_organization(struct request *rq, struct str account, struct organization_facts *out)
{
    return rq->door && rq->door->organization ? rq->door->organization(rq, account, out) : ERR_OK;
}

struct err door_mfa(struct request *rq, struct str serial, struct str code)
{
    return rq->door && rq->door->mfa ? rq->door->mfa(rq, serial, code)
                                     : fail(&rq->ctx, &FAULT_INTERNAL, "MFA codes can't be checked here: there is no front door");
}
