#include "detect/detectors.h"

#include "detect/catalogue.h"
#include "detect/harness.h"

/* How many findings of a type one record raises, by itself. */
static size_t raises(struct arena *arena, const struct intel *intel, const char *type, const char *own)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "log.json", harness_record(arena, 1, own));
    CHECK_INT(harness->troubles, 0);
    const size_t count = harness_count(harness, type);
    harness_close(harness);
    return count;
}

#define HITS(type, own) CHECK_INT(raises(arena, NULL, type, own), 1)
#define SPARES(type, own) CHECK_INT(raises(arena, NULL, type, own), 0)

TEST(every_detector_raises_a_known_type)
{
    for (size_t i = 0; i < DETECTORS_COUNT; i++) {
        CHECK(catalogue_find(DETECTORS[i]->detection.type) != NULL);
        CHECK(DETECTORS[i]->detection.severity >= 1);
    }
}

#define POLICY_CHANGE "Stealth:IAMUser/PasswordPolicyChange"

TEST(a_weaker_password_policy_is_a_hit_by_how_much)
{
    static const struct {
        const char *request;
        double severity;
    } cases[] = {
        { "{\"minimumPasswordLength\":7,\"requireSymbols\":true,\"requireNumbers\":true,\"requireUppercaseCharacters\":true}", 2 },
        { "{\"minimumPasswordLength\":14,\"requireSymbols\":true,\"requireNumbers\":false}", 5 },
        { "{\"minimumPasswordLength\":6}", 8 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
        const struct str own = str_format(arena, "{\"eventName\":\"UpdateAccountPasswordPolicy\",\"requestParameters\":%s}",
                                          cases[i].request);
        harness_feed(harness, "log.json", harness_record(arena, 1, own.ptr));
        CHECK_INT(harness->count, 1);
        CHECK(harness->found[0].severity > cases[i].severity - 0.1 && harness->found[0].severity < cases[i].severity + 0.1);
        harness_close(harness);
    }
    HITS(POLICY_CHANGE, "{\"eventName\":\"DeleteAccountPasswordPolicy\",\"requestParameters\":null}");
    HITS(POLICY_CHANGE, "{\"eventName\":\"DeleteAccountPasswordPolicy\",\"requestParameters\":null,\"errorCode\":\"AccessDenied\"}");
}

TEST(a_sound_password_policy_is_not)
{
    SPARES(POLICY_CHANGE, "{\"eventName\":\"UpdateAccountPasswordPolicy\",\"requestParameters\":{\"minimumPasswordLength\":14,"
                          "\"requireSymbols\":true,\"requireNumbers\":true,\"requireUppercaseCharacters\":true,"
                          "\"requireLowercaseCharacters\":true}}");
    SPARES(POLICY_CHANGE, "{\"eventName\":\"UpdateAccountPasswordPolicy\",\"requestParameters\":null}");
    SPARES(POLICY_CHANGE, "{\"eventName\":\"GetAccountPasswordPolicy\"}");
}

#define ANONYMOUS "Policy:S3/BucketAnonymousAccessGranted"
#define PUBLIC "Policy:S3/BucketPublicAccessGranted"
#define FOREIGN "Exfiltration:S3/TransferDataToCloudAccount"
#define BUCKET_POLICY(statement)                                                                                     \
    "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutBucketPolicy\",\"requestParameters\":{\"bucketName\":\"records\"," \
    "\"bucketPolicy\":{\"Version\":\"2012-10-17\",\"Statement\":" statement "}}}"
#define ALLOW(principal, rest) "{\"Effect\":\"Allow\",\"Principal\":" principal ",\"Resource\":\"*\"" rest "}"
#define GET ",\"Action\":\"s3:GetObject\""

TEST(a_bucket_policy_for_everyone_is_a_hit)
{
    HITS(ANONYMOUS, BUCKET_POLICY("[" ALLOW("\"*\"", GET) "]"));
    HITS(ANONYMOUS, BUCKET_POLICY(ALLOW("{\"AWS\":\"*\"}", GET)));
    HITS(ANONYMOUS, BUCKET_POLICY("[" ALLOW("{\"AWS\":[\"arn:aws:iam::111122223333:root\",\"*\"]}", GET) "]"));
    HITS(ANONYMOUS, BUCKET_POLICY("[" ALLOW("\"*\"", GET ",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"}}") "]"));
    HITS(ANONYMOUS, BUCKET_POLICY("[" ALLOW("\"*\"", GET ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"0.0.0.0/0\"}}") "]"));
    HITS(ANONYMOUS, "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutBucketPolicy\",\"requestParameters\":{\"bucketName\":"
                    "\"records\",\"bucketPolicy\":\"{\\\"Statement\\\":{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":\\\"*\\\"}}\"}}");
}

TEST(a_bucket_policy_for_a_known_few_is_not)
{
    SPARES(ANONYMOUS, BUCKET_POLICY("[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]"));
    SPARES(ANONYMOUS, BUCKET_POLICY("[" ALLOW("{\"Service\":\"cloudtrail.amazonaws.com\"}", GET) "]"));
    SPARES(ANONYMOUS, BUCKET_POLICY("[" ALLOW("\"*\"", GET ",\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-1\"}}") "]"));
    SPARES(ANONYMOUS, BUCKET_POLICY("[" ALLOW("\"*\"", GET ",\"Condition\":{\"IpAddress\":{\"aws:sourceip\":[\"192.0.2.0/24\"]}}") "]"));
    SPARES(ANONYMOUS, "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutBucketPolicy\",\"requestParameters\":null}");
}

#define BUCKET_ACL(rest)                                                                              \
    "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutBucketAcl\",\"requestParameters\":{"       \
    "\"bucketName\":\"records\"," rest "}}"
#define GRANT(group)                                                                                                      \
    "\"AccessControlPolicy\":{\"AccessControlList\":{\"Grant\":[{\"Grantee\":{\"URI\":\"http://acs.amazonaws.com/groups/" group \
    "\"},\"Permission\":\"READ\"}]}}"

TEST(an_acl_tells_everyone_from_every_aws_user)
{
    HITS(ANONYMOUS, BUCKET_ACL(GRANT("global/AllUsers")));
    HITS(ANONYMOUS, BUCKET_ACL("\"x-amz-acl\":[\"public-read\"]"));
    HITS(PUBLIC, BUCKET_ACL(GRANT("global/AuthenticatedUsers")));
    HITS(PUBLIC, BUCKET_ACL("\"x-amz-acl\":[\"authenticated-read\"]"));
    SPARES(PUBLIC, BUCKET_ACL(GRANT("global/AllUsers")));
    SPARES(ANONYMOUS, BUCKET_ACL(GRANT("global/AuthenticatedUsers")));
    SPARES(ANONYMOUS, BUCKET_ACL(GRANT("s3/LogDelivery")));
    SPARES(ANONYMOUS, BUCKET_ACL("\"x-amz-acl\":[\"private\"]"));
}

TEST(a_bucket_policy_for_another_account_is_a_hit_unless_it_only_writes)
{
    HITS(FOREIGN, BUCKET_POLICY("[" ALLOW("{\"AWS\":\"arn:aws:iam::444455556666:root\"}", GET) "]"));
    HITS(FOREIGN, BUCKET_POLICY("[" ALLOW("{\"AWS\":[\"111122223333\",\"444455556666\"]}", ",\"Action\":[\"s3:PutObject\",\"s3:ListBucket\"]") "]"));
    SPARES(FOREIGN, BUCKET_POLICY("[" ALLOW("{\"AWS\":\"arn:aws:iam::111122223333:role/web\"}", GET) "]"));
    SPARES(FOREIGN, BUCKET_POLICY("[" ALLOW("{\"AWS\":\"arn:aws:iam::444455556666:root\"}", ",\"Action\":\"s3:PutObject\"") "]"));
    SPARES(FOREIGN, BUCKET_POLICY("[" ALLOW("{\"AWS\":\"arn:aws:iam::cloudfront:user/CloudFront\"}", GET) "]"));
    SPARES(FOREIGN, BUCKET_POLICY("[{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"444455556666\"},\"Action\":\"s3:*\"}]"));
}

#define SSH "Persistence:EC2/ExternalRemoteServices"
#define INGRESS(rest)                                                                                 \
    "{\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"AuthorizeSecurityGroupIngress\","            \
    "\"requestParameters\":{\"groupId\":\"sg-1\"," rest "}}"
#define PERMISSION(protocol, ports, range)                                                             \
    "\"ipPermissions\":{\"items\":[{\"ipProtocol\":\"" protocol "\"" ports ",\"ipRanges\":{\"items\":[" range "]}}]}"

TEST(ssh_from_everywhere_is_a_hit)
{
    HITS(SSH, INGRESS(PERMISSION("tcp", ",\"fromPort\":22,\"toPort\":22", "{\"cidrIp\":\"0.0.0.0/0\"}")));
    HITS(SSH, INGRESS(PERMISSION("tcp", ",\"fromPort\":0,\"toPort\":1024", "{\"cidrIp\":\"10.0.0.0/8\"},{\"cidrIp\":\"0.0.0.0/0\"}")));
    HITS(SSH, INGRESS(PERMISSION("-1", "", "{\"cidrIp\":\"0.0.0.0/0\"}")));
    HITS(SSH, INGRESS("\"cidrIp\":\"0.0.0.0/0\",\"fromPort\":22,\"toPort\":22,\"ipProtocol\":\"tcp\",\"ipPermissions\":{}"));
    HITS(SSH, INGRESS("\"ipPermissions\":{\"items\":[{\"ipProtocol\":\"tcp\",\"fromPort\":22,\"toPort\":22,\"ipRanges\":{},"
                      "\"ipv6Ranges\":{\"items\":[{\"cidrIpv6\":\"::/0\"}]}}]}"));
}

TEST(port_and_network_must_belong_together)
{
    SPARES(SSH, INGRESS(PERMISSION("tcp", ",\"fromPort\":443,\"toPort\":443", "{\"cidrIp\":\"0.0.0.0/0\"}")));
    SPARES(SSH, INGRESS(PERMISSION("udp", ",\"fromPort\":22,\"toPort\":22", "{\"cidrIp\":\"0.0.0.0/0\"}")));
    SPARES(SSH, INGRESS(PERMISSION("tcp", ",\"fromPort\":22,\"toPort\":22", "{\"cidrIp\":\"192.0.2.0/24\"}")));
    SPARES(SSH, INGRESS("\"ipPermissions\":{\"items\":[{\"ipProtocol\":\"tcp\",\"fromPort\":443,\"toPort\":443,\"ipRanges\":{\"items\":["
                        "{\"cidrIp\":\"0.0.0.0/0\"}]}},{\"ipProtocol\":\"tcp\",\"fromPort\":22,\"toPort\":22,\"ipRanges\":{\"items\":["
                        "{\"cidrIp\":\"10.0.0.0/8\"}]}}]}"));
}

TEST(calls_from_listed_addresses_are_named_by_list_and_kind)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_TOR, STR("203.0.113.7\n"), &used);
    CHECK_INT(raises(arena, intel, "Recon:IAMUser/TorIPCaller", "{\"eventName\":\"ListUsers\"}"), 1);
    CHECK_INT(raises(arena, intel, "UnauthorizedAccess:IAMUser/TorIPCaller", "{\"eventName\":\"CreateUser\",\"readOnly\":false}"), 1);
    CHECK_INT(raises(arena, intel, "UnauthorizedAccess:IAMUser/TorIPCaller", "{\"eventName\":\"ListUsers\"}"), 0);
    CHECK_INT(raises(arena, intel, "Recon:IAMUser/TorIPCaller", "{\"eventName\":\"ListUsers\",\"sourceIPAddress\":\"203.0.113.8\"}"), 0);
