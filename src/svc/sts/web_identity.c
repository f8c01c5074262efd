/* web_identity.c - AssumeRoleWithWebIdentity: a provider's signed token stands for a signature of ours.
 *
 * The role and the provider are read first; the rest may wait for the provider's keys, hence it is done afterwards.
 * spec: STS API reference, AssumeRoleWithWebIdentity; IAM user guide, "Available keys for AWS OIDC federation", "Pass session
 * tags using AssumeRoleWithWebIdentity". Every claim that is text counts as a condition key ISSUER:CLAIM, not only those that
 * AWS knows of the provider. */
#include "svc/sts/assume.h"
#include "svc/sts/jwt.h"
#include "svc/sts/keys.h"

enum { TEXTS_MAX = 50, PAIRS_MAX = 400, TAGS_MAX = 50, SKEW_MS = 300000 };

static struct sts_key_source key_source;

void sts_keys_from(struct sts_key_source source)
{
    key_source = source;
}

struct web_identity {
    const struct sts_assume_role_with_web_identity_in *in;
    struct assume assume;
    struct jwt jwt;
    struct str place;    /* the issuer without its scheme: "token.actions.githubusercontent.com" */
    struct provider_row provider;
    struct str subject, audience;
};

static struct err invalid(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &STS_INVALID_IDENTITY_TOKEN_EXCEPTION, "%s", words);
}

static struct err need_provider(struct request *rq, struct web_identity *self)
{
    const struct str scheme = STR("https://");
    const struct str issuer = self->jwt.issuer;
    bool found = false;
    self->place = str_starts(issuer, scheme) ? str_from(issuer, scheme.len) : STR_NONE;
    while (str_ends(self->place, STR("/"))) {
        self->place.len--;
    }
    self->assume.provider = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":oidc-provider/%" STR_FMT,
                                       STR_ARG(self->assume.account), STR_ARG(self->place));
    if (self->place.len > 0) {
        TRY(rows_provider(rq, self->assume.account, "oidc", self->assume.provider, &self->provider, &found));
    }
    return found ? ERR_OK
                 : fail(&rq->ctx, &STS_INVALID_IDENTITY_TOKEN_EXCEPTION,
                        "No OpenIDConnect provider found in your account for %" STR_FMT, STR_ARG(issuer));
}

static struct err find_keys(struct request *rq, const struct web_identity *self, bool fresh, struct str *jwks)
{
    char why[sizeof(rq->ctx.reason)];
    if (key_source.find == NULL) {
        return fail(&rq->ctx, &STS_IDP_COMMUNICATION_ERROR_EXCEPTION, "This server can't fetch the provider's keys");
    }
    const struct err err = key_source.find(key_source.self, &rq->ctx, self->jwt.issuer, self->provider.more, fresh, jwks);
    if (!err.fault) {
        return ERR_OK;
    }
    memcpy(why, rq->ctx.reason, sizeof(why));
    return fail(&rq->ctx, &STS_IDP_COMMUNICATION_ERROR_EXCEPTION, "The provider's verification keys can't be had: %s", why);
}

/* A key that isn't known may be new: the provider is asked once more. */
static struct err verify(struct request *rq, const struct web_identity *self)
{
    struct str jwks = STR_NONE;
    TRY(find_keys(rq, self, false, &jwks));
    enum jwt_trust trust = jwt_verify(rq->ctx.arena, &self->jwt, jwks);
    if (trust == JWT_NO_KEY) {
        TRY(find_keys(rq, self, true, &jwks));
        trust = jwt_verify(rq->ctx.arena, &self->jwt, jwks);
    }
    if (trust == JWT_GOOD) {
        return ERR_OK;
    }
    return invalid(rq, trust == JWT_FORGED ? "The token's signature is not valid"
                                           : "Couldn't retrieve verification key from your identity provider,  please reference "
                                             "AssumeRoleWithWebIdentity documentation for requirements");
}

