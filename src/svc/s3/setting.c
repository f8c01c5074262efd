#include "svc/s3/setting.h"

#include "wire/codec.h"
#include "wire/rest.h"

enum { PAGE = 100, MANY_MAX = 1000 };

const struct fault S3_NO_SUCH_CONFIGURATION = { "NoSuchConfiguration", NULL, NULL, 404 };
static const struct fault NO_CORS = { "NoSuchCORSConfiguration", NULL, NULL, 404 };
static const struct fault NO_LIFECYCLE = { "NoSuchLifecycleConfiguration", NULL, NULL, 404 };
static const struct fault NO_LOCK = { "ObjectLockConfigurationNotFoundError", NULL, NULL, 404 };
static const struct fault NO_OWNERSHIP = { "OwnershipControlsNotFoundError", NULL, NULL, 404 };
static const struct fault NO_PUBLIC_ACCESS = { "NoSuchPublicAccessBlockConfiguration", NULL, NULL, 404 };
static const struct fault NO_REPLICATION = { "ReplicationConfigurationNotFoundError", NULL, NULL, 404 };
static const struct fault NO_TAGS = { "NoSuchTagSet", NULL, NULL, 404 };
static const struct fault NO_WEBSITE = { "NoSuchWebsiteConfiguration", NULL, NULL, 404 };
static const struct fault TOO_MANY = { "TooManyConfigurations", NULL, NULL, 400 };

#define NO_CONFIGURATION &S3_NO_SUCH_CONFIGURATION, "The specified configuration does not exist."

const struct setting_kind SETTING_ABAC = { "abac", S3_SHAPE_ABAC_STATUS, NULL, NULL };
const struct setting_kind SETTING_ACCELERATE = { "accelerate", S3_SHAPE_ACCELERATE_CONFIGURATION, NULL, NULL };
const struct setting_kind SETTING_ACL = { "acl", S3_SHAPE_ACCESS_CONTROL_POLICY, NULL, NULL };
const struct setting_kind SETTING_ANALYTICS = { "analytics", S3_SHAPE_ANALYTICS_CONFIGURATION, NO_CONFIGURATION };
const struct setting_kind SETTING_CORS = { "cors", S3_SHAPE_CORS_CONFIGURATION, &NO_CORS, "The CORS configuration does not exist" };
const struct setting_kind SETTING_ENCRYPTION = { "encryption", S3_SHAPE_SERVER_SIDE_ENCRYPTION_CONFIGURATION, NULL, NULL };
const struct setting_kind SETTING_INTELLIGENT_TIERING = { "intelligent-tiering", S3_SHAPE_INTELLIGENT_TIERING_CONFIGURATION,
                                                          NO_CONFIGURATION };
const struct setting_kind SETTING_INVENTORY = { "inventory", S3_SHAPE_INVENTORY_CONFIGURATION, NO_CONFIGURATION };
const struct setting_kind SETTING_LIFECYCLE = { "lifecycle", S3_SHAPE_BUCKET_LIFECYCLE_CONFIGURATION, &NO_LIFECYCLE,
                                                "The lifecycle configuration does not exist" };
const struct setting_kind SETTING_LOGGING = { "logging", S3_SHAPE_BUCKET_LOGGING_STATUS, NULL, NULL };
const struct setting_kind SETTING_METRICS = { "metrics", S3_SHAPE_METRICS_CONFIGURATION, NO_CONFIGURATION };
const struct setting_kind SETTING_NOTIFICATION = { "notification", S3_SHAPE_NOTIFICATION_CONFIGURATION, NULL, NULL };
const struct setting_kind SETTING_OBJECT_LOCK = { "object-lock", S3_SHAPE_OBJECT_LOCK_CONFIGURATION, &NO_LOCK,
                                                  "Object Lock configuration does not exist for this bucket" };
const struct setting_kind SETTING_OWNERSHIP = { "ownership", S3_SHAPE_OWNERSHIP_CONTROLS, &NO_OWNERSHIP,
                                                "The bucket ownership controls were not found" };
const struct setting_kind SETTING_PAYMENT = { "request-payment", S3_SHAPE_REQUEST_PAYMENT_CONFIGURATION, NULL, NULL };
const struct setting_kind SETTING_PUBLIC_ACCESS = { "public-access", S3_SHAPE_PUBLIC_ACCESS_BLOCK_CONFIGURATION, &NO_PUBLIC_ACCESS,
                                                    "The public access block configuration was not found" };
const struct setting_kind SETTING_REPLICATION = { "replication", S3_SHAPE_REPLICATION_CONFIGURATION, &NO_REPLICATION,
                                                  "The replication configuration was not found" };
