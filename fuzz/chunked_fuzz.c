/* chunked_fuzz.c - aws-chunked bodies. Input: a line with the announced length, a line with the announced trailers, the
 * body. Each is read as all three kinds. */
#include <stdlib.h>

#include "wire/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Over its own bytes it comes to the same, but for the sums that are then the reader's to check. */
static void check_in_place(struct ctx *ctx, const struct sigv4_claim *claim, const struct hmac_key *key, const struct http_request *request,
                           struct err decoded, struct str body)
{
    char *room = arena_alloc(ctx->arena, request->body.len + 1);
    struct http_request copy = *request;
    struct chunked_body out;
    if (request->body.len > 0) {
        memcpy(room, request->body.ptr, request->body.len);
    }
    copy.body.ptr = room;
    const struct err again = chunked_decode_into(ctx, claim, key, &copy, room, &out);
    if (decoded.fault == NULL && (again.fault || !str_equal(out.body, body))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct str body = { (const char *)data, size };
    struct http_header headers[2] = { { STR("x-amz-decoded-content-length"), STR_NONE }, { STR("x-amz-trailer"), STR_NONE } };
    headers[0].value = str_cut(body, '\n', &body);
    headers[1].value = str_cut(body, '\n', &body);
    const struct http_request request = { .body = body, .headers = headers, .header_count = 2 };
    struct sigv4_claim claim = { .access_key = STR("AKIA"), .day = STR("20261124"), .region = STR("r"), .service = STR("s3"),
        .date = STR("20261124T120000Z"), .signature = STR("00") };
    const struct hmac_key key = sigv4_signing_key(NULL, &claim, STR("secret"));
    for (int payload = SIGV4_CHUNKED; payload <= SIGV4_CHUNKED_UNSIGNED; payload++) {
        struct chunked_body out;
        claim.payload = (enum sigv4_payload)payload;
        const struct err decoded = chunked_decode(&ctx, &claim, &key, &request, &out);
        check_in_place(&ctx, &claim, &key, &request, decoded, out.body);
        /* Made-up signatures never pass, and decoding only takes away. */
        if (decoded.fault == NULL && (payload != SIGV4_CHUNKED_UNSIGNED || out.body.len >= body.len)) {
            abort();
        }
    }
    arena_close(arena);
    return 0;
}
