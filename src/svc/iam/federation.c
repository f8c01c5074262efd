/* federation.c - settings of the account that STS goes by: the version of tokens of the global endpoint, and whether it
 * hands out web identity tokens (outbound federation). */
#include "crypto/random.h"
#include "svc/iam/item.h"

static const struct str TOKEN_VERSION = STR_INIT("sts-token-version");
/* "enabled" or "disabled", a space, the issuer: an account keeps the issuer it once got. */
static const struct str OUTBOUND = STR_INIT("outbound-federation");

struct err iam_set_security_token_service_preferences(struct request *rq,
                                                      const struct iam_set_security_token_service_preferences_in *in,
                                                      struct iam_set_security_token_service_preferences_out *out)
{
    (void)out;
    return setting_put(rq, TOKEN_VERSION, str_equal(in->global_endpoint_token_version, STR("v2Token")) ? STR("2") : STR("1"));
}

struct outbound {
    bool enabled;
    struct str issuer; /* absent: never enabled */
};

static struct err outbound_get(struct request *rq, struct outbound *out)
{
    const struct rows rows = rows_of(rq);
    struct str value = STR_NONE;
    TRY(setting_get(&rows, OUTBOUND, &value));
    out->enabled = value.ptr && str_equal(str_cut(value, ' ', &out->issuer), STR("enabled"));
    out->issuer = value.ptr ? out->issuer : STR_NONE;
    return ERR_OK;
}

static struct err outbound_put(struct request *rq, const char *state, struct str issuer)
{
    return setting_put(rq, OUTBOUND, str_format(rq->ctx.arena, "%s %" STR_FMT, state, STR_ARG(issuer)));
}

static struct err is_disabled(struct request *rq)
{
    return fail(&rq->ctx, &IAM_FEATURE_DISABLED_EXCEPTION,
                "Outbound web identity federation is not enabled for this account. Use EnableOutboundWebIdentityFederation.");
}

struct err iam_enable_outbound_web_identity_federation(struct request *rq,
                                                       const struct iam_enable_outbound_web_identity_federation_in *in,
                                                       struct iam_enable_outbound_web_identity_federation_out *out)
{
    (void)in;
    struct outbound outbound = { .enabled = false };
    TRY(outbound_get(rq, &outbound));
    if (outbound.enabled) {
        return fail(&rq->ctx, &IAM_FEATURE_ENABLED_EXCEPTION,
                    "Outbound web identity federation is already enabled for this account.");
    }
    const struct str uuid = random_uuid(&rq->ctx);
    out->issuer_identifier = outbound.issuer.ptr ? outbound.issuer
                                                 : str_format(rq->ctx.arena, "https://%" STR_FMT
                                                              ".tokens.sts.global.api.aws", STR_ARG(uuid));
    return outbound_put(rq, "enabled", out->issuer_identifier);
}

struct err iam_disable_outbound_web_identity_federation(struct request *rq,
                                                        const struct iam_disable_outbound_web_identity_federation_in *in,
                                                        struct iam_disable_outbound_web_identity_federation_out *out)
{
    (void)in;
    (void)out;
    struct outbound outbound = { .enabled = false };
    TRY(outbound_get(rq, &outbound));
    return outbound.enabled ? outbound_put(rq, "disabled", outbound.issuer) : is_disabled(rq);
}

struct err iam_get_outbound_web_identity_federation_info(struct request *rq,
                                                         const struct iam_get_outbound_web_identity_federation_info_in *in,
                                                         struct iam_get_outbound_web_identity_federation_info_out *out)
{
    (void)in;
    struct outbound outbound = { .enabled = false };
    TRY(outbound_get(rq, &outbound));
    if (!outbound.enabled) {
        return is_disabled(rq);
    }
    out->issuer_identifier = outbound.issuer;
    out->jwt_vending_enabled = (struct opt_bool)SOME(true);
    return ERR_OK;
}
