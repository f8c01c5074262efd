#include "wire/sigv4.h"

#include "base/clock.h"
#include "crypto/equal.h"
#include "wire/sigv4_canonical.h"

enum { ACCESS_KEY_MAX = 128, SCOPE_PART_MAX = 64 };

const struct fault SIGV4_MISSING_AUTHENTICATION_TOKEN = { "MissingAuthenticationToken", NULL, NULL, 403 };
const struct fault SIGV4_INCOMPLETE_SIGNATURE = { "IncompleteSignature", NULL, NULL, 400 };
const struct fault SIGV4_INVALID_CLIENT_TOKEN_ID = { "InvalidClientTokenId", NULL, NULL, 403 };
const struct fault SIGV4_EXPIRED_TOKEN = { "ExpiredToken", NULL, NULL, 403 };
const struct fault SIGV4_SIGNATURE_DOES_NOT_MATCH = { "SignatureDoesNotMatch", NULL, NULL, 403 };
const struct fault SIGV4_SKEWED = { "SignatureDoesNotMatch", NULL, NULL, 403 };
const struct fault SIGV4_REQUEST_EXPIRED = { "RequestExpired", NULL, NULL, 400 };
const struct fault SIGV4_PAYLOAD_MISMATCH = { "XAmzContentSHA256Mismatch", NULL, NULL, 400 };
const struct fault SIGV4_INVALID_REQUEST = { "InvalidRequest", NULL, NULL, 400 };

#define ALGORITHM STR("AWS4-HMAC-SHA256")
#define IS_UNSET(s) ((s).ptr == NULL)

/* What a stranger sent, fit to be shown: printable ASCII, and not too much of it. */
static struct str shown(struct ctx *ctx, struct str s)
{
    struct str copy = str_slice(s, 0, 200);
    char *out = arena_alloc_raw(ctx->arena, copy.len + 1);
    for (size_t i = 0; i < copy.len; i++) {
        out[i] = copy.ptr[i] >= ' ' && copy.ptr[i] <= '~' ? copy.ptr[i] : '?';
    }
    out[copy.len] = '\0';
    return (struct str){ out, copy.len };
}

static struct err incomplete(struct ctx *ctx, const char *what, struct str got)
{
    return fail(ctx, &SIGV4_INCOMPLETE_SIGNATURE, "%s: '%s'", what, shown(ctx, got).ptr);
}

/* spec: SigV4 signs for one region and service; the four services below take S3's path and payload rules. */
static bool is_s3(struct str service)
{
    static const struct str names[] = { STR_INIT("s3"), STR_INIT("s3express"), STR_INIT("s3-object-lambda"),
        STR_INIT("s3-outposts") };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal(service, names[i])) {
            return true;
        }
    }
    return false;
}

static bool is_scope_part(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')) {
            return false;
        }
    }
    return s.len >= 1 && s.len <= SCOPE_PART_MAX;
}

static bool is_key_id(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] <= ' ' || s.ptr[i] > '~') {
            return false;
        }
    }
    return s.len >= 1 && s.len <= ACCESS_KEY_MAX;
}

static struct err parse_credential(struct ctx *ctx, struct str credential, struct sigv4_claim *claim)
{
    struct str rest = credential;
    claim->access_key = str_cut(rest, '/', &rest);
    claim->day = str_cut(rest, '/', &rest);
    claim->region = str_cut(rest, '/', &rest);
    claim->service = str_cut(rest, '/', &rest);
    if (IS_UNSET(rest) || str_find(rest, '/') != STR_MISSING || !is_key_id(claim->access_key)) {
        return incomplete(ctx, "Credential must have exactly 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term, got", credential);
    }
    if (!str_equal(rest, STR("aws4_request"))) {
        return incomplete(ctx, "Credential should be scoped with a valid terminator: 'aws4_request', not", rest);
    }
    if (!is_scope_part(claim->region)) {
        return incomplete(ctx, "Credential should be scoped to a valid region, not", claim->region);
    }
    if (!is_scope_part(claim->service)) {
        return incomplete(ctx, "Credential should be scoped to a valid service, not", claim->service);
    }
    claim->s3 = is_s3(claim->service);
    return ERR_OK;
}

