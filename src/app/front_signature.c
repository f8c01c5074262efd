/* front_signature.c - what S3 tells whose signature isn't good: what it would have signed, when it expired, what is missing.
 *
 * spec: S3 API reference, "Error responses"; "Authenticating Requests: Using Query Parameters". */
#include "app/front_parts.h"
#include "base/clock.h"

static const struct fault HEADERS_NOT_SIGNED = { "AccessDenied", NULL, NULL, 403 };
static const struct fault HEADER_MALFORMED = { "AuthorizationHeaderMalformed", NULL, NULL, 400 };
static const struct fault QUERY_PARAMETERS = { "AuthorizationQueryParametersError", NULL, NULL, 400 };

static void tell(struct call *call, const char *name, struct str value)
{
    request_element(&call->rq, str_of(name), value);
}

/* "41 57 53": as S3 shows what it hashed. */
static struct str bytes_of(struct arena *arena, struct str s)
{
    static const char digits[] = "0123456789abcdef";
    struct text text = text_new(arena);
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        text_add(&text, i ? STR(" ") : STR(""));
        text_add_char(&text, digits[c >> 4]);
        text_add_char(&text, digits[c & 15]);
    }
    return text_str(&text);
}

void front_tell_mismatch(struct call *call, struct str canonical, struct str to_sign)
{
    struct arena *arena = call->rq.ctx.arena;
    tell(call, "AWSAccessKeyId", call->claim.access_key);
    tell(call, "StringToSign", to_sign);
    tell(call, "SignatureProvided", call->claim.signature);
    tell(call, "StringToSignBytes", bytes_of(arena, to_sign));
    if (canonical.ptr) {
        tell(call, "CanonicalRequest", canonical);
        tell(call, "CanonicalRequestBytes", bytes_of(arena, canonical));
    }
}

static struct err mismatch(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    struct sigv4_text text = { STR_NONE, STR_NONE };
    sigv4_tell(ctx, &call->claim, net_request(call->exchange), &text);
    front_tell_mismatch(call, text.canonical, text.to_sign);
    return fail(ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH, SIGV4_S3_MISMATCH_TEXT);
}

static struct err expired(struct call *call, const struct fault *fault)
{
    struct arena *arena = call->rq.ctx.arena;
    tell(call, "X-Amz-Expires", str_format(arena, "%lld", (long long)(call->claim.expires_ms / 1000)));
    tell(call, "Expires", clock_format_iso8601(arena, call->claim.at_ms + call->claim.expires_ms));
    tell(call, "ServerTime", clock_format_iso8601(arena, call->rq.ctx.now_ms));
    return (struct err){ fault };
}

static struct err incomplete(struct call *call)
{
    struct ctx *ctx = &call->rq.ctx;
    if (call->claim.access_key.len && call->claim.service.len == 0) {
        return fail(ctx, &QUERY_PARAMETERS, "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
                                            "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    }
    if (call->claim.signature.len && call->claim.signed_headers.len) {
        return (struct err){ &QUERY_PARAMETERS };
    }
    return fail(ctx, &QUERY_PARAMETERS,
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "
                "X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
}

struct err front_bad_signature(struct call *call, const struct fault *fault)
{
    const bool s3 = call->match.service && strcmp(call->match.service->signing_name, "s3") == 0;
    if (s3 && fault == &SIGV4_SIGNATURE_DOES_NOT_MATCH && call->claim.signature.len) {
        return mismatch(call);
    }
    if (s3 && fault == &SIGV4_REQUEST_EXPIRED) {
        return expired(call, sigv4_fault(fault, call->match.protocol, STR("s3")));
    }
    if (s3 && fault == &SIGV4_INCOMPLETE_SIGNATURE && call->claim.presigned) {
        return incomplete(call);
    }
    return (struct err){ sigv4_fault(fault, call->match.protocol, call->claim.service) };
}

static bool among(struct str names, struct str name)
{
    bool found = false;
    while (names.ptr && !found) {
        found = str_equal_nocase(str_cut(names, ';', &names), name);
    }
    return found;
}

struct err front_check_signed(struct call *call)
{
    struct arena *arena = call->rq.ctx.arena;
    struct text missing = text_new(arena);
    if (str_equal(call->claim.region, STR("aws-global"))) { /* SDKs' word for no Region: they sign for us-east-1 */
        tell(call, "Region", STR("us-east-1"));
        return fail(&call->rq.ctx, &HEADER_MALFORMED, "The authorization header is malformed; the region 'aws-global' is wrong; expecting "
                                                      "'us-east-1'");
    }
    for (size_t i = 0; call->claim.presigned && i < call->http.header_count; i++) {
        const struct str name = str_lower(arena, call->http.headers[i].name);
        if (str_starts(name, STR("x-amz-")) && !among(call->claim.signed_headers, name)) {
            text_add(&missing, missing.len ? STR(", ") : STR(""));
            text_add(&missing, name);
        }
    }
    if (missing.len == 0) {
        return ERR_OK;
    }
    tell(call, "HeadersNotSigned", text_str(&missing));
    return fail(&call->rq.ctx, &HEADERS_NOT_SIGNED, "There were headers present in the request which were not signed");
}
