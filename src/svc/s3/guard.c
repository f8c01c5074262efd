/* guard.c - what authorisation must know of a call to S3: whose the bucket is. */
#include "svc/s3/bucket.h"
#include "svc/s3/guard_object.h"
#include "svc/s3/members.h"
#include "svc/s3/s3.h"
#include "svc/s3/work.h"

/* One that isn't there belongs to nobody else. */
static struct err find_owner(struct request *rq, struct guard *guard)
{
    const struct str name = guard_bucket_of(guard->resource);
    struct bucket_row row = { .name = STR_NONE };
    bool found = false;
    TRY(name.ptr ? bucket_rows_get(&rq->ctx, rq->db, name, &row, &found) : ERR_OK);
    guard->account = found ? row.account : guard->account;
    return ERR_OK;
}

static struct err guard(struct request *rq, const void *in, struct guard *guard)
{
    if (strcmp(rq->operation->name, "CreateBucket") == 0) {
        return ERR_OK;
    }
    TRY(guard_object(rq, in, guard));
    for (struct guard *one = guard; one; one = one->next) {
        TRY(find_owner(rq, one));
    }
    return ERR_OK;
}

const struct service S3 = { .model = &S3_MODEL, .guard = guard, .before = work_before, .anonymous_ok = true };
