/* saml.c - AssumeRoleWithSAML: a provider's signed assertion says who comes, and which roles they may have.
 *
 * spec: STS API reference, AssumeRoleWithSAML; IAM user guide, "Configure SAML assertions for the authentication response" and
 * "Available keys for SAML-based AWS STS federation". As with AWS an assertion must be used within five minutes. */
#include "svc/sts/saml.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "svc/sts/assume.h"

#define CLAIMS "https://aws.amazon.com/SAML/Attributes/"

enum { AGE_MAX_MS = 300000, SKEW_MS = 60000, TAGS_MAX = 50, ROLES_MAX = 200, KEYS_MAX = 12 };

struct saml {
    const struct sts_assume_role_with_saml_in *in;
    struct assume assume;
    struct saml_provider provider;
    struct xml *assertion;
    struct str issuer, subject, subject_type, recipient, name_qualifier;
};

static struct err invalid(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &STS_INVALID_IDENTITY_TOKEN_EXCEPTION, "%s", words);
}

static struct err expired(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &STS_EXPIRED_TOKEN_EXCEPTION, "%s", words);
}

/* --- the provider --- */

/* "arn:aws:iam::ACCOUNT:saml-provider/NAME" */
static struct err need_provider(struct request *rq, struct saml *self)
{
    const struct str head = STR("arn:aws:iam::");
    const struct str arn = self->in->principal_arn;
    struct provider_row row = { .body = STR_NONE };
    struct str rest = STR_NONE;
    bool found = false;
    const struct str account = str_cut(str_from(arn, head.len), ':', &rest);
    if (!str_starts(arn, head) || account.len != 12 || !str_starts(rest, STR("saml-provider/"))) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR, "%" STR_FMT " is not a valid SAML provider ARN", STR_ARG(arn));
    }
    TRY(rows_provider(rq, account, "saml", arn, &row, &found));
    if (!found) {
        return invalid(rq, "Specified provider doesn't exist");
    }
    self->assume.provider = arn;
    return saml_provider_read(rq->ctx.arena, row.body, &self->provider) ? ERR_OK : invalid(rq, "Could not parse metadata.");
}

static struct err need_assertion(struct request *rq, struct saml *self)
{
    struct str document = STR_NONE;
    if (!str_unbase64(rq->ctx.arena, self->in->saml_assertion, &document)) {
        return invalid(rq, "Invalid base64 SAMLResponse");
    }
    const char *reason = saml_verify(rq->ctx.arena, document, &self->provider, &self->assertion);
    if (reason) {
        return fail(&rq->ctx, &STS_INVALID_IDENTITY_TOKEN_EXCEPTION, "Response signature invalid: %s", reason);
    }
    const struct str status = saml_status(rq->ctx.arena, document);
    return status.ptr == NULL || str_equal(status, STR("Success"))
               ? ERR_OK
               : fail(&rq->ctx, &STS_IDP_REJECTED_CLAIM_EXCEPTION, "The identity provider reported: %" STR_FMT, STR_ARG(status));
}

/* --- what it says --- */

static bool time_of(const struct xml *element, const char *name, int64_t *ms)
{
    return clock_parse_iso8601(saml_attribute(element, name), ms);
}

/* Bounds that are there must hold, and what can't be read doesn't. */
static struct err check_bounds(struct request *rq, const struct xml *element)
{
    const struct str from = saml_attribute(element, "NotBefore");
    const struct str until = saml_attribute(element, "NotOnOrAfter");
    int64_t ms = 0;
    if (from.ptr && (!clock_parse_iso8601(from, &ms) || ms > rq->ctx.now_ms + SKEW_MS)) {
        return invalid(rq, "The assertion is not valid yet");
    }
    if (until.ptr && (!clock_parse_iso8601(until, &ms) || ms <= rq->ctx.now_ms)) {
        return expired(rq, "The assertion has expired");
    }
    return ERR_OK;
}

