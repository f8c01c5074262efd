/* benign_cloudtrail.h - benign CloudTrail: accounts of twenty callers each, for as many days as the events last.
 *
 * - People work in bursts, on weekdays from 8 to 19 o'clock where they live, 3 bursts of 100 at any other time. A burst is one
 *   task: one to four calls of a repertoire of their own, each repeated over resources. From the office, home, a phone (addresses
 *   all over a carrier's network) or a VPN; 4 bursts of 1,000 begin a trip of 2 to 6 days. 2 of 100 bursts bring a call
 *   never used before, for good. Those with a password sign in with a second factor every morning, and mistype it now and then.
 * - Administrators do, in 4 bursts of 1,000, what a careful administrator does: keys, users, policies, groups, protection. Some of
 *   it is what a custom detection is defined by.
 * - Deployment roles take a new session name and any address of a dozen cloud networks for each run of 20 to 300 calls.
 * - Instances call without pause with a daily swing, half of them S3 and keys through an endpoint by their private address, and
 *   are replaced every few days; functions run by the minute hand;
 *   a vendor's role from another account reads everything every hour or day, in three regions; backups run at night.
 * - A role of each kind breaks for some days: everything is refused, or it retries in a storm. New callers come on any day. */
#ifndef YAGURA_BENCH_BENIGN_CLOUDTRAIL_H
#define YAGURA_BENCH_BENIGN_CLOUDTRAIL_H

#include "bench/benign.h"

enum kind { PERSON, ADMINISTRATOR, PIPELINE, INSTANCE, FUNCTION, VENDOR, BACKUP, INSIDE };
enum { CALLERS_PER_ACCOUNT = 20, REPERTOIRE = 48, EVENTS_OF_ACCOUNT = 1000000 };

struct caller {
    int64_t next, joins, trip_ends, breaks, mended, signed_in, replaced;
    enum kind kind;
    uint32_t number, known, left, calls_left, task, zone, every;
    uint16_t repertoire[REPERTOIRE];
    uint32_t office, home, carrier, trip, fixed, address;
    uint64_t account;
    double rate;
    char issuer[24], key[24], name[40], session[40];
    const char *region, *agent, *client;
};

