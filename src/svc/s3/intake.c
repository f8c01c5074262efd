#include "svc/s3/intake.h"

#include "crypto/random.h"
#include "svc/s3/members.h"

static const int64_t OBJECT_MAX = (int64_t)5 * 1024 * 1024 * 1024; /* spec: of one PutObject or UploadPart */
enum { BLOCK = 64 * 1024 };

static struct str body_of(const struct request *rq)
{
    const struct member *body = member_named(rq->operation->input, "Body");
    const struct str given = *(const struct str *)(const void *)((const char *)rq->in + body->offset);
    return rq->http ? rq->http->body : given.ptr ? given : STR("");
}

/* Block by block, so that each is read from memory once. */
static void digest(struct intake *intake, struct arena *arena, struct str body)
{
    struct intake_digest run = intake_digest_begin(intake);
    for (size_t at = 0; at < body.len; at += BLOCK) {
        intake_digest_add(&run, str_slice(body, at, BLOCK));
    }
    intake_digest_end(&run, arena, intake);
}

struct intake_digest intake_digest_begin(const struct intake *intake)
{
    return (struct intake_digest){ .md5 = hash_begin(HASH_MD5), .sum = checksum_begin(intake->asked.kind),
                                   .also = checksum_begin(intake->also.kind) };
}

void intake_digest_add(struct intake_digest *run, struct str block)
{
    hash_add(&run->md5, block);
    checksum_add(&run->sum, block);
    checksum_add(&run->also, block);
    run->size += (int64_t)block.len;
}

void intake_digest_end(struct intake_digest *run, struct arena *arena, struct intake *out)
{
    unsigned char bytes[HASH_MD5_SIZE];
    hash_end(&run->md5, bytes);
    out->size = run->size;
    out->etag = str_hex(arena, bytes, sizeof(bytes));
    out->checksum = (struct checksum){ .kind = run->sum.kind, .value = checksum_end(&run->sum, arena) };
    out->also.value = checksum_end(&run->also, arena);
}

static struct err check_md5(struct request *rq, const struct intake *intake)
{
    unsigned char computed[HASH_MD5_SIZE];
    struct str given = STR_NONE;
    if (intake->md5.ptr == NULL) {
        return ERR_OK;
    }
    if (!str_unbase64(rq->ctx.arena, intake->md5, &given) || given.len != HASH_MD5_SIZE) {
        request_element(rq, STR("Content-MD5"), intake->md5);
        return s3_fail(rq, &S3_INVALID_DIGEST);
    }
    if (!str_unhex(intake->etag, computed, sizeof(computed)) || memcmp(computed, given.ptr, sizeof(computed)) != 0) {
        request_element(rq, STR("ExpectedDigest"), str_hex(rq->ctx.arena, given.ptr, given.len));
        request_element(rq, STR("CalculatedDigest"), str_base64(rq->ctx.arena, (struct str){ (const char *)computed, sizeof(computed) }));
        return s3_fail(rq, &S3_BAD_DIGEST);
    }
    return ERR_OK;
}

static struct err check_sum(struct request *rq, const struct intake *intake)
{
    if (intake->asked.value.ptr && !str_equal(intake->asked.value, intake->checksum.value)) {
        return fail(&rq->ctx, &S3_BAD_DIGEST, "The %s you specified did not match the calculated checksum.", checksum_name(intake->asked.kind));
    }
    return ERR_OK;
}

/* spec: S3 API reference, Object: under SSE-KMS and SSE-C the ETag is no digest of the data. */
void intake_veil(struct request *rq, struct intake *intake)
{
    if (intake->sse && intake->sse->kind != SSE_S3) {
        intake->etag = random_hex(&rq->ctx, 2 * HASH_MD5_SIZE);
    }
}

/* What was digested must be what was announced. */
static struct err check(struct request *rq, struct intake *intake)
{
    rq->extra.bytes_in = intake->size;
    TRY(checksum_trailing(rq, &intake->asked));
    TRY(check_md5(rq, intake));
    TRY(check_sum(rq, intake));
    intake_veil(rq, intake);
    return ERR_OK;
}

static struct err take(struct request *rq, struct intake *intake)
{
    digest(intake, rq->ctx.arena, body_of(rq));
    return check(rq, intake);
}

