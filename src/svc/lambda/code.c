#include "svc/lambda/function.h"

#include "base/zip.h"
#include "crypto/hash.h"

/* spec: Lambda developer guide, quotas: 50 MB zipped by direct upload, 250 MB unzipped. */
enum { LINK_MS = 600000 };
static const uint64_t ZIPPED_MAX = 52428800;

static struct err check_archive(struct request *rq, struct str archive)
{
    struct zip zip = { 0 };
    if (archive.len == 0) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Uploaded file must be a non-empty zip");
    }
    const struct err opened = zip_open(&rq->ctx, archive, CODE_UNZIPPED_MAX, &zip);
    if (opened.fault && str_starts(str_of(rq->ctx.reason), STR("Unzipped size"))) {
        return (struct err){ &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION };
    }
    if (opened.fault) { /* what is no archive at all needs no further word */
        char why[sizeof(rq->ctx.reason)];
        memcpy(why, rq->ctx.reason, sizeof(why));
        const bool plain = str_equal(str_of(why), STR("this is no zip archive"));
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Could not unzip uploaded file. Please check your file, then "
                    "try to upload again.%s%.700s%s", plain ? "" : " (", plain ? "" : why, plain ? "" : ")");
    }
    return zip.count > 0 ? ERR_OK : fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Uploaded file must be a non-empty zip");
}

static void digest_of(struct request *rq, struct str archive, struct code *out)
{
    unsigned char sum[HASH_SHA256_SIZE];
    hash_sha256(archive, sum);
    *out = (struct code){
        .archive = archive,
        .digest = str_hex(rq->ctx.arena, sum, sizeof(sum)),
        .sha256 = str_base64(rq->ctx.arena, (struct str){ (const char *)sum, sizeof(sum) }),
        .size = (int64_t)archive.len,
    };
}

struct err code_check(struct request *rq, struct str archive, struct code *out)
{
    TRY(check_archive(rq, archive));
    digest_of(rq, archive, out);
    return ERR_OK;
}

static struct err check_direct(struct request *rq, struct str archive, struct code *out)
{
    if (archive.len > ZIPPED_MAX) {
        return fail(&rq->ctx, &LAMBDA_REQUEST_TOO_LARGE_EXCEPTION, "Request must be smaller than 70167211 bytes for the %s operation",
                    rq->operation->name);
    }
    return code_check(rq, archive, out);
}

struct err code_take(struct request *rq, struct lambda_rows rows, const struct code_source *source, struct code *out)
{
    if (source->image_uri.ptr) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Yagura runs no container images: give ZipFile or S3Bucket");
    }
    if (source->zip_file.ptr == NULL && !code_is_object(source)) {
        return fail(&rq->ctx, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Please provide a source for function code.");
    }
    TRY(source->zip_file.ptr ? check_direct(rq, source->zip_file, out) : code_fetched(rq, out));
    return rows_code_put(rows, out->digest, out->archive);
}

static struct str url_safe(struct arena *arena, struct str token)
{
    return str_percent_encode(arena, str_base64(arena, token), false);
}

struct str code_link(struct request *rq, struct str account, struct str digest)
{
    const struct str plain = str_format(rq->ctx.arena, "%" STR_FMT " %" STR_FMT " %lld", STR_ARG(account), STR_ARG(digest),
                                        (long long)(rq->ctx.now_ms + LINK_MS));
    const struct str sealed = vault_seal(&rq->ctx, rq->vault, STR("lambda:code-link"), plain);
    return str_format(rq->ctx.arena, "%" STR_FMT "/_yagura/lambda-code?%" STR_FMT,
                      STR_ARG(function_endpoint()), STR_ARG(url_safe(rq->ctx.arena, sealed)));
}

struct err lambda_link_open(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str query, struct str *archive)
{
    struct str sealed = STR_NONE, plain = STR_NONE, rest = STR_NONE;
    int64_t until = 0;
    const struct str token = str_percent_decode(ctx->arena, query, false);
    if (!str_unbase64(ctx->arena, token, &sealed) || !vault_unseal(ctx, vault, STR("lambda:code-link"), sealed, &plain)) {
        return fail(ctx, &FAULT_MISSING, "this is no link of this server");
    }
    const struct str account = str_cut(plain, ' ', &rest);
    const struct str digest = str_cut(rest, ' ', &rest);
    if (!str_to_int(rest, &until) || until < ctx->now_ms) {
        return fail(ctx, &FAULT_MISSING, "the link has expired: ask GetFunction for a new one");
    }
    return lambda_archive(ctx, db, account, digest, archive);
}

struct err lambda_archive(struct ctx *ctx, struct store_conn *db, struct str account, struct str digest, struct str *out)
{
    return rows_code_get((struct lambda_rows){ ctx, db, account, STR_NONE }, digest, out);
}
