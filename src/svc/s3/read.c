/* read.c - GetObject and HeadObject: which bytes, under which conditions, with which headers. */
#include "base/clock.h"
#include "svc/s3/checksum.h"
#include "svc/s3/expiry.h"
#include "svc/s3/headers.h"
#include "svc/s3/members.h"
#include "svc/s3/object.h"
#include "svc/s3/outflow.h"
#include "svc/s3/sse.h"
#include "svc/s3/traits.h"

struct span {
    int64_t from, size;
    bool partial;
};

static bool parse_bound(struct str text, int64_t *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return str_to_int(text, out);
}

/* spec: RFC 9110 14.2; S3 takes one range and ignores what it can't read. False: ignored. */
static bool parse_range(struct str range, int64_t size, struct span *span, bool *satisfiable)
{
    static const struct str unit = STR_INIT("bytes=");
    struct str last = STR_NONE;
    int64_t from = 0, to = size - 1;
    if (!str_starts(range, unit) || str_find(range, ',') != STR_MISSING) {
        return false;
    }
    const struct str first = str_cut(str_trim(str_from(range, unit.len)), '-', &last);
    if (last.ptr == NULL || (first.len && !parse_bound(first, &from)) || (last.len && !parse_bound(last, &to)) ||
        (first.len == 0 && last.len == 0)) {
        return false;
    }
    if (first.len == 0) {
        from = to >= size ? 0 : size - to;
        *satisfiable = to > 0 && size > 0;
        to = size - 1;
    } else if (last.len && to < from) {
        return false;
    } else {
        *satisfiable = from < size;
        to = to >= size ? size - 1 : to;
    }
    *span = (struct span){ .from = from, .size = to - from + 1, .partial = true };
    return true;
}

/* NULL: it has none of that number. */
static const struct object_part *part_numbered(const struct object_row *row, int32_t number)
{
    for (size_t i = 0; i < row->part_count && row->parts[0].number > 0; i++) {
        if (row->parts[i].number == number) {
            return &row->parts[i];
        }
    }
    return NULL;
}

static struct err choose_part(struct request *rq, const struct object_row *row, int32_t number, struct span *span)
{
    const bool multipart = row->part_count && row->parts[0].number > 0;
    int64_t at = 0;
    for (size_t i = 0; multipart && i < row->part_count; i++) {
        if (row->parts[i].number == number) {
            *span = (struct span){ .from = at, .size = row->parts[i].size, .partial = true };
            return ERR_OK;
        }
        at += row->parts[i].size;
    }
    *span = (struct span){ .from = 0, .size = row->size, .partial = row->size > 0 };
    if (!multipart && number == 1) {
        return ERR_OK;
    }
    request_element(rq, STR("ActualPartCount"), str_format(rq->ctx.arena, "%zu", multipart ? row->part_count : 1));
    request_element(rq, STR("PartNumberRequested"), str_format(rq->ctx.arena, "%d", (int)number));
    return s3_fail(rq, &S3_INVALID_PART_NUMBER);
}

static struct err choose_span(struct request *rq, const struct object_row *row, struct str range, struct opt_int part, struct span *span)
{
    bool satisfiable = true;
    *span = (struct span){ .from = 0, .size = row->size };
    if (part.set && range.ptr) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "Cannot specify both Range header and partNumber query parameter");
    }
    if (part.set) {
        return choose_part(rq, row, part.v, span);
    }
    if (range.ptr && parse_range(range, row->size, span, &satisfiable) && !satisfiable) {
        request_header(rq, STR("Content-Range"), str_format(rq->ctx.arena, "bytes */%lld", (long long)row->size));
        request_element(rq, STR("RangeRequested"), range);
        request_element(rq, STR("ActualObjectSize"), str_format(rq->ctx.arena, "%lld", (long long)row->size));
        return s3_fail(rq, &S3_INVALID_RANGE);
    }
    return ERR_OK;
}

/* What both calls have in common, of input and output. */
struct reading {
    struct str bucket, key, version, owner, range, mode;
    struct opt_int part;
    struct conditions conditions;
};

#define READING(in)                                                                                                       \
    {                                                                                                                     \
        .bucket = (in)->bucket, .key = (in)->key, .version = (in)->version_id, .owner = (in)->expected_bucket_owner,      \
        .range = (in)->range, .mode = (in)->checksum_mode, .part = (in)->part_number,                                     \
        .conditions = { (in)->if_match, (in)->if_none_match, (in)->if_modified_since, (in)->if_unmodified_since },        \
    }

static const struct {
    const char *asked, *shown;
} OVERRIDES[] = {
    { "ResponseCacheControl", "CacheControl" },       { "ResponseContentDisposition", "ContentDisposition" },
    { "ResponseContentEncoding", "ContentEncoding" }, { "ResponseContentLanguage", "ContentLanguage" },
    { "ResponseContentType", "ContentType" },         { "ResponseExpires", "Expires" },
};

static struct str override_text(struct request *rq, const void *in, const char *name)
{
    const struct member *member = member_named(rq->operation->input, name);
    if (member == NULL || member->shape->kind != SHAPE_TIMESTAMP) {
        return member_text(rq->operation->input, in, name);
    }
    const struct opt_time *time = (const void *)((const char *)in + member->offset);
    return time->set ? clock_format_rfc7231(rq->ctx.arena, time->v) : STR_NONE;
}

