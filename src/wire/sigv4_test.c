#include "wire/sigv4.h"

#include "base/queue.h"
#include "tests/test.h"
#include "wire/sigv4_canonical.h"
#include "wire/sigv4_case.h"

static const struct str SECRET = STR_INIT("yaguraSecretKey/of+the/Tests0123456789abcd");
#define NOON ((int64_t)1795521600000) /* 2026-11-24T12:00:00Z */

/* The test's key store: one long-lived key and one of a session. */
static struct err check(struct ctx *ctx, struct sigv4_keys *keys, const struct http_request *request)
{
    struct sigv4_claim claim;
    TRY(sigv4_parse(ctx, request, &claim));
    const bool session = str_equal(claim.access_key, STR("ASIAYAGURAEXAMPLE1"))
        && str_equal(claim.token, STR("FwoGZXIvYXdzEXAMPLE//token=="));
    if (!session && !str_equal(claim.access_key, STR("AKIAYAGURAEXAMPLE1"))) {
        return (fail)(ctx, &SIGV4_INVALID_CLIENT_TOKEN_ID, SIGV4_UNKNOWN_KEY_TEXT);
    }
    return sigv4_verify(ctx, keys, &claim, request, SECRET);
}

/* Signed by botocore 1.43 with SECRET at NOON. */
static const struct {
    const char *name;
    const char *text;
} vectors[] = {
    { "iam",
        "POST / HTTP/1.1\n"
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8\n"
        "X-Amz-Date: 20261124T120000Z\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAYAGURAEXAMPLE1/20261124/us-east-1/iam/aws4_request, S"
        "ignedHeaders=content-type;host;x-amz-date, Signature=b1bee82dd4e12517e9eba855d85a01eaa3d7a62afec72bb"
        "941344024aa04b817\n"
        "Content-Length: 35\n"
        "Host: 127.0.0.1:4700\n"
        "\nAction=ListUsers&Version=2010-05-08" },
    { "guardduty tags",
        "GET /tags/arn%3Aaws%3Aguardduty%3Aap-northeast-1%3A111122223333%3Adetector%2Fabc?b=2&a=x%20y&a=%2B H"
        "TTP/1.1\n"
        "X-Amz-Date: 20261124T120000Z\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAYAGURAEXAMPLE1/20261124/ap-northeast-1/guardduty/aws4"
        "_request, SignedHeaders=host;x-amz-date, Signature=767e8912f3443dbe39825c337c283e67bd87489cd10b7949c"
        "7997e9f59e0ff2c\n"
        "Host: 127.0.0.1:4700\n"
        "\n" },
    { "kms token",
        "POST / HTTP/1.1\n"
        "X-Amz-Target: TrentService.ListKeys\n"
        "Content-Type: application/x-amz-json-1.1\n"
        "X-Amz-Date: 20261124T120000Z\n"
        "X-Amz-Security-Token: FwoGZXIvYXdzEXAMPLE//token==\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=ASIAYAGURAEXAMPLE1/20261124/eu-west-1/kms/aws4_request, S"
        "ignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=e2afded92f786"
        "43d0073943b15bd9323a13d15ec5b24323895c0ad081a5b8618\n"
        "Content-Length: 2\n"
        "Host: localhost:4700\n"
        "\n{}" },
    { "s3 key",
        "PUT /bucket/a%20b/../%E6%AB%93/x%2By%3D~//end?partNumber=1&uploadId=u%2F1 HTTP/1.1\n"
        "Content-Type: text/plain\n"
        "X-Amz-Date: 20261124T120000Z\n"
        "X-Amz-Content-SHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIAYAGURAEXAMPLE1/20261124/us-east-1/s3/aws4_request, Si"
        "gnedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=771be7c1ab4ae891a8998623a69"
        "a3cd944aaa61c033f029983f605b9c3f8de37\n"
        "Content-Length: 5\n"
        "Host: 127.0.0.1:4700\n"
        "\nhello" },
    { "sts presigned",
        "GET /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        "AKIAYAGURAEXAMPLE1%2F20261124%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20261124T120000Z&X-Amz-Exp"
        "ires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=a5db339ccf397657787446caecdce005a90a74af90c3edd88d2"
        "ed187685bcbb5 HTTP/1.1\n"
        "Host: 127.0.0.1:4700\n"
        "\n" },
    { "s3 presigned token",
        "GET /bucket/%E6%AB%93.txt?response-content-type=text%2Fplain&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-"
        "Credential=ASIAYAGURAEXAMPLE1%2F20261124%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=20261124T120000Z"
        "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2F%2Ftoken%3D%"
        "3D&X-Amz-Signature=8031c5ffea83be3d24dffb3537f8ea27dd337b1176f7397d0445d4a2be7e2f42 HTTP/1.1\n"
        "Host: 127.0.0.1:4700\n"
        "\n" },
};

