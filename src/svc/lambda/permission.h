/* permission.h - the resource policy of a function, an alias, a version or a layer version: statements, one a row. */
#ifndef YAGURA_SVC_LAMBDA_PERMISSION_H
#define YAGURA_SVC_LAMBDA_PERMISSION_H

#include "svc/guard.h"
#include "svc/lambda/function.h"

/* The policy as authorisation and GetPolicy see it; absent: no statement. qualifier absent: the function's own. */
struct err permission_document(struct lambda_rows rows, struct str name, struct str qualifier, struct str *out);
/* The same statements always have the same revision. */
struct str permission_revision(struct ctx *ctx, struct str document);
struct err permission_add(struct request *rq, struct lambda_rows rows, struct str name, struct str qualifier, struct str sid, struct str statement);
struct err permission_remove(struct request *rq, struct lambda_rows rows, struct str name, struct str qualifier, struct str sid);

struct err layer_guard(struct request *rq, const void *in, struct str name, struct guard *guard);

#endif
