/* denial_message.h - refusals that say more, sealed: what DecodeAuthorizationMessage gives back to those who may know.
 *
 * spec: STS API reference, DecodeAuthorizationMessage. AWS adds such a message to refusals by EC2 and a few others; ENCODED in
 * denial_message.c says for which of our actions. It opens in the account it was made for only. */
#ifndef YAGURA_SVC_DENIAL_MESSAGE_H
#define YAGURA_SVC_DENIAL_MESSAGE_H

#include "svc/guard.h"

/* Whether refusals of this action carry one. */
bool denial_message_wanted(struct str action);
struct str denial_message_seal(struct request *rq, const struct guard *guard, const struct policy_answer *answer);
/* The message as JSON; false when it is none of ours or another account's. */
bool denial_message_open(struct request *rq, struct str message, struct str *json);

#endif