static struct err check_times(struct request *rq, const struct saml *self)
{
    int64_t issued_ms = 0;
    if (!time_of(self->assertion, "IssueInstant", &issued_ms) || issued_ms > rq->ctx.now_ms + SKEW_MS) {
        return invalid(rq, "The assertion is not valid yet");
    }
    if (issued_ms < rq->ctx.now_ms - AGE_MAX_MS) {
        return expired(rq, "Token must be redeemed within 5 minutes of issuance");
    }
    return check_bounds(rq, saml_child(self->assertion, "Conditions"));
}

/* "https://signin.aws.amazon.com/saml", a Region's, or "urn:amazon:webservices". */
static bool is_audience(struct str text)
{
    return str_equal(text, STR("urn:amazon:webservices")) || str_equal(text, STR("https://signin.aws.amazon.com/saml")) ||
           (str_starts(text, STR("https://")) && str_ends(text, STR(".signin.aws.amazon.com/saml")) &&
            str_find(str_slice(text, 8, text.len - 8 - 27), '/') == STR_MISSING);
}

static struct err check_audience(struct request *rq, const struct saml *self)
{
    const struct xml *restriction = saml_child(saml_child(self->assertion, "Conditions"), "AudienceRestriction");
    for (const struct xml *one = restriction ? restriction->child : NULL; one; one = one->next) {
        if (is_audience(str_trim(one->text))) {
            return ERR_OK;
        }
    }
    return invalid(rq, "The assertion was made for another audience than https://signin.aws.amazon.com/saml");
}

static struct err take_subject(struct request *rq, struct saml *self)
{
    const struct xml *subject = saml_child(self->assertion, "Subject");
    const struct xml *name = saml_child(subject, "NameID");
    const struct xml *confirmation = saml_child(subject, "SubjectConfirmation");
    const struct xml *data = saml_child(confirmation, "SubjectConfirmationData");
    const struct str format = saml_attribute(name, "Format");
    const bool standard = str_starts(format, STR("urn:oasis:names:tc:SAML:2.0:nameid-format:"));
    if (name == NULL || !str_equal(saml_attribute(confirmation, "Method"), STR("urn:oasis:names:tc:SAML:2.0:cm:bearer"))) {
        return invalid(rq, "The assertion has no subject that whoever bears it is");
    }
    self->recipient = saml_attribute(data, "Recipient");
    if (!is_audience(self->recipient)) {
        return invalid(rq, "The subject's Recipient is not https://signin.aws.amazon.com/saml");
    }
    if (saml_attribute(data, "NotOnOrAfter").ptr == NULL) {
        return invalid(rq, "The subject's confirmation has no NotOnOrAfter");
    }
    self->subject = str_trim(name->text);
    self->subject_type = standard ? str_from(format, str_find_last(format, ':') + 1) : format;
    return check_bounds(rq, data);
}

static struct err take_issuer(struct request *rq, struct saml *self)
{
    const struct xml *issuer = saml_child(self->assertion, "Issuer");
    self->issuer = issuer ? str_trim(issuer->text) : STR_NONE;
    return str_equal(self->issuer, self->provider.entity_id) ? ERR_OK : invalid(rq, "Issuer not present in specified provider");
}

/* Role and provider in one attribute, either first. */
static struct err check_role(struct request *rq, const struct saml *self)
{
    struct str *values = ARENA_ARRAY(rq->ctx.arena, struct str, ROLES_MAX);
    const size_t count = saml_values(self->assertion, CLAIMS "Role", values, ROLES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct str two = STR_NONE;
        const struct str first = str_trim(str_cut(values[i], ',', &two));
        const struct str second = str_trim(two);
        const struct str role = self->in->role_arn;
        const struct str provider = self->in->principal_arn;
        if ((str_equal(first, role) && str_equal(second, provider)) || (str_equal(first, provider) && str_equal(second, role))) {
            return ERR_OK;
        }
    }
    return fail(&rq->ctx, &STS_ACCESS_DENIED, "RoleArn and PrincipalArn are not together in an attribute Role of the assertion");
}

