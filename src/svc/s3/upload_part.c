/* upload_part.c - UploadPart, UploadPartCopy, ListParts. */
#include "svc/s3/copy.h"
#include "svc/s3/outflow.h"
#include "svc/s3/owner.h"
#include "svc/s3/upload.h"

static const int64_t PART_MAX = (int64_t)5 * 1024 * 1024 * 1024;

static struct err check_number(struct request *rq, struct opt_int number)
{
    return number.set && number.v >= 1 && number.v <= UPLOAD_PARTS_MAX
               ? ERR_OK
               : s3_invalid_argument(rq, "partNumber", str_format(rq->ctx.arena, "%d", (int)number.v),
                                     "Part number must be an integer between 1 and 10000, inclusive");
}

/* The upload's key, which parts of one under the customer's must bring along. */
static struct err open_key(struct request *rq, const void *in, const struct upload_row *upload, struct sse *sse)
{
    bool sealed = false;
    TRY(sse_read(rq, upload->sse, sse, &sealed));
    const struct err err = sse_open(rq, in, false, sse);
    if (err_is(err, &S3_ACCESS_DENIED) && sse->kind == SSE_CUSTOMER) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "The provided encryption parameters did not match the ones used originally.");
    }
    return err_is(err, &S3_INVALID_REQUEST)
               ? fail(&rq->ctx, &S3_INVALID_REQUEST, "The multipart upload initiate requested encryption. Subsequent part requests must include "
                                                     "the appropriate encryption parameters.") : err;
}

struct err upload_before_part(struct request *rq, const struct s3_upload_part_in *in)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct upload_row upload = { .name = STR_NONE };
    struct checksum said = { .kind = CHECKSUM_NONE };
    struct sse *sse = ARENA_NEW(rq->ctx.arena, struct sse);
    TRY(check_number(rq, in->part_number));
    TRY(upload_need(rq, in->bucket, in->expected_bucket_owner, in->key, in->upload_id, &bucket, &upload));
    const struct checksum checksum = checksum_read(rq->ctx.arena, upload.checksum);
    TRY(checksum_said(rq, in, &said));
    if (checksum.kind && said.kind && said.kind != checksum.kind) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
                    upload_sum_lower(rq, checksum.kind), upload_sum_lower(rq, said.kind));
    }
    TRY(open_key(rq, in, &upload, sse));
    return intake_begin(rq, in, &(struct intake_wish){ .sse = sse, .apart = true, .kind = upload_sum(&checksum), .also = upload_sum(&checksum) });
}

/* The upload may have ended meanwhile. */
static struct err put_part(struct request *rq, const struct upload_row *upload, int64_t number, const struct intake *intake)
{
    struct object_part part = { .number = number };
    const struct checksum *sum = intake->also.kind ? &intake->also : &intake->checksum;
    TRY(intake_keep(rq, intake, &part));
    return upload_part_rows_put(&rq->ctx, rq->db, upload->upload, &(struct upload_part_row){
        .number = number, .size = intake->size, .etag = intake->etag, .modified_ms = rq->ctx.now_ms / 1000 * 1000,
        .checksum = sum->value, .blob = part.blob });
}

struct err s3_upload_part(struct request *rq, const struct s3_upload_part_in *in, struct s3_upload_part_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct upload_row upload = { .name = STR_NONE };
    const struct intake *intake = intake_of(rq);
    TRY(upload_need(rq, in->bucket, in->expected_bucket_owner, in->key, in->upload_id, &bucket, &upload));
    TRY(put_part(rq, &upload, in->part_number.v, intake));
    out->e_tag = str_format(rq->ctx.arena, "\"%" STR_FMT "\"", STR_ARG(intake->etag));
    checksum_show(rq, &intake->checksum, out);
    sse_show(rq, intake->sse, out);
    return ERR_OK;
}

/* --- from an object --- */

struct part_copying {
    struct intake intake; /* first: intake_of */
    struct bucket_row source_bucket;
    struct object_row source;
    struct sse source_sse, sse;
    bool sealed;
    int64_t from, size;
};

static struct err copy_part(void *self, struct request *rq)
{
    struct part_copying *copying = self;
    struct http_stream stream = { .size = 0 };
    TRY(outflow_open(rq, &copying->source, copying->sealed ? &copying->source_sse : NULL, copying->from, copying->size, &stream));
    return intake_copy(rq, &copying->intake, &stream);
}

