/* outbound.c - GetWebIdentityToken: a token that says who the caller is, for services elsewhere.
 *
 * spec: STS API reference, GetWebIdentityToken; IAM user guide, "Federating AWS identities to external services". The account
 * must have enabled it in IAM, which names the issuer; whoever verifies finds the keys at /_yagura/jwks/ACCOUNT. */
#include "base/json.h"
#include "crypto/random.h"
#include "svc/sts/credentials.h"
#include "svc/sts/token_key.h"

enum { TOKEN_DEFAULT = 300, PAYLOAD_MAX = 8192 };

static struct err need_issuer(struct request *rq, struct str *issuer)
{
    struct str setting = STR_NONE;
    TRY(rows_setting(rq, rq->account, "outbound-federation", &setting));
    return setting.ptr && str_equal(str_cut(setting, ' ', issuer), STR("enabled"))
               ? ERR_OK
               : fail(&rq->ctx, &STS_OUTBOUND_WEB_IDENTITY_FEDERATION_DISABLED_EXCEPTION,
                      "Outbound web identity federation is not enabled for this account. Use EnableOutboundWebIdentityFederation.");
}

static struct err check(struct request *rq, const struct sts_get_web_identity_token_in *in, int64_t seconds)
{
    const struct session_tags tags = { .items = in->tags.items, .count = in->tags.count };
    if (!str_equal(in->signing_algorithm, STR("RS256")) && !str_equal(in->signing_algorithm, STR("ES384"))) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR, "SigningAlgorithm must be RS256 or ES384");
    }
    if (in->scope.ptr || (in->subject_mode.ptr && !str_equal(in->subject_mode, STR("AWSIdentity")))) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR,
                    "The calling session has no trusted identity propagation context: SubjectMode must be AWSIdentity, without Scope");
    }
    if (rq->caller.session_since_ms && rq->ctx.now_ms + seconds * 1000 > rq->caller.session_until_ms) {
        return fail(&rq->ctx, &STS_SESSION_DURATION_ESCALATION_EXCEPTION,
                    "The requested token duration would extend the session beyond its original expiration time.");
    }
    return tags_check(rq, &tags);
}

static void write_audience(struct json_writer *w, const struct sts_get_web_identity_token_in *in)
{
    json_key(w, STR("aud"));
    if (in->audience.count == 1) {
        json_str(w, in->audience.items[0]);
        return;
    }
    json_open_array(w);
    for (size_t i = 0; i < in->audience.count; i++) {
        json_str(w, in->audience.items[i]);
    }
    json_close_array(w);
}

static void write_caller(struct json_writer *w, struct request *rq, struct str principal, const struct sts_get_web_identity_token_in *in)
{
    json_key(w, STR("https://sts.amazonaws.com/"));
    json_open_object(w);
    json_member_str(w, STR("aws_account"), rq->account);
    json_member_str(w, STR("source_region"), rq->region);
    json_member_str(w, STR("principal_id"), principal);
    json_member_str(w, STR("org_id"), rq->caller_place.id.len > 0 ? rq->caller_place.id : STR_NONE);
    json_key(w, STR("principal_tags"));
    json_open_object(w);
    for (size_t i = 0; i < rq->caller_tag_count; i++) {
        json_member_str(w, str_from(rq->caller_tags[i].key, sizeof("aws:PrincipalTag/") - 1), rq->caller_tags[i].value);
    }
    json_close_object(w);
    json_key(w, STR("request_tags"));
    json_open_object(w);
    for (size_t i = 0; i < in->tags.count; i++) {
        json_member_str(w, in->tags.items[i].key, in->tags.items[i].value);
    }
    json_close_object(w);
    json_close_object(w);
}

static struct str claims_of(struct request *rq, const struct sts_get_web_identity_token_in *in, struct str issuer, int64_t seconds)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    const struct str principal = rq->caller.role_arn.ptr ? rq->caller.role_arn : rq->caller.arn;
    json_open_object(&w);
    json_member_str(&w, STR("iss"), issuer);
    json_member_str(&w, STR("sub"), principal);
    write_audience(&w, in);
    json_member_int(&w, STR("iat"), rq->ctx.now_ms / 1000);
    json_member_int(&w, STR("exp"), rq->ctx.now_ms / 1000 + seconds);
    json_member_str(&w, STR("jti"), random_uuid(&rq->ctx));
    write_caller(&w, rq, principal, in);
    json_close_object(&w);
    return json_done(&w);
}

static struct str head_of(struct request *rq, const struct token_key *key)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_object(&w);
    json_member_str(&w, STR("alg"), key->algorithm);
    json_member_str(&w, STR("kid"), key->row.id);
    json_member_str(&w, STR("typ"), STR("JWT"));
    json_close_object(&w);
    return json_done(&w);
}

struct err sts_get_web_identity_token(struct request *rq, const struct sts_get_web_identity_token_in *in,
                                      struct sts_get_web_identity_token_out *out)
{
    const int64_t seconds = in->duration_seconds.set ? in->duration_seconds.v : TOKEN_DEFAULT;
    struct token_key key;
    struct str issuer = STR_NONE;
    TRY(check(rq, in, seconds));
    TRY(need_issuer(rq, &issuer));
    TRY(token_key_need(rq, in->signing_algorithm, &key));
    const struct str claims = claims_of(rq, in, issuer, seconds);
    if (claims.len > PAYLOAD_MAX) {
        return fail(&rq->ctx, &STS_JWT_PAYLOAD_SIZE_EXCEEDED_EXCEPTION, "The token's payload is larger than %d bytes.", PAYLOAD_MAX);
    }
    const struct str text = str_format(rq->ctx.arena, "%" STR_FMT ".%" STR_FMT, STR_ARG(token_base64(rq->ctx.arena, head_of(rq, &key))),
                                       STR_ARG(token_base64(rq->ctx.arena, claims)));
    TRY(token_key_sign(rq, &key, text, &out->web_identity_token));
    out->expiration = (struct opt_time)SOME((rq->ctx.now_ms / 1000 + seconds) * 1000);
    return ERR_OK;
}