/* Seconds since 1970 as milliseconds; false when the claim is no such time. */
static bool time_of(const struct json *claims, const char *name, int64_t *ms)
{
    double seconds = 0;
    const bool good = json_double(json_get(claims, str_of(name)), &seconds) && seconds >= 0 && seconds < 1e11;
    *ms = good ? (int64_t)(seconds * 1000) : 0;
    return good;
}

static struct err check_times(struct request *rq, const struct json *claims)
{
    int64_t expires = 0;
    int64_t begins = 0;
    if (!time_of(claims, "exp", &expires)) {
        return invalid(rq, "Missing a required claim: exp");
    }
    if (expires <= rq->ctx.now_ms) {
        return fail(&rq->ctx, &STS_EXPIRED_TOKEN_EXCEPTION,
                    "Token expired: current date/time %lld must be before the expiration date/time %lld",
                    (long long)(rq->ctx.now_ms / 1000), (long long)(expires / 1000));
    }
    const bool early = (time_of(claims, "nbf", &begins) && begins > rq->ctx.now_ms + SKEW_MS) ||
                       (time_of(claims, "iat", &begins) && begins > rq->ctx.now_ms + SKEW_MS);
    return early ? invalid(rq, "The token is not valid yet") : ERR_OK;
}

static bool stands_in(struct str lines, struct str wanted)
{
    while (lines.len > 0) {
        if (str_equal(str_cut(lines, '\n', &lines), wanted)) {
            return true;
        }
    }
    return false;
}

/* Who the token was made for: azp where there is one, else aud; one of the provider's client ids. */
static struct err check_audience(struct request *rq, struct web_identity *self)
{
    struct str texts[TEXTS_MAX];
    const struct json *azp = json_get(self->jwt.claims, STR("azp"));
    const size_t count = jwt_texts(azp ? azp : json_get(self->jwt.claims, STR("aud")), texts, TEXTS_MAX);
    self->subject = json_text(json_get(self->jwt.claims, STR("sub")));
    if (self->subject.len == 0) {
        return invalid(rq, "Missing a required claim: sub");
    }
    if (count == 0) {
        return invalid(rq, "Missing a required claim: aud");
    }
    for (size_t i = 0; i < count; i++) {
        if (stands_in(self->provider.body, texts[i])) {
            self->audience = texts[i];
            return ERR_OK;
        }
    }
    return invalid(rq, "Incorrect token audience");
}

/* --- what trust policies may ask --- */

static void add_claim(struct request *rq, const struct web_identity *self, struct str key, const struct json *claim,
                      struct context_pair *pairs, size_t *count)
{
    struct str texts[TEXTS_MAX];
    const size_t found = jwt_texts(claim, texts, TEXTS_MAX);
    for (size_t i = 0; i < found && *count < PAIRS_MAX; i++) {
        pairs[(*count)++] = (struct context_pair){
            str_format(rq->ctx.arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(self->place), STR_ARG(key)), texts[i] };
    }
}

static void take_claims(struct request *rq, struct web_identity *self)
{
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, PAIRS_MAX + 2);
    const struct json *azp = json_get(self->jwt.claims, STR("azp"));
    size_t count = 0;
    for (const struct json *claim = self->jwt.claims->child; claim; claim = claim->next) {
        const bool replaced = azp && str_equal(claim->key, STR("aud"));
        add_claim(rq, self, replaced ? STR("oaud") : claim->key, claim, pairs, &count);
    }
    if (azp) {
        add_claim(rq, self, STR("aud"), azp, pairs, &count);
    }
    pairs[count++] = (struct context_pair){ STR("sts:RoleSessionName"), self->in->role_session_name };
    pairs[count++] = (struct context_pair){ STR("sts:SourceIdentity"), self->assume.source_identity };
    self->assume.pairs = pairs;
    self->assume.pair_count = count;
}