#define DATA(name)                                                                                    \
    "{\"eventSource\":\"s3.amazonaws.com\",\"eventCategory\":\"Data\",\"eventName\":\"" name "\","        \
    "\"requestParameters\":{\"bucketName\":\"records\"}}"
    CHECK_INT(raises(arena, intel, "Discovery:S3/TorIPCaller", DATA("ListObjects")), 1);
    CHECK_INT(raises(arena, intel, "UnauthorizedAccess:S3/TorIPCaller", DATA("GetObject")), 1);
    intel_load_text(intel, INTEL_THREAT, STR("203.0.113.7\n"), &used);
    CHECK_INT(raises(arena, intel, "Discovery:S3/MaliciousIPCaller", DATA("ListObjects")), 1);
    CHECK_INT(raises(arena, intel, "Exfiltration:S3/MaliciousIPCaller", DATA("GetObject")), 1);
    CHECK_INT(raises(arena, intel, "Impact:S3/MaliciousIPCaller", DATA("DeleteObject")), 1);
    CHECK_INT(raises(arena, intel, "Recon:IAMUser/MaliciousIPCaller", "{\"eventName\":\"ListUsers\"}"), 1);
    CHECK_INT(raises(arena, intel, "UnauthorizedAccess:IAMUser/MaliciousIPCaller", "{\"eventName\":\"CreateUser\"}"), 1);
    intel_load_text(intel, INTEL_CUSTOM, STR("203.0.113.0/24\n"), &used);
    CHECK_INT(raises(arena, intel, "Discovery:S3/MaliciousIPCaller.Custom", DATA("ListObjects")), 1);
    CHECK_INT(raises(arena, intel, "UnauthorizedAccess:S3/MaliciousIPCaller.Custom", DATA("GetObject")), 1);
    CHECK_INT(raises(arena, intel, "Recon:IAMUser/MaliciousIPCaller.Custom", "{\"eventName\":\"ListUsers\"}"), 1);
    CHECK_INT(raises(arena, intel, "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", "{\"eventName\":\"CreateUser\"}"), 1);
    intel_load_text(intel, INTEL_TRUSTED, STR("203.0.113.7\n"), &used);
    CHECK_INT(raises(arena, intel, "Recon:IAMUser/TorIPCaller", "{\"eventName\":\"ListUsers\"}"), 0);
    intel_close(intel);
}

