/* conditions.c - If-Match and its kin.
 * spec: S3 API reference, GetObject, "Consideration 1 and 2": If-Match true outweighs If-Unmodified-Since, If-None-Match false
 * outweighs If-Modified-Since; S3 user guide, "Add preconditions to S3 operations with conditional requests". */
#include "base/clock.h"
#include "svc/s3/object.h"

static struct str unquoted(struct str etag)
{
    const bool quoted = etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"';
    return quoted ? str_slice(etag, 1, etag.len - 2) : etag;
}

/* One of a list, or "*". */
static bool fits(struct str list, struct str etag)
{
    for (struct str rest = list; rest.ptr;) {
        const struct str one = str_trim(str_cut(rest, ',', &rest));
        if (str_equal(one, STR("*")) || str_equal(unquoted(one), etag)) {
            return true;
        }
    }
    return false;
}

static struct err failed(struct request *rq, const char *condition)
{
    request_element(rq, STR("Condition"), str_of(condition));
    return s3_fail(rq, &S3_PRECONDITION_FAILED);
}

static struct err not_modified(struct request *rq, const struct object_row *row)
{
    request_header(rq, STR("ETag"), object_etag(rq->ctx.arena, row));
    request_header(rq, STR("Last-Modified"), clock_format_rfc7231(rq->ctx.arena, row->modified_ms));
    return s3_fail(rq, &S3_NOT_MODIFIED);
}

struct err conditions_check(struct request *rq, const struct conditions *c, const struct object_row *row)
{
    const int64_t second = row->modified_ms / 1000 * 1000;
    if (c->if_match.ptr && !fits(c->if_match, row->etag)) {
        return failed(rq, "If-Match");
    }
    if (c->if_match.ptr == NULL && c->if_unmodified_since.set && second > c->if_unmodified_since.v) {
        return failed(rq, "If-Unmodified-Since");
    }
    if (c->if_none_match.ptr) {
        return fits(c->if_none_match, row->etag) ? not_modified(rq, row) : ERR_OK;
    }
    return c->if_modified_since.set && second <= c->if_modified_since.v ? not_modified(rq, row) : ERR_OK;
}

struct err conditions_check_source(struct request *rq, const struct conditions *c, const struct object_row *row)
{
    const size_t elements = rq->extra.element_count;
    const struct err err = conditions_check(rq, c, row);
    if (err_is(err, &S3_PRECONDITION_FAILED)) {
        rq->extra.element_count = elements;
        return failed(rq, c->if_match.ptr ? "x-amz-copy-source-If-Match" : "x-amz-copy-source-If-Unmodified-Since");
    }
    if (!err_is(err, &S3_NOT_MODIFIED)) {
        return err;
    }
    rq->extra.header_count = 0;
    return failed(rq, c->if_none_match.ptr ? "x-amz-copy-source-If-None-Match" : "x-amz-copy-source-If-Modified-Since");
}

static struct err not_built(struct request *rq, const char *header, const char *why)
{
    request_element(rq, STR("Header"), str_of(header));
    request_element(rq, STR("additionalMessage"), str_of(why));
    return fail(&rq->ctx, &S3_NOT_IMPLEMENTED, "A header you provided implies functionality that is not implemented");
}

/* To put something anywhere but where nothing is has no meaning. */
struct err conditions_check_put(struct request *rq, struct str if_match, struct str if_none_match, const struct bucket_row *bucket,
                                struct str key)
{
    return str_equal(if_match, STR("*")) && if_none_match.ptr == NULL
               ? not_built(rq, "If-Match", "We don't accept the provided value of If-Match header for this API")
               : conditions_check_write(rq, if_match, if_none_match, bucket, key);
}

struct err conditions_check_write(struct request *rq, struct str if_match, struct str if_none_match, const struct bucket_row *bucket,
                                  struct str key)
{
    struct object_row row = { .name = STR_NONE };
    bool found = false;
    if (if_match.ptr == NULL && if_none_match.ptr == NULL) {
        return ERR_OK;
    }
    if (if_match.ptr && if_none_match.ptr) {
        return not_built(rq, "If-Match,If-None-Match", "Multiple conditional request headers present in the request");
    }
    if (if_none_match.ptr && !str_equal(if_none_match, STR("*"))) {
        return not_built(rq, "If-None-Match", "We don't accept the provided value of If-None-Match header for this API");
    }
    TRY(object_rows_get(&rq->ctx, rq->db, bucket->name, key, STR_NONE, &row, &found));
    const bool there = found && !row.marker;
    if (if_none_match.ptr && there) {
        return failed(rq, "If-None-Match");
    }
    if (if_match.ptr && !there) {
        request_element(rq, STR("Key"), key);
        return s3_fail(rq, &S3_NO_SUCH_KEY);
    }
    return if_match.ptr && !fits(if_match, row.etag) ? failed(rq, "If-Match") : ERR_OK;
}
