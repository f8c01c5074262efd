/* spec: S3 user guide, "Configuring MFA delete": the device's serial number, a space, and the code that it shows. */
#include "svc/s3/mfa.h"

#include "svc/door.h"

struct err mfa_need(struct request *rq, struct str header)
{
    const size_t space = str_find_last(header, ' ');
    if (space == STR_MISSING) {
        return fail(&rq->ctx, &S3_ACCESS_DENIED, "Mfa Authentication must be used for this request");
    }
    const struct err err = door_mfa(rq, str_slice(header, 0, space), str_from(header, space + 1));
    return err.fault && err.fault->http < 500 ? (struct err){ &S3_ACCESS_DENIED } : err;
}
