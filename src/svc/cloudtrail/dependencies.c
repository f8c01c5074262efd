#include "svc/cloudtrail/dependencies.h"

#include "kms_model.h"
#include "logs_model.h"
#include "organizations_model.h"
#include "s3_model.h"
#include "svc/door.h"

static const struct str PRINCIPAL = STR_INIT("cloudtrail.amazonaws.com");

/* As the caller, who must be allowed to ask: spec: CloudTrail user guide, "Assigning permissions to create organization trails". */
static struct err ask_organizations(struct request *rq, const char *operation, const void *in, const void **out)
{
    const struct door_call call = { .service = "organizations", .operation = operation, .in = in, .as = DOOR_AS_CALLER,
                                    .region = STR("us-east-1") };
    const struct err err = door_call(rq, &call, out);
    const struct str code = str_of(err.fault ? err.fault->code : NULL);
    if (err.fault == NULL) {
        return ERR_OK;
    }
    if (str_equal(code, STR("AWSOrganizationsNotInUseException"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_ORGANIZATIONS_NOT_IN_USE_EXCEPTION, "Your account is not a member of an organization.");
    }
    if (str_starts(code, STR("AccessDenied"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_INSUFFICIENT_DEPENDENCY_SERVICE_ACCESS_PERMISSION_EXCEPTION,
                    "You must be allowed organizations:%s to work with an organization trail.", operation);
    }
    return err;
}

static struct err check_trusted(struct request *rq)
{
    const struct organizations_list_aws_service_access_for_organization_in in = { .next_token = STR_NONE };
    const void *answer = NULL;
    TRY(ask_organizations(rq, "ListAWSServiceAccessForOrganization", &in, &answer));
    const struct organizations_list_aws_service_access_for_organization_out *out = answer;
    for (size_t i = 0; i < out->enabled_service_principals.count; i++) {
        if (str_equal(out->enabled_service_principals.items[i].service_principal, PRINCIPAL)) {
            return ERR_OK;
        }
    }
    return fail(&rq->ctx, &CLOUDTRAIL_CLOUD_TRAIL_ACCESS_NOT_ENABLED_EXCEPTION,
                "Trusted access for CloudTrail is not enabled: aws organizations enable-aws-service-access --service-principal "
                "cloudtrail.amazonaws.com");
}

struct err dependency_organization(struct request *rq, struct str *id)
{
    const struct organizations_describe_organization_in in = { 0 };
    const void *answer = NULL;
    TRY(ask_organizations(rq, "DescribeOrganization", &in, &answer));
    const struct organizations_organization *organization = ((const struct organizations_describe_organization_out *)answer)->organization;
    if (!str_equal(organization->master_account_id, rq->account)) {
        return fail(&rq->ctx, &CLOUDTRAIL_NOT_ORGANIZATION_MASTER_ACCOUNT_EXCEPTION,
                    "Only the management account of the organization can make or change an organization trail.");
    }
    if (!str_equal(organization->feature_set, STR("ALL"))) {
        return fail(&rq->ctx, &CLOUDTRAIL_ORGANIZATION_NOT_IN_ALL_FEATURES_MODE_EXCEPTION,
                    "The organization must have all features enabled.");
    }
    *id = organization->id;
    return check_trusted(rq);
}

/* A key whose policy is silent and one that isn't there look alike to a service; not to the caller. */
static bool is_missing(struct request *rq, struct str key)
{
    const struct kms_describe_key_in in = { .key_id = key };
    const struct door_call call = { .service = "kms", .operation = "DescribeKey", .in = &in, .as = DOOR_AS_CALLER };
    const void *answer = NULL;
    return err_is(door_call(rq, &call, &answer), &KMS_NOT_FOUND_EXCEPTION);
}

/* spec: CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail": the context and source that policies ask for. */
struct err dependency_key(struct request *rq, const struct cloudtrail_trail *trail)
{
    struct kms_encryption_context_type_entry about = { STR("aws:cloudtrail:arn"), trail->trail_arn };
    const struct kms_generate_data_key_in in = { .key_id = trail->kms_key_id, .encryption_context = { &about, 1 },
                                                 .key_spec = STR("AES_256") };
    const struct door_call call = { .service = "kms", .operation = "GenerateDataKey", .in = &in, .as = DOOR_AS_SERVICE,
                                    .principal = PRINCIPAL, .source_arn = trail->trail_arn };
    const void *answer = NULL;
    if (trail->kms_key_id.ptr == NULL) {
        return ERR_OK;
    }
    const struct err err = door_call(rq, &call, &answer);
    const bool denied = err.fault && str_starts(str_of(err.fault->code), STR("AccessDenied"));
    if (err_is(err, &KMS_NOT_FOUND_EXCEPTION) || (denied && is_missing(rq, trail->kms_key_id))) {
        return fail(&rq->ctx, &CLOUDTRAIL_KMS_KEY_NOT_FOUND_EXCEPTION, "KMS key %" STR_FMT " does not exist.", STR_ARG(trail->kms_key_id));
    }
    if (err_is(err, &KMS_DISABLED_EXCEPTION) || err_is(err, &KMS_KMS_INVALID_STATE_EXCEPTION)) {
        return fail(&rq->ctx, &CLOUDTRAIL_KMS_KEY_DISABLED_EXCEPTION, "KMS key %" STR_FMT " is disabled.", STR_ARG(trail->kms_key_id));
    }
    if (denied) {
        return fail(&rq->ctx, &CLOUDTRAIL_INSUFFICIENT_ENCRYPTION_POLICY_EXCEPTION,
                    "Insufficient permissions to access S3 bucket %" STR_FMT " or KMS key %" STR_FMT ".",
                    STR_ARG(trail->s3_bucket_name), STR_ARG(trail->kms_key_id));
    }
    return err.fault ? fail(&rq->ctx, &CLOUDTRAIL_KMS_EXCEPTION, "KMS answered %s for %" STR_FMT ".", err.fault->code,
                            STR_ARG(trail->kms_key_id)) : ERR_OK;
}

static bool is_code(struct err err, const char *code)
{
    return err.fault && str_starts(str_of(err.fault->code), str_of(code));
}

/* To a service a bucket that isn't there is one whose policy is silent; not to the caller. */
static bool is_bucket_missing(struct request *rq, struct str bucket)
{
    const struct s3_get_bucket_location_in in = { .bucket = bucket };
    const struct door_call call = { .service = "s3", .operation = "GetBucketLocation", .in = &in, .as = DOOR_AS_CALLER };
    const void *answer = NULL;
    return is_code(door_call(rq, &call, &answer), "NoSuchBucket");
}

static struct err ask_bucket(struct request *rq, const struct cloudtrail_trail *trail, const char *operation, const void *in)
{
    const struct door_call call = { .service = "s3", .operation = operation, .in = in, .as = DOOR_AS_SERVICE, .principal = PRINCIPAL,
                                    .source_arn = trail->trail_arn };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    if (err.fault && is_bucket_missing(rq, trail->s3_bucket_name)) {
        return fail(&rq->ctx, &CLOUDTRAIL_S3_BUCKET_DOES_NOT_EXIST_EXCEPTION, "S3 bucket %" STR_FMT " does not exist!",
                    STR_ARG(trail->s3_bucket_name));
    }
    return err.fault ? fail(&rq->ctx, &CLOUDTRAIL_INSUFFICIENT_S3_BUCKET_POLICY_EXCEPTION,
                            "Incorrect S3 bucket policy is detected for bucket: %" STR_FMT, STR_ARG(trail->s3_bucket_name)) : ERR_OK;
}

/* spec: CloudTrail user guide, "Amazon S3 bucket policy for CloudTrail": s3:GetBucketAcl of the bucket, s3:PutObject with that
 * ACL below AWSLogs/ACCOUNT and, of an organisation, below AWSLogs/ORGANISATION. As AWS does, an empty object marks the place. */
struct err dependency_bucket(struct request *rq, const struct cloudtrail_trail *trail, struct str organization)
{
    const struct str prefix = trail->s3_key_prefix, *owners[] = { &rq->account, &organization };
    const struct s3_get_bucket_acl_in acl = { .bucket = trail->s3_bucket_name };
    TRY(ask_bucket(rq, trail, "GetBucketAcl", &acl));
    for (size_t i = 0; i < (organization.len ? 2 : 1); i++) {
        const struct s3_put_object_in mark = {
            .bucket = trail->s3_bucket_name, .acl = STR("bucket-owner-full-control"), .body = STR(""),
            .key = str_format(rq->ctx.arena, "%" STR_FMT "%sAWSLogs/%" STR_FMT "/", STR_ARG(prefix), prefix.len ? "/" : "",
                              STR_ARG(*owners[i])) };
        TRY(ask_bucket(rq, trail, "PutObject", &mark));
    }
    return ERR_OK;
}

static struct err refuse_role(struct request *rq, const char *words)
{
    return fail(&rq->ctx, &CLOUDTRAIL_INVALID_CLOUD_WATCH_LOGS_ROLE_ARN_EXCEPTION, "%s", words);
}

struct err dependency_log_group(struct request *rq, const struct cloudtrail_trail *trail, struct str organization)
{
    struct str rest = trail->cloud_watch_logs_log_group_arn, parts[6];
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        parts[i] = str_cut(rest, ':', &rest);
    }
    const struct logs_create_log_stream_in in = {
        .log_group_name = str_cut(rest, ':', &rest),
        .log_stream_name = str_format(rq->ctx.arena, "%" STR_FMT "%s%" STR_FMT "_CloudTrail_%" STR_FMT, STR_ARG(organization),
                                      organization.len ? "_" : "", STR_ARG(rq->account), STR_ARG(rq->region)),
    };
    const struct door_call call = { .service = "logs", .operation = "CreateLogStream", .in = &in, .as = DOOR_AS_SERVICE,
                                    .principal = PRINCIPAL, .source_arn = trail->trail_arn, .region = parts[3],
                                    .role_arn = trail->cloud_watch_logs_role_arn,
                                    .session_name = STR("CLOUDWATCH_LOGS_DELIVERY_SESSION") };
    const void *answer = NULL;
    const struct err err = door_call(rq, &call, &answer);
    if (err.fault == NULL || is_code(err, "ResourceAlreadyExists")) {
        return ERR_OK;
    }
    if (is_code(err, "ResourceNotFound")) {
        return fail(&rq->ctx, &CLOUDTRAIL_INVALID_CLOUD_WATCH_LOGS_LOG_GROUP_ARN_EXCEPTION,
                    "CloudTrail cannot validate the specified log group ARN.");
    }
    if (err.fault && str_equal(str_of(err.fault->code), STR("AccessDenied"))) { /* STS has no Exception in its name */
        return refuse_role(rq, "Access denied. Check the trust relationships for your role.");
    }
    return is_code(err, "AccessDenied")
        ? refuse_role(rq, "Access denied. Check the permissions for your role.")
        : fail(&rq->ctx, &CLOUDTRAIL_CLOUD_WATCH_LOGS_DELIVERY_UNAVAILABLE_EXCEPTION,
               "Cannot set a CloudWatch Logs delivery for this region: %s", err.fault->code);
}