/* A small letter before the name: r reads, w writes, d is a data event. */
static const char *const cloud_calls[] = {
    "r ec2 DescribeInstances", "r ec2 DescribeVpcs", "r ec2 DescribeSubnets", "r ec2 DescribeSecurityGroups", "r ec2 DescribeVolumes",
    "r ec2 DescribeImages", "r ec2 DescribeRegions", "r ec2 DescribeAvailabilityZones", "r ec2 DescribeLaunchTemplates",
    "r ec2 DescribeNatGateways", "r ec2 DescribeTransitGateways", "r ec2 DescribeVpcEndpoints", "r ec2 DescribeSnapshots",
    "r ec2 DescribeTags", "r ec2 GetConsoleScreenshot", "r ec2 DescribeInstanceTypes", "r ec2 DescribeReservedInstances",
    "r s3 ListBuckets", "r s3 GetBucketLocation", "r s3 GetBucketEncryption", "r s3 GetBucketPolicyStatus", "r s3 GetBucketAcl",
    "r iam ListRoles", "r iam GetRole", "r iam ListPolicies", "r iam GetPolicy", "r iam ListUsers", "r iam GetUser", "r iam ListGroups",
    "r iam GetAccountSummary", "r iam ListAccountAliases", "r iam ListInstanceProfiles", "r iam GetRolePolicy",
    "r sts GetCallerIdentity", "r kms ListAliases", "r kms DescribeKey", "r kms ListKeys", "r kms GetKeyRotationStatus", "r logs DescribeLogStreams",
    "r logs GetQueryResults", "r logs FilterLogEvents", "r monitoring GetMetricData", "r monitoring ListMetrics", "r monitoring DescribeAlarms",
    "r lambda ListFunctions20150331", "r lambda GetFunctionConfiguration20150331v2", "r lambda ListEventSourceMappings20150331",
    "r rds DescribeDBInstances", "r rds DescribeDBClusters", "r rds DescribeDBLogFiles", "r rds DescribeEvents", "r dynamodb ListTables",
    "r dynamodb DescribeTable", "r eks ListClusters", "r eks DescribeCluster", "r eks DescribeNodegroup", "r ecs ListServices",
    "r ecs DescribeServices", "r ecs DescribeTasks", "r ecr DescribeImages", "r ecr BatchGetImage", "r sqs GetQueueAttributes",
    "r sns ListSubscriptions", "r route53 ListResourceRecordSets", "r cloudformation DescribeStackEvents", "r cloudformation ListStackResources",
    "r cloudformation GetTemplate", "r ssm DescribeParameters", "r ssm GetParameters", "r ssm GetParametersByPath", "r secretsmanager DescribeSecret",
    "r secretsmanager ListSecrets", "r secretsmanager GetSecretValue", "r config DescribeConfigRules", "r config GetComplianceDetailsByConfigRule",
    "r guardduty ListDetectors", "r guardduty GetDetector", "r securityhub GetFindings", "r cloudtrail LookupEvents", "r cloudtrail GetTrailStatus",
    "r organizations DescribeOrganization", "r organizations ListAccounts", "r ce GetCostAndUsage", "r ce GetDimensionValues", "r tagging GetResources",
    "r acm ListCertificates", "r elasticloadbalancing DescribeTargetHealth", "r elasticloadbalancing DescribeLoadBalancers",
    "r autoscaling DescribeAutoScalingGroups", "r states DescribeExecution", "r states ListExecutions", "r glue GetTables", "r athena GetQueryResults",
    "r athena ListQueryExecutions", "r elasticache DescribeCacheClusters", "r es DescribeElasticsearchDomains", "r codebuild BatchGetBuilds",
    "r cloudfront ListDistributions", "r wafv2 ListWebACLs", "r health DescribeEvents", "r support DescribeTrustedAdvisorChecks",
    "r access-analyzer ListAnalyzers", "r backup ListBackupJobs", "r inspector2 ListFindings", "r servicecatalog SearchProducts",
    "w lambda UpdateFunctionCode20150331v2", "w lambda PublishVersion20150331", "w cloudformation UpdateStack", "w cloudformation CreateChangeSet",
    "w cloudformation ExecuteChangeSet", "w ecs UpdateService", "w ecs RegisterTaskDefinition", "w ecs RunTask", "w ecr PutImage",
    "w ecr InitiateLayerUpload", "w ec2 CreateTags", "w ec2 StartInstances", "w ec2 StopInstances", "w ec2 RunInstances", "w ec2 CreateVolume",
    "w ec2 CreateLaunchTemplateVersion", "w sqs SetQueueAttributes", "w sns Subscribe", "w logs StartQuery", "w logs CreateLogGroup",
    "w logs PutRetentionPolicy", "w monitoring PutMetricAlarm", "w monitoring PutDashboard", "w ssm PutParameter", "w ssm StartSession",
    "w codebuild StartBuild", "w codepipeline StartPipelineExecution", "w states StartExecution", "w athena StartQueryExecution", "w glue StartJobRun",
    "w route53 ChangeResourceRecordSets", "w autoscaling UpdateAutoScalingGroup", "w dynamodb UpdateTable", "w rds ModifyDBParameterGroup",
    "w eks UpdateNodegroupVersion", "w events PutRule", "w events PutTargets", "w acm RequestCertificate", "w elasticloadbalancing ModifyRule",
    "d s3 GetObject", "d s3 PutObject", "d s3 ListObjects", "d s3 HeadObject", "d s3 DeleteObject", "w kms Decrypt", "w kms GenerateDataKey",
    "w sqs DeleteMessage", "w sts AssumeRole", "w bedrock InvokeModel", "w dynamodb CreateBackup", "w ec2 CreateSnapshot", "w ec2 DeleteSnapshot",
    "w rds CreateDBSnapshot", "w backup StartBackupJob",
};
enum { READS = 104, PEOPLES = 143, DATA = 143, MACHINES = 153, SNAPSHOTS = 153, CALLS = sizeof(cloud_calls) / sizeof(*cloud_calls) };