TEST(requests_signed_by_botocore_are_accepted_with_and_without_the_cache)
{
    struct ctx ctx = ctx_new(arena, NOON);
    struct sigv4_keys *keys = sigv4_keys_open();
    for (size_t i = 0; i < 3 * COUNT_OF(vectors); i++) {
        const struct http_request request = case_request(arena, str_of(vectors[i % COUNT_OF(vectors)].text));
        CHECK_OK(check(&ctx, i < COUNT_OF(vectors) ? NULL : keys, &request));
    }
    sigv4_keys_close(keys);
}

TEST(a_claim_tells_key_scope_date_and_token)
{
    struct ctx ctx = ctx_new(arena, NOON);
    struct sigv4_claim claim;
    const struct http_request kms = case_request(arena, str_of(vectors[2].text));
    CHECK_OK(sigv4_parse(&ctx, &kms, &claim));
    CHECK_STR(claim.access_key, "ASIAYAGURAEXAMPLE1");
    CHECK_STR(claim.region, "eu-west-1");
    CHECK_STR(claim.service, "kms");
    CHECK_STR(claim.token, "FwoGZXIvYXdzEXAMPLE//token==");
    CHECK(claim.at_ms == NOON && !claim.presigned && !claim.s3);
    const struct http_request s3 = case_request(arena, str_of(vectors[5].text));
    CHECK_OK(sigv4_parse(&ctx, &s3, &claim));
    CHECK(claim.presigned && claim.s3 && claim.payload == SIGV4_UNSIGNED && claim.expires_ms == 3600000);
    CHECK_STR(claim.token, "FwoGZXIvYXdzEXAMPLE//token==");
}

TEST(the_secret_matters_even_when_the_key_is_cached)
{
    struct ctx ctx = ctx_new(arena, NOON);
    struct sigv4_keys *keys = sigv4_keys_open();
    const struct http_request request = case_request(arena, str_of(vectors[0].text));
    struct sigv4_claim claim;
    CHECK_OK(sigv4_parse(&ctx, &request, &claim));
    CHECK_OK(sigv4_verify(&ctx, keys, &claim, &request, SECRET));
    CHECK_FAULT(sigv4_verify(&ctx, keys, &claim, &request, STR("another secret")), "SignatureDoesNotMatch");
    CHECK_FAULT(sigv4_verify(&ctx, NULL, &claim, &request, STR("")), "SignatureDoesNotMatch");
    CHECK_OK(sigv4_verify(&ctx, keys, &claim, &request, SECRET));
    sigv4_keys_close(keys);
}

TEST(the_cache_stays_right_when_it_overflows)
{
    struct ctx ctx = ctx_new(arena, NOON);
    struct sigv4_keys *keys = sigv4_keys_open();
    for (size_t i = 0; i < 2000; i++) {
        const struct sigv4_claim claim = { .access_key = STR("AKIA"), .day = STR("20261124"), .service = STR("iam"),
            .region = str_format(arena, "region-%zu", i % 700) };
        const struct hmac_key cached = sigv4_signing_key(keys, &claim, SECRET);
        const struct hmac_key fresh = sigv4_signing_key(NULL, &claim, SECRET);
        unsigned char a[HASH_SHA256_SIZE];
        unsigned char b[HASH_SHA256_SIZE];
        hmac_sign(&cached, STR("x"), a);
        hmac_sign(&fresh, STR("x"), b);
        CHECK(memcmp(a, b, sizeof(a)) == 0);
    }
    sigv4_keys_close(keys);
    (void)ctx;
}

