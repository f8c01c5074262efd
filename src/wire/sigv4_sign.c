#include "base/clock.h"
#include "wire/sigv4_canonical.h"

#include <stdlib.h>

static bool is_hop_by_hop(struct str name)
{
    static const struct str names[] = { STR_INIT("authorization"), STR_INIT("connection"), STR_INIT("expect"),
        STR_INIT("transfer-encoding"), STR_INIT("user-agent"), STR_INIT("x-amzn-trace-id") };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal(name, names[i])) {
            return true;
        }
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static struct str names_to_sign(struct arena *arena, const struct http_request *request)
{
    struct str *names = ARENA_ARRAY(arena, struct str, request->header_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        names[count] = str_lower(arena, request->headers[i].name);
        count += !is_hop_by_hop(names[count]);
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && str_equal(names[i], names[i - 1])) {
            continue;
        }
        if (i > 0) {
            text_add_char(&text, ';');
        }
        text_add(&text, names[i]);
    }
    return text_str(&text);
}

static struct sigv4_claim claim_of(struct ctx *ctx, const struct sigv4_signer *signer)
{
    const struct str date = clock_format_amz(ctx->arena, ctx->now_ms);
    return (struct sigv4_claim){
        .access_key = signer->access_key,
        .day = str_slice(date, 0, 8),
        .region = signer->region,
        .service = signer->service,
        .date = date,
        .token = signer->token,
        .s3 = str_equal(signer->service, STR("s3")),
    };
}

static struct str credential_of(struct ctx *ctx, const struct sigv4_claim *claim)
{
    return str_format(ctx->arena, "%" STR_FMT "/%" STR_FMT "/%" STR_FMT "/%" STR_FMT "/aws4_request",
        STR_ARG(claim->access_key), STR_ARG(claim->day), STR_ARG(claim->region), STR_ARG(claim->service));
}

static struct str signature_of(struct ctx *ctx, const struct sigv4_claim *claim, const struct http_request *request,
                               struct str secret)
{
    const struct str canonical = sigv4_canonical_request(ctx->arena, claim, request, (struct sigv4_variant){ 0 });
    unsigned char signature[HASH_SHA256_SIZE];
    struct hmac_key key = sigv4_signing_key(NULL, claim, secret);
    hmac_sign(&key, sigv4_string_to_sign(ctx->arena, claim, canonical), signature);
    memory_wipe(&key, sizeof(key));
    return str_hex(ctx->arena, signature, sizeof(signature));
}

void sigv4_sign(struct ctx *ctx, const struct sigv4_signer *signer, struct http_request *request)
{
    struct sigv4_claim claim = claim_of(ctx, signer);
    struct http_header *headers = ARENA_ARRAY(ctx->arena, struct http_header, request->header_count + 4);
    if (request->header_count > 0) {
        memcpy(headers, request->headers, request->header_count * sizeof(headers[0]));
    }
    request->headers = headers;
    headers[request->header_count++] = (struct http_header){ STR("X-Amz-Date"), claim.date };
    if (signer->token.ptr) {
        headers[request->header_count++] = (struct http_header){ STR("X-Amz-Security-Token"), signer->token };
    }
    claim.payload_hash = http_header_find(request, STR("x-amz-content-sha256"));
    if (claim.payload_hash.ptr == NULL) {
        claim.payload_hash = hash_hex(ctx->arena, HASH_SHA256, request->body);
        if (claim.s3) {
            headers[request->header_count++] = (struct http_header){ STR("x-amz-content-sha256"), claim.payload_hash };
        }
    }
    claim.signed_headers = names_to_sign(ctx->arena, request);
    const struct str credential = credential_of(ctx, &claim);
    const struct str signature = signature_of(ctx, &claim, request, signer->secret);
    const struct str value = str_format(ctx->arena, "AWS4-HMAC-SHA256 Credential=%" STR_FMT ", SignedHeaders=%" STR_FMT
        ", Signature=%" STR_FMT, STR_ARG(credential), STR_ARG(claim.signed_headers), STR_ARG(signature));
    headers[request->header_count++] = (struct http_header){ STR("Authorization"), value };
}

static void add_parameter(struct text *text, const char *name, struct str value)
{
    if (text->len > 0) {
        text_add_char(text, '&');
    }
    text_add(text, str_of(name));
    text_add_char(text, '=');
    text_add(text, str_percent_encode(text->arena, value, false));
}

void sigv4_presign(struct ctx *ctx, const struct sigv4_signer *signer, struct http_request *request, int64_t expires_s)
{
    struct sigv4_claim claim = claim_of(ctx, signer);
    claim.presigned = true;
    claim.signed_headers = STR("host");
    claim.payload_hash = claim.s3 ? STR("UNSIGNED-PAYLOAD") : hash_hex(ctx->arena, HASH_SHA256, request->body);

    struct text query = text_new(ctx->arena);
    text_add(&query, request->query);
    add_parameter(&query, "X-Amz-Algorithm", STR("AWS4-HMAC-SHA256"));
    add_parameter(&query, "X-Amz-Credential", credential_of(ctx, &claim));
    add_parameter(&query, "X-Amz-Date", claim.date);
    add_parameter(&query, "X-Amz-Expires", str_format(ctx->arena, "%lld", (long long)expires_s));
    add_parameter(&query, "X-Amz-SignedHeaders", claim.signed_headers);
    if (signer->token.ptr) {
        add_parameter(&query, "X-Amz-Security-Token", signer->token);
    }
    request->query = text_str(&query);
    add_parameter(&query, "X-Amz-Signature", signature_of(ctx, &claim, request, signer->secret));
    request->query = text_str(&query);
}
