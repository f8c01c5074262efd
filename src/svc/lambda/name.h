/* name.h - how a function is named in a call: NAME, NAME:QUALIFIER, ACCOUNT:function:NAME or a whole ARN. */
#ifndef YAGURA_SVC_LAMBDA_NAME_H
#define YAGURA_SVC_LAMBDA_NAME_H

#include "svc/lambda/lambda.h"
#include "svc/lambda/rows.h"

struct function_name {
    struct str account, region; /* whose; the caller's unless the name says another */
    struct str name;
    struct str qualifier;       /* absent: none given */
};

/* text was held against the model's pattern before. Two different qualifiers: InvalidParameterValueException. */
struct err name_read(struct ctx *ctx, struct str account, struct str region, struct str text, struct str qualifier,
                     struct function_name *out);
struct err name_of(struct request *rq, struct str text, struct str qualifier, struct function_name *out);
struct str name_arn(struct ctx *ctx, const struct function_name *name); /* with its qualifier, when there is one */
struct lambda_rows name_rows(struct request *rq, const struct function_name *name);
/* 0 for none and $LATEST; the number of a version; -1: an alias. */
int64_t name_number(struct str qualifier);

/* The row that name means, aliases followed; ResourceNotFoundException. */
struct err name_need(struct lambda_rows rows, const struct function_name *name, struct function_row *out);
/* The same for a call: of an alias with weights one of its versions, by chance. */
struct err name_draw(struct lambda_rows rows, const struct function_name *name, struct function_row *out);
/* $LATEST of the function, whatever the qualifier. */
struct err name_need_latest(struct lambda_rows rows, const struct function_name *name, struct function_row *out);
struct err name_missing(struct ctx *ctx, const struct function_name *name);
/* PreconditionFailedException unless revision is absent or the same. */
struct err name_check_revision(struct ctx *ctx, struct str asked, struct str now);

#endif
