#include "svc/s3/object.h"

#include "base/clock.h"
#include "crypto/crc.h"
#include "crypto/random.h"
#include "svc/s3/access.h"
#include "svc/s3/headers.h"
#include "svc/s3/expiry.h"
#include "svc/s3/intake.h"
#include "svc/s3/notify.h"
#include "svc/s3/traits.h"

enum { KEY_MAX = 1024, VERSION_SIZE = 32, VERSION_RANDOM = 28 };

static const char VERSION_LETTERS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";

struct err object_check_key(struct request *rq, struct str key)
{
    if (key.len > KEY_MAX) {
        request_element(rq, STR("Size"), str_format(rq->ctx.arena, "%zu", key.len));
        request_element(rq, STR("MaxSizeAllowed"), STR("1024"));
        return s3_fail(rq, &S3_KEY_TOO_LONG);
    }
    const bool sound = key.len > 0 && str_utf8_valid(key) && str_find(key, '\0') == STR_MISSING;
    return sound ? ERR_OK : s3_fail(rq, &S3_INVALID_URI);
}

/* The last letters of an id follow from the others: one that nobody was ever given is known by its looks, as S3 knows it. */
static void check_letters(struct str version, char out[VERSION_SIZE - VERSION_RANDOM])
{
    uint32_t sum = crc32_c(0, str_slice(version, 0, VERSION_RANDOM));
    for (size_t i = 0; i < VERSION_SIZE - VERSION_RANDOM; i++) {
        out[i] = VERSION_LETTERS[sum % (sizeof(VERSION_LETTERS) - 1)];
        sum /= sizeof(VERSION_LETTERS) - 1;
    }
}

static bool is_version(struct str version)
{
    for (size_t i = 0; i < version.len; i++) {
        if (version.ptr[i] == '\0' || strchr(VERSION_LETTERS, version.ptr[i]) == NULL) {
            return false;
        }
    }
    char letters[VERSION_SIZE - VERSION_RANDOM];
    if (version.len != VERSION_SIZE) {
        return str_equal(version, STR("null"));
    }
    check_letters(version, letters);
    return memcmp(version.ptr + VERSION_RANDOM, letters, sizeof(letters)) == 0;
}

struct err object_check_version(struct request *rq, struct str version)
{
    return version.ptr && !is_version(version) ? s3_invalid_argument(rq, "versionId", version, "Invalid version id specified") : ERR_OK;
}

/* spec: S3 API reference, GetObject: without permission to list, a key that isn't there is AccessDenied. */
static struct err missing(struct request *rq, struct str key, struct str version)
{
    if (!access_may_list(rq)) {
        return s3_fail(rq, &S3_ACCESS_DENIED);
    }
    request_element(rq, STR("Key"), key);
    if (version.ptr == NULL) {
        return s3_fail(rq, &S3_NO_SUCH_KEY);
    }
    request_element(rq, STR("VersionId"), version);
    return s3_fail(rq, &S3_NO_SUCH_VERSION);
}

struct err object_need(struct request *rq, const struct bucket_row *bucket, struct str key, struct str version, struct object_row *out)
{
    bool found = false;
    TRY(object_check_version(rq, version));
    TRY(object_check_key(rq, key));
    TRY(object_rows_get(&rq->ctx, rq->db, bucket->name, key, version, out, &found));
    if (!found) {
        return missing(rq, key, version);
    }
    if (!out->marker) {
        return ERR_OK;
    }
    request_header(rq, STR("x-amz-delete-marker"), STR("true"));
    request_header(rq, STR("x-amz-version-id"), out->version);
    if (version.ptr == NULL) {
        return missing(rq, key, STR_NONE);
    }
    request_header(rq, STR("Allow"), STR("DELETE"));
    request_header(rq, STR("Last-Modified"), clock_format_rfc7231(rq->ctx.arena, out->modified_ms));
    request_element(rq, STR("Method"), str_of(rq->operation->method));
    request_element(rq, STR("ResourceType"), STR("DeleteMarker"));
    return s3_fail(rq, &S3_METHOD_NOT_ALLOWED);
}