#define TRAIL_OFF "Stealth:IAMUser/CloudTrailLoggingDisabled"
#define BUCKET_GONE(name) \
    "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"DeleteBucket\",\"requestParameters\":{\"bucketName\":\"" name "\"}}"

/* How often deleting the bucket "logs" is found after another record. */
static size_t gone_after(struct arena *arena, const char *before)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "log.json", harness_record(arena, 1, before));
    harness_feed(harness, "log.json", harness_record(arena, 2, BUCKET_GONE("logs")));
    harness_feed(harness, "log.json", harness_record(arena, 3, BUCKET_GONE("other")));
    const size_t count = harness_count(harness, TRAIL_OFF);
    CHECK(count == 0 || str_equal(harness->found[harness->count - 1].resource_id, STR("logs")));
    harness_close(harness);
    return count;
}

TEST(a_bucket_that_receives_a_trail_is_told_by_the_trail_and_by_cloudtrails_own_calls)
{
    CHECK_INT(gone_after(arena, "{\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"CreateTrail\","
                                "\"requestParameters\":{\"name\":\"main\",\"s3BucketName\":\"logs\"}}"), 1);
    CHECK_INT(gone_after(arena, "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetBucketAcl\",\"requestParameters\":"
                                "{\"bucketName\":\"logs\"},\"userIdentity\":{\"type\":\"AWSService\",\"invokedBy\":"
                                "\"cloudtrail.amazonaws.com\"}}"), 1);
    CHECK_INT(gone_after(arena, "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetBucketAcl\",\"requestParameters\":"
                                "{\"bucketName\":\"logs\"}}"), 0);
    CHECK_INT(gone_after(arena, "{\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"CreateTrail\",\"errorCode\":"
                                "\"AccessDenied\",\"requestParameters\":{\"name\":\"main\",\"s3BucketName\":\"logs\"}}"), 0);
    CHECK_INT(gone_after(arena, "{\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"CreateTrail\","
                                "\"requestParameters\":{\"name\":\"main\",\"s3BucketName\":\"elsewhere\"}}"), 0);
}

