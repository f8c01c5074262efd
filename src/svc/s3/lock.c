/* lock.c - retention and legal hold of one version of an object.
 *
 * spec: S3 user guide, "Locking objects with Object Lock": a retention may be lengthened by anybody who may set one; a governance
 * one is shortened or removed by those alone who may bypass it; a compliance one by nobody, root included. */
#include "base/clock.h"
#include "svc/s3/object.h"
#include "svc/s3/traits.h"

static const struct fault NO_LOCK = { "NoSuchObjectLockConfiguration", NULL, NULL, 404 };

static struct err need(struct request *rq, struct str name, struct str owner, struct str key, struct str version, struct object_row *row)
{
    struct bucket_row bucket = { .name = STR_NONE };
    TRY(bucket_need(rq, name, owner, &bucket));
    if (!bucket.object_lock) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "Bucket is missing Object Lock Configuration");
    }
    return object_need(rq, &bucket, key, version, row);
}

static struct err absent(struct request *rq)
{
    return fail(&rq->ctx, &NO_LOCK, "The specified object does not have a ObjectLock configuration");
}

static struct err check_retention(struct request *rq, const struct s3_object_lock_retention *retention)
{
    const bool mode = retention->mode.ptr && (str_equal(retention->mode, STR("GOVERNANCE")) || str_equal(retention->mode, STR("COMPLIANCE")));
    const bool none = retention->mode.ptr == NULL && !retention->retain_until_date.set;
    if (none) {
        return ERR_OK;
    }
    if (!mode || !retention->retain_until_date.set) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    return retention->retain_until_date.v > rq->ctx.now_ms
               ? ERR_OK
               : s3_invalid_argument(rq, "RetainUntilDate", clock_format_iso8601(rq->ctx.arena, retention->retain_until_date.v),
                                     "The retain until date must be in the future!");
}

/* Whether less would be kept than is now. */
static bool is_less(const struct object_row *row, const struct s3_object_lock_retention *retention)
{
    const bool compliance = str_equal(row->lock_mode, STR("COMPLIANCE"));
    return !retention->retain_until_date.set || retention->retain_until_date.v < row->retain_until_ms
        || (compliance && !str_equal(retention->mode, STR("COMPLIANCE")));
}

struct err s3_put_object_retention(struct request *rq, const struct s3_put_object_retention_in *in, struct s3_put_object_retention_out *out)
{
    static const struct s3_object_lock_retention nothing = { .mode = { NULL, 0 } };
    const struct s3_object_lock_retention *retention = in->retention ? in->retention : &nothing;
    struct object_row row = { .name = STR_NONE };
    (void)out;
    TRY(need(rq, in->bucket, in->expected_bucket_owner, in->key, in->version_id, &row));
    TRY(check_retention(rq, retention));
    if (row.lock_mode.ptr && is_less(&row, retention)) {
        struct object_row retained = row;
        retained.legal_hold = false; /* which has nothing to do with it */
        TRY(lock_check(rq, &retained, in->bypass_governance_retention.v));
    }
    row.lock_mode = retention->mode;
    row.retain_until_ms = retention->retain_until_date.v;
    return object_rows_update(&rq->ctx, rq->db, &row);
}

struct err s3_get_object_retention(struct request *rq, const struct s3_get_object_retention_in *in, struct s3_get_object_retention_out *out)
{
    struct object_row row = { .name = STR_NONE };
    TRY(need(rq, in->bucket, in->expected_bucket_owner, in->key, in->version_id, &row));
    if (row.lock_mode.ptr == NULL) {
        return absent(rq);
    }
    struct s3_object_lock_retention *retention = ARENA_NEW(rq->ctx.arena, struct s3_object_lock_retention);
    retention->mode = row.lock_mode;
    retention->retain_until_date = (struct opt_time)SOME(row.retain_until_ms);
    out->retention = retention;
    return ERR_OK;
}

struct err s3_put_object_legal_hold(struct request *rq, const struct s3_put_object_legal_hold_in *in, struct s3_put_object_legal_hold_out *out)
{
    struct object_row row = { .name = STR_NONE };
    const struct str status = in->legal_hold ? in->legal_hold->status : STR_NONE;
    (void)out;
    TRY(need(rq, in->bucket, in->expected_bucket_owner, in->key, in->version_id, &row));
    if (!str_equal(status, STR("ON")) && !str_equal(status, STR("OFF"))) {
        return s3_fail(rq, &S3_MALFORMED_XML);
    }
    row.legal_hold = str_equal(status, STR("ON"));
    row.hold_said = true;
    return object_rows_update(&rq->ctx, rq->db, &row);
}

struct err s3_get_object_legal_hold(struct request *rq, const struct s3_get_object_legal_hold_in *in, struct s3_get_object_legal_hold_out *out)
{
    struct object_row row = { .name = STR_NONE };
    TRY(need(rq, in->bucket, in->expected_bucket_owner, in->key, in->version_id, &row));
    if (!row.hold_said) {
        return absent(rq);
    }
    struct s3_object_lock_legal_hold *hold = ARENA_NEW(rq->ctx.arena, struct s3_object_lock_legal_hold);
    hold->status = row.legal_hold ? STR("ON") : STR("OFF");
    out->legal_hold = hold;
    return ERR_OK;
}
