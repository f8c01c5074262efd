#include "svc/cloudtrail/dependencies.h"

#include "kms_model.h"
#include "organizations_model.h"
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
