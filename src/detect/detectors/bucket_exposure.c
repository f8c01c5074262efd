/* bucket_exposure.c - a bucket's policy or ACL now lets in everyone, every AWS user, or another account.
 * spec: GuardDuty user guide, Policy:S3/BucketAnonymousAccessGranted, Policy:S3/BucketPublicAccessGranted, and custom
 * detection signal S3BucketPolicyExternalAccess; S3 user guide, ACL groups and canned ACLs. */
#include "detect/detectors.h"
#include "detect/detectors/grants.h"

static bool asks(const struct event *ev, struct str words)
{
    return str_search(event_get(ev, FIELD_REQUEST), words) != STR_MISSING;
}

static bool is_policy_call(const struct event *ev)
{
    return str_equal(event_get(ev, FIELD_ACTION), STR("PutBucketPolicy"));
}

static const struct json *policy_of(const struct event *ev)
{
    const struct json *request = json_parse(ev->arena, event_get(ev, FIELD_REQUEST), NULL);
    return grants_policy(ev->arena, json_get(request, STR("bucketPolicy")));
}

static bool anonymous(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    if (is_policy_call(ev)) {
        verdict->why = STR("its new policy allows everyone, without a condition that says who");
        return grants_everyone(policy_of(ev));
    }
    verdict->why = STR("its new access control list has a grant for everyone");
    return asks(ev, STR("groups/global/AllUsers")) || asks(ev, STR("\"public-read"));
}

static bool authenticated(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    verdict->why = STR("its new access control list has a grant for every AWS user");
    return asks(ev, STR("groups/global/AuthenticatedUsers")) || asks(ev, STR("\"authenticated-read\""));
}

static bool foreign(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)
{
    (void)memory;
    (void)intel;
    const struct str account = grants_foreign_account(policy_of(ev), event_get(ev, FIELD_ACCOUNT));
    verdict->why = str_format(ev->arena, "its new policy lets account %" STR_FMT " in", STR_ARG(account));
    return account.len > 0;
}

const struct detector BUCKET_ANONYMOUS_ACCESS = {
    .detection = {
        .id = STR_INIT("bucket-anonymous-access"),
        .type = STR_INIT("Policy:S3/BucketAnonymousAccessGranted"),
        .severity = 8,
        .resource = STR_INIT("S3Bucket"),
        .name = STR_INIT("requestParameters.bucketName"),
        .title = STR_INIT("The bucket ${resource} was opened to everyone."),
        .description = STR_INIT("${caller} called ${eventName} on the bucket ${resource} from ${source}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_SERVICE, "s3.amazonaws.com" }, { FIELD_ACTION, "PutBucketPolicy" }, { FIELD_ACTION, "PutBucketAcl" },
              { FIELD_ACTION, "CreateBucket" } },
    .inspect = anonymous,
};

const struct detector BUCKET_PUBLIC_ACCESS = {
    .detection = {
        .id = STR_INIT("bucket-public-access"),
        .type = STR_INIT("Policy:S3/BucketPublicAccessGranted"),
        .severity = 8,
        .resource = STR_INIT("S3Bucket"),
        .name = STR_INIT("requestParameters.bucketName"),
        .title = STR_INIT("The bucket ${resource} was opened to every AWS user."),
        .description = STR_INIT("${caller} called ${eventName} on the bucket ${resource} from ${source}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_SERVICE, "s3.amazonaws.com" }, { FIELD_ACTION, "PutBucketAcl" }, { FIELD_ACTION, "CreateBucket" } },
    .inspect = authenticated,
};

const struct detector BUCKET_FOREIGN_ACCESS = {
    .detection = {
        .id = STR_INIT("bucket-foreign-access"),
        .type = STR_INIT("Exfiltration:S3/TransferDataToCloudAccount"),
        .severity = 8,
        .signal = STR_INIT("S3BucketPolicyExternalAccess"),
        .resource = STR_INIT("S3Bucket"),
        .name = STR_INIT("requestParameters.bucketName"),
        .title = STR_INIT("The policy of bucket ${resource} lets another account in."),
        .description = STR_INIT("${caller} called ${eventName} on the bucket ${resource} from ${source}: ${why}."),
    },
    .source = SOURCE_CLOUDTRAIL,
    .when = { { FIELD_SERVICE, "s3.amazonaws.com" }, { FIELD_ACTION, "PutBucketPolicy" } },
    .inspect = foreign,
};