static struct err take_tags(struct request *rq, struct web_identity *self)
{
    const struct json *tags = json_get(self->jwt.claims, STR("https://aws.amazon.com/tags"));
    const struct json *principal = json_get(tags, STR("principal_tags"));
    struct sts_tag *items = ARENA_ARRAY(rq->ctx.arena, struct sts_tag, TAGS_MAX);
    struct str *transitive = ARENA_ARRAY(rq->ctx.arena, struct str, TAGS_MAX);
    struct session_tags *out = &self->assume.tags;
    *out = (struct session_tags){ .items = items, .transitive = transitive };
    for (const struct json *tag = principal ? principal->child : NULL; tag; tag = tag->next) {
        struct str value = STR_NONE;
        if (out->count == TAGS_MAX || jwt_texts(tag, &value, 1) == 0 || tag->key.len == 0 || tag->key.len > 128 || value.len > 256) {
            return invalid(rq, "The token's session tags are more than 50, or not text of up to 128 and 256 characters");
        }
        items[out->count++] = (struct sts_tag){ tag->key, value };
    }
    out->transitive_count = jwt_texts(json_get(tags, STR("transitive_tag_keys")), transitive, TAGS_MAX);
    return ERR_OK;
}

/* The words and characters that STS takes: [\w+=,.@-], 2 to 64. */
static bool is_identity_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!word && str_find(STR("+=,.@-"), c) == STR_MISSING) {
            return false;
        }
    }
    return name.len >= 2 && name.len <= 64;
}

static struct err take_source_identity(struct request *rq, struct web_identity *self)
{
    const struct str name = json_text(json_get(self->jwt.claims, STR("https://aws.amazon.com/source_identity")));
    if (name.ptr && !is_identity_name(name)) {
        return invalid(rq, "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with aws:");
    }
    self->assume.source_identity = name;
    return ERR_OK;
}

/* --- the whole --- */

static struct err answer(struct request *rq, struct web_identity *self, struct sts_assume_role_with_web_identity_out *out)
{
    struct assumed assumed = { .credentials = NULL };
    TRY(assume_session(rq, &self->assume, &assumed));
    *out = (struct sts_assume_role_with_web_identity_out){
        .credentials = assumed.credentials, .assumed_role_user = assumed.user, .packed_policy_size = assumed.packed_policy_size,
        .subject_from_web_identity_token = self->subject, .provider = self->assume.provider, .audience = self->audience,
        .source_identity = self->assume.source_identity, .session_token_size = assumed.token_size,
        .session_token_utilization = assumed.token_utilization,
    };
    return ERR_OK;
}

static struct err judge(void *argument, struct request *rq, void *out)
{
    struct web_identity *self = argument;
    TRY(verify(rq, self));
    TRY(check_times(rq, self->jwt.claims));
    TRY(check_audience(rq, self));
    TRY(take_tags(rq, self));
    TRY(take_source_identity(rq, self));
    take_claims(rq, self);
    if (!assume_trusted(rq, &self->assume)) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    }
    return answer(rq, self, out);
}

struct err sts_assume_role_with_web_identity(struct request *rq, const struct sts_assume_role_with_web_identity_in *in,
                                             struct sts_assume_role_with_web_identity_out *out)
{
    struct web_identity *self = ARENA_NEW(rq->ctx.arena, struct web_identity);
    const char *reason = NULL;
    (void)out;
    self->in = in;
    self->assume = (struct assume){
        .action = "sts:AssumeRoleWithWebIdentity", .role_arn = in->role_arn, .session_name = in->role_session_name,
        .policy = in->policy, .policy_arns = in->policy_arns, .duration = in->duration_seconds,
        .token_size_min = in->minimum_session_token_size,
    };
    if (in->provider_id.ptr) {
        return invalid(rq, "Access tokens of OAuth 2.0 providers are not taken, only ID tokens: leave ProviderId out");
    }
    if (!jwt_parse(rq->ctx.arena, in->web_identity_token, &self->jwt, &reason)) {
        return invalid(rq, reason);
    }
    TRY(assume_find(rq, &self->assume));
    TRY(need_provider(rq, self));
    rq->after = (struct after){ judge, self };
    return ERR_OK;
}
