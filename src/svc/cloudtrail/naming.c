#include "svc/cloudtrail/naming.h"

struct parameter_type {
    const char *source; /* without ".amazonaws.com" */
    const char *parameter;
    const char *type;
};

static const struct parameter_type PARAMETERS[] = {
    { "cloudtrail", "name", "AWS::CloudTrail::Trail" },
    { "cloudtrail", "trailName", "AWS::CloudTrail::Trail" },
    { "cloudtrail", "s3BucketName", "AWS::S3::Bucket" },
    { "cloudtrail", "channel", "AWS::CloudTrail::Channel" },
    { "guardduty", "detectorId", "AWS::GuardDuty::Detector" },
    { "iam", "userName", "AWS::IAM::User" },
    { "iam", "roleName", "AWS::IAM::Role" },
    { "iam", "groupName", "AWS::IAM::Group" },
    { "iam", "policyArn", "AWS::IAM::Policy" },
    { "iam", "policyName", "AWS::IAM::Policy" },
    { "iam", "accessKeyId", "AWS::IAM::AccessKey" },
    { "iam", "instanceProfileName", "AWS::IAM::InstanceProfile" },
    { "iam", "serverCertificateName", "AWS::IAM::ServerCertificate" },
    { "iam", "serialNumber", "AWS::IAM::MfaDevice" },
    { "kms", "keyId", "AWS::KMS::Key" },
    { "kms", "targetKeyId", "AWS::KMS::Key" },
    { "kms", "aliasName", "AWS::KMS::Alias" },
    { "lambda", "functionName", "AWS::Lambda::Function" },
    { "logs", "logGroupName", "AWS::Logs::LogGroup" },
    { "organizations", "accountId", "AWS::Organizations::Account" },
    { "organizations", "policyId", "AWS::Organizations::Policy" },
    { "s3", "bucketName", "AWS::S3::Bucket" },
    { "s3", "bucket", "AWS::S3::Bucket" },
    { "secretsmanager", "secretId", "AWS::SecretsManager::Secret" },
    { "secretsmanager", "name", "AWS::SecretsManager::Secret" },
    { "sns", "topicArn", "AWS::SNS::Topic" },
    { "sqs", "queueUrl", "AWS::SQS::Queue" },
    { "sts", "roleArn", "AWS::IAM::Role" },
    { "sts", "roleSessionName", "AWS::STS::AssumedRole" },
};

static const struct str DOMAIN = STR_INIT(".amazonaws.com");

static struct str short_source(struct str source)
{
    return str_ends(source, DOMAIN) ? str_slice(source, 0, source.len - DOMAIN.len) : source;
}

static bool same_parameter(struct str parameter, const char *name)
{
    return parameter.len > 0 && strlen(name) == parameter.len && (parameter.ptr[0] | 0x20) == name[0]
        && memcmp(parameter.ptr + 1, name + 1, parameter.len - 1) == 0;
}

const char *cloudtrail_resource_type(struct str source, struct str parameter)
{
    const struct str service = short_source(source);
    for (size_t i = 0; i < COUNT_OF(PARAMETERS); i++) {
        const struct parameter_type *row = &PARAMETERS[i];
        if (row->source[0] == service.ptr[0] && same_parameter(parameter, row->parameter)
            && str_equal(service, str_of(row->source))) {
            return row->type;
        }
    }
    return NULL;
}

const char *cloudtrail_data_type(struct str source)
{
    static const char *const types[][2] = {
        { "s3", "AWS::S3::Object" },
        { "lambda", "AWS::Lambda::Function" },
        { "sns", "AWS::SNS::Topic" },
        { "sqs", "AWS::SQS::Queue" },
        { "cloudtrail-data", "AWS::CloudTrail::Channel" },
        { "logs", "AWS::Logs::LogGroup" },
        { "monitoring", "AWS::CloudWatch::Metric" },
    };
    const struct str service = short_source(source);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (str_equal(service, str_of(types[i][0]))) {
            return types[i][1];
        }
    }
    return NULL;
}