static bool is_session_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && str_find(STR("_+=,.@-"), c) == STR_MISSING) {
            return false;
        }
    }
    return name.len >= 2 && name.len <= 64;
}

static struct err take_names(struct request *rq, struct saml *self)
{
    struct str name = STR_NONE;
    struct str source = STR_NONE;
    if (saml_values(self->assertion, CLAIMS "RoleSessionName", &name, 1) == 0) {
        return invalid(rq, "RoleSessionName is required in AuthnResponse");
    }
    if (!is_session_name(name)) {
        return invalid(rq, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}");
    }
    if (saml_values(self->assertion, CLAIMS "SourceIdentity", &source, 1) > 0 && !is_session_name(source)) {
        return invalid(rq, "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with aws:");
    }
    self->assume.session_name = name;
    self->assume.source_identity = source;
    return ERR_OK;
}

/* spec: STS API reference, AssumeRoleWithSAML, DurationSeconds: the shorter of it and the provider's SessionNotOnOrAfter;
 * the attribute SessionDuration counts where the call names none. */
static struct err take_duration(struct request *rq, struct saml *self)
{
    const struct xml *authentication = saml_child(self->assertion, "AuthnStatement");
    struct str text = STR_NONE;
    int64_t seconds = 0;
    int64_t until_ms = 0;
    if (!self->assume.duration.set && saml_values(self->assertion, CLAIMS "SessionDuration", &text, 1) > 0) {
        if (!str_to_int(text, &seconds) || seconds < 900 || seconds > 43200) {
            return invalid(rq, "SessionDuration must be 900 to 43200 seconds");
        }
        self->assume.duration = (struct opt_int)SOME((int32_t)seconds);
    }
    if (time_of(authentication, "SessionNotOnOrAfter", &until_ms)) {
        const int64_t left = (until_ms - rq->ctx.now_ms) / 1000;
        const int32_t asked = self->assume.duration.set ? self->assume.duration.v : 3600;
        if (left <= 0) {
            return expired(rq, "The session has ended at the identity provider");
        }
        self->assume.duration = (struct opt_int)SOME(left < asked ? (int32_t)left : asked);
    }
    return ERR_OK;
}

/* Attributes ".../PrincipalTag:KEY", and ".../TransitiveTagKeys". */
static struct err take_tags(struct request *rq, struct saml *self)
{
    const struct str prefix = STR(CLAIMS "PrincipalTag:");
    struct sts_tag *items = ARENA_ARRAY(rq->ctx.arena, struct sts_tag, TAGS_MAX);
    struct str *transitive = ARENA_ARRAY(rq->ctx.arena, struct str, TAGS_MAX);
    struct session_tags *out = &self->assume.tags;
    const struct xml *statement = saml_child(self->assertion, "AttributeStatement");
    *out = (struct session_tags){ .items = items, .transitive = transitive };
    for (const struct xml *attribute = statement ? statement->child : NULL; attribute; attribute = attribute->next) {
        const struct str name = saml_attribute(attribute, "Name");
        if (!str_starts(name, prefix)) {
            continue;
        }
        const struct str key = str_from(name, prefix.len);
        const struct str value = attribute->child ? str_trim(attribute->child->text) : STR("");
        if (out->count == TAGS_MAX || key.len == 0 || key.len > 128 || value.len > 256 || attribute->count > 1) {
            return invalid(rq, "The assertion's PrincipalTag attributes are more than 50, or not one text of up to 128 and 256 characters");
        }
        items[out->count++] = (struct sts_tag){ key, value };
    }
    out->transitive_count = saml_values(self->assertion, CLAIMS "TransitiveTagKeys", transitive, TAGS_MAX);
    return ERR_OK;
}