/* What careful administrators do: service, call, parameters; # stands for a number. */
static const char *const cloud_acts[][3] = {
    { "iam", "CreateAccessKey", "{\"userName\":\"person#\"}" },
    { "iam", "DeleteAccessKey", "{\"userName\":\"person#\",\"accessKeyId\":\"AKIA0000000000000000\"}" },
    { "iam", "CreateUser", "{\"userName\":\"person#\"}" },
    { "iam", "CreateLoginProfile", "{\"userName\":\"person#\",\"passwordResetRequired\":true}" },
    { "iam", "AttachUserPolicy", "{\"userName\":\"person#\",\"policyArn\":\"arn:aws:iam::aws:policy/ReadOnlyAccess\"}" },
    { "iam", "AttachRolePolicy", "{\"roleName\":\"role#\",\"policyArn\":\"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\"}" },
    { "iam", "UpdateAssumeRolePolicy", "{\"roleName\":\"role#\",\"policyDocument\":\"{}\"}" },
    { "iam", "AddUserToGroup", "{\"userName\":\"person#\",\"groupName\":\"staff\"}" },
    { "iam", "DeactivateMFADevice", "{\"userName\":\"person#\"}" },
    { "ec2", "AuthorizeSecurityGroupIngress", "{\"groupId\":\"sg-#\",\"ipPermissions\":{\"items\":[{\"ipProtocol\":\"tcp\",\"fromPort\":443,\"toPort\":443,"
      "\"ipRanges\":{\"items\":[{\"cidrIp\":\"0.0.0.0/0\"}]}}]}}" },
    { "ec2", "AuthorizeSecurityGroupIngress", "{\"groupId\":\"sg-#\",\"ipPermissions\":{\"items\":[{\"ipProtocol\":\"tcp\",\"fromPort\":22,\"toPort\":22,"
      "\"ipRanges\":{\"items\":[{\"cidrIp\":\"10.0.0.0/8\"}]}}]}}" },
    { "ec2", "ModifyInstanceAttribute", "{\"instanceId\":\"i-#\",\"disableApiTermination\":{\"value\":true}}" },
    { "ec2", "ModifyInstanceAttribute", "{\"instanceId\":\"i-#\",\"instanceType\":{\"value\":\"m7g.large\"}}" },
    { "ec2", "ModifySnapshotAttribute", "{\"snapshotId\":\"snap-#\",\"attributeType\":\"CREATE_VOLUME_PERMISSION\",\"createVolumePermission\":{\"remove\":"
      "{\"items\":[{\"userId\":\"210987654321\"}]}}}" },
    { "ec2", "GetPasswordData", "{\"instanceId\":\"i-#\"}" },
    { "ec2-instance-connect", "SendSSHPublicKey", "{\"instanceId\":\"i-#\",\"instanceOSUser\":\"ec2-user\"}" },
    { "ec2", "CreateFlowLogs", "{\"CreateFlowLogsRequest\":{\"ResourceId\":\"vpc-#\"}}" },
    { "s3", "PutBucketEncryption", "{\"bucketName\":\"bucket-#\",\"ServerSideEncryptionConfiguration\":{\"Rule\":{\"ApplyServerSideEncryptionByDefault\":"
      "{\"SSEAlgorithm\":\"aws:kms\"}}}}" },
    { "s3", "PutBucketPublicAccessBlock", "{\"bucketName\":\"bucket-#\",\"PublicAccessBlockConfiguration\":{\"BlockPublicAcls\":true,\"IgnorePublicAcls\":"
      "true,\"BlockPublicPolicy\":true,\"RestrictPublicBuckets\":true}}" },
    { "s3", "PutBucketLifecycle", "{\"bucketName\":\"bucket-#\",\"LifecycleConfiguration\":{\"Rule\":{\"Status\":\"Enabled\",\"Expiration\":{\"Days\":365}}}}" },
    { "cloudtrail", "UpdateTrail", "{\"name\":\"trail-#\",\"isMultiRegionTrail\":true,\"enableLogFileValidation\":true}" },
    { "rds", "ModifyDBInstance", "{\"dBInstanceIdentifier\":\"db-#\",\"backupRetentionPeriod\":14}" },
    { "lambda", "AddPermission20150331v2", "{\"functionName\":\"f#\",\"principal\":\"events.amazonaws.com\",\"action\":\"lambda:InvokeFunction\"}" },
    { "kms", "EnableKeyRotation", "{\"keyId\":\"key-#\"}" },
    { "guardduty", "CreateFilter", "{\"name\":\"filter#\",\"action\":\"ARCHIVE\"}" },
    { "secretsmanager", "RotateSecret", "{\"secretId\":\"secret-#\"}" },
};