struct operation_name {
    const char *source, *operation;
};

/* What the first word does not tell, of the services here. */
static const struct operation_name READS[] = {
    { "kms", "Decrypt" }, { "kms", "DeriveSharedSecret" }, { "kms", "Encrypt" }, { "kms", "GenerateDataKey" },
    { "kms", "GenerateDataKeyPair" }, { "kms", "GenerateDataKeyPairWithoutPlaintext" },
    { "kms", "GenerateDataKeyWithoutPlaintext" }, { "kms", "GenerateMac" }, { "kms", "GenerateRandom" },
    { "kms", "ReEncrypt" }, { "kms", "Sign" }, { "kms", "Verify" }, { "kms", "VerifyMac" },
    { "logs", "FilterLogEvents" }, { "sqs", "ReceiveMessage" }, { "sts", "AssumeRole" }, { "sts", "AssumeRoleWithSAML" },
    { "sts", "AssumeRoleWithWebIdentity" }, { "sts", "AssumeRoot" }, { "sts", "DecodeAuthorizationMessage" },
};

bool cloudtrail_read_only(struct str source, struct str operation)
{
    static const struct str words[] = {
        STR_INIT("Get"), STR_INIT("List"), STR_INIT("Describe"), STR_INIT("Head"), STR_INIT("Lookup"),
        STR_INIT("Search"), STR_INIT("BatchGet"), STR_INIT("Query"), STR_INIT("Scan"), STR_INIT("Select"),
        STR_INIT("CheckAccess"), STR_INIT("CheckNo"), STR_INIT("CheckCapacity"), STR_INIT("CheckIf"), STR_INIT("Test"), STR_INIT("Simulate"), STR_INIT("Validate"),
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_starts(operation, words[i])) {
            return true;
        }
    }
    const struct str service = short_source(source);
    for (size_t i = 0; i < COUNT_OF(READS); i++) {
        if (READS[i].operation[0] == operation.ptr[0] && str_equal(operation, str_of(READS[i].operation))
            && str_equal(service, str_of(READS[i].source))) {
            return true;
        }
    }
    return false;
}

/* spec: Lambda developer guide, "Logging Lambda API calls": events keep the version of the API in their name. */
static const char *const LAMBDA[][2] = {
    { "AddLayerVersionPermission", "AddLayerVersionPermission20181031" },
    { "AddPermission", "AddPermission20150331v2" },
    { "CreateAlias", "CreateAlias20150331" },
    { "CreateEventSourceMapping", "CreateEventSourceMapping20150331" },
    { "CreateFunction", "CreateFunction20150331" },
    { "DeleteAlias", "DeleteAlias20150331" },
    { "DeleteEventSourceMapping", "DeleteEventSourceMapping20150331" },
    { "DeleteFunction", "DeleteFunction20150331" },
    { "DeleteFunctionConcurrency", "DeleteFunctionConcurrency20171031" },
    { "DeleteLayerVersion", "DeleteLayerVersion20181031" },
    { "GetAccountSettings", "GetAccountSettings20160819" },
    { "GetAlias", "GetAlias20150331" },
    { "GetEventSourceMapping", "GetEventSourceMapping20150331" },
    { "GetFunction", "GetFunction20150331v2" },
    { "GetFunctionConfiguration", "GetFunctionConfiguration20150331v2" },
    { "GetLayerVersion", "GetLayerVersion20181031" },
    { "GetLayerVersionPolicy", "GetLayerVersionPolicy20181031" },
    { "GetPolicy", "GetPolicy20150331v2" },
    { "ListAliases", "ListAliases20150331" },
    { "ListEventSourceMappings", "ListEventSourceMappings20150331" },
    { "ListFunctions", "ListFunctions20150331" },
    { "ListLayers", "ListLayers20181031" },
    { "ListLayerVersions", "ListLayerVersions20181031" },
    { "ListTags", "ListTags20170331" },
    { "ListVersionsByFunction", "ListVersionsByFunction20150331" },
    { "PublishLayerVersion", "PublishLayerVersion20181031" },
    { "PublishVersion", "PublishVersion20150331" },
    { "PutFunctionConcurrency", "PutFunctionConcurrency20171031" },
    { "RemoveLayerVersionPermission", "RemoveLayerVersionPermission20181031" },
    { "RemovePermission", "RemovePermission20150331v2" },
    { "TagResource", "TagResource20170331v2" },
    { "UntagResource", "UntagResource20170331v2" },
    { "UpdateAlias", "UpdateAlias20150331" },
    { "UpdateEventSourceMapping", "UpdateEventSourceMapping20150331" },
    { "UpdateFunctionCode", "UpdateFunctionCode20150331v2" },
    { "UpdateFunctionConfiguration", "UpdateFunctionConfiguration20150331v2" },
};

