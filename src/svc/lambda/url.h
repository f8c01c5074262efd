/* url.h - function URLs: HTTP endpoints of a function or alias.
 *
 * A URL's id begins with its account in base 32, so that it can be looked up by account. */
#ifndef YAGURA_SVC_LAMBDA_URL_H
#define YAGURA_SVC_LAMBDA_URL_H

#include "svc/lambda/lambda.h"

struct lambda_url {
    struct str account, region, name, qualifier; /* qualifier absent: the function itself */
    struct lambda_function_url_config config;
    struct str policy;                           /* the resource's; absent: none */
    struct str resource;                         /* ARN */
};
/* Outside a request, for whoever serves it. *found is false when there is no such URL. */
struct err lambda_url_find(struct ctx *ctx, struct store_conn *db, struct str id, struct lambda_url *out, bool *found);

#endif
