/* upload.c - CreateMultipartUpload, AbortMultipartUpload, ListMultipartUploads. */
#include "svc/s3/upload.h"

#include "crypto/random.h"
#include "svc/s3/bucket_access.h"
#include "svc/s3/headers.h"
#include "svc/s3/listing.h"
#include "svc/s3/owner.h"
#include "svc/s3/traits.h"

enum { ID_RANDOM = 84, TIME_DIGITS = 12, UPLOADS_MAX = 1000 };

static const char LETTERS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

struct err upload_missing(struct request *rq, struct str id)
{
    request_element(rq, STR("UploadId"), id);
    return s3_fail(rq, &S3_NO_SUCH_UPLOAD);
}

struct err upload_need(struct request *rq, struct str bucket, struct str owner, struct str key, struct str id, struct bucket_row *bucket_out,
                       struct upload_row *out)
{
    bool found = false;
    TRY(bucket_need(rq, bucket, owner, bucket_out));
    TRY(object_check_key(rq, key));
    TRY(upload_rows_get(&rq->ctx, rq->db, bucket, key, id, out, &found));
    return found ? ERR_OK : upload_missing(rq, id);
}

enum checksum_kind upload_sum(const struct checksum *checksum)
{
    return checksum->kind ? checksum->kind : CHECKSUM_CRC64NVME;
}

const char *upload_sum_lower(struct request *rq, enum checksum_kind kind)
{
    return kind ? str_cstr(rq->ctx.arena, str_lower(rq->ctx.arena, str_of(checksum_name(kind)))) : "null";
}

const struct s3_initiator *upload_initiator(struct request *rq, const struct upload_row *row)
{
    struct s3_initiator *initiator = ARENA_NEW(rq->ctx.arena, struct s3_initiator);
    const size_t slash = str_find_last(row->initiator, '/');
    initiator->id = row->initiator;
    initiator->display_name = slash == STR_MISSING ? row->initiator : str_from(row->initiator, slash + 1);
    return initiator;
}

/* spec: S3 user guide, "Checking object integrity for multipart uploads": SHA has no checksum of the whole, CRC64NVME only that. */
static struct err choose_sum(struct request *rq, const struct s3_create_multipart_upload_in *in, struct checksum *out)
{
    const struct str type = in->checksum_type;
    *out = (struct checksum){ .kind = checksum_named(in->checksum_algorithm) };
    if (in->checksum_algorithm.ptr && out->kind == CHECKSUM_NONE) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                                                   "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    }
    if (type.ptr && out->kind == CHECKSUM_NONE) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    }
    if (type.ptr && !str_equal(type, STR("COMPOSITE")) && !str_equal(type, STR("FULL_OBJECT"))) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "Value for x-amz-checksum-type header is invalid.");
    }
    out->composite = type.ptr ? str_equal(type, STR("COMPOSITE")) : out->kind && out->kind != CHECKSUM_CRC64NVME;
    if ((out->kind && !checksum_is_crc(out->kind) && !out->composite) || (out->kind == CHECKSUM_CRC64NVME && out->composite)) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "The %" STR_FMT " checksum type cannot be used with the %s checksum algorithm.",
                    STR_ARG(type), upload_sum_lower(rq, out->kind));
    }
    return ERR_OK;
}

/* Begins with the time: uploads of one key are listed in the order of their beginning. */
static struct str new_id(struct request *rq)
{
    const struct str random = random_alphabet(&rq->ctx, str_of(LETTERS), ID_RANDOM);
    return str_format(rq->ctx.arena, "%0*llX%" STR_FMT, TIME_DIGITS, (unsigned long long)rq->ctx.now_ms, STR_ARG(random));
}

static struct err fill(struct request *rq, const struct s3_create_multipart_upload_in *in, const struct bucket_row *bucket,
                       const struct checksum *checksum, const struct sse *sse, struct upload_row *row)
{
    struct traits traits = { .tags = STR_NONE };
    TRY(traits_take(rq, in, bucket, &traits));
    *row = (struct upload_row){
        .bucket = bucket->name,
        .name = in->key,
        .upload = new_id(rq),
        .created_ms = rq->ctx.now_ms,
        .storage_class = in->storage_class.ptr ? in->storage_class : STR("STANDARD"),
        .owner = bucket->account,
        .initiator = rq->caller.arn.ptr ? rq->caller.arn : rq->caller.name,
        .checksum = checksum_write(rq->ctx.arena, checksum),
        .tags = traits.tags,
        .lock_mode = traits.lock_mode,
        .retain_until_ms = traits.retain_until_ms,
        .legal_hold = traits.legal_hold,
        .sse = sse_write(rq->ctx.arena, sse),
    };
    TRY(object_access_begin(rq, in, bucket, &row->acl, &row->owner));
    return headers_take(rq, in, &row->headers);
}

struct err s3_create_multipart_upload(struct request *rq, const struct s3_create_multipart_upload_in *in,
                                      struct s3_create_multipart_upload_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct upload_row row = { .name = STR_NONE };
    struct checksum checksum = { .kind = CHECKSUM_NONE };
    struct sse sse = { .kind = SSE_S3 };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(object_check_key(rq, in->key));
    TRY(choose_sum(rq, in, &checksum));
    TRY(sse_choose(rq, in, &bucket, in->key, &sse));
    TRY(sse_keep(rq, bucket.name, &sse));
    TRY(fill(rq, in, &bucket, &checksum, &sse, &row));
    TRY(upload_rows_insert(&rq->ctx, rq->db, &row));
    out->bucket = bucket.name;
    out->key = in->key;
    out->upload_id = row.upload;
    if (checksum.kind) {
        out->checksum_algorithm = str_of(checksum_name(checksum.kind));
        out->checksum_type = checksum.composite ? STR("COMPOSITE") : STR("FULL_OBJECT");
    }
    sse_show(rq, &sse, out);
    return ERR_OK;
}

