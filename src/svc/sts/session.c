/* session.c - temporary credentials for the caller itself. */
#include "sts_model.h"
#include "svc/session.h"
#include "svc/sts/credentials.h"

enum { USER_SESSION_DEFAULT = 43200, ROOT_SESSION_MAX = 3600 };

const struct sts_credentials *credentials_make(struct request *rq, struct session *session, int64_t seconds)
{
    session->principal.session_since_ms = rq->ctx.now_ms / 1000 * 1000;
    session->expires_ms = session->principal.session_since_ms + seconds * 1000;
    struct sts_credentials *made = ARENA_NEW(rq->ctx.arena, struct sts_credentials);
    made->session_token = session_seal(&rq->ctx, rq->vault, session);
    made->access_key_id = session->principal.access_key;
    made->secret_access_key = session->secret;
    made->expiration = (struct opt_time)SOME(session->expires_ms);
    return made;
}

/* spec: STS API reference, GetSessionToken: 12 hours unless asked otherwise; a root's never live beyond one hour. */
struct err sts_get_session_token(struct request *rq, const struct sts_get_session_token_in *in,
                                 struct sts_get_session_token_out *out)
{
    if (rq->caller.session_since_ms) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Cannot call GetSessionToken with session credentials");
    }
    if (in->serial_number.ptr || in->token_code.ptr) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "MultiFactorAuthentication failed with invalid MFA one time pass code.");
    }
    int64_t seconds = in->duration_seconds.set ? in->duration_seconds.v : USER_SESSION_DEFAULT;
    if (rq->caller.type == PRINCIPAL_ROOT && seconds > ROOT_SESSION_MAX) {
        seconds = ROOT_SESSION_MAX;
    }
    struct session session = { .principal = rq->caller };
    out->credentials = credentials_make(rq, &session, seconds);
    return ERR_OK;
}

struct err sts_get_caller_identity(struct request *rq, const struct sts_get_caller_identity_in *in,
                                   struct sts_get_caller_identity_out *out)
{
    (void)in;
    out->user_id = rq->caller.id;
    out->account = rq->caller.account;
    out->arn = rq->caller.arn;
    return ERR_OK;
}

/* The key itself tells its account. */
struct err sts_get_access_key_info(struct request *rq, const struct sts_get_access_key_info_in *in,
                                   struct sts_get_access_key_info_out *out)
{
    return access_key_account(&rq->ctx, in->access_key_id, &out->account)
               ? ERR_OK
               : fail(&rq->ctx, &STS_VALIDATION_ERROR, "Invalid access key id: %" STR_FMT, STR_ARG(in->access_key_id));
}
