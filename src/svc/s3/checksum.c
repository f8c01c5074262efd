#include "svc/s3/checksum.h"

#include "base/json.h"
#include "crypto/crc.h"
#include "svc/s3/members.h"

static const struct {
    const char *name, *member, *header;
    size_t size;
    enum hash_kind hash; /* where it is one */
} KINDS[CHECKSUM_KINDS] = {
    [CHECKSUM_NONE] = { "", "", "", 0, HASH_MD5 },
    [CHECKSUM_CRC32] = { "CRC32", "ChecksumCRC32", "x-amz-checksum-crc32", 4, HASH_MD5 },
    [CHECKSUM_CRC32C] = { "CRC32C", "ChecksumCRC32C", "x-amz-checksum-crc32c", 4, HASH_MD5 },
    [CHECKSUM_CRC64NVME] = { "CRC64NVME", "ChecksumCRC64NVME", "x-amz-checksum-crc64nvme", 8, HASH_MD5 },
    [CHECKSUM_SHA1] = { "SHA1", "ChecksumSHA1", "x-amz-checksum-sha1", HASH_SHA1_SIZE, HASH_SHA1 },
    [CHECKSUM_SHA256] = { "SHA256", "ChecksumSHA256", "x-amz-checksum-sha256", HASH_SHA256_SIZE, HASH_SHA256 },
    [CHECKSUM_SHA512] = { "SHA512", "ChecksumSHA512", "x-amz-checksum-sha512", HASH_SHA512_SIZE, HASH_SHA512 },
    [CHECKSUM_MD5] = { "MD5", "ChecksumMD5", "x-amz-checksum-md5", HASH_MD5_SIZE, HASH_MD5 },
};

const char *checksum_name(enum checksum_kind kind)
{
    return KINDS[kind].name;
}

const char *checksum_member(enum checksum_kind kind)
{
    return KINDS[kind].member;
}

bool checksum_is_crc(enum checksum_kind kind)
{
    return kind == CHECKSUM_CRC32 || kind == CHECKSUM_CRC32C || kind == CHECKSUM_CRC64NVME;
}

size_t checksum_size(enum checksum_kind kind)
{
    return KINDS[kind].size;
}

enum checksum_kind checksum_named(struct str name)
{
    for (size_t i = CHECKSUM_CRC32; i < CHECKSUM_KINDS; i++) {
        if (str_equal_nocase(name, str_of(KINDS[i].name))) {
            return (enum checksum_kind)i;
        }
    }
    return CHECKSUM_NONE;
}

/* --- computing --- */

struct checksum_run checksum_begin(enum checksum_kind kind)
{
    struct checksum_run run = { .kind = kind };
    if (kind >= CHECKSUM_SHA1) {
        run.hash = hash_begin(KINDS[kind].hash);
    }
    return run;
}

void checksum_add(struct checksum_run *run, struct str bytes)
{
    switch (run->kind) {
    case CHECKSUM_CRC32: run->crc = crc32_ieee((uint32_t)run->crc, bytes); return;
    case CHECKSUM_CRC32C: run->crc = crc32_c((uint32_t)run->crc, bytes); return;
    case CHECKSUM_CRC64NVME: run->crc = crc64_nvme(run->crc, bytes); return;
    case CHECKSUM_SHA1:
    case CHECKSUM_SHA256:
    case CHECKSUM_SHA512:
    case CHECKSUM_MD5: hash_add(&run->hash, bytes); return;
    case CHECKSUM_NONE:
    case CHECKSUM_KINDS: return;
    }
}

struct str checksum_end(struct checksum_run *run, struct arena *arena)
{
    unsigned char bytes[HASH_SIZE_MAX] = { 0 };
    const size_t size = KINDS[run->kind].size;
    if (run->kind >= CHECKSUM_SHA1) {
        hash_end(&run->hash, bytes);
    } else {
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (unsigned char)(run->crc >> (8 * (size - 1 - i)));
        }
    }
    return str_base64(arena, (struct str){ (const char *)bytes, size });
}

/* --- asking --- */

