/* rotation.h - new material for a key that is due. */
#ifndef YAGURA_SVC_KMS_ROTATION_H
#define YAGURA_SVC_KMS_ROTATION_H

#include "svc/kms/key.h"

/* kind: AUTOMATIC or ON_DEMAND. Within a write transaction; changes key. */
struct err rotation_do(struct request *rq, struct key *key, const char *kind);

#endif
