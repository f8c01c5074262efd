/* message.c - DecodeAuthorizationMessage: what a sealed refusal says (svc/denial_message.h). */
#include "svc/denial_message.h"
#include "sts_model.h"

struct err sts_decode_authorization_message(struct request *rq, const struct sts_decode_authorization_message_in *in,
                                            struct sts_decode_authorization_message_out *out)
{
    return denial_message_open(rq, in->encoded_message, &out->decoded_message)
               ? ERR_OK
               : fail(&rq->ctx, &STS_INVALID_AUTHORIZATION_MESSAGE_EXCEPTION, "The message is invalid or was not encoded for this account.");
}
