/* session.c - temporary credentials for the caller itself: GetSessionToken, GetScopedCredentials, and who is calling. */
#include "policy/policy.h"
#include "svc/sts/assume.h"

enum { USER_SESSION_DEFAULT = 43200, ROOT_SESSION_MAX = 3600, SCOPES_MAX = 3, SCOPE_END = 0x1E };

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

struct opt_int credentials_size(struct opt_int asked, const struct sts_credentials *made)
{
    return asked.set ? (struct opt_int)SOME((int32_t)made->session_token.len) : (struct opt_int){ .set = false };
}

struct opt_int credentials_utilization(struct opt_int asked, const struct sts_credentials *made)
{
    const size_t percent = made->session_token.len * 100 / TOKEN_SIZE_MAX;
    return asked.set ? (struct opt_int)SOME(percent > 100 ? 100 : (int32_t)percent) : (struct opt_int){ .set = false };
}

/* spec: STS API reference, GetSessionToken: 12 hours unless asked otherwise; a root's never live beyond one hour. */
struct err sts_get_session_token(struct request *rq, const struct sts_get_session_token_in *in,
                                 struct sts_get_session_token_out *out)
{
    if (rq->caller.session_since_ms) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Cannot call GetSessionToken with session credentials");
    }
    struct session session = { .principal = rq->caller, .token_size_min = in->minimum_session_token_size.v };
    TRY(mfa_check(rq, in->serial_number, in->token_code, &session.principal.mfa));
    session.principal.mfa_ms = session.principal.mfa ? rq->ctx.now_ms : 0;
    int64_t seconds = in->duration_seconds.set ? in->duration_seconds.v : USER_SESSION_DEFAULT;
    if (rq->caller.type == PRINCIPAL_ROOT && seconds > ROOT_SESSION_MAX) {
        seconds = ROOT_SESSION_MAX;
    }
    out->credentials = credentials_make(rq, &session, seconds);
    out->session_token_size = credentials_size(in->minimum_session_token_size, out->credentials);
    out->session_token_utilization = credentials_utilization(in->minimum_session_token_size, out->credentials);
    return ERR_OK;
}

static int32_t count_scopes(struct str scopes)
{
    int32_t count = 0;
    for (struct str rest = scopes; rest.len > 0; count++) {
        str_cut(rest, SCOPE_END, &rest);
    }
    return count;
}

/* Adds a document to those that narrow the session already. */
static struct err add_scope(struct request *rq, struct str document, struct principal *principal)
{
    if (document.ptr == NULL) {
        return ERR_OK;
    }
    TRY(assume_check_policy(rq, document));
    if (count_scopes(principal->scope_policies) >= SCOPES_MAX) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "The session has %d scope down policies already, the most that are allowed.", SCOPES_MAX);
    }
    principal->scope_policies = str_format(rq->ctx.arena, "%" STR_FMT "%" STR_FMT "%c", STR_ARG(principal->scope_policies),
                                           STR_ARG(document), SCOPE_END);
    return ERR_OK;
}

/* Seconds that the calling session still has. */
static struct err remaining(struct request *rq, const struct sts_get_scoped_credentials_in *in, int64_t *seconds)
{
    const int64_t left = (rq->caller.session_until_ms - rq->ctx.now_ms / 1000 * 1000) / 1000;
    if (in->duration_seconds.set && in->duration_seconds.v > left) {
        return fail(&rq->ctx, &STS_INSUFFICIENT_SESSION_LIFETIME_EXCEPTION,
                    "The requested DurationSeconds is greater than the remaining lifetime of the calling session.");
    }
    *seconds = in->duration_seconds.set ? in->duration_seconds.v : left;
    return ERR_OK;
}

/* The same principal with less: its tags, code and session policies stay.
 * spec: STS API reference, GetScopedCredentials. */
struct err sts_get_scoped_credentials(struct request *rq, const struct sts_get_scoped_credentials_in *in,
                                      struct sts_get_scoped_credentials_out *out)
{
    struct session session = { .principal = rq->caller, .tags = rq->caller_tags, .tag_count = rq->caller_tag_count,
                               .token_size_min = in->minimum_session_token_size.v };
    int64_t seconds = 0;
    if (rq->caller.session_since_ms == 0) {
        return fail(&rq->ctx, &STS_INVALID_SUBJECT_CREDENTIALS_EXCEPTION,
                    "GetScopedCredentials must be called with temporary security credentials.");
    }
    if (in->policy.ptr == NULL && !in->duration_seconds.set) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR, "At least one of Policy or DurationSeconds must be provided.");
    }
    TRY(add_scope(rq, in->policy, &session.principal));
    TRY(remaining(rq, in, &seconds));
    TRY(assume_packed(rq, session.principal.scope_policies, (struct sts_policy_descriptor_list_type){ .count = 0 },
                      &(const struct session_tags){ .count = 0 }, &(struct opt_int){ .set = false }));
    struct sts_scoped_session *about = ARENA_NEW(rq->ctx.arena, struct sts_scoped_session);
    *about = (struct sts_scoped_session){ rq->caller.id, rq->caller.arn };
    out->credentials = credentials_make(rq, &session, seconds);
    out->session_info = about;
    out->session_token_size = credentials_size(in->minimum_session_token_size, out->credentials);
    out->session_token_utilization = credentials_utilization(in->minimum_session_token_size, out->credentials);
    out->scoped_policies_count = (struct opt_int)SOME(count_scopes(session.principal.scope_policies));
    out->source_identity = rq->caller.source_identity;
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