static enum checksum_kind announced(struct request *rq)
{
    const struct str list = rq->http ? http_header_find(rq->http, STR("x-amz-trailer")) : STR_NONE;
    for (size_t i = CHECKSUM_CRC32; i < CHECKSUM_KINDS; i++) {
        if (str_equal_nocase(str_trim(list), str_of(KINDS[i].header))) {
            return (enum checksum_kind)i;
        }
    }
    return CHECKSUM_NONE;
}

static struct err check_value(struct request *rq, enum checksum_kind kind, struct str value, const char *what)
{
    struct str bytes = STR_NONE;
    return str_unbase64(rq->ctx.arena, value, &bytes) && bytes.len == KINDS[kind].size
        ? ERR_OK : fail(&rq->ctx, &S3_INVALID_REQUEST, "Value for %s %s is invalid.", KINDS[kind].header, what);
}

struct err checksum_said(struct request *rq, const void *in, struct checksum *out)
{
    const struct shape *shape = rq->operation->input;
    *out = (struct checksum){ .kind = CHECKSUM_NONE };
    for (size_t i = CHECKSUM_CRC32; i < CHECKSUM_KINDS; i++) {
        const struct str value = member_text(shape, in, KINDS[i].member);
        if (value.ptr == NULL) {
            continue;
        }
        if (out->kind != CHECKSUM_NONE) {
            return fail(&rq->ctx, &S3_INVALID_REQUEST, "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
        }
        TRY(check_value(rq, (enum checksum_kind)i, value, "header"));
        *out = (struct checksum){ .kind = (enum checksum_kind)i, .value = value };
    }
    static const char *const others[] = { "ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128" };
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        if (member_text(shape, in, others[i]).ptr) {
            return fail(&rq->ctx, &S3_NOT_IMPLEMENTED, "%s is not implemented by Yagura yet.", others[i]);
        }
    }
    if (out->kind == CHECKSUM_NONE) {
        out->kind = announced(rq); /* x-amz-sdk-checksum-algorithm alone asks for nothing */
    }
    return ERR_OK;
}

struct err checksum_asked(struct request *rq, const void *in, enum checksum_kind usual, struct checksum *out)
{
    TRY(checksum_said(rq, in, out));
    out->kind = out->kind ? out->kind : usual ? usual : CHECKSUM_CRC64NVME;
    return ERR_OK;
}

struct err checksum_trailing(struct request *rq, struct checksum *asked)
{
    for (size_t i = 0; rq->http && asked->kind != CHECKSUM_NONE && asked->value.ptr == NULL && i < rq->http->trailer_count; i++) {
        const struct http_header *trailer = &rq->http->trailers[i];
        if (str_equal_nocase(trailer->name, str_of(KINDS[asked->kind].header))) {
            TRY(check_value(rq, asked->kind, trailer->value, "trailing header"));
            asked->value = trailer->value;
        }
    }
    return ERR_OK;
}

void checksum_show_in(const struct shape *shape, const struct checksum *checksum, void *value)
{
    if (checksum->kind != CHECKSUM_NONE && checksum->value.ptr) {
        member_set_text(shape, value, KINDS[checksum->kind].member, checksum->value);
        member_set_text(shape, value, "ChecksumType", checksum->composite ? STR("COMPOSITE") : STR("FULL_OBJECT"));
    }
}

void checksum_show(struct request *rq, const struct checksum *checksum, void *out)
{
    checksum_show_in(rq->operation->output, checksum, out);
}

/* --- rows --- */

struct str checksum_write(struct arena *arena, const struct checksum *checksum)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), str_of(KINDS[checksum->kind].name));
    json_member_bool(&w, STR("composite"), checksum->composite);
    json_member_str(&w, STR("value"), checksum->value);
    json_close_object(&w);
    return json_done(&w);
}

struct checksum checksum_read(struct arena *arena, struct str text)
{
    const struct json *json = text.ptr ? json_parse(arena, text, NULL) : NULL;
    return (struct checksum){ .kind = checksum_named(json_text(json_get(json, STR("kind")))),
                              .composite = json_is_true(json_get(json, STR("composite"))),
                              .value = json_text(json_get(json, STR("value"))) };
}
