/* alias.h - names that stand for a version, or for two by weight. */
#ifndef YAGURA_SVC_LAMBDA_ALIAS_H
#define YAGURA_SVC_LAMBDA_ALIAS_H

#include "svc/lambda/function.h"

struct err alias_need(struct request *rq, const struct function_name *name, struct str alias, struct lambda_alias_configuration *out);
/* With a new revision. */
struct err alias_put(struct request *rq, const struct function_name *name, struct lambda_alias_configuration *alias);

#endif
