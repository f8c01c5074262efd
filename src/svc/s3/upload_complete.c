/* upload_complete.c - CompleteMultipartUpload: parts become an object, by rows alone.
 *
 * spec: S3 API reference, CompleteMultipartUpload; S3 user guide, "Checking object integrity for multipart uploads". */
#include "crypto/crc.h"
#include "svc/s3/expiry.h"
#include "svc/s3/members.h"
#include "svc/s3/notify.h"
#include "svc/s3/upload.h"

/* One completion under way. */
struct completion {
    const struct s3_complete_multipart_upload_in *in;
    struct bucket_row bucket;
    struct upload_row upload;
    struct checksum checksum; /* of the upload */
    struct upload_part_row *parts; /* all that were uploaded */
    size_t part_count;
    bool *taken;              /* of each */
    struct object_part *used; /* those of the object, in order */
    size_t used_count;
    int64_t size;
    struct str etag;
    struct checksum sum;      /* of the object */
};

static struct err invalid_part(struct request *rq, const struct completion *c, const struct s3_completed_part *part, struct str etag)
{
    request_element(rq, STR("UploadId"), c->upload.upload);
    request_element(rq, STR("PartNumber"), str_format(rq->ctx.arena, "%d", (int)part->part_number.v));
    request_element(rq, STR("ETag"), etag);
    return s3_fail(rq, &S3_INVALID_PART);
}

static struct str unquoted(struct str etag)
{
    const bool quoted = etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"';
    return quoted ? str_slice(etag, 1, etag.len - 2) : etag;
}

/* The checksum that a structure names, if any. */
static enum checksum_kind named_sum(const struct shape *shape, const void *value, struct str *sum)
{
    for (size_t i = CHECKSUM_CRC32; i < CHECKSUM_KINDS; i++) {
        *sum = member_text(shape, value, checksum_member((enum checksum_kind)i));
        if (sum->ptr) {
            return (enum checksum_kind)i;
        }
    }
    *sum = STR_NONE;
    return CHECKSUM_NONE;
}

static struct err check_part_sum(struct request *rq, const struct completion *c, const struct s3_completed_part *asked,
                                 const struct upload_part_row *part)
{
    struct str sum = STR_NONE;
    const enum checksum_kind kind = named_sum(S3_SHAPE_COMPLETED_PART, asked, &sum);
    if (kind == CHECKSUM_NONE) {
        return !c->checksum.kind || !c->checksum.composite
                   ? ERR_OK
                   : fail(&rq->ctx, &S3_INVALID_REQUEST,
                          "The upload was created using a %s checksum. The complete request must include the checksum for each part. It was "
                          "missing for part %d in the request.", upload_sum_lower(rq, c->checksum.kind), (int)part->number);
    }
    if (c->checksum.kind && kind != c->checksum.kind) {
        return fail(&rq->ctx, &S3_BAD_DIGEST, "The %s you specified for part %d did not match what we received.", upload_sum_lower(rq, kind),
                    (int)part->number);
    }
    return kind == upload_sum(&c->checksum) && str_equal(sum, part->checksum) ? ERR_OK : invalid_part(rq, c, asked, part->etag);
}