static const char *const cloud_regions[] = { "eu-central-1", "us-west-2", "ap-southeast-2", "ca-central-1", "eu-north-1" };
static const char *const cloud_clients[] = {
    "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/macos#24.1.0 md/arch#arm64 lang/python#3.12.4",
    "Boto3/1.36.2 md/Botocore#1.36.2 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.3",
    "aws-sdk-js/3.654.0 ua/2.1 os/win32#10.0.22631 lang/js md/nodejs#20.17.0", "aws-sdk-rust/1.3.3 os/linux lang/rust/1.80.0",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.70.0", "Pulumi/3.0 (aws/6.52)",
    "aws-sdk-go-v2/1.31.0 os/linux lang/go#1.23.1 md/GOOS#linux md/GOARCH#arm64", "aws-sdk-java/2.28.11 md/io#sync OpenJDK_64-Bit_Server_VM/21",
};
static const char *const cloud_browsers[] = {
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
};

static uint64_t cloud_serial;
static bool stolen_call;

static void learn_calls(struct caller *one, uint32_t first, uint32_t end, uint32_t count)
{
    for (uint32_t i = 0; i < count && one->known < REPERTOIRE; i++) {
        one->repertoire[one->known++] = (uint16_t)between(first, end - 1);
    }
}

/* Temporary keys end; those of people and pipelines sooner. A user's own key stays. */
static void renew_key(struct caller *one)
{
    snprintf(one->key, sizeof(one->key), "%016llX", (unsigned long long)bits());
}

static enum kind kind_of(uint32_t place)
{
    static const enum kind kinds[CALLERS_PER_ACCOUNT] = { ADMINISTRATOR, ADMINISTRATOR, PIPELINE, VENDOR, BACKUP, INSIDE, INSTANCE, INSTANCE,
        INSTANCE, INSTANCE, FUNCTION, FUNCTION, FUNCTION, PERSON, PERSON, PERSON, PERSON, PERSON, PERSON, PERSON };
    return kinds[place];
}

static struct caller caller_new(uint64_t account, const char *region, uint32_t office, uint32_t place)
{
    struct caller one = { .kind = kind_of(place), .number = place, .account = account, .region = region, .office = office,
        .home = between(0x3d000000, 0xdf000000), .carrier = between(0x3d00, 0xdf00) << 16, .zone = between(0, 23), .rate = exp(waiting(0.6)),
        .client = ANY(cloud_clients), .every = (uint32_t[]){ 5, 15, 60 }[below(3)] * MINUTE };
    const bool people = one.kind <= ADMINISTRATOR;
    snprintf(one.issuer, sizeof(one.issuer), "AROA%012X%05u", (unsigned)bits(), place);
    snprintf(one.name, sizeof(one.name), people ? "%s-%u" : "%s-role-%u", people ? (place % 3 ? "sso-staff" : "person") : "svc", place);
    snprintf(one.session, sizeof(one.session), people ? "colleague%u@corp.test" : "task-%u", place);
    renew_key(&one);
    one.fixed = one.home;
    one.agent = one.client;
    learn_calls(&one, people || one.kind == VENDOR ? 0 : one.kind == BACKUP ? SNAPSHOTS : READS,
                one.kind == VENDOR ? READS : one.kind == BACKUP ? CALLS : one.kind == PIPELINE ? PEOPLES : people ? PEOPLES : MACHINES,
                one.kind == VENDOR ? REPERTOIRE : people ? between(10, 36) : one.kind == PIPELINE ? 25 : between(3, 8));
    if (one.kind == INSTANCE || one.kind == FUNCTION) {
        one.known = 0;
        learn_calls(&one, DATA, MACHINES, between(2, 5));
    }
    one.joins = FIRST_SECOND + (odds(0.12) ? (int64_t)below(40 * DAY) : 0);
    one.breaks = odds(0.1) ? FIRST_SECOND + (int64_t)below(50 * DAY) : INT64_MAX;
    one.mended = one.breaks == INT64_MAX ? 0 : one.breaks + (int64_t)between(1, 4) * DAY;
    one.next = one.joins + (int64_t)below(DAY);
    return one;
}

