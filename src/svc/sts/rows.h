/* rows.h - what STS reads: roles, which IAM keeps in iam_entity (src/svc/iam/schema). STS writes nothing. */
#ifndef YAGURA_SVC_STS_ROWS_H
#define YAGURA_SVC_STS_ROWS_H

#include "svc/request.h"

struct role_row {
    struct str name, id, path, trust;
    int64_t max_session; /* seconds */
};

struct err rows_role(struct request *rq, struct str account, struct str name, struct role_row *out, bool *found);

#endif