/* spec: STS API reference, NameQualifier: BASE64 ( SHA1 ( "https://example.com/saml" + "123456789012" + "/MySAMLIdP" ) ). */
static struct str qualifier_of(struct request *rq, const struct saml *self, struct str account, struct str provider)
{
    unsigned char digest[HASH_SHA1_SIZE];
    struct hash hash = hash_begin(HASH_SHA1);
    hash_add(&hash, self->issuer);
    hash_add(&hash, account);
    hash_add(&hash, STR("/"));
    hash_add(&hash, provider);
    hash_end(&hash, digest);
    return str_base64(rq->ctx.arena, (struct str){ (const char *)digest, sizeof(digest) });
}

static void take_keys(struct request *rq, struct saml *self)
{
    struct context_pair *pairs = ARENA_ARRAY(rq->ctx.arena, struct context_pair, KEYS_MAX);
    const struct str arn = self->in->principal_arn;
    const struct str account = str_slice(arn, sizeof("arn:aws:iam::") - 1, 12);
    const struct str provider = str_from(arn, str_find_last(arn, '/') + 1);
    size_t count = 0;
    self->name_qualifier = qualifier_of(rq, self, account, provider);
    pairs[count++] = (struct context_pair){ STR("SAML:aud"), self->recipient };
    pairs[count++] = (struct context_pair){ STR("SAML:iss"), self->issuer };
    pairs[count++] = (struct context_pair){ STR("SAML:sub"), self->subject };
    pairs[count++] = (struct context_pair){ STR("SAML:sub_type"), self->subject_type };
    pairs[count++] = (struct context_pair){ STR("SAML:namequalifier"), self->name_qualifier };
    pairs[count++] = (struct context_pair){ STR("SAML:doc"), str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(account), STR_ARG(provider)) };
    pairs[count++] = (struct context_pair){ STR("sts:RoleSessionName"), self->assume.session_name };
    pairs[count++] = (struct context_pair){ STR("sts:SourceIdentity"), self->assume.source_identity };
    self->assume.pairs = pairs;
    self->assume.pair_count = count;
}

static struct err read_assertion(struct request *rq, struct saml *self)
{
    TRY(take_issuer(rq, self));
    TRY(check_times(rq, self));
    TRY(check_audience(rq, self));
    TRY(take_subject(rq, self));
    TRY(check_role(rq, self));
    TRY(take_names(rq, self));
    TRY(take_duration(rq, self));
    TRY(take_tags(rq, self));
    take_keys(rq, self);
    return ERR_OK;
}

struct err sts_assume_role_with_saml(struct request *rq, const struct sts_assume_role_with_saml_in *in,
                                     struct sts_assume_role_with_saml_out *out)
{
    struct assumed assumed = { .credentials = NULL };
    struct saml *self = ARENA_NEW(rq->ctx.arena, struct saml);
    self->in = in;
    self->assume = (struct assume){
        .action = "sts:AssumeRoleWithSAML", .role_arn = in->role_arn, .policy = in->policy, .policy_arns = in->policy_arns,
        .duration = in->duration_seconds, .token_size_min = in->minimum_session_token_size };
    TRY(assume_find(rq, &self->assume));
    TRY(need_provider(rq, self));
    TRY(need_assertion(rq, self));
    TRY(read_assertion(rq, self));
    if (!assume_trusted(rq, &self->assume)) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "Not authorized to perform sts:AssumeRoleWithSAML");
    }
    TRY(assume_session(rq, &self->assume, &assumed));
    *out = (struct sts_assume_role_with_saml_out){
        .credentials = assumed.credentials, .assumed_role_user = assumed.user, .packed_policy_size = assumed.packed_policy_size,
        .subject = self->subject, .subject_type = self->subject_type, .issuer = self->issuer, .audience = self->recipient,
        .name_qualifier = self->name_qualifier, .source_identity = self->assume.source_identity,
        .session_token_size = assumed.token_size, .session_token_utilization = assumed.token_utilization };
    return ERR_OK;
}