static bool at_work(const struct caller *one, int64_t at)
{
    const int64_t local = at + (int64_t)one->zone * HOUR;
    return !weekend(local) && local % DAY >= 8 * HOUR && local % DAY < 19 * HOUR;
}

static uint32_t place_of_person(struct caller *one, int64_t at)
{
    if (one->trip_ends > at) {
        return one->trip + below(40);
    }
    if (odds(0.004)) {
        one->trip = between(0x3d000000, 0xdf000000);
        one->trip_ends = at + (int64_t)between(2, 6) * DAY;
    }
    const double where = unit();
    return where < 0.55 ? one->office + below(6) : where < 0.85 ? one->home : where < 0.95 ? one->carrier + below(1 << 16) : one->office + 256 + below(3);
}

/* A task begins: from where, with what, how long. */
static void begin(struct caller *one, int64_t at)
{
    switch (one->kind) {
    case PERSON:
    case ADMINISTRATOR:
        one->address = place_of_person(one, at);
        one->left = between(1, 4) * (uint32_t)(1 + waiting(3));
        one->agent = odds(0.45) ? ANY(cloud_browsers) : one->client;
        if (odds(0.02)) {
            learn_calls(one, 0, PEOPLES, 1);
        }
        if (one->number % 3 != 0 && odds(0.2)) {
            renew_key(one);
        }
        break;
    case PIPELINE:
        one->address = (between(0x14, 0x1f) << 24) + (between(0, 11) << 16) + below(1 << 16);
        one->left = between(20, 300);
        snprintf(one->session, sizeof(one->session), "run-%u", below(1000000));
        renew_key(one);
        break;
    case VENDOR:
        one->address = one->fixed + below(4);
        one->left = between(120, 400);
        break;
    case INSTANCE:
        if (at >= one->replaced) {
            one->replaced = at + (int64_t)between(1, 6) * DAY;
            one->fixed = (one->home & 0xffff0000) + below(1 << 16);
            snprintf(one->session, sizeof(one->session), "i-%017llx", (unsigned long long)(bits() >> 4));
            renew_key(one);
        }
        one->address = one->fixed;
        one->left = between(1, 20);
        break;
    default:
        one->address = one->fixed + below(16);
        one->left = between(4, 40);
    }
}

/* When the next task begins, after the last one has ended. */
static int64_t pause_of(const struct caller *one, int64_t at)
{
    switch (one->kind) {
    case PERSON:
    case ADMINISTRATOR:
        at += 1 + (int64_t)waiting(50 * MINUTE / one->rate);
        while (!at_work(one, at) && odds(0.97)) {
            at += (int64_t)waiting(3 * HOUR);
        }
        return at;
    case PIPELINE:
        return at + 1 + (int64_t)waiting(weekend(at) ? 12 * HOUR : 2 * HOUR);
    case INSTANCE:
        return at + 1 + (int64_t)waiting((at / HOUR % 24 > 7 ? 4 : 9) * MINUTE);
    case FUNCTION:
        return at - at % one->every + one->every + below(3);
    case VENDOR:
        return at + (one->zone % 2 ? HOUR : DAY) + below(600);
    default:
        return at - at % DAY + DAY + (int64_t)(one->zone % 5) * HOUR + below(1200);
    }
}

