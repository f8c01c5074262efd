/* managed.h - keys of services (alias/aws/s3): made when a service first asks for one. */
#ifndef YAGURA_SVC_KMS_MANAGED_H
#define YAGURA_SVC_KMS_MANAGED_H

#include "svc/kms/key.h"

/* *found stays false for an alias that is none of a service, and where nothing can be written. */
struct err managed_make(struct request *rq, struct str account, struct str alias, struct key *out, bool *found);

#endif
