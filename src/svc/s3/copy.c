/* copy.c - CopyObject. Where the bytes stay as they are, both objects consist of the same blobs from then on; the parts of a
 * multipart object become one piece, with an ETag of its own, before the transaction. */
#include "svc/s3/copy.h"

#include "svc/s3/bucket_access.h"
#include "svc/s3/headers.h"
#include "svc/s3/members.h"
#include "svc/s3/expiry.h"
#include "svc/s3/notify.h"
#include "svc/s3/outflow.h"
#include "svc/s3/traits.h"
#include "svc/s3/work.h"

static const int64_t SOURCE_MAX = (int64_t)5 * 1024 * 1024 * 1024;

struct err copy_source_parse(struct request *rq, struct str text, struct copy_source *out)
{
    struct str query = STR_NONE, key = STR_NONE;
    const struct str whole = str_starts(text, STR("/")) ? str_from(text, 1) : text;
    const size_t mark = str_search(whole, STR("?versionId="));
    const struct str path = mark == STR_MISSING ? whole : str_slice(whole, 0, mark);
    query = mark == STR_MISSING ? STR_NONE : str_from(whole, mark + sizeof("?versionId=") - 1);
    const struct str decoded = str_percent_decode(rq->ctx.arena, path, true);
    const struct str bucket = str_cut(decoded, '/', &key);
    if (bucket.len == 0 || key.len == 0 || str_starts(decoded, STR("arn:"))) {
        return s3_invalid_argument(rq, "x-amz-copy-source", text, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
    }
    *out = (struct copy_source){ bucket, key, query };
    return ERR_OK;
}

struct err copy_source_need(struct request *rq, const struct copy_source *source, struct str owner, struct bucket_row *bucket,
                            struct object_row *row)
{
    TRY(bucket_need_anywhere(rq, source->bucket, owner, bucket));
    const struct err err = object_need(rq, bucket, source->key, source->version, row);
    rq->extra.header_count = 0; /* they would speak of the source */
    if (err_is(err, &S3_METHOD_NOT_ALLOWED)) {
        rq->extra.element_count = 0;
        return fail(&rq->ctx, &S3_INVALID_REQUEST,
                    "The source of a copy request may not specifically refer to a delete marker by version id.");
    }
    TRY(err);
    return row->size <= SOURCE_MAX ? ERR_OK
                                   : fail(&rq->ctx, &S3_INVALID_REQUEST, "The specified copy source is larger than the maximum allowable "
                                                                         "size for a copy source: 5368709120");
}

/* --- before the transaction --- */

struct copying {
    struct intake intake; /* first: intake_of */
    struct bucket_row source_bucket;
    struct object_row source;
    bool sealed; /* the source's bytes are */
    struct sse source_sse, sse; /* with their keys where the bytes are taken in again */
    bool anew; /* the bytes are taken in again */
};

static struct err run(void *self, struct request *rq)
{
    struct copying *copying = self;
    struct http_stream stream = { .size = 0 };
    TRY(sse_settle(rq, &copying->sse));
    TRY(outflow_open(rq, &copying->source, copying->sealed ? &copying->source_sse : NULL, 0, copying->source.size, &stream));
    return intake_copy(rq, &copying->intake, &stream);
}

static enum checksum_kind wanted_sum(const struct s3_copy_object_in *in, const struct checksum *source)
{
    const enum checksum_kind asked = checksum_named(in->checksum_algorithm);
    return asked ? asked : source->kind ? source->kind : CHECKSUM_CRC64NVME;
}

/* Bytes under S3's own keys are shared with others that shall lie so, whichever key of a bucket it is. */
static struct err look_at_sealing(struct request *rq, const struct s3_copy_object_in *in, struct copying *copying)
{
    struct bucket_row bucket = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(sse_read(rq, copying->source.sse, &copying->source_sse, &copying->sealed));
    TRY(sse_choose(rq, in, &bucket, in->key, &copying->sse));
    copying->anew = copying->anew || !copying->sealed || copying->source_sse.kind != SSE_S3 || copying->sse.kind != SSE_S3;
    copying->intake.sse = &copying->sse;
    return copying->sealed ? sse_open(rq, in, true, &copying->source_sse) : ERR_OK;
}

/* The source as it is now, and whether its bytes must be taken in again. */
static struct err look(struct request *rq, const struct s3_copy_object_in *in, struct copying *copying)
{
    struct copy_source source = { .bucket = STR_NONE };
    const struct conditions conditions = { in->copy_source_if_match, in->copy_source_if_none_match, in->copy_source_if_modified_since,
                                           in->copy_source_if_unmodified_since };
    TRY(copy_source_parse(rq, in->copy_source, &source));
    TRY(copy_source_need(rq, &source, in->expected_source_bucket_owner, &copying->source_bucket, &copying->source));
    TRY(conditions_check_source(rq, &conditions, &copying->source));
    const struct checksum before = checksum_read(rq->ctx.arena, copying->source.checksum);
    const bool parts = copying->source.part_count && copying->source.parts[0].number > 0;
    copying->intake.asked.kind = wanted_sum(in, &before);
    copying->anew = parts || before.composite || copying->intake.asked.kind != before.kind;
    return look_at_sealing(rq, in, copying);
}

struct err copy_before(struct request *rq, const struct s3_copy_object_in *in)
{
    struct copying *copying = ARENA_NEW(rq->ctx.arena, struct copying);
    TRY(look(rq, in, copying));
    rq->before = (struct before){ .self = copying };
    if (copying->anew) {
        rq->before.run = run;
        rq->before.undo = intake_undo;
    }
    return ERR_OK;
}

/* What is shared is what is there when the copy is made. */
static struct err look_again(struct request *rq, const struct s3_copy_object_in *in, struct copying *copying)
{
    if (copying->anew) {
        return ERR_OK;
    }
    TRY(look(rq, in, copying));
    return copying->anew ? s3_fail(rq, &S3_CONDITIONAL_REQUEST_CONFLICT) : ERR_OK;
}

/* --- within it --- */

static struct err check_change(struct request *rq, const struct s3_copy_object_in *in, const struct object_row *source)
{
    const bool same = str_equal(in->bucket, source->bucket) && str_equal(in->key, source->name) && source->latest;
    const bool changed = str_equal(in->metadata_directive, STR("REPLACE")) || in->storage_class.ptr || in->website_redirect_location.ptr
        || in->server_side_encryption.ptr || in->sse_customer_algorithm.ptr || in->checksum_algorithm.ptr;
    return same && !changed
        ? fail(&rq->ctx, &S3_INVALID_REQUEST, "This copy request is illegal because it is trying to copy an object to itself without "
               "changing the object's metadata, storage class, website redirect location or encryption attributes.")
        : ERR_OK;
}

/* The source's own bytes. */
static struct err share(struct request *rq, const struct object_row *source, struct object_row *row)
{
    row->body = source->body;
    row->sse = source->sse;
    row->parts = source->parts;
    row->part_count = source->part_count;
    for (size_t i = 0; i < source->part_count; i++) {
        TRY(blob_rows_use(&rq->ctx, rq->db, source->parts[i].blob, source->parts[i].size));
    }
    return ERR_OK;
}

static struct err fill(struct request *rq, const struct s3_copy_object_in *in, const struct copying *copying,
                       const struct bucket_row *bucket, struct object_row *row)
{
    const struct object_row *source = &copying->source;
    const bool replace = str_equal(in->metadata_directive, STR("REPLACE"));
    const bool own_tags = str_equal(in->tagging_directive, STR("REPLACE"));
    struct traits traits = { .tags = STR_NONE };
    TRY(traits_take(rq, in, bucket, &traits));
    *row = (struct object_row){
        .bucket = bucket->name,
        .name = in->key,
        .version = object_new_version(rq, bucket),
        .size = source->size,
        .etag = copying->anew ? copying->intake.etag : source->etag,
        .modified_ms = rq->ctx.now_ms / 1000 * 1000,
        .storage_class = in->storage_class.ptr ? in->storage_class : STR("STANDARD"),
        .headers = source->headers,
        .checksum = copying->anew ? checksum_write(rq->ctx.arena, &copying->intake.checksum) : source->checksum,
        .tags = own_tags ? traits.tags : source->tags,
        .lock_mode = traits.lock_mode,
        .retain_until_ms = traits.retain_until_ms,
        .legal_hold = traits.legal_hold,
        .hold_said = traits.hold_said,
    };
    TRY(object_access_begin(rq, in, bucket, &row->acl, &row->owner));
    TRY(replace ? headers_take(rq, in, &row->headers) : ERR_OK);
    if (!copying->anew) {
        return share(rq, source, row);
    }
    TRY(sse_keep(rq, bucket->name, &copying->sse));
    row->sse = sse_write(rq->ctx.arena, &copying->sse);
    row->body = copying->intake.body;
    if (copying->intake.blob.ptr) {
        row->parts = ARENA_NEW(rq->ctx.arena, struct object_part);
        row->part_count = 1;
        return intake_keep(rq, &copying->intake, row->parts);
    }
    return ERR_OK;
}

struct err s3_copy_object(struct request *rq, const struct s3_copy_object_in *in, struct s3_copy_object_out *out)
{
    struct copying *copying = rq->before.self;
    struct bucket_row bucket = { .name = STR_NONE };
    struct object_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(object_check_key(rq, in->key));
    TRY(look_again(rq, in, copying));
    TRY(check_change(rq, in, &copying->source));
    TRY(conditions_check_put(rq, in->if_match, in->if_none_match, &bucket, in->key));
    TRY(fill(rq, in, copying, &bucket, &row));
    TRY(object_put(rq, &row));
    struct s3_copy_object_result *result = ARENA_NEW(rq->ctx.arena, struct s3_copy_object_result);
    const struct checksum checksum = checksum_read(rq->ctx.arena, row.checksum);
    checksum_show_in(S3_SHAPE_COPY_OBJECT_RESULT, &checksum, result);
    result->e_tag = object_etag(rq->ctx.arena, &row);
    result->last_modified = (struct opt_time)SOME(row.modified_ms);
    out->copy_object_result = result;
    if (!str_equal(copying->source.version, STR("null"))) {
        out->copy_source_version_id = object_shown_version(&copying->source_bucket, copying->source.version);
    }
    out->version_id = object_shown_version(&bucket, row.version);
    sse_show(rq, &copying->sse, out);
    TRY(expiry_text(rq, &row, &out->expiration));
    return notify(rq, &bucket, "ObjectCreated:Copy", &row);
}
