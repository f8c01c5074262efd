/* guard.c - what authorisation must know of a call to S3 Control: the account it names, the bucket behind an ARN.
 *
 * spec: Service Authorization Reference, Amazon S3: account public access is its account's alone; tags are a bucket's. */
#include "svc/guard.h"
#include "svc/s3/access.h"
#include "svc/s3/members.h"
#include "svc/s3control/bucket_arn.h"
#include "svc/s3control/s3control.h"

static struct err guard_tags(struct request *rq, struct str arn, struct guard *guard)
{
    const struct str name = bucket_of_arn(arn);
    struct bucket_row row = { .name = STR_NONE };
    struct bucket_access access = { .policy = STR_NONE };
    bool found = false;
    TRY(name.ptr ? bucket_rows_get(&rq->ctx, rq->db, name, &row, &found) : ERR_OK);
    if (!found) {
        return ERR_OK; /* the handler says so to those who may ask */
    }
    TRY(bucket_access_read(rq, &row, &access));
    guard->resource = str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(row.name));
    guard->account = row.account;
    guard->policy = access.policy;
    return ERR_OK;
}

static struct err guard(struct request *rq, const void *in, struct guard *guard)
{
    const struct str arn = member_text(rq->operation->input, in, "ResourceArn");
    guard->account = member_text(rq->operation->input, in, "AccountId");
    TRY(arn.ptr ? guard_tags(rq, arn, guard) : ERR_OK);
    guard->terse = !str_equal(guard->account, rq->account);
    return ERR_OK;
}

const struct service S3CONTROL = { .model = &S3CONTROL_MODEL, .guard = guard };
