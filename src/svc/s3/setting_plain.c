/* setting_plain.c - configurations that are shown and dropped as they were put. */
#include "svc/s3/setting.h"
#include "svc/s3/tag_set.h"

struct err s3_get_bucket_cors(struct request *rq, const struct s3_get_bucket_cors_in *in, struct s3_get_bucket_cors_out *out)
{
    return s3_setting_show(rq, &SETTING_CORS, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_delete_bucket_cors(struct request *rq, const struct s3_delete_bucket_cors_in *in, struct s3_delete_bucket_cors_out *out)
{
    (void)out;
    return s3_setting_drop(rq, &SETTING_CORS, in->bucket, in->expected_bucket_owner);
}

struct err s3_get_bucket_website(struct request *rq, const struct s3_get_bucket_website_in *in, struct s3_get_bucket_website_out *out)
{
    return s3_setting_show(rq, &SETTING_WEBSITE, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_delete_bucket_website(struct request *rq, const struct s3_delete_bucket_website_in *in, struct s3_delete_bucket_website_out *out)
{
    (void)out;
    return s3_setting_drop(rq, &SETTING_WEBSITE, in->bucket, in->expected_bucket_owner);
}

struct err s3_get_bucket_logging(struct request *rq, const struct s3_get_bucket_logging_in *in, struct s3_get_bucket_logging_out *out)
{
    return s3_setting_show(rq, &SETTING_LOGGING, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_get_bucket_ownership_controls(struct request *rq, const struct s3_get_bucket_ownership_controls_in *in, struct s3_get_bucket_ownership_controls_out *out)
{
    return s3_setting_show(rq, &SETTING_OWNERSHIP, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_delete_bucket_ownership_controls(struct request *rq, const struct s3_delete_bucket_ownership_controls_in *in, struct s3_delete_bucket_ownership_controls_out *out)
{
    (void)out;
    return s3_setting_drop(rq, &SETTING_OWNERSHIP, in->bucket, in->expected_bucket_owner);
}

struct err s3_get_bucket_accelerate_configuration(struct request *rq, const struct s3_get_bucket_accelerate_configuration_in *in, struct s3_get_bucket_accelerate_configuration_out *out)
{
    return s3_setting_show(rq, &SETTING_ACCELERATE, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_get_bucket_replication(struct request *rq, const struct s3_get_bucket_replication_in *in, struct s3_get_bucket_replication_out *out)
{
    return s3_setting_show(rq, &SETTING_REPLICATION, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_delete_bucket_replication(struct request *rq, const struct s3_delete_bucket_replication_in *in, struct s3_delete_bucket_replication_out *out)
{
    (void)out;
    return s3_setting_drop(rq, &SETTING_REPLICATION, in->bucket, in->expected_bucket_owner);
}

struct err s3_get_public_access_block(struct request *rq, const struct s3_get_public_access_block_in *in, struct s3_get_public_access_block_out *out)
{
    return s3_setting_show(rq, &SETTING_PUBLIC_ACCESS, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_delete_public_access_block(struct request *rq, const struct s3_delete_public_access_block_in *in, struct s3_delete_public_access_block_out *out)
{
    (void)out;
    return s3_setting_drop(rq, &SETTING_PUBLIC_ACCESS, in->bucket, in->expected_bucket_owner);
}

struct err s3_get_bucket_tagging(struct request *rq, const struct s3_get_bucket_tagging_in *in, struct s3_get_bucket_tagging_out *out)
{
    return s3_setting_show(rq, &SETTING_TAGGING, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_delete_bucket_tagging(struct request *rq, const struct s3_delete_bucket_tagging_in *in, struct s3_delete_bucket_tagging_out *out)
{
    (void)out;
    return s3_setting_drop(rq, &SETTING_TAGGING, in->bucket, in->expected_bucket_owner);
}

struct err s3_delete_bucket_encryption(struct request *rq, const struct s3_delete_bucket_encryption_in *in, struct s3_delete_bucket_encryption_out *out)
{
    (void)out;
    return s3_setting_drop(rq, &SETTING_ENCRYPTION, in->bucket, in->expected_bucket_owner);
}

struct err s3_get_bucket_notification_configuration(struct request *rq, const struct s3_get_bucket_notification_configuration_in *in, struct s3_get_bucket_notification_configuration_out *out)
{
    return s3_setting_show(rq, &SETTING_NOTIFICATION, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_put_bucket_tagging(struct request *rq, const struct s3_put_bucket_tagging_in *in, struct s3_put_bucket_tagging_out *out)
{
    (void)out;
    TRY(tag_set_check(rq, &in->tagging->tag_set, TAGS_OF_BUCKET));
    rq->extra.status = 204;
    if (in->tagging->tag_set.count == 0) {
        return s3_setting_drop(rq, &SETTING_TAGGING, in->bucket, in->expected_bucket_owner);
    }
    return s3_setting_put(rq, &SETTING_TAGGING, in->bucket, in->expected_bucket_owner, in->tagging);
}

/* spec: S3 API reference, GetBucketRequestPayment: the owner pays unless told otherwise. */
struct err s3_get_bucket_request_payment(struct request *rq, const struct s3_get_bucket_request_payment_in *in,
                                         struct s3_get_bucket_request_payment_out *out)
{
    out->payer = STR("BucketOwner");
    return s3_setting_show(rq, &SETTING_PAYMENT, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_put_bucket_request_payment(struct request *rq, const struct s3_put_bucket_request_payment_in *in,
                                         struct s3_put_bucket_request_payment_out *out)
{
    (void)out;
    return s3_setting_put(rq, &SETTING_PAYMENT, in->bucket, in->expected_bucket_owner, in->request_payment_configuration);
}

/* Requests come in at one place here: what is accelerated is the flag alone. */
struct err s3_put_bucket_accelerate_configuration(struct request *rq, const struct s3_put_bucket_accelerate_configuration_in *in,
                                                  struct s3_put_bucket_accelerate_configuration_out *out)
{
    (void)out;
    if (in->accelerate_configuration->status.ptr == NULL) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    if (str_find(in->bucket, '.') != STR_MISSING) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names");
    }
    return s3_setting_put(rq, &SETTING_ACCELERATE, in->bucket, in->expected_bucket_owner, in->accelerate_configuration);
}

struct err s3_get_bucket_abac(struct request *rq, const struct s3_get_bucket_abac_in *in, struct s3_get_bucket_abac_out *out)
{
    static const struct s3_abac_status disabled = { .status = STR_INIT("Disabled") };
    out->abac_status = &disabled;
    return s3_setting_show(rq, &SETTING_ABAC, in->bucket, in->expected_bucket_owner, out);
}

struct err s3_put_bucket_abac(struct request *rq, const struct s3_put_bucket_abac_in *in, struct s3_put_bucket_abac_out *out)
{
    (void)out;
    return s3_setting_put(rq, &SETTING_ABAC, in->bucket, in->expected_bucket_owner, in->abac_status);
}

/* Kept configurations that did nothing would be a promise broken. */
struct err s3_put_bucket_replication(struct request *rq, const struct s3_put_bucket_replication_in *in,
                                     struct s3_put_bucket_replication_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    return fail(&rq->ctx, &S3_NOT_IMPLEMENTED, "Replication between buckets is not implemented by Yagura yet.");
}

static struct opt_bool settled(struct opt_bool value)
{
    return (struct opt_bool)SOME(value.v);
}

struct err s3_put_public_access_block(struct request *rq, const struct s3_put_public_access_block_in *in,
                                      struct s3_put_public_access_block_out *out)
{
    const struct s3_public_access_block_configuration *asked = in->public_access_block_configuration;
    const struct s3_public_access_block_configuration whole = { settled(asked->block_public_acls), settled(asked->ignore_public_acls),
                                                                settled(asked->block_public_policy), settled(asked->restrict_public_buckets) };
    (void)out;
    return s3_setting_put(rq, &SETTING_PUBLIC_ACCESS, in->bucket, in->expected_bucket_owner, &whole);
}
