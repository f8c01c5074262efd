/* bucket_logging.c - where a bucket's access log goes.
 *
 * spec: S3 API reference, PutBucketLogging: the target is a bucket of the same account and region; an empty status ends it. */
#include "svc/s3/setting.h"

static const struct fault CROSS_LOCATION = { "CrossLocationLoggingProhibitted", NULL, NULL, 403 };
static const struct fault INVALID_TARGET = { "InvalidTargetBucketForLogging", NULL, NULL, 400 };

static struct err check_target(struct request *rq, const struct bucket_row *bucket, struct str name)
{
    struct bucket_row target = { .name = STR_NONE };
    bool found = false;
    TRY(bucket_rows_get(&rq->ctx, rq->db, name, &target, &found));
    if (!found || !str_equal(target.account, bucket->account)) {
        request_element(rq, STR("TargetBucket"), name);
        return fail(&rq->ctx, &INVALID_TARGET, "%s", found ? "The owner for the bucket to be logged and the target bucket must be the same."
                                                           : "The target bucket for logging does not exist");
    }
    if (!str_equal(target.region, bucket->region)) {
        request_element(rq, STR("TargetBucketLocation"), target.region);
        return fail(&rq->ctx, &CROSS_LOCATION, "Cross S3 location logging not allowed. ");
    }
    return ERR_OK;
}

struct err s3_put_bucket_logging(struct request *rq, const struct s3_put_bucket_logging_in *in, struct s3_put_bucket_logging_out *out)
{
    const struct s3_logging_enabled *enabled = in->bucket_logging_status->logging_enabled;
    struct bucket_row row = { .name = STR_NONE };
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    if (enabled == NULL) {
        return s3_setting_drop(rq, &SETTING_LOGGING, in->bucket, in->expected_bucket_owner);
    }
    TRY(check_target(rq, &row, enabled->target_bucket));
    return s3_setting_put(rq, &SETTING_LOGGING, in->bucket, in->expected_bucket_owner, in->bucket_logging_status);
}
