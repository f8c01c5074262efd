/* mfa.h - the x-amz-mfa header: "SERIAL CODE" of the caller's device, needed where MFA delete is on. */
#ifndef YAGURA_SVC_S3_MFA_H
#define YAGURA_SVC_S3_MFA_H

#include "svc/s3/faults.h"

/* AccessDenied without a header, or with a code that isn't good. */
struct err mfa_need(struct request *rq, struct str header);

#endif