static void write_identity(const struct caller *one)
{
    const unsigned long long account = one->account;
    if (one->kind == INSIDE) {
        printf("{\"type\":\"AWSService\",\"invokedBy\":\"backup.amazonaws.com\"}");
        return;
    }
    if (one->kind <= ADMINISTRATOR && one->number % 3 == 0) {
        printf("{\"type\":\"IAMUser\",\"principalId\":\"AIDA%s\",\"arn\":\"arn:aws:iam::%012llu:user/%s\",\"accountId\":\"%012llu\",\"accessKeyId\":"
               "\"AKIA%s\",\"userName\":\"%s\"}", one->issuer + 4, account, one->name, account, one->key, one->name);
        return;
    }
    printf("{\"type\":\"AssumedRole\",\"principalId\":\"%s:%s\",\"arn\":\"arn:aws:sts::%012llu:assumed-role/%s/%s\",\"accountId\":\"%012llu\","
           "\"accessKeyId\":\"ASIA%s\",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":\"%s\",\"arn\":"
           "\"arn:aws:iam::%012llu:role/%s\",\"accountId\":\"%012llu\",\"userName\":\"%s\"},\"attributes\":{\"mfaAuthenticated\":\"%s\"}}}",
           one->issuer, one->session, account, one->name, one->session, account, one->key, one->issuer, account, one->name, account,
           one->name, one->kind <= ADMINISTRATOR ? "true" : "false");
}

/* Instances with even numbers reach S3 and keys through an endpoint of their network, by their private address. */
static uint32_t seen_from(const struct caller *one)
{
    const bool endpoint = one->kind == INSTANCE && one->number % 2 == 0 && one->task % 2 == 0;
    return endpoint ? 0x0a000000 + (one->fixed & 0xffff) : one->address;
}

static void write_head(const struct caller *one, int64_t at, const char *type)
{
    const uint32_t address = seen_from(one);
    char clock[32];
    clock_text(at, clock);
    printf("{\"eventVersion\":\"1.10\",\"eventType\":\"%s\",\"eventTime\":\"%s\",\"eventID\":\"%08llx-%s-4000-8000-%012llx\",\"requestID\":\"%016llx\","
           "\"recipientAccountId\":\"%012llu\",\"awsRegion\":\"%s\",\"userIdentity\":", type, clock, (unsigned long long)(cloud_serial >> 20), stolen_call ? "beef" : "0000",
           (unsigned long long)cloud_serial, (unsigned long long)bits(), (unsigned long long)one->account,
           one->kind == VENDOR ? cloud_regions[cloud_serial / 40 % 3] : one->region);
    cloud_serial++;
    write_identity(one);
    if (one->kind == INSIDE) {
        printf(",\"sourceIPAddress\":\"backup.amazonaws.com\",\"userAgent\":\"backup.amazonaws.com\"");
        return;
    }
    printf(",\"sourceIPAddress\":\"%u.%u.%u.%u\",\"userAgent\":\"%s\"%s", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255,
           one->agent, address == one->address ? "" : ",\"vpcEndpointId\":\"vpce-0a1b2c3d\"");
}

static void sign_in(struct caller *one, int64_t at)
{
    const bool mistyped = odds(0.05);
    write_head(one, at, "AwsConsoleSignIn");
    printf(",\"eventSource\":\"signin.amazonaws.com\",\"eventName\":\"ConsoleLogin\",\"requestParameters\":null,\"responseElements\":{\"ConsoleLogin\":"
           "\"%s\"},\"additionalEventData\":{\"MFAUsed\":\"Yes\"},%s\"readOnly\":false,\"managementEvent\":true,\"eventCategory\":\"Management\"}\n",
           mistyped ? "Failure" : "Success", mistyped ? "\"errorMessage\":\"Failed authentication\"," : "");
    one->signed_in = mistyped ? one->signed_in : at / DAY;
}

