/* bucket_lock.c - object lock of a bucket, and the retention that new objects get.
 *
 * spec: S3 user guide, "Configuring S3 Object Lock": once on it stays on, and needs versioning. */
#include "svc/s3/setting.h"

static bool is_sound(const struct s3_object_lock_configuration *lock)
{
    if (!str_equal(lock->object_lock_enabled, STR("Enabled"))) {
        return false;
    }
    if (lock->rule == NULL) {
        return true;
    }
    const struct s3_default_retention *retention = lock->rule->default_retention;
    return retention && retention->mode.ptr && retention->days.set != retention->years.set;
}

static struct err check_period(struct request *rq, const struct s3_object_lock_configuration *lock)
{
    enum { DAYS_MAX = 36500, YEARS_MAX = 100 };
    if (lock->rule == NULL) {
        return ERR_OK;
    }
    const struct s3_default_retention *retention = lock->rule->default_retention;
    const int32_t period = retention->days.set ? retention->days.v : retention->years.v;
    if (period <= 0) {
        return s3_invalid_argument(rq, retention->days.set ? "Days" : "Years", str_format(rq->ctx.arena, "%d", period),
                                   "Default retention period must be a positive integer value.");
    }
    return period > (retention->days.set ? DAYS_MAX : YEARS_MAX)
               ? s3_invalid_argument(rq, retention->days.set ? "Days" : "Years", str_format(rq->ctx.arena, "%d", period),
                                     "Default retention period too large.") : ERR_OK;
}

struct err s3_put_object_lock_configuration(struct request *rq, const struct s3_put_object_lock_configuration_in *in,
                                            struct s3_put_object_lock_configuration_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    if (in->object_lock_configuration == NULL || !is_sound(in->object_lock_configuration)) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    TRY(check_period(rq, in->object_lock_configuration));
    if (!str_equal(row.versioning, STR("Enabled"))) {
        return fail(&rq->ctx, &S3_INVALID_BUCKET_STATE, "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
    }
    row.object_lock = true;
    TRY(bucket_rows_update(&rq->ctx, rq->db, &row));
    return bucket_setting_put(rq, row.name, STR("object-lock"), STR(""), S3_SHAPE_OBJECT_LOCK_CONFIGURATION, in->object_lock_configuration);
}

struct err s3_get_object_lock_configuration(struct request *rq, const struct s3_get_object_lock_configuration_in *in,
                                            struct s3_get_object_lock_configuration_out *out)
{
    static const struct s3_object_lock_configuration enabled = { .object_lock_enabled = STR_INIT("Enabled") };
    struct bucket_row row = { .name = STR_NONE };
    const void *known = NULL;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    if (!row.object_lock) {
        return s3_setting_absent(rq, &SETTING_OBJECT_LOCK, row.name);
    }
    TRY(bucket_setting(rq, row.name, STR("object-lock"), STR(""), S3_SHAPE_OBJECT_LOCK_CONFIGURATION, &known));
    out->object_lock_configuration = known ? known : &enabled;
    return ERR_OK;
}
