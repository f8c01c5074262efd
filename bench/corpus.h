/* corpus.h - made-up CloudTrail records for the micro benchmarks: about 1.4 KB each, with the nesting, the escapes and the
 * repetition of real ones. The same seed gives the same bytes. */
#ifndef YAGURA_BENCH_CORPUS_H
#define YAGURA_BENCH_CORPUS_H

#include <time.h>

#include "base/str.h"

static inline uint32_t corpus_pick(uint64_t *state, uint32_t count)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % count;
}

static const char *const CORPUS_SERVICES[] = { "ec2", "s3", "iam", "sts", "kms", "lambda", "logs", "dynamodb", "rds", "ssm",
                                               "cloudformation", "secretsmanager", "eks", "ecs", "sns", "sqs" };
static const char *const CORPUS_VERBS[] = { "Describe", "List", "Get", "Create", "Delete", "Update", "Put", "Attach", "Run", "Stop" };
static const char *const CORPUS_NOUNS[] = { "Instances", "Buckets", "Users", "Roles", "Keys", "Functions", "LogGroups", "Tables",
                                            "Snapshots", "Parameters", "Stacks", "SecretValue", "Clusters", "Tasks", "Topics",
                                            "Queues", "Policies", "SecurityGroups", "Volumes", "Subnets" };
static const char *const CORPUS_AGENTS[] = {
    "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7 cfg/retry-mode#standard",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#5.15.0 md/arch#x86_64 lang/python#3.10.12 cfg/retry-mode#legacy Botocore/1.34.69",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.66.0 aws-sdk-go-v2/1.30.5",
    "cloudformation.amazonaws.com",
    "aws-sdk-java/2.25.27 Linux/5.10.215-203.850.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.11+9-LTS Java/17.0.11 vendor/Amazon.com_Inc. io/sync",
};

static inline void corpus_identity(struct text *out, uint64_t *state)
{
    const uint32_t who = corpus_pick(state, 400);
    if (who % 3 == 0) {
        text_add_format(out, "{\"type\":\"IAMUser\",\"principalId\":\"AIDA%016u\",\"arn\":\"arn:aws:iam::111122223333:user/person%u\","
                             "\"accountId\":\"111122223333\",\"accessKeyId\":\"AKIA%016u\",\"userName\":\"person%u\"}", who, who, who, who);
        return;
    }
    text_add_format(out,
                    "{\"type\":\"AssumedRole\",\"principalId\":\"AROA%016u:i-%017x\",\"arn\":\"arn:aws:sts::111122223333:assumed-role/"
                    "service-role-%u/i-%017x\",\"accountId\":\"111122223333\",\"accessKeyId\":\"ASIA%016u\",\"sessionContext\":{"
                    "\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":\"AROA%016u\",\"arn\":\"arn:aws:iam::111122223333:role/"
                    "service-role-%u\",\"accountId\":\"111122223333\",\"userName\":\"service-role-%u\"},\"webIdFederationData\":{},"
                    "\"attributes\":{\"creationDate\":\"2026-11-16T06:%02u:11Z\",\"mfaAuthenticated\":\"false\"},"
                    "\"ec2RoleDelivery\":\"2.0\"}}",
                    who, who, who, who, who, who, who, who, who % 60);
}