TEST(a_bucket_whose_trail_was_deleted_before_is_no_second_finding)
{
    static const char *const trail_gone = "{\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"DeleteTrail\","
        "\"requestParameters\":{\"name\":\"arn:aws:cloudtrail:ap-northeast-1:111122223333:trail/main\"}}";
    static const char *const made[] = {
        "{\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"CreateTrail\",\"requestParameters\":{\"name\":\"main\","
        "\"s3BucketName\":\"logs\"}}",
        "{\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetBucketAcl\",\"requestParameters\":{\"bucketName\":\"logs\"},"
        "\"userIdentity\":{\"type\":\"AWSService\",\"invokedBy\":\"cloudtrail.amazonaws.com\"}}",
        "{\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"CreateTrail\",\"requestParameters\":{\"name\":\"second\","
        "\"s3BucketName\":\"logs\"}}", /* another trail's: still in use */
    };
    static const size_t findings[] = { 1, 1, 2 }; /* the trail's own among them */
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
        harness_feed(harness, "log.json", harness_record(arena, 1, made[i]));
        harness_feed(harness, "log.json", harness_record(arena, 2, trail_gone));
        harness_feed(harness, "log.json", harness_record(arena, 3, BUCKET_GONE("logs")));
        CHECK_INT(harness_count(harness, TRAIL_OFF), findings[i]);
        harness_close(harness);
    }
}