/* spec: S3 API reference, UploadPartCopy: bytes=first-last, both of them there. */
static struct err choose_range(struct request *rq, struct str range, struct part_copying *copying)
{
    struct str last = STR_NONE;
    int64_t from = 0, to = copying->source.size - 1;
    if (range.len > 0) {
        const struct str first = str_cut(str_starts(range, STR("bytes=")) ? str_from(range, 6) : STR(""), '-', &last);
        if (!str_to_int(first, &from) || !str_to_int(last, &to) || from < 0 || to < from) {
            return s3_invalid_argument(rq, "x-amz-copy-source-range", range,
                                       "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                                       "zero-based offsets of the first and last bytes to copy");
        }
        if (from >= copying->source.size) {
            return fail(&rq->ctx, &S3_INVALID_REQUEST, "The specified copy range is invalid for the source object size");
        }
        if (to >= copying->source.size) {
            return s3_invalid_argument(rq, "x-amz-copy-source-range", range,
                                       str_format(rq->ctx.arena, "Range specified is not valid for source object of size: %lld",
                                                  (long long)copying->source.size).ptr);
        }
    }
    copying->from = from;
    copying->size = to - from + 1;
    return copying->size > PART_MAX ? s3_fail(rq, &S3_ENTITY_TOO_LARGE) : ERR_OK;
}

static struct err find_source(struct request *rq, const struct s3_upload_part_copy_in *in, struct part_copying *copying)
{
    struct copy_source source = { .bucket = STR_NONE };
    const struct conditions conditions = { in->copy_source_if_match, in->copy_source_if_none_match, in->copy_source_if_modified_since,
                                           in->copy_source_if_unmodified_since };
    TRY(copy_source_parse(rq, in->copy_source, &source));
    TRY(copy_source_need(rq, &source, in->expected_source_bucket_owner, &copying->source_bucket, &copying->source));
    TRY(conditions_check_source(rq, &conditions, &copying->source));
    TRY(choose_range(rq, in->copy_source_range, copying));
    TRY(sse_read(rq, copying->source.sse, &copying->source_sse, &copying->sealed));
    return copying->sealed ? sse_open(rq, in, true, &copying->source_sse) : ERR_OK;
}

struct err upload_before_part_copy(struct request *rq, const struct s3_upload_part_copy_in *in)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct upload_row upload = { .name = STR_NONE };
    struct part_copying *copying = ARENA_NEW(rq->ctx.arena, struct part_copying);
    TRY(check_number(rq, in->part_number));
    TRY(upload_need(rq, in->bucket, in->expected_bucket_owner, in->key, in->upload_id, &bucket, &upload));
    TRY(find_source(rq, in, copying));
    TRY(open_key(rq, in, &upload, &copying->sse));
    const struct checksum checksum = checksum_read(rq->ctx.arena, upload.checksum);
    copying->intake.sse = &copying->sse;
    copying->intake.apart = true;
    copying->intake.asked.kind = upload_sum(&checksum);
    rq->before = (struct before){ .self = copying, .run = copy_part, .undo = intake_undo };
    return ERR_OK;
}

struct err s3_upload_part_copy(struct request *rq, const struct s3_upload_part_copy_in *in, struct s3_upload_part_copy_out *out)
{
    const struct part_copying *copying = rq->before.self;
    struct bucket_row bucket = { .name = STR_NONE };
    struct upload_row upload = { .name = STR_NONE };
    TRY(upload_need(rq, in->bucket, in->expected_bucket_owner, in->key, in->upload_id, &bucket, &upload));
    TRY(put_part(rq, &upload, in->part_number.v, &copying->intake));
    struct s3_copy_part_result *result = ARENA_NEW(rq->ctx.arena, struct s3_copy_part_result);
    result->e_tag = str_format(rq->ctx.arena, "\"%" STR_FMT "\"", STR_ARG(copying->intake.etag));
    result->last_modified = (struct opt_time)SOME(rq->ctx.now_ms / 1000 * 1000);
    if (checksum_read(rq->ctx.arena, upload.checksum).kind) {
        checksum_show_in(S3_SHAPE_COPY_PART_RESULT, &copying->intake.checksum, result);
    }
    out->copy_part_result = result;
    out->copy_source_version_id = object_shown_version(&copying->source_bucket, copying->source.version);
    sse_show(rq, &copying->sse, out);
    return ERR_OK;
}

/* --- listing --- */

enum { PARTS_SHOWN = 1000 };

static struct s3_part show(struct request *rq, const struct upload_part_row *row, const struct checksum *upload)
{
    struct s3_part part = {
        .part_number = SOME((int32_t)row->number),
        .last_modified = SOME(row->modified_ms),
        .e_tag = str_format(rq->ctx.arena, "\"%" STR_FMT "\"", STR_ARG(row->etag)),
        .size = SOME(row->size),
    };
    const struct checksum checksum = { .kind = upload->kind, .value = row->checksum };
    checksum_show_in(S3_SHAPE_PART, &checksum, &part);
    return part;
}

struct err s3_list_parts(struct request *rq, const struct s3_list_parts_in *in, struct s3_list_parts_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct upload_row upload = { .name = STR_NONE };
    struct upload_part_row *rows = NULL;
    size_t count = 0;
    TRY(upload_need(rq, in->bucket, in->expected_bucket_owner, in->key, in->upload_id, &bucket, &upload));
    const bool asked = in->max_parts.set && in->max_parts.v >= 0 && in->max_parts.v < PARTS_SHOWN;
    const size_t max = asked ? (size_t)in->max_parts.v : PARTS_SHOWN;
    const struct checksum checksum = checksum_read(rq->ctx.arena, upload.checksum);
    TRY(upload_part_rows_list(&rq->ctx, rq->db, upload.upload, in->part_number_marker.v, max + 1, &rows, &count));
    const size_t shown = count > max ? max : count;
    *out = (struct s3_list_parts_out){
        .bucket = bucket.name,
        .key = upload.name,
        .upload_id = upload.upload,
        .part_number_marker = SOME(in->part_number_marker.v),
        .next_part_number_marker = SOME(shown ? (int32_t)rows[shown - 1].number : 0),
        .max_parts = SOME((int32_t)max),
        .is_truncated = SOME(count > max),
        .initiator = upload_initiator(rq, &upload),
        .owner = owner_of_account(rq->ctx.arena, upload.owner),
        .storage_class = upload.storage_class,
        .checksum_algorithm = checksum.kind ? str_of(checksum_name(checksum.kind)) : STR_NONE,
        .checksum_type = !checksum.kind ? STR_NONE : checksum.composite ? STR("COMPOSITE") : STR("FULL_OBJECT"),
        .parts = { ARENA_ARRAY(rq->ctx.arena, struct s3_part, shown + 1), shown },
    };
    for (size_t i = 0; i < shown; i++) {
        out->parts.items[i] = show(rq, &rows[i], &checksum);
    }
    return ERR_OK;
}