static inline void corpus_parameters(struct text *out, uint64_t *state)
{
    const uint32_t n = corpus_pick(state, 1000);
    switch (corpus_pick(state, 4)) {
    case 0:
        text_add(out, STR("\"requestParameters\":null,\"responseElements\":null"));
        return;
    case 1:
        text_add_format(out, "\"requestParameters\":{\"filterSet\":{\"items\":[{\"name\":\"vpc-id\",\"valueSet\":{\"items\":[{\"value\":"
                             "\"vpc-%08x\"}]}},{\"name\":\"state\",\"valueSet\":{\"items\":[{\"value\":\"available\"}]}}]},\"maxResults\":"
                             "1000},\"responseElements\":null", n * 7919);
        return;
    case 2:
        text_add_format(out, "\"requestParameters\":{\"roleName\":\"app-%u\",\"policyName\":\"inline\",\"policyDocument\":\"{\\\"Version"
                             "\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":[\\\"s3:GetObject"
                             "\\\",\\\"s3:ListBucket\\\"],\\\"Resource\\\":\\\"arn:aws:s3:::data-%u/*\\\"}]}\"},\"responseElements\":{"
                             "\"requestId\":\"%08x-9a3e\",\"_return\":true}", n, n, n * 104729);
        return;
    default:
        text_add_format(out, "\"requestParameters\":{\"bucketName\":\"data-%u\",\"key\":\"logs/2026/11/16/part-%05u.parquet\",\"Host\":"
                             "\"data-%u.s3.ap-northeast-1.amazonaws.com\"},\"responseElements\":{\"x-amz-server-side-encryption\":"
                             "\"aws:kms\",\"x-amz-version-id\":\"%08x\"},\"additionalEventData\":{\"SignatureVersion\":\"SigV4\","
                             "\"CipherSuite\":\"TLS_AES_128_GCM_SHA256\",\"bytesTransferredIn\":0,\"AuthenticationMethod\":\"AuthHeader\","
                             "\"x-amz-id-2\":\"kq5v0wqL8Jr0S1mZc3\",\"bytesTransferredOut\":%u}", n, n, n, n * 1299709, n * 17);
    }
}

static inline void corpus_record(struct text *out, uint64_t *state)
{
    const char *service = CORPUS_SERVICES[corpus_pick(state, COUNT_OF(CORPUS_SERVICES))];
    const uint32_t verb = corpus_pick(state, 4) ? corpus_pick(state, 3) : corpus_pick(state, COUNT_OF(CORPUS_VERBS));
    const uint32_t n = corpus_pick(state, 1u << 30);
    text_add(out, STR("{\"eventVersion\":\"1.11\",\"userIdentity\":"));
    corpus_identity(out, state);
    text_add_format(out, ",\"eventTime\":\"2026-11-16T06:%02u:%02uZ\",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s%s\","
                         "\"awsRegion\":\"ap-northeast-1\",\"sourceIPAddress\":\"203.0.113.%u\",\"userAgent\":\"%s\",", n % 60, n / 60 % 60,
                    service, CORPUS_VERBS[verb], CORPUS_NOUNS[corpus_pick(state, COUNT_OF(CORPUS_NOUNS))], n % 250,
                    CORPUS_AGENTS[corpus_pick(state, COUNT_OF(CORPUS_AGENTS))]);
    if (corpus_pick(state, 12) == 0) {
        text_add_format(out, "\"errorCode\":\"AccessDenied\",\"errorMessage\":\"User: arn:aws:iam::111122223333:user/person%u is not "
                             "authorized to perform this action because no identity-based policy allows it\",", n % 400);
    }
    corpus_parameters(out, state);
    text_add_format(out, ",\"requestID\":\"%08x-1c7b-4bd1-8a53-%012x\",\"eventID\":\"%08x-5d0e-4c6f-9f6e-%012x\",\"readOnly\":%s,"
                         "\"resources\":[{\"accountId\":\"111122223333\",\"type\":\"AWS::S3::Object\",\"ARN\":\"arn:aws:s3:::data-%u/x\"},"
                         "{\"accountId\":\"111122223333\",\"type\":\"AWS::S3::Bucket\",\"ARN\":\"arn:aws:s3:::data-%u\"}],"
                         "\"eventType\":\"AwsApiCall\",\"managementEvent\":true,\"recipientAccountId\":\"111122223333\","
                         "\"eventCategory\":\"Management\",\"tlsDetails\":{\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":"
                         "\"TLS_AES_128_GCM_SHA256\",\"clientProvidedHostHeader\":\"%s.ap-northeast-1.amazonaws.com\"}}",
                    n, n, n ^ 0x55555555, n, verb < 3 ? "true" : "false", n % 1000, n % 1000, service);
}

/* {"Records":[...]} of at least `bytes` bytes, and where each record starts. */
struct corpus {
    struct str text;
    size_t *starts;
    size_t count;
};

static inline struct corpus corpus_make(struct arena *arena, size_t bytes)
{
    struct corpus corpus = { .starts = ARENA_ARRAY(arena, size_t, bytes / 256 + 16) };
    struct text out = text_new(arena);
    uint64_t state = 2026;
    text_add(&out, STR("{\"Records\":["));
    while (out.len < bytes) {
        text_add(&out, corpus.count ? STR(",") : STR(""));
        corpus.starts[corpus.count++] = out.len;
        corpus_record(&out, &state);
    }
    text_add(&out, STR("]}"));
    corpus.text = text_str(&out);
    return corpus;
}

/* CPU time of the thread, in seconds. */
static inline double corpus_seconds(void)
{
    struct timespec t = { 0 };
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *const CORPUS_FIELDS[] = {
    "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "eventID",
    "recipientAccountId", "userIdentity.type", "userIdentity.arn", "userIdentity.principalId", "userIdentity.accessKeyId",
    "userIdentity.sessionContext.sessionIssuer.arn", "readOnly", "requestParameters",
};

#endif