struct sharer {
    struct sigv4_keys *keys;
    const char *text;
    size_t good;
};

static void verify_often(void *argument)
{
    struct sharer *me = argument;
    struct arena *arena = arena_open();
    for (int i = 0; i < 1000; i++) {
        struct ctx ctx = ctx_new(arena, NOON);
        const struct http_request request = case_request(arena, str_of(me->text));
        me->good += check(&ctx, me->keys, &request).fault == NULL;
        arena_reset(arena);
    }
    arena_close(arena);
}

TEST(threads_share_the_cache)
{
    struct sharer all[4];
    struct thread *threads[4];
    struct sigv4_keys *keys = sigv4_keys_open();
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        all[i] = (struct sharer){ .keys = keys, .text = vectors[i % 2].text };
        threads[i] = thread_start("verify", verify_often, &all[i]);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        thread_join(threads[i]);
        CHECK_INT(all[i].good, 1000);
    }
    sigv4_keys_close(keys);
}

TEST(a_secret_of_any_length_makes_its_own_key)
{
    char *secret = arena_alloc_raw(arena, 300);
    memset(secret, 's', 300);
    const struct sigv4_claim claim = { .access_key = STR("A"), .day = STR("20261124"), .region = STR("r"), .service = STR("s") };
    unsigned char before[HASH_SHA256_SIZE] = { 0 };
    for (size_t size = 0; size <= 300; size++) {
        const struct hmac_key key = sigv4_signing_key(NULL, &claim, (struct str){ secret, size });
        unsigned char now[HASH_SHA256_SIZE];
        hmac_sign(&key, STR("x"), now);
        CHECK(memcmp(before, now, sizeof(now)) != 0);
        memcpy(before, now, sizeof(now));
    }
}

/* The first vector with one thing changed. */
static struct err check_changed(struct ctx *ctx, const char *header, const char *value)
{
    const struct http_request request = case_request(ctx->arena, str_of(vectors[0].text));
    case_header(&request, str_of(header))->value = str_of(value);
    return check(ctx, NULL, &request);
}

#define SCOPE "AKIAYAGURAEXAMPLE1/20261124/us-east-1/iam/aws4_request"
#define AUTHORIZATION(credential, headers, signature) \
    "AWS4-HMAC-SHA256 Credential=" credential ", SignedHeaders=" headers ", Signature=" signature
#define CHECK_REASON(text) \
    if (strstr(ctx.reason, text) == NULL) { \
        fail_msg("'%s' is not in '%s'", text, ctx.reason); \
    }

