/* input.h - what policies may ask about the input of a call: the values behind a condition key (rules/authorization).
 *
 * Looked up only when a policy asks; scalars become text as IAM spells them. */
#ifndef YAGURA_SVC_INPUT_H
#define YAGURA_SVC_INPUT_H

#include "svc/request.h"

/* Called for each value. */
typedef void (*input_take)(void *argument, struct str value);

/* The values of key in rq->in; none when the operation has no such key or its member is absent. */
void input_key_values(struct request *rq, struct str key, input_take take, void *argument);
/* The values at one path. */
void input_path_values(struct request *rq, const char *path, input_take take, void *argument);

#endif
