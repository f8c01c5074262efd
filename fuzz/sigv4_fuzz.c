/* sigv4_fuzz.c - claims of strangers, and that what we sign we also accept. Input: a request as text, see
 * wire/sigv4_case.h. */
#include <stdlib.h>

#include "base/clock.h"
#include "wire/sigv4_canonical.h"
#include "wire/sigv4_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Nobody can guess the secret: whatever is claimed, it is refused. */
static void claim(struct ctx *ctx, const struct http_request *request)
{
    struct sigv4_claim claimed;
    if (sigv4_parse(ctx, request, &claimed).fault == NULL) {
        must(sigv4_verify(ctx, NULL, &claimed, request, STR("fuzzing's own secret")).fault != NULL);
    }
    must(str_utf8_valid(str_of(ctx->reason)));
}

static void accept(struct ctx *ctx, const struct http_request *request, struct str secret)
{
    struct sigv4_claim claimed;
    must(sigv4_parse(ctx, request, &claimed).fault == NULL);
    must(sigv4_verify(ctx, NULL, &claimed, request, secret).fault == NULL);
}

static void sign(struct ctx *ctx, const struct http_request *request, struct str service)
{
    const struct sigv4_signer signer = { STR("AKIA"), STR("secret"), STR("token"), STR("us-east-1"), service };
    const struct http_header headers[] = { { STR("Host"), STR("h") }, { STR("X-Other"), request->body } };
    struct http_request ours = *request;
    if (str_search(request->query, STR("Amz")) != STR_MISSING) {
        return;
    }
    ours.headers = headers;
    ours.header_count = COUNT_OF(headers);
    sigv4_sign(ctx, &signer, &ours);
    accept(ctx, &ours, signer.secret);

    ours = *request;
    ours.headers = headers;
    ours.header_count = COUNT_OF(headers);
    sigv4_presign(ctx, &signer, &ours, 60);
    accept(ctx, &ours, signer.secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 1440938160000); /* 2015-08-30T12:36:00Z */
    const struct http_request request = case_request(arena, (struct str){ (const char *)data, size });
    claim(&ctx, &request);
    sign(&ctx, &request, STR("s3"));
    sign(&ctx, &request, STR("iam"));
    const struct str once = sigv4_canonical_path(arena, request.path, true, false);
    must(str_equal(once, sigv4_canonical_path(arena, once, true, false)));
    arena_close(arena);
    return 0;
}