struct str object_new_version(struct request *rq, const struct bucket_row *bucket)
{
    char letters[VERSION_SIZE - VERSION_RANDOM];
    if (!str_equal(bucket->versioning, STR("Enabled"))) {
        return STR("null");
    }
    const struct str random = random_alphabet(&rq->ctx, str_of(VERSION_LETTERS), VERSION_RANDOM);
    check_letters(random, letters);
    return str_format(rq->ctx.arena, "%" STR_FMT "%.*s", STR_ARG(random), (int)sizeof(letters), letters);
}

struct str object_shown_version(const struct bucket_row *bucket, struct str version)
{
    return bucket->versioning.len ? version : STR_NONE;
}

struct str object_etag(struct arena *arena, const struct object_row *row)
{
    return str_format(arena, "\"%" STR_FMT "\"", STR_ARG(row->etag));
}

struct err object_put(struct request *rq, struct object_row *row)
{
    const struct err err = object_rows_put(&rq->ctx, rq->db, row);
    return err_is(err, &STORE_CONFLICT) ? s3_fail(rq, &S3_SLOW_DOWN) : err;
}

/* --- PutObject --- */

struct err object_before_put(struct request *rq, const struct s3_put_object_in *in)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct sse *sse = ARENA_NEW(rq->ctx.arena, struct sse);
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(sse_choose(rq, in, &bucket, in->key, sse));
    return intake_begin(rq, in, &(struct intake_wish){ .sse = sse });
}

static struct err fill_row(struct request *rq, const struct s3_put_object_in *in, const struct bucket_row *bucket, struct object_row *row)
{
    const struct intake *intake = intake_of(rq);
    struct traits traits = { .tags = STR_NONE };
    TRY(traits_take(rq, in, bucket, &traits));
    *row = (struct object_row){
        .bucket = bucket->name,
        .name = in->key,
        .version = object_new_version(rq, bucket),
        .size = intake->size,
        .etag = intake->etag,
        .modified_ms = rq->ctx.now_ms / 1000 * 1000,
        .storage_class = in->storage_class.ptr ? in->storage_class : STR("STANDARD"),
        .owner = bucket->account,
        .checksum = checksum_write(rq->ctx.arena, &intake->checksum),
        .body = intake->body,
        .sse = sse_write(rq->ctx.arena, intake->sse),
        .tags = traits.tags,
        .lock_mode = traits.lock_mode,
        .retain_until_ms = traits.retain_until_ms,
        .legal_hold = traits.legal_hold,
        .hold_said = traits.hold_said,
    };
    TRY(object_access_begin(rq, in, bucket, &row->acl, &row->owner));
    TRY(sse_keep(rq, bucket->name, intake->sse));
    TRY(headers_take(rq, in, &row->headers));
    if (intake->blob.ptr) {
        row->parts = ARENA_NEW(rq->ctx.arena, struct object_part);
        row->part_count = 1;
        return intake_keep(rq, intake, row->parts);
    }
    return ERR_OK;
}

struct err s3_put_object(struct request *rq, const struct s3_put_object_in *in, struct s3_put_object_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct object_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(object_check_key(rq, in->key));
    TRY(conditions_check_put(rq, in->if_match, in->if_none_match, &bucket, in->key));
    TRY(fill_row(rq, in, &bucket, &row));
    TRY(object_put(rq, &row));
    out->e_tag = object_etag(rq->ctx.arena, &row);
    out->version_id = str_equal(bucket.versioning, STR("Enabled")) ? row.version : STR_NONE; /* as AWS answered: no "null" while suspended */
    checksum_show(rq, &intake_of(rq)->checksum, out);
    sse_show(rq, intake_of(rq)->sse, out);
    TRY(expiry_text(rq, &row, &out->expiration));
    const bool posted = rq->http && str_equal(rq->http->method, STR("POST"));
    return notify(rq, &bucket, posted ? "ObjectCreated:Post" : "ObjectCreated:Put", &row);
}
