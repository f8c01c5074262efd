/* credentials.h - the part that all operations which give out temporary credentials share. */
#ifndef YAGURA_SVC_STS_CREDENTIALS_H
#define YAGURA_SVC_STS_CREDENTIALS_H

#include "sts_model.h"
#include "svc/session.h"

extern const struct fault STS_ACCESS_DENIED; /* 403 AccessDenied */

/* Seals a session of principal that starts now. */
const struct sts_credentials *credentials_make(struct request *rq, struct session *session, int64_t seconds);

#endif
