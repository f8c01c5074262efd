/* bucket_versioning.c - whether a bucket keeps versions, and whether they go only with a code of an MFA device.
 *
 * spec: S3 user guide, "Configuring MFA delete": the account's root alone switches it. */
#include "svc/s3/bucket.h"
#include "svc/s3/mfa.h"

struct err s3_get_bucket_versioning(struct request *rq, const struct s3_get_bucket_versioning_in *in, struct s3_get_bucket_versioning_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    out->status = row.versioning.len ? row.versioning : STR_NONE;
    out->mfa_delete = row.mfa_delete ? STR("Enabled") : STR_NONE;
    return ERR_OK;
}

static struct err change_mfa(struct request *rq, struct str asked, struct str header, struct bucket_row *row)
{
    if (row->mfa_delete || asked.ptr) {
        TRY(mfa_need(rq, header));
    }
    if (asked.ptr == NULL) {
        return ERR_OK;
    }
    if (rq->caller.type != PRINCIPAL_ROOT) {
        return fail(&rq->ctx, &S3_ACCESS_DENIED, "MFA delete may be switched by the root of the bucket's account only.");
    }
    row->mfa_delete = str_equal(asked, STR("Enabled"));
    return ERR_OK;
}

struct err s3_put_bucket_versioning(struct request *rq, const struct s3_put_bucket_versioning_in *in, struct s3_put_bucket_versioning_out *out)
{
    struct bucket_row row = { .name = STR_NONE };
    const struct s3_versioning_configuration *asked = in->versioning_configuration;
    (void)out;
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &row));
    if (asked->status.ptr == NULL) {
        return fail(&rq->ctx, &S3_ILLEGAL_VERSIONING, "The Versioning element must be specified");
    }
    if (row.object_lock && str_equal(asked->status, STR("Suspended"))) {
        return fail(&rq->ctx, &S3_INVALID_BUCKET_STATE,
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.");
    }
    TRY(change_mfa(rq, asked->mfa_delete, in->mfa, &row));
    row.versioning = asked->status;
    return bucket_rows_update(&rq->ctx, rq->db, &row);
}