TEST(each_malformed_header_is_refused_in_aws_words)
{
    struct ctx ctx = ctx_new(arena, NOON);
    static const struct {
        const char *value, *code, *reason;
    } cases[] = {
        { "", "IncompleteSignature", "not supported" },
        { "AWS AKIA:abc=", "IncompleteSignature", "Please use AWS4-HMAC-SHA256" },
        { "Bearer abc", "IncompleteSignature", "Please use AWS4-HMAC-SHA256" },
        { "AWS4-ECDSA-P256-SHA256 Credential=a", "IncompleteSignature", "Signature Version 4A is not supported" },
        { "AWS4-HMAC-SHA256", "IncompleteSignature", "requires 'Credential' parameter" },
        { "AWS4-HMAC-SHA256 Credential", "IncompleteSignature", "missing equal-sign" },
        { AUTHORIZATION(SCOPE, "host", ""), "IncompleteSignature", "requires 'Signature' parameter" },
        { "AWS4-HMAC-SHA256 Credential=" SCOPE ", Signature=00", "IncompleteSignature", "requires 'SignedHeaders'" },
        { AUTHORIZATION("AKIA/20261124/us-east-1/iam", "host", "0"), "IncompleteSignature", "exactly 5 slash-delimited" },
        { AUTHORIZATION(SCOPE "/x", "host", "0"), "IncompleteSignature", "exactly 5 slash-delimited" },
        { AUTHORIZATION("AKIA/20261124/us-east-1/iam/aws5", "host", "0"), "IncompleteSignature", "valid terminator" },
        { AUTHORIZATION("AKIA/20261124/US EAST/iam/aws4_request", "host", "0"), "IncompleteSignature", "valid region" },
        { AUTHORIZATION("AKIA/20261124/r/i am/aws4_request", "host", "0"), "IncompleteSignature", "valid service" },
        { AUTHORIZATION("AKIA/20261123/r/iam/aws4_request", "host", "0"), "SignatureDoesNotMatch", "does not match YYYYMMDD" },
        { AUTHORIZATION("/20261124/r/iam/aws4_request", "host", "0"), "IncompleteSignature", "exactly 5" },
        { AUTHORIZATION(SCOPE, "x-amz-date", "0"), "IncompleteSignature", "must be a 'SignedHeader'" },
        { AUTHORIZATION(SCOPE, "Host", "0"), "IncompleteSignature", "lower-case, sorted" },
        { AUTHORIZATION(SCOPE, "x-amz-date;host", "0"), "IncompleteSignature", "lower-case, sorted" },
        { AUTHORIZATION(SCOPE, "host;host", "0"), "IncompleteSignature", "without repetition" },
        { AUTHORIZATION(SCOPE, "host", "0") ", Signature=1", "IncompleteSignature", "twice" },
        { AUTHORIZATION(SCOPE, "host", "0") ", Sixnature=1", "IncompleteSignature", "that is none" },
        { AUTHORIZATION(SCOPE, "host", "\x01\xff"), "SignatureDoesNotMatch", "does not match the signature you provided" },
        { AUTHORIZATION("AKIAUNKNOWN/20261124/r/s/aws4_request", "host", "0"), "InvalidClientTokenId", "is invalid" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_FAULT(check_changed(&ctx, "authorization", cases[i].value), cases[i].code);
        CHECK_REASON(cases[i].reason);
    }
}

TEST(the_date_must_be_there_and_well_formed)
{
    struct ctx ctx = ctx_new(arena, NOON);
    CHECK_FAULT(check_changed(&ctx, "x-amz-date", ""), "IncompleteSignature");
    CHECK_REASON("existence of either a 'X-Amz-Date' or a 'Date' header");
    CHECK_FAULT(check_changed(&ctx, "x-amz-date", "2026-11-24"), "IncompleteSignature");
    CHECK_REASON("ISO-8601 'basic format'. Got: '2026-11-24'");
    CHECK_FAULT(check_changed(&ctx, "x-amz-date", "20261124T120001Z"), "SignatureDoesNotMatch");
}

TEST(fifteen_minutes_of_skew_are_allowed_either_way)
{
    const struct http_request request = case_request(arena, str_of(vectors[0].text));
    struct ctx ctx = ctx_new(arena, NOON + SIGV4_SKEW_MS);
    CHECK_OK(check(&ctx, NULL, &request));
    ctx.now_ms = NOON - SIGV4_SKEW_MS;
    CHECK_OK(check(&ctx, NULL, &request));
    ctx.now_ms = NOON + SIGV4_SKEW_MS + 1000;
    CHECK_FAULT(check(&ctx, NULL, &request), "SignatureDoesNotMatch");
    CHECK_STR(str_of(ctx.reason),
        "Signature expired: 20261124T120000Z is now earlier than 20261124T120001Z (20261124T121501Z - 15 min.)");
    ctx.now_ms = NOON - SIGV4_SKEW_MS - 1000;
    CHECK_FAULT(check(&ctx, NULL, &request), "SignatureDoesNotMatch");
    CHECK_STR(str_of(ctx.reason),
        "Signature not yet current: 20261124T120000Z is still later than 20261124T115959Z (20261124T114459Z + 15 min.)");
}

TEST(a_presigned_request_holds_until_it_expires_and_no_longer)
{
    const struct http_request request = case_request(arena, str_of(vectors[5].text));
    struct ctx ctx = ctx_new(arena, NOON + 3600 * 1000);
    CHECK_OK(check(&ctx, NULL, &request));
    ctx.now_ms += 1;
    CHECK_FAULT(check(&ctx, NULL, &request), "RequestExpired");
    CHECK_REASON("Request has expired");
    CHECK_STR(str_of(sigv4_fault(&SIGV4_REQUEST_EXPIRED, PROTOCOL_REST_XML, STR("s3"))->code), "AccessDenied");
}

TEST(a_presigned_request_must_be_whole)
{
    struct ctx ctx = ctx_new(arena, NOON);
    static const struct {
        const char *query, *reason;
    } cases[] = {
        { "X-Amz-Algorithm=AWS4-HMAC-SHA256", "Query-string authentication requires" },
        { "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", "Signature Version 4A is not supported" },
        { "X-Amz-Algorithm=&X-Amz-Signature=1", "not supported" },
        { "AWSAccessKeyId=AKIA&Signature=a%3D&Expires=1795521660", "Please use AWS4-HMAC-SHA256, not: 'Signature Version 2'" },
        { "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=20261124T120000Z&X-Amz-SignedHeaders=host"
          "&X-Amz-Signature=0", "exactly 5 slash-delimited" },
        { "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20261124%2Fr%2Fs3%2Faws4_request"
          "&X-Amz-Date=20261124T120000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Expires=604801", "less than a week" },
        { "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20261124%2Fr%2Fs3%2Faws4_request"
          "&X-Amz-Date=20261124T120000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Expires=1h", "should be a number" },
        { "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0&X-Amz%2DSignature=1", "twice" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct http_request request = { .method = STR("GET"), .path = STR("/"), .query = str_of(cases[i].query) };
        CHECK_FAULT(check(&ctx, NULL, &request), "IncompleteSignature");
        CHECK_REASON(cases[i].reason);
    }
}

TEST(an_unsigned_request_and_a_doubly_signed_one_are_told_apart)
{
    struct ctx ctx = ctx_new(arena, NOON);
    const struct http_request anonymous = { .method = STR("GET"), .path = STR("/"), .query = STR("X-Amz-Date=x") };
    CHECK_FAULT(check(&ctx, NULL, &anonymous), "MissingAuthenticationToken");
    struct http_request doubly = case_request(arena, str_of(vectors[0].text));
    doubly.query = STR("X-Amz-Algorithm=AWS4-HMAC-SHA256");
    CHECK_FAULT(check(&ctx, NULL, &doubly), "IncompleteSignature");
    doubly.query = STR_NONE;
    case_header(&doubly, STR("content-length"))->name = STR("authorization");
    CHECK_FAULT(check(&ctx, NULL, &doubly), "IncompleteSignature");
    CHECK_REASON("Only one auth mechanism allowed");
}

TEST(s3_needs_a_payload_hash_that_tells_the_truth)
{
    struct ctx ctx = ctx_new(arena, NOON);
    struct http_request request = case_request(arena, str_of(vectors[3].text));
    request.body = STR("hellO");
    CHECK_FAULT(check(&ctx, NULL, &request), "XAmzContentSHA256Mismatch");
    struct http_header *header = case_header(&request, STR("x-amz-content-sha256"));
    header->value = STR("SOMETHING");
    CHECK_FAULT(check(&ctx, NULL, &request), "InvalidRequest");
    header->value = STR("UNSIGNED-PAYLOAD");
    CHECK_FAULT(check(&ctx, NULL, &request), "SignatureDoesNotMatch");
    header->name = STR("x");
    CHECK_FAULT(check(&ctx, NULL, &request), "InvalidRequest");
    CHECK_REASON("Missing required header");
}

TEST(only_s3_may_leave_its_body_unsigned)
{
    struct ctx ctx = ctx_new(arena, NOON);
    const struct http_header headers[] = { { STR("host"), STR("h") }, { STR("x-amz-content-sha256"), STR("UNSIGNED-PAYLOAD") } };
    static const char *const services[] = { "s3", "iam" };
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        const struct sigv4_signer signer = { STR("AKIAYAGURAEXAMPLE1"), SECRET, STR_NONE, STR("us-east-1"),
            str_of(services[i]) };
        struct http_request request = { .method = STR("PUT"), .path = STR("/b/k"), .body = STR("x"), .headers = headers,
            .header_count = COUNT_OF(headers) };
        sigv4_sign(&ctx, &signer, &request);
        CHECK_FAULT(check(&ctx, NULL, &request), i == 0 ? "success" : "SignatureDoesNotMatch");
    }
}

TEST(each_protocol_has_its_own_words_for_a_fault)
{
    CHECK_STR(str_of(sigv4_fault(&SIGV4_INVALID_CLIENT_TOKEN_ID, PROTOCOL_QUERY, STR("iam"))->code), "InvalidClientTokenId");
    CHECK_STR(str_of(sigv4_fault(&SIGV4_INVALID_CLIENT_TOKEN_ID, PROTOCOL_JSON, STR("kms"))->code), "UnrecognizedClientException");
    CHECK_STR(str_of(sigv4_fault(&SIGV4_INVALID_CLIENT_TOKEN_ID, PROTOCOL_EC2, STR("ec2"))->code), "AuthFailure");
    CHECK_STR(str_of(sigv4_fault(&SIGV4_INVALID_CLIENT_TOKEN_ID, PROTOCOL_REST_XML, STR("s3"))->code), "InvalidAccessKeyId");
    CHECK_STR(str_of(sigv4_fault(&SIGV4_SKEWED, PROTOCOL_REST_XML, STR("s3"))->code), "RequestTimeTooSkewed");
    CHECK_INT(sigv4_fault(&SIGV4_SIGNATURE_DOES_NOT_MATCH, PROTOCOL_REST_JSON, STR("guardduty"))->http, 403);
    CHECK(sigv4_fault(&FAULT_INTERNAL, PROTOCOL_JSON, STR("kms")) == &FAULT_INTERNAL);
}

TEST(the_canonical_path_is_what_the_service_signs)
{
    static const struct {
        const char *path, *other, *s3;
    } cases[] = {
        { "/", "/", "/" },
        { "", "/", "" },
        { "//a//b//", "/a/b/", "//a//b//" },
        { "/a/./b/../c", "/a/c", "/a/./b/../c" },
        { "/../..", "/", "/../.." },
        { "/a/..", "/", "/a/.." },
        { "/a/b/..", "/a", "/a/b/.." },
        { "/a%2Fb", "/a%252Fb", "/a%2Fb" },
        { "/a%2fb%7e%", "/a%252fb%257e%25", "/a%2Fb~%25" },
        { "/a b+c", "/a%20b%2Bc", "/a%20b%2Bc" },
        { "/\xe6\xab\x93", "/%E6%AB%93", "/%E6%AB%93" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK_STR(sigv4_canonical_path(arena, str_of(cases[i].path), false, false), cases[i].other);
        CHECK_STR(sigv4_canonical_path(arena, str_of(cases[i].path), true, false), cases[i].s3);
    }
}

static struct str canonical_query(struct arena *arena, const char *query)
{
    const struct sigv4_claim claim = { .s3 = true, .signed_headers = STR(""), .payload_hash = STR("") };
    const struct http_request request = { .method = STR(""), .path = STR(""), .query = str_of(query) };
    struct str rest = sigv4_canonical_request(arena, &claim, &request, (struct sigv4_variant){ 0 });
    str_cut(rest, '\n', &rest);
    str_cut(rest, '\n', &rest);
    return str_cut(rest, '\n', &rest);
}

TEST(the_canonical_query_is_sorted_and_encoded_once_and_keeps_meanings_apart)
{
    CHECK_STR(canonical_query(arena, "b=2&a=1&a=0&policy"), "a=0&a=1&b=2&policy=");
    CHECK_STR(canonical_query(arena, "&&a==&"), "a=%3D");
    CHECK_STR(canonical_query(arena, "a-b=1&a=2"), "a=2&a-b=1");
    CHECK_STR(canonical_query(arena, "%61=%2f~%7E%zz"), "a=%2F~~%25zz");
    CHECK_STR(canonical_query(arena, "a=x y+z%2Bw%20v"), "a=x%20y+z%2Bw%20v");
    CHECK_STR(canonical_query(arena, NULL), "");
}

/* What this library signs, botocore's own signature of the same request says as well: vectors 0 and 4 rebuilt. */
TEST(our_own_signatures_are_those_of_botocore)
{
    struct ctx ctx = ctx_new(arena, NOON);
    const struct sigv4_signer iam = { STR("AKIAYAGURAEXAMPLE1"), SECRET, STR_NONE, STR("us-east-1"), STR("iam") };
    const struct http_request theirs = case_request(arena, str_of(vectors[0].text));
    const struct http_header headers[] = { theirs.headers[0], { STR("Host"), STR("127.0.0.1:4700") } };
    struct http_request ours = theirs;
    ours.headers = headers;
    ours.header_count = COUNT_OF(headers);
    sigv4_sign(&ctx, &iam, &ours);
    CHECK(str_equal(case_header(&ours, STR("authorization"))->value, case_header(&theirs, STR("authorization"))->value));

    const struct sigv4_signer sts = { STR("AKIAYAGURAEXAMPLE1"), SECRET, STR_NONE, STR("us-east-1"), STR("sts") };
    const struct http_request presigned = case_request(arena, str_of(vectors[4].text));
    struct http_request mine = presigned;
    mine.query = STR("Action=GetCallerIdentity&Version=2011-06-15");
    sigv4_presign(&ctx, &sts, &mine, 60);
    CHECK(str_equal(mine.query, presigned.query));
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Another letter or digit at some place that holds one; false when there is none, or none that carries meaning: the
 * case of an escape's digits doesn't. */
static bool change_letter(struct arena *arena, struct str *text, uint64_t *seed)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (text->len == 0) {
        return false;
    }
    const size_t at = next_random(seed) % text->len;
    const char was = text->ptr[at];
    const char now = letters[next_random(seed) % (sizeof(letters) - 1)];
    const bool escape = (at >= 1 && text->ptr[at - 1] == '%') || (at >= 2 && text->ptr[at - 2] == '%');
    if (strchr(letters, was) == NULL || was == '\0' || was == now || escape) {
        return false;
    }
    *text = str_copy(arena, *text);
    ((char *)(uintptr_t)text->ptr)[at] = now;
    return true;
}

/* Changes one thing that the signature covers. The Content-Length header isn't signed here. */
static bool mutate(struct arena *arena, struct http_request *request, uint64_t *seed)
{
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, request->header_count);
    memcpy(headers, request->headers, request->header_count * sizeof(headers[0]));
    request->headers = headers;
    switch (next_random(seed) % 6) {
    case 0:
        return change_letter(arena, &request->method, seed);
    case 1:
        return change_letter(arena, &request->path, seed);
    case 2:
        return change_letter(arena, &request->query, seed);
    case 3: /* one byte more */
        request->path = str_format(arena, "%" STR_FMT "%c", STR_ARG(request->path), (int)('a' + next_random(seed) % 26));
        return true;
    case 4:
        return request->body.len > 0 && change_letter(arena, &request->body, seed);
    default:
        break;
    }
    struct http_header *header = &headers[next_random(seed) % request->header_count];
    const bool is_signed = !str_equal_nocase(header->name, STR("content-length"));
    if (next_random(seed) % 4) {
        return is_signed && change_letter(arena, &header->value, seed);
    }
    const struct str was = header->name; /* the case of a header's name carries no meaning */
    return is_signed && change_letter(arena, &header->name, seed) && !str_equal_nocase(header->name, was);
}

#ifdef __SANITIZE_ADDRESS__
enum { MUTATIONS = 10000 };
#else
enum { MUTATIONS = 100000 };
#endif

TEST(a_hundred_thousand_mutations_of_valid_requests_are_all_refused)
{
    uint64_t seed = 0x20261124;
    struct sigv4_keys *keys = sigv4_keys_open();
    struct arena *scratch = arena_open();
    for (size_t made = 0; made < MUTATIONS;) {
        arena_reset(scratch);
        struct ctx ctx = ctx_new(scratch, NOON);
        const size_t which = next_random(&seed) % COUNT_OF(vectors);
        const struct http_request valid = case_request(scratch, str_of(vectors[which].text));
        struct http_request mutant = valid;
        if (!mutate(scratch, &mutant, &seed)) {
            continue;
        }
        made++;
        const struct err refused = check(&ctx, keys, &mutant);
        if (refused.fault == NULL || refused.fault->http < 400 || refused.fault->http > 499) {
            fail_msg("mutation %zu of %s was accepted", made, vectors[which].name);
        }
        if (made % 100 == 0) {
            CHECK_OK(check(&ctx, keys, &valid));
        }
    }
    arena_close(scratch);
    sigv4_keys_close(keys);
}
