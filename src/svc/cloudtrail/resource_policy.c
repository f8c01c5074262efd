/* resource_policy.c - policies of channels: who else may put events through them. */
#include "svc/cloudtrail/channel.h"
#include "svc/policy_text.h"

static struct err need(struct request *rq, struct str arn, struct channel_row *out)
{
    if (!str_starts(arn, STR("arn:"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_RESOURCE_ARN_NOT_VALID_EXCEPTION, "%" STR_FMT " is not a valid ARN.", STR_ARG(arn));
    }
    if (str_search(arn, STR(":channel/")) == STR_MISSING) {
        return fail(&rq->ctx, &CLOUDTRAIL_RESOURCE_TYPE_NOT_SUPPORTED_EXCEPTION,
                    "%" STR_FMT " can't have a policy: channels can.", STR_ARG(arn));
    }
    const struct err err = channel_need(rq, arn, out);
    return err.fault ? fail(&rq->ctx, &CLOUDTRAIL_RESOURCE_NOT_FOUND_EXCEPTION, "Resource not found: %" STR_FMT, STR_ARG(arn)) : ERR_OK;
}

static struct err need_policy(struct request *rq, struct str arn, struct channel_row *out)
{
    TRY(need(rq, arn, out));
    return out->policy.ptr ? ERR_OK
                           : fail(&rq->ctx, &CLOUDTRAIL_RESOURCE_POLICY_NOT_FOUND_EXCEPTION, "%" STR_FMT " has no policy.", STR_ARG(arn));
}

struct err cloudtrail_put_resource_policy(struct request *rq, const struct cloudtrail_put_resource_policy_in *in,
                                          struct cloudtrail_put_resource_policy_out *out)
{
    struct channel_row row;
    TRY(need(rq, in->resource_arn, &row));
    TRY(policy_text_check(rq, in->resource_policy, POLICY_RESOURCE, &CLOUDTRAIL_RESOURCE_POLICY_NOT_VALID_EXCEPTION));
    row.policy = in->resource_policy;
    out->resource_arn = in->resource_arn;
    out->resource_policy = row.policy;
    return channel_rows_put(&rq->ctx, rq->db, &row);
}

struct err cloudtrail_get_resource_policy(struct request *rq, const struct cloudtrail_get_resource_policy_in *in,
                                          struct cloudtrail_get_resource_policy_out *out)
{
    struct channel_row row;
    TRY(need_policy(rq, in->resource_arn, &row));
    out->resource_arn = in->resource_arn;
    out->resource_policy = row.policy;
    return ERR_OK;
}

struct err cloudtrail_delete_resource_policy(struct request *rq, const struct cloudtrail_delete_resource_policy_in *in,
                                             struct cloudtrail_delete_resource_policy_out *out)
{
    struct channel_row row;
    (void)out;
    TRY(need_policy(rq, in->resource_arn, &row));
    row.policy = STR_NONE;
    return channel_rows_put(&rq->ctx, rq->db, &row);
}