/* spec: S3 API reference, GetObject: response-* parameters, for signed requests only. */
static struct err override(struct request *rq, const void *in, void *out)
{
    for (size_t i = 0; i < COUNT_OF(OVERRIDES); i++) {
        const struct str text = override_text(rq, in, OVERRIDES[i].asked);
        if (text.ptr && rq->caller.type == PRINCIPAL_ANONYMOUS) {
            return fail(&rq->ctx, &S3_INVALID_REQUEST, "Request specific response headers cannot be used for anonymous GET requests.");
        }
        if (text.ptr) {
            member_set_text(rq->operation->output, out, OVERRIDES[i].shown, text);
        }
    }
    return ERR_OK;
}

static void show_checksum(struct request *rq, const struct reading *reading, const struct object_row *row, const struct span *span, void *out)
{
    struct checksum checksum = checksum_read(rq->ctx.arena, row->checksum);
    const struct object_part *part = reading->part.set ? part_numbered(row, reading->part.v) : NULL;
    const bool own = part && (row->part_count == 1 || checksum.composite); /* the part's sum is told, not the whole's */
    if (own) {
        checksum.value = part->checksum;
    }
    if (str_equal(reading->mode, STR("ENABLED")) && (own || !span->partial || span->size == row->size)) {
        checksum_show(rq, &checksum, out);
    }
}

/* Of one whose key only the customer has, nothing is told without it. */
static struct err show_sealing(struct request *rq, const void *in, const struct object_row *row, struct sse *sse, void *out)
{
    bool sealed = false;
    TRY(sse_read(rq, row->sse, sse, &sealed));
    TRY(sse_check_customer(rq, in, false, sse));
    if (sealed) {
        sse_show(rq, sse, out);
    }
    return ERR_OK;
}

/* The row, the bytes that are wanted, and the answer's common headers. */
static struct err begin(struct request *rq, const void *in, void *out, const struct reading *reading, struct object_row *row,
                        struct sse *sse, struct span *span)
{
    struct bucket_row bucket = { .name = STR_NONE };
    TRY(bucket_need(rq, reading->bucket, reading->owner, &bucket));
    TRY(object_need(rq, &bucket, reading->key, reading->version, row));
    TRY(conditions_check(rq, &reading->conditions, row));
    TRY(show_sealing(rq, in, row, sse, out));
    traits_show(rq, row, out);
    TRY(choose_span(rq, row, reading->range, reading->part, span));
    TRY(headers_show(rq, row->headers, out));
    TRY(override(rq, in, out));
    show_checksum(rq, reading, row, span, out);
    member_set_text(rq->operation->output, out, "AcceptRanges", STR("bytes"));
    member_set_text(rq->operation->output, out, "ETag", object_etag(rq->ctx.arena, row));
    member_set_text(rq->operation->output, out, "VersionId", object_shown_version(&bucket, row->version));
    if (!str_equal(row->storage_class, STR("STANDARD"))) {
        member_set_text(rq->operation->output, out, "StorageClass", row->storage_class);
    }
    if (span->partial) {
        rq->extra.status = 206;
        member_set_text(rq->operation->output, out, "ContentRange",
                        str_format(rq->ctx.arena, "bytes %lld-%lld/%lld", (long long)span->from, (long long)(span->from + span->size - 1),
                                   (long long)row->size));
    }
    return ERR_OK;
}

static struct opt_int part_count(const struct object_row *row, struct opt_int asked)
{
    const bool shown = asked.set && row->part_count && row->parts[0].number > 0;
    return shown ? (struct opt_int)SOME((int32_t)row->part_count) : (struct opt_int){ false, 0 };
}

struct err s3_get_object(struct request *rq, const struct s3_get_object_in *in, struct s3_get_object_out *out)
{
    const struct reading reading = READING(in);
    struct object_row row = { .name = STR_NONE };
    struct span span = { 0 };
    struct sse sse = { .kind = SSE_S3 };
    TRY(begin(rq, in, out, &reading, &row, &sse, &span));
    TRY(row.sse.ptr ? sse_open(rq, in, false, &sse) : ERR_OK);
    out->last_modified = (struct opt_time)SOME(row.modified_ms);
    out->content_length = (struct opt_long)SOME(span.size);
    out->parts_count = part_count(&row, in->part_number);
    TRY(in->version_id.ptr ? ERR_OK : expiry_text(rq, &row, &out->expiration));
    rq->extra.bytes_out = span.size;
    return outflow(rq, &row, row.sse.ptr ? &sse : NULL, span.from, span.size, &out->body);
}

struct err s3_head_object(struct request *rq, const struct s3_head_object_in *in, struct s3_head_object_out *out)
{
    const struct reading reading = READING(in);
    struct object_row row = { .name = STR_NONE };
    struct span span = { 0 };
    struct sse sse = { .kind = SSE_S3 };
    TRY(begin(rq, in, out, &reading, &row, &sse, &span));
    out->last_modified = (struct opt_time)SOME(row.modified_ms);
    out->content_length = (struct opt_long)SOME(span.size);
    out->parts_count = part_count(&row, in->part_number);
    TRY(in->version_id.ptr ? ERR_OK : expiry_text(rq, &row, &out->expiration));
    return ERR_OK;
}
