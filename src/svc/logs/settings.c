/* settings.c - what a group is told after it was made: retention, KMS key, deletion protection. */
#include "svc/logs/group.h"

/* spec: PutRetentionPolicy, retentionInDays. */
static const int32_t DAYS[] = { 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 };

static struct err check_days(struct request *rq, int32_t days)
{
    struct text words = text_new(rq->ctx.arena);
    for (size_t i = 0; i < COUNT_OF(DAYS); i++) {
        if (DAYS[i] == days) {
            return ERR_OK;
        }
        text_add_format(&words, "%s%d", i ? ", " : "", DAYS[i]);
    }
    return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION,
                "1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value "
                "set: [%s]", days, text_str(&words).ptr);
}

static struct err set_retention(struct request *rq, struct str name, int64_t days)
{
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    TRY(logs_group_need(rq, name, &group));
    if (str_equal(group.class, CLASS_DELIVERY)) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The retention of log groups of class DELIVERY can't be changed.");
    }
    group.retention = days;
    return logs_row_group_put(&rows, &group);
}

struct err logs_put_retention_policy(struct request *rq, const struct logs_put_retention_policy_in *in, struct logs_put_retention_policy_out *out)
{
    (void)out;
    TRY(check_days(rq, in->retention_in_days.v));
    return set_retention(rq, in->log_group_name, in->retention_in_days.v);
}

struct err logs_delete_retention_policy(struct request *rq, const struct logs_delete_retention_policy_in *in, struct logs_delete_retention_policy_out *out)
{
    (void)out;
    return set_retention(rq, in->log_group_name, 0);
}

/* resourceIdentifier: a group's ARN; those of query results belong to Logs Insights, which isn't there. */
static struct err key_group(struct request *rq, struct str name, struct str identifier, struct group *out)
{
    if (identifier.ptr && str_search(identifier, STR(":query-result:")) != STR_MISSING) {
        return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Logs Insights is not implemented by Yagura: there are no query results.");
    }
    return logs_group_need_either(rq, name, identifier, out);
}

struct err logs_associate_kms_key(struct request *rq, const struct logs_associate_kms_key_in *in, struct logs_associate_kms_key_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    TRY(key_group(rq, in->log_group_name, in->resource_identifier, &group));
    TRY(logs_key_use(rq, &group, in->kms_key_id));
    return logs_row_group_put(&rows, &group);
}

struct err logs_disassociate_kms_key(struct request *rq, const struct logs_disassociate_kms_key_in *in, struct logs_disassociate_kms_key_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    TRY(key_group(rq, in->log_group_name, in->resource_identifier, &group));
    group.kms_key = STR_NONE;
    group.data_key = 0;
    return logs_row_group_put(&rows, &group);
}

struct err logs_put_log_group_deletion_protection(struct request *rq, const struct logs_put_log_group_deletion_protection_in *in,
                                                  struct logs_put_log_group_deletion_protection_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct group group = { .name = STR_NONE };
    TRY(logs_group_need_either(rq, STR_NONE, in->log_group_identifier, &group));
    group.protected = in->deletion_protection_enabled.v;
    return logs_row_group_put(&rows, &group);
}
