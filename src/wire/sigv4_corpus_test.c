#include "wire/sigv4.h"

#include <dirent.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "tests/test.h"
#include "wire/sigv4_canonical.h"
#include "wire/sigv4_case.h"

/* The shared corpora: botocore's suite and aws-c-auth's. A failure names its step. */
struct tally {
    size_t run;
    size_t passed;
};

static bool same_text(const char *name, const char *step, struct str actual, struct str expected)
{
    const bool same = str_equal(actual, str_trim(expected));
    if (!same) {
        printf("%s: %s differs\n%.*s\nexpected\n%.*s\n", name, step, (int)actual.len, actual.ptr, (int)expected.len,
            expected.ptr);
    }
    return same;
}

/* The variant that the client used is the one whose canonical request is the case's. */
static bool steps_agree(struct ctx *ctx, const char *name, const struct sigv4_claim *claim,
                        const struct http_request *request, struct str canonical, struct str to_sign)
{
    for (unsigned i = 0; i < 4; i++) {
        const struct sigv4_variant variant = { .raw_path = i & 1, .without_token = i & 2 };
        const struct str ours = sigv4_canonical_request(ctx->arena, claim, request, variant);
        if (str_equal(ours, str_trim(canonical))) {
            return same_text(name, "string to sign", sigv4_string_to_sign(ctx->arena, claim, ours), to_sign);
        }
    }
    const struct str ours = sigv4_canonical_request(ctx->arena, claim, request, (struct sigv4_variant){ 0 });
    return same_text(name, "canonical request", ours, canonical);
}

static void run_case(struct ctx *ctx, struct tally *tally, const char *name, const struct http_request *request,
                     struct str secret, struct str canonical, struct str to_sign)
{
    struct sigv4_claim claim = { 0 };
    tally->run++;
    if (sigv4_parse(ctx, request, &claim).fault || sigv4_verify(ctx, NULL, &claim, request, secret).fault) {
        printf("%s: %s\n", name, ctx->reason);
        return;
    }
    claim.payload_hash = hash_hex(ctx->arena, HASH_SHA256, request->body);
    tally->passed += steps_agree(ctx, name, &claim, request, canonical, to_sign);
}

static struct str read_part(struct arena *arena, const char *folder, const char *file)
{
    return test_read_file(arena, str_format(arena, "%s/%s", folder, file).ptr);
}

static void run_botocore_case(struct ctx *ctx, struct tally *tally, const char *folder, const char *name)
{
    struct arena *arena = ctx->arena;
    const struct str text = read_part(arena, folder, str_format(arena, "%s.sreq", name).ptr);
    if (text.ptr == NULL) {
        return;
    }
    const struct http_request request = case_request(arena, text);
    /* One case's .sreq carries another case's signature; its .authz is the right one. */
    case_header(&request, STR("authorization"))->value =
        str_trim(read_part(arena, folder, str_format(arena, "%s.authz", name).ptr));
    run_case(ctx, tally, name, &request, STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        read_part(arena, folder, str_format(arena, "%s.creq", name).ptr),
        read_part(arena, folder, str_format(arena, "%s.sts", name).ptr));
}

static void run_c_auth_case(struct ctx *ctx, struct tally *tally, const char *folder, const char *name)
{
    struct arena *arena = ctx->arena;
    const struct json *context = json_parse(arena, read_part(arena, folder, "context.json"), NULL);
    const struct str secret = json_text(json_path(context, "credentials.secret_access_key"));
    static const char *const kinds[] = { "header", "query" };
    for (size_t i = 0; i < COUNT_OF(kinds) && context; i++) {
        const struct str text = read_part(arena, folder, str_format(arena, "%s-signed-request.txt", kinds[i]).ptr);
        const struct http_request request = case_request(arena, text);
        run_case(ctx, tally, name, &request, secret,
            read_part(arena, folder, str_format(arena, "%s-canonical-request.txt", kinds[i]).ptr),
            read_part(arena, folder, str_format(arena, "%s-string-to-sign.txt", kinds[i]).ptr));
    }
}

