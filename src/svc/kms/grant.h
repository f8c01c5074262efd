/* grant.h - grants: who may do what with a key beside its policy, and who may end that. */
#ifndef YAGURA_SVC_KMS_GRANT_H
#define YAGURA_SVC_KMS_GRANT_H

#include "svc/kms/rows.h"

/* By its token, or by key and id. */
struct err grant_named(struct request *rq, struct str token, struct str key_id, struct str grant_id, struct key *key,
                       struct grant_row *out, bool *found);
/* The caller is its retiring principal, or its grantee and the grant lets that one. */
bool grant_retires(struct request *rq, const struct grant_row *grant);

#endif