struct err s3_abort_multipart_upload(struct request *rq, const struct s3_abort_multipart_upload_in *in,
                                     struct s3_abort_multipart_upload_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct upload_row row = { .name = STR_NONE };
    (void)out;
    TRY(upload_need(rq, in->bucket, in->expected_bucket_owner, in->key, in->upload_id, &bucket, &row));
    if (in->if_match_initiated_time.set && in->if_match_initiated_time.v / 1000 != row.created_ms / 1000) {
        return s3_fail(rq, &S3_PRECONDITION_FAILED);
    }
    return upload_rows_delete(&rq->ctx, rq->db, &row, true);
}

/* --- listing --- */

struct page {
    const struct s3_list_multipart_uploads_in *in;
    struct s3_list_multipart_uploads_out *out;
    struct str last_prefix;
    size_t max;
    bool url;
};

static struct s3_multipart_upload show(struct request *rq, const struct upload_row *row, bool url)
{
    const struct checksum checksum = checksum_read(rq->ctx.arena, row->checksum);
    return (struct s3_multipart_upload){
        .upload_id = row->upload,
        .key = listing_shown(rq->ctx.arena, row->name, url),
        .initiated = SOME(row->created_ms),
        .storage_class = row->storage_class,
        .owner = owner_of_account(rq->ctx.arena, row->owner),
        .initiator = upload_initiator(rq, row),
        .checksum_algorithm = checksum.kind ? str_of(checksum_name(checksum.kind)) : STR_NONE,
        .checksum_type = !checksum.kind ? STR_NONE : checksum.composite ? STR("COMPOSITE") : STR("FULL_OBJECT"),
    };
}

/* What of the key stands up to the delimiter; absent: nothing folds it. */
static struct str folded(const struct s3_list_multipart_uploads_in *in, struct str key)
{
    const size_t at = in->delimiter.len ? str_search(str_from(key, in->prefix.len), in->delimiter) : STR_MISSING;
    return at == STR_MISSING ? STR_NONE : str_slice(key, 0, in->prefix.len + at + in->delimiter.len);
}

/* False: the page is full, and this one is left for the next. */
static bool add(struct request *rq, struct page *page, const struct upload_row *row)
{
    struct s3_list_multipart_uploads_out *out = page->out;
    const struct str prefix = folded(page->in, row->name);
    const bool known = prefix.ptr && (str_equal(prefix, page->last_prefix) || str_starts(page->in->key_marker, prefix));
    if (known) {
        return true;
    }
    if (out->uploads.count + out->common_prefixes.count == page->max) {
        return false;
    }
    if (prefix.ptr) {
        page->last_prefix = prefix;
        out->common_prefixes.items[out->common_prefixes.count++] = (struct s3_common_prefix){ listing_shown(rq->ctx.arena, prefix, page->url) };
        return true;
    }
    out->uploads.items[out->uploads.count++] = show(rq, row, page->url);
    out->next_key_marker = listing_shown(rq->ctx.arena, row->name, page->url);
    out->next_upload_id_marker = row->upload;
    return true;
}

static struct err fill_page(struct request *rq, struct page *page, struct upload_range *range)
{
    for (bool more = true; more;) {
        struct upload_row *rows = NULL;
        size_t count = 0;
        TRY(upload_rows_list(&rq->ctx, rq->db, range, &rows, &count));
        more = count == range->max;
        for (size_t i = 0; i < count; i++) {
            if (!str_starts(rows[i].name, range->prefix)) {
                return ERR_OK;
            }
            if (!add(rq, page, &rows[i])) {
                page->out->is_truncated = (struct opt_bool)SOME(true);
                return ERR_OK;
            }
            range->key = rows[i].name;
            range->upload = rows[i].upload;
        }
    }
    return ERR_OK;
}

struct err s3_list_multipart_uploads(struct request *rq, const struct s3_list_multipart_uploads_in *in,
                                     struct s3_list_multipart_uploads_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    const bool asked = in->max_uploads.set && in->max_uploads.v >= 0 && in->max_uploads.v < UPLOADS_MAX;
    struct page page = { .in = in, .out = out, .max = asked ? (size_t)in->max_uploads.v : UPLOADS_MAX, .url = str_equal(in->encoding_type, STR("url")) };
    struct upload_range range = { .bucket = in->bucket, .prefix = in->prefix, .key = in->key_marker, .max = UPLOADS_MAX,
                                  .upload = in->key_marker.len ? in->upload_id_marker : STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    *out = (struct s3_list_multipart_uploads_out){
        .bucket = bucket.name,
        .key_marker = listing_shown(rq->ctx.arena, in->key_marker.ptr ? in->key_marker : STR(""), page.url),
        .upload_id_marker = range.upload.ptr ? range.upload : STR(""),
        .next_key_marker = STR(""),
        .next_upload_id_marker = STR(""),
        .prefix = listing_shown(rq->ctx.arena, in->prefix, page.url),
        .delimiter = listing_shown(rq->ctx.arena, in->delimiter, page.url),
        .max_uploads = SOME((int32_t)page.max),
        .is_truncated = SOME(false),
        .encoding_type = in->encoding_type,
        .uploads = { ARENA_ARRAY(rq->ctx.arena, struct s3_multipart_upload, page.max + 1), 0 },
        .common_prefixes = { ARENA_ARRAY(rq->ctx.arena, struct s3_common_prefix, page.max + 1), 0 },
    };
    return fill_page(rq, &page, &range);
}
