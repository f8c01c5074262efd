/* federation.c - GetFederationToken: a user vouches for somebody outside, who may do what both the user's policies and the
 * session policies of the call allow.
 *
 * spec: STS API reference, GetFederationToken; IAM user guide, "Permissions for GetFederationToken". */
#include "svc/sts/assume.h"

enum { SESSION_DEFAULT = 43200, ROOT_SESSION_MAX = 3600 };

static struct principal federated(struct request *rq, const struct sts_get_federation_token_in *in)
{
    const struct principal *user = &rq->caller;
    return (struct principal){
        .type = PRINCIPAL_FEDERATED,
        .account = user->account,
        .arn = str_format(rq->ctx.arena, "arn:aws:sts::%" STR_FMT ":federated-user/%" STR_FMT, STR_ARG(user->account), STR_ARG(in->name)),
        .id = str_format(rq->ctx.arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(user->account), STR_ARG(in->name)),
        .name = in->name,
        .role_arn = user->type == PRINCIPAL_USER ? user->arn : STR_NONE,
        .session_name = in->name,
        .session_policy = in->policy,
        .session_policy_arns = assume_join_arns(rq, in->policy_arns),
        .issuer_id = user->type == PRINCIPAL_USER ? user->id : user->account,
    };
}

struct err sts_get_federation_token(struct request *rq, const struct sts_get_federation_token_in *in,
                                    struct sts_get_federation_token_out *out)
{
    const struct session_tags tags = { .items = in->tags.items, .count = in->tags.count };
    if (rq->caller.session_since_ms) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Cannot call GetFederationToken with session credentials");
    }
    int64_t seconds = in->duration_seconds.set ? in->duration_seconds.v : SESSION_DEFAULT;
    if (rq->caller.type == PRINCIPAL_ROOT && seconds > ROOT_SESSION_MAX) {
        seconds = ROOT_SESSION_MAX;
    }
    TRY(assume_check_policy(rq, in->policy));
    TRY(tags_check(rq, &tags));
    TRY(assume_packed(rq, in->policy, in->policy_arns, &tags, &out->packed_policy_size));

    struct session session = { .principal = federated(rq, in), .token_size_min = in->minimum_session_token_size.v };
    tags_take(rq, &tags, &session);
    struct sts_federated_user *user = ARENA_NEW(rq->ctx.arena, struct sts_federated_user);
    *user = (struct sts_federated_user){ session.principal.id, session.principal.arn };
    out->credentials = credentials_make(rq, &session, seconds);
    out->federated_user = user;
    out->session_token_size = credentials_size(in->minimum_session_token_size, out->credentials);
    out->session_token_utilization = credentials_utilization(in->minimum_session_token_size, out->credentials);
    return ERR_OK;
}