static void act(const struct caller *one, int64_t at)
{
    const char *const *chosen = ANY(cloud_acts);
    const unsigned number = below(1000);
    write_head(one, at, "AwsApiCall");
    printf(",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\",\"requestParameters\":", chosen[0], chosen[1]);
    for (const char *c = chosen[2]; *c; c++) {
        if (*c == '#') {
            printf("%08x", number);
        } else {
            putchar(*c);
        }
    }
    printf(",\"responseElements\":null,\"readOnly\":false,\"managementEvent\":true,\"eventCategory\":\"Management\"}\n");
}

static void write_call(struct caller *one, int64_t at)
{
    if (one->calls_left == 0) { /* a task does one thing over many resources, then the next */
        one->task = one->repertoire[falling(one->known)];
        one->calls_left = between(1, one->kind == VENDOR ? 12 : 5);
    }
    one->calls_left--;
    char parameters[120];
    const char *service = cloud_calls[one->task] + 2, *space = strchr(service, ' '), *name = space + 1;
    const bool data = cloud_calls[one->task][0] == 'd', reads = cloud_calls[one->task][0] == 'r';
    const bool broken = at >= one->breaks && at < one->mended;
    const bool refused = odds(broken ? 0.95 : 0.01);
    snprintf(parameters, sizeof(parameters), data ? "{\"bucketName\":\"data-%llu-%u\",\"key\":\"part/%u\"}" : "{\"id\":\"%llu-%u\"}",
             (unsigned long long)one->account % 1000, data ? falling(5) : falling(30), below(100000));
    write_head(one, at, "AwsApiCall");
    printf(",\"eventSource\":\"%.*s.amazonaws.com\",\"eventName\":\"%s\",\"requestParameters\":%s,\"responseElements\":null,%s\"readOnly\":%s,"
           "\"managementEvent\":%s,\"eventCategory\":\"%s\"}\n", (int)(space - service), service, name, reads && odds(0.4) ? "null" : parameters,
           !refused ? "" : odds(0.7) || broken ? "\"errorCode\":\"AccessDenied\",\"errorMessage\":\"not authorized\"," : "\"errorCode\":\"ThrottlingException\",",
           reads || strcmp(name, "GetObject") == 0 ? "true" : "false", data ? "false" : "true", data ? "Data" : "Management");
}

static void sift(struct caller **heap, size_t count, size_t at)
{
    for (;;) {
        const size_t left = 2 * at + 1, right = left + 1;
        const size_t first = right < count && heap[right]->next < heap[left]->next ? right : left;
        if (left >= count || heap[first]->next >= heap[at]->next) {
            return;
        }
        struct caller *down = heap[at];
        heap[at] = heap[first];
        heap[first] = down;
        at = first;
    }
}

/* One record of the caller whose turn it is, and when its next turn is. */
static void turn(struct caller *one)
{
    const int64_t at = one->next;
    const bool people = one->kind <= ADMINISTRATOR;
    if (one->left == 0) {
        begin(one, at);
    }
    if (people && one->number % 3 == 0 && one->signed_in != at / DAY) {
        one->agent = ANY(cloud_browsers);
        sign_in(one, at);
    } else if (one->kind == ADMINISTRATOR && one->left == 1 && odds(0.004)) {
        act(one, at);
        one->left--;
    } else {
        write_call(one, at);
        one->left--;
    }
    const bool storm = at >= one->breaks && at < one->mended && !people;
    one->next = one->left > 0 ? at + (int64_t)waiting(people ? 12 : one->kind == PIPELINE ? 2 : storm ? 0.3 : 4) : pause_of(one, at);
}

/* No benign thing: whoever stole the key of a person that is known for four weeks tries it, from elsewhere, with a client of his own.
 * Its event ids hold "beef"; how many persons it was done to is told on the standard error. */