static void pass_block(void *self, struct str block)
{
    intake_digest_add(self, block);
}

/* A file that fails is never named, and gone once it is closed. digest: what has yet to be computed of it, and checked; or NULL.
 * It is flushed by whoever links it. */
static struct err store_sealed_file(struct request *rq, struct intake *intake, struct str bytes, int fd, struct intake_digest *digest)
{
    struct str sealed = STR_NONE;
    struct err err = ERR_OK;
    TRY(sse_seal_file(&rq->ctx, intake->sse, fd, bytes, digest ? &(struct sse_pass){ pass_block, digest } : NULL, &sealed));
    if (digest) {
        intake_digest_end(digest, rq->ctx.arena, intake);
        err = check(rq, intake);
    }
    err = err.fault ? err : blob_put(&rq->ctx, rq->blobs, sealed, fd, &intake->blob);
    sse_unmap(sealed);
    return err;
}

static bool is_inside(const struct request *rq, const struct intake *intake, size_t size)
{
    return rq->blobs == NULL || (!intake->apart && size <= INTAKE_INLINE_MAX);
}

struct err intake_store(struct request *rq, struct intake *intake, struct str bytes, int fd)
{
    const bool inside = is_inside(rq, intake, bytes.len);
    if (!inside && intake->sse && fd >= 0) {
        return store_sealed_file(rq, intake, bytes, fd, NULL);
    }
    const struct str kept = intake->sse ? sse_seal_bytes(rq->ctx.arena, intake->sse, bytes) : bytes;
    if (!inside) {
        return blob_put(&rq->ctx, rq->blobs, kept, intake->sse ? -1 : fd, &intake->blob);
    }
    intake->body = kept;
    return ERR_OK;
}

static struct err run(void *self, struct request *rq)
{
    struct intake *intake = self;
    const struct str body = body_of(rq);
    const int fd = rq->http && rq->http->body_fd > 0 ? rq->http->body_fd : -1;
    TRY(intake->sse ? sse_settle(rq, intake->sse) : ERR_OK);
    if (fd >= 0 && intake->sse && !is_inside(rq, intake, body.len)) {
        struct intake_digest digest = intake_digest_begin(intake);
        return store_sealed_file(rq, intake, body, fd, &digest);
    }
    TRY(take(rq, intake));
    return intake_store(rq, intake, body, fd);
}

void intake_undo(void *self, struct request *rq)
{
    const struct intake *intake = self;
    struct ctx ctx = ctx_new(rq->ctx.arena, rq->ctx.now_ms);
    if (intake->blob.ptr && blob_remove(&ctx, rq->blobs, intake->blob).fault) {
        return; /* the next start removes it */
    }
}

struct err intake_begin(struct request *rq, const void *in, const struct intake_wish *wish)
{
    struct intake *intake = ARENA_NEW(rq->ctx.arena, struct intake);
    const struct str body = body_of(rq);
    TRY(checksum_asked(rq, in, wish->kind, &intake->asked));
    intake->also.kind = wish->also == intake->asked.kind ? CHECKSUM_NONE : wish->also;
    intake->sse = wish->sse;
    intake->apart = wish->apart;
    intake->md5 = member_text(rq->operation->input, in, "ContentMD5");
    if ((int64_t)body.len > OBJECT_MAX) {
        return s3_fail(rq, &S3_ENTITY_TOO_LARGE);
    }
    rq->before = (struct before){ .self = intake };
    if (rq->blobs && (wish->apart || body.len > INTAKE_INLINE_MAX || (wish->sse && wish->sse->pending))) {
        rq->before.run = run;
        rq->before.undo = intake_undo;
        return ERR_OK;
    }
    TRY(take(rq, intake));
    return intake_store(rq, intake, body, -1);
}

const struct intake *intake_of(const struct request *rq)
{
    return rq->before.self;
}

struct err intake_keep(struct request *rq, const struct intake *intake, struct object_part *part)
{
    *part = (struct object_part){ .number = 0, .size = intake->size, .blob = intake->blob };
    return intake->blob.ptr ? blob_rows_use(&rq->ctx, rq->db, intake->blob, intake->size) : ERR_OK;
}
