/* root.c - AssumeRoot: the management account does one privileged task in a member account, for a quarter of an hour.
 *
 * What a task may do is one of AWS's five policies, which bound the session; the texts are our own reading of their names and of
 * the IAM user guide, "Perform a privileged task on an AWS Organizations member account". */
#include "services.h"
#include "svc/organization_policies.h"
#include "svc/sts/credentials.h"
#include "svc/sts/rows.h"

enum { ROOT_SESSION_MAX = 900 };

#define ALLOW(actions) "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Resource\":\"*\",\"Action\":[" actions "]}}"
#define READ_CREDENTIALS \
    "\"iam:GetAccessKeyLastUsed\",\"iam:GetLoginProfile\",\"iam:ListAccessKeys\",\"iam:ListMFADevices\",\"iam:ListSigningCertificates\""

static const struct {
    const char *name;
    const char *policy;
} TASKS[] = {
    { "IAMAuditRootUserCredentials", ALLOW(READ_CREDENTIALS) },
    { "IAMCreateRootUserPassword", ALLOW("\"iam:CreateLoginProfile\",\"iam:GetLoginProfile\"") },
    { "IAMDeleteRootUserCredentials",
      ALLOW(READ_CREDENTIALS ",\"iam:DeactivateMFADevice\",\"iam:DeleteAccessKey\",\"iam:DeleteLoginProfile\","
                             "\"iam:DeleteSigningCertificate\"") },
    { "S3UnlockBucketPolicy",
      ALLOW("\"s3:DeleteBucketPolicy\",\"s3:GetBucketPolicy\",\"s3:ListAllMyBuckets\",\"s3:PutBucketPolicy\"") },
    { "SQSUnlockQueuePolicy",
      ALLOW("\"sqs:GetQueueAttributes\",\"sqs:GetQueueUrl\",\"sqs:ListQueues\",\"sqs:SetQueueAttributes\"") },
};

static struct str policy_of(const struct sts_policy_descriptor_type *task)
{
    const struct str head = STR("arn:aws:iam::aws:policy/root-task/");
    for (size_t i = 0; i < COUNT_OF(TASKS) && task && str_starts(task->arn, head); i++) {
        if (str_equal(str_from(task->arn, head.len), str_of(TASKS[i].name))) {
            return str_of(TASKS[i].policy);
        }
    }
    return STR_NONE;
}

/* An account's number, or the ARN of its root. */
static struct str account_of(struct str target)
{
    const struct str head = STR("arn:aws:iam::");
    const bool arn = str_starts(target, head) && str_ends(target, STR(":root"));
    const struct str account = arn ? str_slice(target, head.len, target.len - head.len - 5) : target;
    int64_t number = 0;
    return account.len == 12 && str_to_int(account, &number) ? account : STR_NONE;
}

/* What the organisation says of an account, as authorisation hears it. */
static struct err facts_of(struct request *rq, struct str account, struct organization_facts *out)
{
    *out = (struct organization_facts){ .member = false };
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        if (SERVICES[i]->organization) {
            return SERVICES[i]->organization(&rq->ctx, rq->db, account, out);
        }
    }
    return ERR_OK;
}

static struct err check_places(struct request *rq, struct str target)
{
    struct organization_facts mine;
    struct organization_facts theirs;
    struct str features = STR_NONE;
    TRY(facts_of(rq, rq->account, &mine));
    TRY(facts_of(rq, target, &theirs));
    if (!mine.member || !mine.management) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "AssumeRoot can be called by the management account of an organization only.");
    }
    if (!theirs.member || theirs.management || theirs.suspended || !str_equal(mine.id, theirs.id)) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "%" STR_FMT " is not a member account of your organization.", STR_ARG(target));
    }
    TRY(rows_setting(rq, rq->account, "organization-features", &features));
    return str_search(features, STR("RootSessions")) != STR_MISSING
               ? ERR_OK
               : fail(&rq->ctx, &STS_ACCESS_DENIED, "Root sessions are not enabled in your organization. Use EnableOrganizationsRootSessions.");
}

struct err sts_assume_root(struct request *rq, const struct sts_assume_root_in *in, struct sts_assume_root_out *out)
{
    const struct str target = account_of(in->target_principal);
    const struct str policy = policy_of(in->task_policy_arn);
    const int64_t seconds = in->duration_seconds.set && in->duration_seconds.v > 0 ? in->duration_seconds.v : ROOT_SESSION_MAX;
    if (target.ptr == NULL) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR, "%" STR_FMT " is neither an account nor its root's ARN", STR_ARG(in->target_principal));
    }
    if (policy.ptr == NULL) {
        return fail(&rq->ctx, &STS_VALIDATION_ERROR, "TaskPolicyArn must be one of arn:aws:iam::aws:policy/root-task/"
                    "{IAMAuditRootUserCredentials,IAMCreateRootUserPassword,IAMDeleteRootUserCredentials,S3UnlockBucketPolicy,SQSUnlockQueuePolicy}");
    }
    if (rq->caller.type == PRINCIPAL_ROOT) {
        return fail(&rq->ctx, &STS_ACCESS_DENIED, "AssumeRoot can't be called by a root user.");
    }
    TRY(check_places(rq, target));
    struct session session = { .token_size_min = in->minimum_session_token_size.v, .principal = {
        .type = PRINCIPAL_ROOT, .account = target, .id = target, .session_policy = policy,
        .arn = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":root", STR_ARG(target)),
        .source_identity = rq->caller.source_identity } };
    out->credentials = credentials_make(rq, &session, seconds);
    out->source_identity = session.principal.source_identity;
    out->session_token_size = credentials_size(in->minimum_session_token_size, out->credentials);
    out->session_token_utilization = credentials_utilization(in->minimum_session_token_size, out->credentials);
    return ERR_OK;
}