static void steal(const struct caller *callers, size_t count, int64_t at)
{
    static const char *const tried[][2] = { { "iam", "GetAccountAuthorizationDetails" }, { "iam", "ListAccessKeys" }, { "iam", "CreateUser" },
        { "iam", "PutUserPolicy" }, { "secretsmanager", "BatchGetSecretValue" }, { "ssm", "SendCommand" }, { "ec2", "ModifySnapshotAttribute" },
        { "organizations", "LeaveOrganization" }, { "guardduty", "DeleteDetector" } };
    unsigned persons = 0;
    for (size_t i = 0; i < count; i++) {
        if (callers[i].kind > ADMINISTRATOR || callers[i].joins + INT64_C(28) * DAY > at) {
            continue;
        }
        struct caller thief = callers[i];
        thief.address = between(0x3d000000, 0xdf000000);
        thief.agent = "python-requests/2.32.3";
        persons++;
        for (size_t k = 0; k < sizeof(tried) / sizeof(*tried); k++) {
            stolen_call = true;
            write_head(&thief, at + (int64_t)k * 20, "AwsApiCall");
            printf(",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\",\"requestParameters\":{\"id\":\"x\"},\"responseElements\":null,\"readOnly\":false,"
                   "\"managementEvent\":true,\"eventCategory\":\"Management\"}\n", tried[k][0], tried[k][1]);
        }
    }
    stolen_call = false;
    fprintf(stderr, "%u\n", persons);
}

static void write_cloudtrail(uint64_t events, bool stolen)
{
    const size_t accounts = events / EVENTS_OF_ACCOUNT + 1;
    const size_t count = accounts * CALLERS_PER_ACCOUNT;
    struct caller *callers = calloc(count, sizeof(*callers));
    struct caller **heap = calloc(count, sizeof(*heap));
    if (!callers || !heap) {
        exit(4);
    }
    for (size_t a = 0; a < accounts; a++) {
        const uint64_t account = UINT64_C(100000000000) + bits() % UINT64_C(800000000000);
        const char *region = ANY(cloud_regions);
        const uint32_t office = between(0x3d000000, 0xdf000000) & 0xffffff00;
        for (uint32_t i = 0; i < CALLERS_PER_ACCOUNT; i++) {
            callers[a * CALLERS_PER_ACCOUNT + i] = caller_new(account, region, office, i);
            heap[a * CALLERS_PER_ACCOUNT + i] = &callers[a * CALLERS_PER_ACCOUNT + i];
        }
    }
    cloud_serial = bits() >> 16;
    for (size_t i = count; i-- > 0;) {
        sift(heap, count, i);
    }
    for (uint64_t written = 0; written < events; written++) {
        turn(heap[0]);
        sift(heap, count, 0);
    }
    if (stolen) {
        steal(callers, count, heap[0]->next);
    }
    free(callers);
    free(heap);
}

void benign_cloudtrail(uint64_t events)
{
    write_cloudtrail(events, false);
}

void benign_then_stolen(uint64_t events)
{
    write_cloudtrail(events, true);
}

/* Half as many callers as events, in a hundred accounts, two calls of each: for the memory that keys take. */
void benign_principals(uint64_t events)
{
    static const struct caller nobody = { .region = "eu-central-1", .client = "Boto3/1.36.2", .agent = "Boto3/1.36.2", .number = 3, .known = 1 };
    for (uint64_t i = 0; i < events; i++) {
        struct caller one = nobody;
        const uint64_t number = i % (events / 2 + 1);
        one.account = UINT64_C(200000000000) + number % 100;
        one.address = 0x3d000000 + (uint32_t)(number * 2654435761U >> 4);
        one.repertoire[0] = (uint16_t)(number % READS);
        snprintf(one.issuer, sizeof(one.issuer), "AIDA%016llX", (unsigned long long)number);
        snprintf(one.key, sizeof(one.key), "%016llX", (unsigned long long)number);
        snprintf(one.name, sizeof(one.name), "person-%llu", (unsigned long long)number);
        write_call(&one, FIRST_SECOND + (int64_t)(i / 4));
    }
}

#endif