/* spec: the list is sorted by lower-case name. Without repetition it also bounds what we hash. */
static struct err check_signed_headers(struct ctx *ctx, struct str list)
{
    bool host = false;
    struct str before = STR("");
    for (struct str names = list; names.ptr;) {
        const struct str name = str_cut(names, ';', &names);
        if (str_compare(before, name) >= 0 || !str_equal(name, str_lower(ctx->arena, name))) {
            return incomplete(ctx, "SignedHeaders must be lower-case, sorted and without repetition", list);
        }
        host = host || str_equal(name, STR("host")) || str_equal(name, STR(":authority"));
        before = name;
    }
    if (!host) {
        return fail(ctx, &SIGV4_INCOMPLETE_SIGNATURE,
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
    return ERR_OK;
}

static struct err parse_date(struct ctx *ctx, struct sigv4_claim *claim)
{
    if (!clock_parse_amz(claim->date, &claim->at_ms)) {
        return incomplete(ctx, "Date must be in ISO-8601 'basic format'. Got", claim->date);
    }
    if (!str_equal(claim->day, str_slice(claim->date, 0, 8))) {
        return fail(ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%.20s' != '%.8s', "
            "from '%.16s'.",
            shown(ctx, claim->day).ptr, claim->date.ptr, claim->date.ptr);
    }
    return ERR_OK;
}

/* What stands in the Authorization header or in the query, before it is understood. */
struct raw_claim {
    struct str credential;
    struct str signed_headers;
    struct str signature;
    struct str expires;
};

static struct err parse_common(struct ctx *ctx, const struct raw_claim *raw, struct sigv4_claim *claim)
{
    claim->signed_headers = raw->signed_headers;
    claim->signature = raw->signature;
    TRY(parse_credential(ctx, raw->credential, claim));
    TRY(check_signed_headers(ctx, raw->signed_headers));
    return parse_date(ctx, claim);
}

static bool set_once(struct str *slot, struct str value)
{
    const bool first = IS_UNSET(*slot);
    *slot = value;
    return first;
}

static struct err parse_authorization_part(struct ctx *ctx, struct str part, struct raw_claim *raw)
{
    struct str value = STR_NONE;
    const struct str name = str_cut(str_trim(part), '=', &value);
    if (IS_UNSET(value)) {
        return incomplete(ctx, "not a valid key=value pair (missing equal-sign) in Authorization header", part);
    }
    struct str *slot = str_equal(name, STR("Credential")) ? &raw->credential
        : str_equal(name, STR("SignedHeaders"))           ? &raw->signed_headers
        : str_equal(name, STR("Signature"))               ? &raw->signature
                                                          : NULL;
    if (slot == NULL) {
        return incomplete(ctx, "Authorization header has a parameter that is none", name);
    }
    if (!set_once(slot, value)) {
        return incomplete(ctx, "Authorization header has a parameter twice", name);
    }
    return ERR_OK;
}

static struct err fail_missing_part(struct ctx *ctx, const struct raw_claim *raw, bool dated)
{
    return fail(ctx, &SIGV4_INCOMPLETE_SIGNATURE, "%s%s%s%s",
        raw->credential.len ? "" : "Authorization header requires 'Credential' parameter. ",
        raw->signature.len ? "" : "Authorization header requires 'Signature' parameter. ",
        raw->signed_headers.len ? "" : "Authorization header requires 'SignedHeaders' parameter. ",
        dated ? "" : "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
}

/* X-Amz-Date, else Date in either form. */
static struct str header_date(struct ctx *ctx, const struct http_request *request)
{
    const struct str amz = http_header_find(request, STR("x-amz-date"));
    const struct str plain = IS_UNSET(amz) ? http_header_find(request, STR("date")) : amz;
    int64_t ms = 0;
    return clock_parse_rfc7231(plain, &ms) ? clock_format_amz(ctx->arena, ms) : plain;
}

static struct err parse_header(struct ctx *ctx, const struct http_request *request, struct str parts,
                               struct sigv4_claim *claim)
{
    struct raw_claim raw = { 0 };
    while (parts.ptr) {
        TRY(parse_authorization_part(ctx, str_cut(parts, ',', &parts), &raw));
    }
    claim->date = header_date(ctx, request);
    if (raw.credential.len == 0 || raw.signature.len == 0 || raw.signed_headers.len == 0 || claim->date.len == 0) {
        return fail_missing_part(ctx, &raw, claim->date.len > 0);
    }
    claim->token = http_header_find(request, STR("x-amz-security-token"));
    return parse_common(ctx, &raw, claim);
}

static struct err take_parameters(struct ctx *ctx, const struct sigv4_parameters *all, struct raw_claim *raw,
                                  struct sigv4_claim *claim)
{
    struct str algorithm = STR_NONE;
    const struct {
        struct str name;
        struct str *slot;
    } wanted[] = {
        { STR("X-Amz-Algorithm"), &algorithm },
        { STR("X-Amz-Credential"), &raw->credential },
        { STR("X-Amz-Date"), &claim->date },
        { STR("X-Amz-Expires"), &raw->expires },
        { STR("X-Amz-SignedHeaders"), &raw->signed_headers },
        { STR("X-Amz-Signature"), &raw->signature },
        { STR("X-Amz-Security-Token"), &claim->token },
    };
    for (size_t i = 0; i < all->count * COUNT_OF(wanted); i++) {
        const struct sigv4_parameter *one = &all->items[i / COUNT_OF(wanted)];
        const size_t which = i % COUNT_OF(wanted);
        if (str_equal(one->name, wanted[which].name)
            && !set_once(wanted[which].slot, str_percent_decode(ctx->arena, one->value, false))) {
            return incomplete(ctx, "a signature parameter stands twice in the query", one->name);
        }
    }
    return ERR_OK;
}

/* spec: S3 API, query authentication: 1 to 604,800 seconds. Without X-Amz-Expires we allow the skew (ours). */
static struct err parse_expires(struct ctx *ctx, struct str text, struct sigv4_claim *claim)
{
    int64_t seconds = SIGV4_SKEW_MS / 1000;
    if (text.ptr && !str_to_int(text, &seconds)) {
        return incomplete(ctx, "X-Amz-Expires should be a number, got", text);
    }
    if (seconds < 0 || seconds > SIGV4_EXPIRES_MAX_S) {
        return incomplete(ctx, "X-Amz-Expires must be non-negative and less than a week (in seconds), got", text);
    }
    claim->expires_ms = seconds * 1000;
    return ERR_OK;
}

static struct err parse_query(struct ctx *ctx, const struct sigv4_parameters *all, struct sigv4_claim *claim)
{
    struct raw_claim raw = { 0 };
    claim->presigned = true;
    TRY(take_parameters(ctx, all, &raw, claim));
    if (raw.credential.len == 0 || raw.signature.len == 0 || raw.signed_headers.len == 0 || claim->date.len == 0) {
        return fail(ctx, &SIGV4_INCOMPLETE_SIGNATURE,
            "Query-string authentication requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date and "
            "X-Amz-SignedHeaders parameters.");
    }
    TRY(parse_expires(ctx, raw.expires, claim));
    return parse_common(ctx, &raw, claim);
}

static bool is_lower_hash(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f'))) {
            return false;
        }
    }
    return s.len == (size_t)2 * HASH_SHA256_SIZE;
}

/* spec: S3 API, "Authenticating Requests": x-amz-content-sha256 and its markers. Other services sign the body's hash. */
static struct err parse_payload(struct ctx *ctx, const struct http_request *request, struct sigv4_claim *claim)
{
    static const struct {
        struct str name;
        enum sigv4_payload payload;
    } markers[] = {
        { STR_INIT("UNSIGNED-PAYLOAD"), SIGV4_UNSIGNED },
        { STR_INIT("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), SIGV4_CHUNKED },
        { STR_INIT("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"), SIGV4_CHUNKED_TRAILER },
        { STR_INIT("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), SIGV4_CHUNKED_UNSIGNED },
    };
    if (!claim->s3) {
        return ERR_OK;
    }
    claim->payload_hash = http_header_find(request, STR("x-amz-content-sha256"));
    if (IS_UNSET(claim->payload_hash) && claim->presigned) {
        claim->payload_hash = markers[0].name;
    }
    if (IS_UNSET(claim->payload_hash)) {
        return fail(ctx, &SIGV4_INVALID_REQUEST, "Missing required header for this request: x-amz-content-sha256");
    }
    for (size_t i = 0; i < COUNT_OF(markers); i++) {
        if (str_equal(claim->payload_hash, markers[i].name)) {
            claim->payload = markers[i].payload;
            return ERR_OK;
        }
    }
    if (!is_lower_hash(claim->payload_hash)) {
        return fail(ctx, &SIGV4_INVALID_REQUEST, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER or a valid sha256 value.");
    }
    return ERR_OK;
}

/* The other ways to sign, each refused by name. */
static struct err refuse_algorithm(struct ctx *ctx, struct str algorithm)
{
    if (str_starts(algorithm, STR("AWS4-ECDSA"))) {
        return incomplete(ctx, "Signature Version 4A is not supported by this server; please use AWS4-HMAC-SHA256, not",
            algorithm);
    }
    return incomplete(ctx, "The authorization mechanism you have provided is not supported. Please use "
        "AWS4-HMAC-SHA256, not", algorithm);
}

static struct str find_algorithm(struct ctx *ctx, const struct sigv4_parameters *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (str_equal(all->items[i].name, STR("X-Amz-Algorithm"))) {
            return str_percent_decode(ctx->arena, all->items[i].value, false);
        }
    }
    return STR_NONE;
}

/* What boto3 presigns for S3 unless it is told to use "s3v4". */
static bool is_version_2(const struct sigv4_parameters *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (str_equal(all->items[i].name, STR("AWSAccessKeyId"))) {
            return true;
        }
    }
    return false;
}

static size_t count_headers(const struct http_request *request, struct str name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        count += str_equal_nocase(request->headers[i].name, name);
    }
    return count;
}

struct err sigv4_parse(struct ctx *ctx, const struct http_request *request, struct sigv4_claim *claim)
{
    *claim = (struct sigv4_claim){ 0 };
    const struct str header = str_trim(http_header_find(request, STR("authorization")));
    const struct sigv4_parameters all = sigv4_parameters(ctx->arena, request->query);
    struct str algorithm = find_algorithm(ctx, &all);
    if (IS_UNSET(header) && IS_UNSET(algorithm)) {
        if (is_version_2(&all)) {
            return refuse_algorithm(ctx, STR("Signature Version 2"));
        }
        return fail(ctx, &SIGV4_MISSING_AUTHENTICATION_TOKEN, "Request is missing Authentication Token");
    }
    if (header.ptr && (algorithm.ptr || count_headers(request, STR("authorization")) > 1)) {
        return fail(ctx, &SIGV4_INCOMPLETE_SIGNATURE, "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
            "parameter or one Authorization header should be specified");
    }
    struct str parts = STR_NONE;
    algorithm = header.ptr ? str_cut(header, ' ', &parts) : algorithm;
    if (!str_equal(algorithm, ALGORITHM)) {
        return refuse_algorithm(ctx, algorithm);
    }
    TRY(header.ptr ? parse_header(ctx, request, parts, claim) : parse_query(ctx, &all, claim));
    return parse_payload(ctx, request, claim);
}

static struct err fail_skewed(struct ctx *ctx, const struct sigv4_claim *claim, bool late)
{
    const int64_t edge = late ? ctx->now_ms - SIGV4_SKEW_MS : ctx->now_ms + SIGV4_SKEW_MS;
    const char *now = clock_format_amz(ctx->arena, ctx->now_ms).ptr;
    const char *limit = clock_format_amz(ctx->arena, edge).ptr;
    const char *signed_at = str_cstr(ctx->arena, claim->date);
    return late
        ? fail(ctx, &SIGV4_SKEWED, "Signature expired: %s is now earlier than %s (%s - 15 min.)", signed_at, limit, now)
        : fail(ctx, &SIGV4_SKEWED, "Signature not yet current: %s is still later than %s (%s + 15 min.)", signed_at, limit,
              now);
}

static struct err check_time(struct ctx *ctx, const struct sigv4_claim *claim)
{
    const int64_t age_ms = ctx->now_ms - claim->at_ms;
    if (age_ms < -SIGV4_SKEW_MS) {
        return fail_skewed(ctx, claim, false);
    }
    if (claim->presigned && age_ms > claim->expires_ms) {
        return fail(ctx, &SIGV4_REQUEST_EXPIRED, "Request has expired");
    }
    if (!claim->presigned && age_ms > SIGV4_SKEW_MS) {
        return fail_skewed(ctx, claim, true);
    }
    return ERR_OK;
}

static bool signature_fits(struct ctx *ctx, const struct hmac_key *key, const struct sigv4_claim *claim,
                           const struct http_request *request, struct sigv4_variant variant)
{
    const struct str canonical = sigv4_canonical_request(ctx->arena, claim, request, variant);
    unsigned char signature[HASH_SHA256_SIZE];
    hmac_sign(key, sigv4_string_to_sign(ctx->arena, claim, canonical), signature);
    return crypto_equal(str_hex(ctx->arena, signature, sizeof(signature)), claim->signature);
}

/* The plain reading first; then those of clients that leave the path alone or add a token after presigning. */
static bool any_variant_fits(struct ctx *ctx, const struct hmac_key *key, const struct sigv4_claim *claim,
                             const struct http_request *request)
{
    const bool paths_differ = !claim->s3
        && !str_equal(sigv4_canonical_path(ctx->arena, request->path, false, false),
            sigv4_canonical_path(ctx->arena, request->path, false, true));
    const bool tokens_differ = claim->presigned && claim->token.ptr;
    for (unsigned i = 0; i < 4; i++) {
        const struct sigv4_variant variant = { .raw_path = i & 1, .without_token = i & 2 };
        const bool applies = (!variant.raw_path || paths_differ) && (!variant.without_token || tokens_differ);
        if (applies && signature_fits(ctx, key, claim, request, variant)) {
            return true;
        }
    }
    return false;
}

static bool signed_headers_are_there(const struct sigv4_claim *claim, const struct http_request *request)
{
    for (struct str names = claim->signed_headers; names.ptr;) {
        if (count_headers(request, str_cut(names, ';', &names)) == 0) {
            return false;
        }
    }
    return true;
}

struct err sigv4_check_body(struct ctx *ctx, const struct sigv4_claim *claim, struct str body)
{
    const bool hashed = claim->payload == SIGV4_HASHED;
    return !hashed || str_equal(claim->payload_hash, hash_hex(ctx->arena, HASH_SHA256, body))
        ? ERR_OK
        : fail(ctx, &SIGV4_PAYLOAD_MISMATCH, "The provided 'x-amz-content-sha256' header does not match what was computed.");
}

/* The body is hashed here and not before: not for those whose key nobody knows. */
static struct err check_payload(struct ctx *ctx, const struct http_request *request, struct sigv4_claim *claim)
{
    if (claim->payload != SIGV4_HASHED || (claim->s3 && claim->body_later)) {
        return ERR_OK;
    }
    if (claim->s3) {
        return sigv4_check_body(ctx, claim, request->body);
    }
    claim->payload_hash = hash_hex(ctx->arena, HASH_SHA256, request->body);
    return ERR_OK;
}

struct err sigv4_verify(struct ctx *ctx, struct sigv4_keys *keys, const struct sigv4_claim *claim,
                        const struct http_request *request, struct str secret)
{
    struct sigv4_claim whole = *claim;
    TRY(check_time(ctx, &whole));
    TRY(check_payload(ctx, request, &whole));
    struct hmac_key key = sigv4_signing_key(keys, &whole, secret);
    const bool fits = signed_headers_are_there(&whole, request) && any_variant_fits(ctx, &key, &whole, request);
    memory_wipe(&key, sizeof(key));
    if (!fits) {
        return fail(ctx, &SIGV4_SIGNATURE_DOES_NOT_MATCH, SIGV4_MISMATCH_TEXT);
    }
    return ERR_OK;
}

void sigv4_tell(struct ctx *ctx, const struct sigv4_claim *claim, const struct http_request *request, struct sigv4_text *out)
{
    struct sigv4_claim whole = *claim;
    if (whole.payload_hash.ptr == NULL) {
        whole.payload_hash = hash_hex(ctx->arena, HASH_SHA256, request->body);
    }
    out->canonical = sigv4_canonical_request(ctx->arena, &whole, request, (struct sigv4_variant){ .raw_path = claim->s3 });
    out->to_sign = sigv4_string_to_sign(ctx->arena, &whole, out->canonical);
}