static struct upload_part_row *find_part(const struct completion *c, int64_t number, size_t *at)
{
    for (size_t low = 0, high = c->part_count; low < high;) {
        const size_t middle = low + (high - low) / 2;
        if (c->parts[middle].number == number) {
            *at = middle;
            return &c->parts[middle];
        }
        if (c->parts[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static struct err too_small(struct request *rq, const struct upload_part_row *part)
{
    request_element(rq, STR("ETag"), part->etag);
    request_element(rq, STR("MinSizeAllowed"), str_format(rq->ctx.arena, "%d", UPLOAD_PART_MIN));
    request_element(rq, STR("PartNumber"), str_format(rq->ctx.arena, "%lld", (long long)part->number));
    request_element(rq, STR("ProposedSize"), str_format(rq->ctx.arena, "%lld", (long long)part->size));
    return s3_fail(rq, &S3_ENTITY_TOO_SMALL);
}

static struct err take_part(struct request *rq, struct completion *c, const struct s3_completed_part *asked, bool last)
{
    size_t at = 0;
    const struct upload_part_row *part = find_part(c, asked->part_number.v, &at);
    if (part == NULL || !str_equal(unquoted(asked->e_tag), part->etag)) {
        return invalid_part(rq, c, asked, unquoted(asked->e_tag));
    }
    TRY(check_part_sum(rq, c, asked, part));
    if (!last && part->size < UPLOAD_PART_MIN) {
        return too_small(rq, part);
    }
    c->taken[at] = true;
    c->size += part->size;
    c->used[c->used_count++] = (struct object_part){ .number = part->number, .size = part->size, .blob = part->blob, .checksum = part->checksum };
    return ERR_OK;
}

static struct err check_order(struct request *rq, const struct completion *c, const struct s3_completed_part_list *asked)
{
    for (size_t i = 1; i < asked->count; i++) {
        if (asked->items[i].part_number.v <= asked->items[i - 1].part_number.v) {
            request_element(rq, STR("UploadId"), c->upload.upload);
            return s3_fail(rq, &S3_INVALID_PART_ORDER);
        }
    }
    return ERR_OK;
}

static struct err take_parts(struct request *rq, struct completion *c)
{
    const struct s3_completed_part_list *asked = &c->in->multipart_upload->parts;
    TRY(check_order(rq, c, asked));
    TRY(upload_part_rows_list(&rq->ctx, rq->db, c->upload.upload, 0, UPLOAD_PARTS_MAX, &c->parts, &c->part_count));
    c->taken = ARENA_ARRAY(rq->ctx.arena, bool, c->part_count + 1);
    c->used = ARENA_ARRAY(rq->ctx.arena, struct object_part, asked->count);
    for (size_t i = 0; i < asked->count; i++) {
        TRY(take_part(rq, c, &asked->items[i], i + 1 == asked->count));
    }
    return ERR_OK;
}

/* --- ETag and checksum of the whole --- */

static struct str joined_etag(struct request *rq, const struct completion *c)
{
    struct hash md5 = hash_begin(HASH_MD5);
    unsigned char bytes[HASH_MD5_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < c->part_count; i++) {
        if (c->taken[i] && str_unhex(c->parts[i].etag, bytes, sizeof(bytes))) {
            hash_add(&md5, (struct str){ (const char *)bytes, sizeof(bytes) });
            count++;
        }
    }
    hash_end(&md5, bytes);
    const struct str digest = str_hex(rq->ctx.arena, bytes, sizeof(bytes));
    return str_format(rq->ctx.arena, "%" STR_FMT "-%zu", STR_ARG(digest), count);
}

static struct str composite_sum(struct request *rq, const struct completion *c, enum checksum_kind kind)
{
    struct checksum_run run = checksum_begin(kind);
    for (size_t i = 0; i < c->used_count; i++) {
        struct str bytes = STR_NONE;
        if (str_unbase64(rq->ctx.arena, c->used[i].checksum, &bytes)) {
            checksum_add(&run, bytes);
        }
    }
    const struct str sum = checksum_end(&run, rq->ctx.arena);
    return str_format(rq->ctx.arena, "%" STR_FMT "-%zu", STR_ARG(sum), c->used_count);
}

static uint64_t number_of(struct request *rq, struct str sum)
{
    struct str bytes = STR_NONE;
    uint64_t number = 0;
    const bool sound = str_unbase64(rq->ctx.arena, sum, &bytes);
    for (size_t i = 0; sound && i < bytes.len; i++) {
        number = number << 8 | (unsigned char)bytes.ptr[i];
    }
    return number;
}

static struct str full_sum(struct request *rq, const struct completion *c, enum checksum_kind kind)
{
    struct checksum_run run = checksum_begin(kind);
    for (size_t i = 0; i < c->used_count; i++) {
        const uint64_t next = number_of(rq, c->used[i].checksum);
        const uint64_t size = (uint64_t)c->used[i].size;
        run.crc = kind == CHECKSUM_CRC32    ? crc32_ieee_joined((uint32_t)run.crc, (uint32_t)next, size)
                  : kind == CHECKSUM_CRC32C ? crc32_c_joined((uint32_t)run.crc, (uint32_t)next, size)
                                            : crc64_nvme_joined(run.crc, next, size);
    }
    return checksum_end(&run, rq->ctx.arena);
}

/* A composite one may be said with or without the number of parts. */
static struct err check_sum(struct request *rq, const struct completion *c)
{
    struct str said = STR_NONE, rest = STR_NONE;
    const enum checksum_kind kind = named_sum(rq->operation->input, c->in, &said);
    const bool fits = kind == CHECKSUM_NONE
        || (kind == c->sum.kind && (str_equal(said, c->sum.value) || (c->sum.composite && str_equal(said, str_cut(c->sum.value, '-', &rest)))));
    return fits ? ERR_OK
                : fail(&rq->ctx, &S3_BAD_DIGEST, "The %s you specified did not match the calculated checksum.", upload_sum_lower(rq, c->sum.kind));
}

static struct err add_up(struct request *rq, struct completion *c)
{
    c->etag = joined_etag(rq, c);
    c->sum = (struct checksum){ .kind = upload_sum(&c->checksum), .composite = c->checksum.composite };
    c->sum.value = c->sum.composite ? composite_sum(rq, c, c->sum.kind) : full_sum(rq, c, c->sum.kind);
    if (c->in->mpu_object_size.set && c->in->mpu_object_size.v != c->size) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "The provided 'x-amz-mp-object-size' header value %lld does not match what was computed: %lld",
                    (long long)c->in->mpu_object_size.v, (long long)c->size);
    }
    return check_sum(rq, c);
}

/* --- conditions --- */

/* spec: S3 user guide, "Conditional writes": what was put since the upload began is a conflict, not a match. */
static struct err check_conditions(struct request *rq, const struct completion *c)
{
    struct object_row row = { .name = STR_NONE };
    bool found = false;
    TRY(conditions_check_put(rq, c->in->if_match, c->in->if_none_match, &c->bucket, c->in->key));
    if (c->in->if_match.ptr == NULL) {
        return ERR_OK;
    }
    TRY(object_rows_get(&rq->ctx, rq->db, c->bucket.name, c->in->key, STR_NONE, &row, &found));
    if (found && -row.place / 1000 > c->upload.created_ms) {
        request_element(rq, STR("Condition"), STR("If-Match"));
        request_element(rq, STR("Key"), c->in->key);
        return s3_fail(rq, &S3_CONDITIONAL_REQUEST_CONFLICT);
    }
    return ERR_OK;
}

static struct err check_type(struct request *rq, const struct completion *c)
{
    const char *type = !c->checksum.kind ? "null" : c->checksum.composite ? "COMPOSITE" : "FULL_OBJECT";
    return c->in->checksum_type.ptr == NULL || str_equal(c->in->checksum_type, str_of(type))
               ? ERR_OK
               : fail(&rq->ctx, &S3_INVALID_REQUEST, "The upload was created using the %s checksum mode. The complete request must use the same "
                                                     "checksum mode.", type);
}

/* --- writing --- */

static struct str location(struct request *rq, struct str bucket, struct str key)
{
    const struct str host = rq->http ? http_header_find(rq->http, STR("host")) : STR_NONE;
    const char *scheme = rq->tls ? "https" : "http";
    const struct str path = str_percent_encode(rq->ctx.arena, key, false);
    const bool virtual = str_starts(host, bucket) && str_slice(host, bucket.len, 1).len == 1 && host.ptr[bucket.len] == '.';
    return virtual ? str_format(rq->ctx.arena, "%s://%" STR_FMT "/%" STR_FMT, scheme, STR_ARG(host), STR_ARG(path))
                   : str_format(rq->ctx.arena, "%s://%" STR_FMT "/%" STR_FMT "/%" STR_FMT, scheme,
                                STR_ARG(host.ptr ? host : STR("s3.amazonaws.com")), STR_ARG(bucket), STR_ARG(path));
}

/* Blobs of parts that the object has no use for go; the others pass from part to object. */
static struct err release_others(struct request *rq, const struct completion *c)
{
    for (size_t i = 0; i < c->part_count; i++) {
        TRY(c->taken[i] ? ERR_OK : blob_rows_release(&rq->ctx, rq->db, c->parts[i].blob));
    }
    return upload_rows_delete(&rq->ctx, rq->db, &c->upload, false);
}

static struct err put_object(struct request *rq, struct completion *c, struct object_row *row)
{
    const struct upload_row *upload = &c->upload;
    *row = (struct object_row){
        .bucket = upload->bucket,
        .name = upload->name,
        .version = object_new_version(rq, &c->bucket),
        .size = c->size,
        .etag = c->etag,
        .modified_ms = rq->ctx.now_ms / 1000 * 1000,
        .storage_class = upload->storage_class,
        .owner = upload->owner,
        .headers = upload->headers,
        .checksum = checksum_write(rq->ctx.arena, &c->sum),
        .acl = upload->acl,
        .tags = upload->tags,
        .lock_mode = upload->lock_mode,
        .retain_until_ms = upload->retain_until_ms,
        .legal_hold = upload->legal_hold,
        .hold_said = upload->legal_hold,
        .sse = upload->sse,
        .parts = c->used,
        .part_count = c->used_count,
    };
    TRY(release_others(rq, c));
    TRY(object_put(rq, row));
    return upload_done_rows_put(&rq->ctx, rq->db, &(struct upload_done_row){ upload->bucket, upload->name, upload->upload, row->version, row->etag });
}

static struct err answer(struct request *rq, const struct bucket_row *bucket, const struct object_row *row,
                         struct s3_complete_multipart_upload_out *out)
{
    struct sse sse = { .kind = SSE_S3 };
    bool sealed = false;
    const struct checksum checksum = checksum_read(rq->ctx.arena, row->checksum);
    TRY(sse_read(rq, row->sse, &sse, &sealed));
    out->location = location(rq, row->bucket, row->name);
    out->bucket = row->bucket;
    out->key = row->name;
    out->e_tag = object_etag(rq->ctx.arena, row);
    out->version_id = object_shown_version(bucket, row->version);
    if (!sealed || sse.kind == SSE_S3) { /* as AWS answered it */
        checksum_show(rq, &checksum, out);
    }
    if (sealed) {
        sse_show(rq, &sse, out);
    }
    return ERR_OK;
}

/* An answer may get lost: who asks again for what is done gets it once more, as long as the object is there. */
static struct err repeat(struct request *rq, const struct s3_complete_multipart_upload_in *in, struct s3_complete_multipart_upload_out *out)
{
    struct upload_done_row done = { .name = STR_NONE };
    struct object_row row = { .name = STR_NONE };
    struct bucket_row bucket = { .name = STR_NONE };
    bool found = false;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(upload_done_rows_get(&rq->ctx, rq->db, in->bucket, in->key, in->upload_id, &done, &found));
    if (found) {
        TRY(object_rows_get(&rq->ctx, rq->db, in->bucket, in->key, done.version, &row, &found));
    }
    return found && str_equal(row.etag, done.etag) ? answer(rq, &bucket, &row, out) : upload_missing(rq, in->upload_id);
}

struct err s3_complete_multipart_upload(struct request *rq, const struct s3_complete_multipart_upload_in *in,
                                        struct s3_complete_multipart_upload_out *out)
{
    struct completion c = { .in = in };
    struct object_row row = { .name = STR_NONE };
    const struct err err = upload_need(rq, in->bucket, in->expected_bucket_owner, in->key, in->upload_id, &c.bucket, &c.upload);
    if (err_is(err, &S3_NO_SUCH_UPLOAD)) {
        rq->extra.element_count = 0;
        return repeat(rq, in, out);
    }
    TRY(err);
    if (in->multipart_upload == NULL || in->multipart_upload->parts.count == 0) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "You must specify at least one part");
    }
    c.checksum = checksum_read(rq->ctx.arena, c.upload.checksum);
    TRY(check_type(rq, &c));
    TRY(take_parts(rq, &c));
    TRY(add_up(rq, &c));
    TRY(check_conditions(rq, &c));
    TRY(put_object(rq, &c, &row));
    TRY(expiry_text(rq, &row, &out->expiration));
    TRY(notify(rq, &c.bucket, "ObjectCreated:CompleteMultipartUpload", &row));
    return answer(rq, &c.bucket, &row, out);
}