const struct setting_kind SETTING_TAGGING = { "tagging", S3_SHAPE_TAGGING, &NO_TAGS, "The TagSet does not exist" };
const struct setting_kind SETTING_WEBSITE = { "website", S3_SHAPE_WEBSITE_CONFIGURATION, &NO_WEBSITE,
                                              "The specified bucket does not have a website configuration" };

#define WHOLE STR("") /* the id of kinds that a bucket has one of */

struct err s3_setting_absent(struct request *rq, const struct setting_kind *kind, struct str bucket)
{
    if (kind->absent == NULL) {
        return ERR_OK;
    }
    if (kind->absent != &S3_NO_SUCH_CONFIGURATION) {
        request_element(rq, STR("BucketName"), bucket);
    }
    return fail(&rq->ctx, kind->absent, "%s", kind->absent_text);
}

/* The payload of an output is a member of it, a pointer; without one the output's members are the document's. */
static struct err show(struct request *rq, struct str document, void *out)
{
    const struct shape *shape = rq->operation->output;
    const struct member *payload = rest_payload(shape);
    void *value = NULL;
    TRY(wire_json_read(&rq->ctx, payload ? payload->shape : shape, document, &value));
    if (payload) {
        memcpy((char *)out + payload->offset, &value, sizeof(value));
    } else {
        memcpy(out, value, shape->size);
    }
    return ERR_OK;
}

struct err s3_setting_put_one(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str id,
                           const void *value)
{
    struct bucket_row row = { .name = STR_NONE };
    struct setting_row *there = NULL;
    size_t count = 0;
    TRY(bucket_need(rq, bucket, owner, &row));
    if (id.len) {
        TRY(setting_rows_list(&rq->ctx, rq->db, row.name, str_of(kind->kind), &there, &count));
    }
    bool known = false;
    for (size_t i = 0; i < count; i++) {
        known = known || str_equal(there[i].id, id);
    }
    if (count >= MANY_MAX && !known) {
        return fail(&rq->ctx, &TOO_MANY, "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.");
    }
    return bucket_setting_put(rq, row.name, str_of(kind->kind), id, kind->shape, value);
}

struct err s3_setting_drop_one(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str id)
{
    struct bucket_row row = { .name = STR_NONE };
    bool found = false;
    TRY(bucket_need(rq, bucket, owner, &row));
    TRY(setting_rows_delete(&rq->ctx, rq->db, row.name, str_of(kind->kind), id, &found));
    return found || id.len == 0 ? ERR_OK : s3_setting_absent(rq, kind, bucket);
}

struct err s3_setting_show_one(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str id,
                            void *out)
{
    struct bucket_row row = { .name = STR_NONE };
    struct str document = STR_NONE;
    TRY(bucket_need(rq, bucket, owner, &row));
    TRY(setting_rows_get(&rq->ctx, rq->db, row.name, str_of(kind->kind), id, &document));
    return document.ptr ? show(rq, document, out) : s3_setting_absent(rq, kind, bucket);
}

struct err s3_setting_put(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, const void *value)
{
    return s3_setting_put_one(rq, kind, bucket, owner, WHOLE, value);
}

struct err s3_setting_drop(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner)
{
    return s3_setting_drop_one(rq, kind, bucket, owner, WHOLE);
}

struct err s3_setting_show(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, void *out)
{
    return s3_setting_show_one(rq, kind, bucket, owner, WHOLE, out);
}

struct err s3_setting_page(struct request *rq, const struct setting_kind *kind, struct str bucket, struct str owner, struct str token,
                        void **items, size_t *count, struct str *next)
{
    struct bucket_row row = { .name = STR_NONE };
    struct setting_row *rows = NULL;
    struct str after = STR_NONE;
    size_t found = 0;
    size_t from = 0;
    TRY(bucket_need(rq, bucket, owner, &row));
    if (token.len && !str_unbase64(rq->ctx.arena, token, &after)) {
        return s3_invalid_argument(rq, "continuation-token", token, "The continuation token provided is incorrect");
    }
    TRY(setting_rows_list(&rq->ctx, rq->db, row.name, str_of(kind->kind), &rows, &found));
    while (after.ptr && from < found && str_compare(rows[from].id, after) <= 0) {
        from++;
    }
    *count = found - from > PAGE ? PAGE : found - from;
    *next = found - from > PAGE ? str_base64(rq->ctx.arena, rows[from + PAGE - 1].id) : STR_NONE;
    char *array = arena_array(rq->ctx.arena, *count + 1, kind->shape->size);
    for (size_t i = 0; i < *count; i++) {
        void *value = NULL;
        TRY(wire_json_read(&rq->ctx, kind->shape, rows[from + i].document, &value));
        memcpy(array + i * kind->shape->size, value, kind->shape->size);
    }
    *items = array;
    return ERR_OK;
}
