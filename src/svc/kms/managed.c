#include "svc/kms/managed.h"

#include "crypto/random.h"
#include "svc/kms/rows.h"

enum { ROTATION_DAYS = 365 };

/* spec: KMS developer guide, "AWS managed keys": usable by whoever may use the service, through it alone. */
static struct str policy_of(struct request *rq, struct str account, struct str service)
{
    return str_format(rq->ctx.arena,
        "{\"Version\":\"2012-10-17\",\"Id\":\"auto-%" STR_FMT "\",\"Statement\":[{\"Sid\":\"Allow access through %" STR_FMT
        " for all principals in the account that are authorized to use it\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},"
        "\"Action\":[\"kms:Encrypt\",\"kms:Decrypt\",\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:CreateGrant\","
        "\"kms:DescribeKey\"],\"Resource\":\"*\",\"Condition\":{\"StringEquals\":{\"kms:CallerAccount\":\"%" STR_FMT "\","
        "\"kms:ViaService\":\"%" STR_FMT ".%" STR_FMT ".amazonaws.com\"}}},{\"Sid\":\"Allow direct access to key metadata to the"
        " account\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::%" STR_FMT ":root\"},\"Action\":["
        "\"kms:Describe*\",\"kms:Get*\",\"kms:List*\",\"kms:RevokeGrant\"],\"Resource\":\"*\"}]}",
        STR_ARG(service), STR_ARG(service), STR_ARG(account), STR_ARG(service), STR_ARG(rq->region), STR_ARG(account));
}

struct err managed_make(struct request *rq, struct str account, struct str alias, struct key *out, bool *found)
{
    const struct str service = str_from(alias, sizeof("alias/aws/") - 1);
    *found = false;
    if (!str_starts(alias, STR("alias/aws/")) || service.len == 0 || !rq->writes) {
        return ERR_OK;
    }
    *out = (struct key){
        .account = account,
        .region = rq->region,
        .id = random_uuid(&rq->ctx),
        .spec = spec_find(STR("SYMMETRIC_DEFAULT")),
        .usage = USAGE_ENCRYPT,
        .origin = STR("AWS_KMS"),
        .manager = STR("AWS"),
        .state = STR("Enabled"),
        .description = str_format(rq->ctx.arena, "Default key that protects my %" STR_FMT " data when no other key is defined",
                                  STR_ARG(service)),
        .policy = policy_of(rq, account, service),
        .created_ms = rq->ctx.now_ms,
        .rotation_days = ROTATION_DAYS,
        .rotation_ms = rq->ctx.now_ms + ROTATION_DAYS * INT64_C(86400000),
    };
    TRY(key_make(rq, out));
    const struct rows rows = kms_rows_of(rq, out);
    TRY(kms_rows_alias_put(&rows, &(struct alias_row){ alias, out->id, rq->ctx.now_ms, rq->ctx.now_ms }));
    *found = true;
    return ERR_OK;
}