#define INJECTION "Impact:IAMUser/PromptInjection.Direct"
#define ASSESSMENT(type, confidence)                                                                            \
    "{\"contentPolicy\":{\"filters\":[{\"type\":\"" type "\",\"confidence\":\"" confidence "\",\"action\":\"BLOCKED\"}]}}"
#define GUARDED(member, action, assessment)                                                                     \
    "{\"eventSource\":\"bedrock.amazonaws.com\",\"eventName\":\"ApplyGuardrail\",\"eventCategory\":\"Data\",\"" member    \
    "\":{\"action\":\"" action "\",\"assessments\":[" assessment "]},\"resources\":[{\"type\":\"AWS::Bedrock::Guardrail\","  \
    "\"ARN\":\"arn:aws:bedrock:ap-northeast-1:111122223333:guardrail/g1\"}]}"

TEST(a_guardrail_that_is_sure_of_a_prompt_attack_is_a_hit)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "log.json",
                 harness_record(arena, 1, GUARDED("responseElements", "GUARDRAIL_INTERVENED", ASSESSMENT("PROMPT_ATTACK", "HIGH"))));
    CHECK_INT(harness_count(harness, INJECTION), 1);
    const struct json *guardrail = json_path(json_parse(arena, harness->found[0].json, NULL), "resource.bedrockGuardrailDetails");
    CHECK_STR(json_text(json_get(json_get(guardrail, STR("guardrails"))->child, STR("arn"))),
              "arn:aws:bedrock:ap-northeast-1:111122223333:guardrail/g1");
    CHECK_STR(json_text(json_get(guardrail, STR("guardrailSource"))), "INPUT");
    CHECK_STR(json_text(json_get(json_get(guardrail, STR("contentPolicyFilters"))->child, STR("action"))), "BLOCKED");
    harness_close(harness);
    HITS(INJECTION, GUARDED("additionalEventData", "GUARDRAIL_INTERVENED", ASSESSMENT("PROMPT_ATTACK", "HIGH")));
}

TEST(a_guardrail_that_is_unsure_or_did_nothing_is_not)
{
    SPARES(INJECTION, GUARDED("responseElements", "GUARDRAIL_INTERVENED", ASSESSMENT("PROMPT_ATTACK", "MEDIUM")));
    SPARES(INJECTION, GUARDED("responseElements", "NONE", ASSESSMENT("PROMPT_ATTACK", "HIGH")));
    SPARES(INJECTION, GUARDED("responseElements", "GUARDRAIL_INTERVENED", ASSESSMENT("HATE", "HIGH")));
    SPARES(INJECTION, GUARDED("requestParameters", "GUARDRAIL_INTERVENED", ASSESSMENT("PROMPT_ATTACK", "HIGH")));
}