typedef void (*case_runner)(struct ctx *, struct tally *, const char *folder, const char *name);

static void run_folder(struct ctx *ctx, struct tally *tally, const char *folder, case_runner run)
{
    DIR *entries = opendir(folder);
    for (const struct dirent *entry = entries ? readdir(entries) : NULL; entry; entry = readdir(entries)) {
        if (entry->d_name[0] == '.' || entry->d_type != DT_DIR) {
            continue;
        }
        const char *inner = str_format(ctx->arena, "%s/%s", folder, entry->d_name).ptr;
        run(ctx, tally, inner, entry->d_name);
        run_folder(ctx, tally, inner, run);
    }
    if (entries) {
        closedir(entries);
    }
}

static void count_skipped(struct ctx *ctx, struct tally *tally, const char *folder, const char *name)
{
    (void)ctx;
    (void)folder;
    printf("skipped (SigV4A): %s\n", name);
    tally->run++;
}

static struct http_request s3_chunked_request(struct arena *arena, const struct json *set)
{
    struct str rest = str_format(arena, "%" STR_FMT, STR_ARG(json_text(json_get(set, STR("canonical_request")))));
    struct http_request request = { .method = str_cut(rest, '\n', &rest) };
    request.path = str_cut(rest, '\n', &rest);
    request.query = str_cut(rest, '\n', &rest);
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, 64);
    for (struct str line = str_cut(rest, '\n', &rest); line.len > 0; line = str_cut(rest, '\n', &rest)) {
        struct http_header *header = &headers[request.header_count++];
        header->name = str_cut(line, ':', &header->value);
    }
    const struct str names = str_cut(rest, '\n', &rest);
    const struct str value = str_format(arena, "AWS4-HMAC-SHA256 Credential=%" STR_FMT "/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=%" STR_FMT ",Signature=%" STR_FMT, STR_ARG(json_text(json_get(set, STR("access_key_id")))),
        STR_ARG(names), STR_ARG(json_text(json_get(set, STR("seed_signature")))));
    headers[request.header_count++] = (struct http_header){ STR("Authorization"), value };
    request.headers = headers;
    request.body = STR("");
    return request;
}

static void run_s3_seed(struct ctx *ctx, struct tally *tally, const char *path)
{
    const struct json *set = json_parse(ctx->arena, test_read_file(ctx->arena, path), NULL);
    const struct http_request request = s3_chunked_request(ctx->arena, set);
    const struct str secret = json_text(json_get(set, STR("secret_access_key")));
    struct sigv4_claim claim;
    clock_parse_amz(json_text(json_get(set, STR("date"))), &ctx->now_ms);
    tally->run++;
    tally->passed += sigv4_parse(ctx, &request, &claim).fault == NULL && claim.payload == SIGV4_CHUNKED
        && sigv4_verify(ctx, NULL, &claim, &request, secret).fault == NULL;
}

TEST(the_shared_signature_corpora_pass)
{
    const char *shared = test_shared();
    if (shared == NULL) {
        return;
    }
    struct tally all = { 0 };
    struct tally skipped = { 0 };
    struct ctx ctx = ctx_new(arena, 0);
    CHECK(clock_parse_amz(STR("20150830T123600Z"), &ctx.now_ms));
    const char *folder = str_format(arena, "%s/corpora/sigv4", shared).ptr;
    run_folder(&ctx, &all, str_format(arena, "%s/botocore_aws4_testsuite", folder).ptr, run_botocore_case);
    run_folder(&ctx, &all, str_format(arena, "%s/aws-c-auth/v4", folder).ptr, run_c_auth_case);
    run_folder(&ctx, &skipped, str_format(arena, "%s/aws-c-auth/v4a", folder).ptr, count_skipped);
    run_s3_seed(&ctx, &all, str_format(arena, "%s/s3_chunked.json", folder).ptr);
    printf("sigv4: %zu SigV4A cases skipped\n", skipped.run);
    test_corpus_report("sigv4", all.run, all.passed);
}
