/* guard.c - what authorisation must know of a call to S3: whose the bucket is. */
#include "svc/guard.h"
#include "svc/s3/intake.h"
#include "svc/s3/members.h"
#include "svc/s3/s3.h"

static struct err guard(struct request *rq, const void *in, struct guard *guard)
{
    const struct str name = member_text(rq->operation->input, in, "Bucket");
    struct bucket_row row = { .name = STR_NONE };
    bool found = false;
    if (name.ptr == NULL || strcmp(rq->operation->name, "CreateBucket") == 0) {
        return ERR_OK;
    }
    TRY(bucket_rows_get(&rq->ctx, rq->db, name, &row, &found));
    guard->account = found ? row.account : guard->account;
    return ERR_OK;
}

static struct err before(struct request *rq, const void *in)
{
    return strcmp(rq->operation->name, "PutObject") == 0 ? intake_begin(rq, in) : ERR_OK;
}

const struct service S3 = { .model = &S3_MODEL, .guard = guard, .before = before, .anonymous_ok = true };