/* spec: S3 user guide, "Amazon S3 CloudTrail events", bucket-level actions. */
static const char *const S3[][2] = {
    { "DeletePublicAccessBlock", "DeleteBucketPublicAccessBlock" },
    { "GetBucketAccelerateConfiguration", "GetAccelerateConfiguration" },
    { "GetBucketLifecycleConfiguration", "GetBucketLifecycle" },
    { "GetBucketNotificationConfiguration", "GetBucketNotification" },
    { "GetObjectLockConfiguration", "GetBucketObjectLockConfiguration" },
    { "GetPublicAccessBlock", "GetBucketPublicAccessBlock" },
    { "PutBucketAccelerateConfiguration", "PutAccelerateConfiguration" },
    { "PutBucketLifecycleConfiguration", "PutBucketLifecycle" },
    { "PutBucketNotificationConfiguration", "PutBucketNotification" },
    { "PutObjectLockConfiguration", "PutBucketObjectLockConfiguration" },
    { "PutPublicAccessBlock", "PutBucketPublicAccessBlock" },
};

static const char *const S3_CONTROL[][2] = {
    { "DeletePublicAccessBlock", "DeleteAccountPublicAccessBlock" },
    { "GetPublicAccessBlock", "GetAccountPublicAccessBlock" },
    { "PutPublicAccessBlock", "PutAccountPublicAccessBlock" },
};

struct str cloudtrail_event_name(struct str source, struct str operation)
{
    const struct {
        struct str source;
        const char *const (*names)[2];
        size_t count;
    } services[] = {
        { STR("lambda.amazonaws.com"), LAMBDA, COUNT_OF(LAMBDA) },
        { STR("s3.amazonaws.com"), S3, COUNT_OF(S3) },
        { STR("s3-control.amazonaws.com"), S3_CONTROL, COUNT_OF(S3_CONTROL) },
    };
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        for (size_t j = 0; str_equal(source, services[i].source) && j < services[i].count; j++) {
            if (str_equal(operation, str_of(services[i].names[j][0]))) {
                return str_of(services[i].names[j][1]);
            }
        }
    }
    return operation;
}

struct str cloudtrail_region(struct str source, struct str region)
{
    const struct str service = short_source(source);
    const bool global = str_equal(service, STR("iam")) || str_equal(service, STR("organizations"));
    return global ? STR("us-east-1") : region;
}

/* FNV-1a, gone on with. */
static uint64_t mix(uint64_t hash, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001B3U;
    }
    return hash;
}

uint64_t cloudtrail_place_key(struct str account, struct str region, bool insight)
{
    const uint64_t start = insight ? 0x9AE16A3B2F90404FU : 0xCBF29CE484222325U;
    return mix(mix(mix(start, account), STR(" ")), region);
}

uint64_t cloudtrail_lookup_key(uint64_t place, enum lookup_attribute attribute, struct str value)
{
    const char kind = (char)('0' + attribute);
    return mix(mix(place, (struct str){ &kind, 1 }), value);
}
