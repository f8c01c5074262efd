/* What identities do unlike their habits of thirty days, and with keys that leaked. */
#include "base/clock.h"
#include "detect/harness.h"
#include "detect/intel.h"

enum { HABIT_DAYS = 30 };
static const int64_t START_MS = INT64_C(1767254400000); /* 2026-01-01T08:00:00Z */

static struct str on(struct arena *arena, int day, const char *from, const char *what)
{
    static int id;
    const struct str time = clock_format_iso8601(arena, START_MS + day * INT64_C(86400000));
    id++;
    return harness_record(arena, id, str_format(arena, "{\"eventTime\":\"%" STR_FMT "\",%s,%s}", STR_ARG(time), from, what).ptr);
}

#define HOME "\"sourceIPAddress\":\"203.0.113.7\",\"userAgent\":\"aws-cli/2.15\",\"awsRegion\":\"ap-northeast-1\""
#define AWAY "\"sourceIPAddress\":\"198.51.100.7\",\"userAgent\":\"Boto3/1.34\",\"awsRegion\":\"sa-east-1\""
#define EC2(api) "\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"" api "\",\"requestParameters\":{}"
#define IAM(api) "\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"" api "\",\"requestParameters\":{\"userName\":\"eve\"}"
#define OF(service, api) "\"eventSource\":\"" service ".amazonaws.com\",\"eventName\":\"" api "\",\"requestParameters\":{}"
#define S3(api, bucket)                                                                                          \
    "\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"" api "\",\"eventCategory\":\"Data\","                   \
    "\"requestParameters\":{\"bucketName\":\"" bucket "\",\"key\":\"a\"}"

static size_t after_habit(struct arena *arena, int days, const char *from, const char *what, const char *type)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    for (int day = 0; day < days; day++) {
        harness_feed(harness, "log", on(arena, day, HOME, EC2("DescribeInstances")));
        harness_feed(harness, "log", on(arena, day, HOME, S3("HeadObject", "records")));
    }
    harness_feed(harness, "log", on(arena, days, from, what));
    const size_t count = harness_count(harness, type);
    harness_close(harness);
    return count;
}

static const struct {
    const char *what, *type;
} strange[] = {
    { EC2("GetPasswordData"), "CredentialAccess:IAMUser/AnomalousBehavior" },
    { OF("guardduty", "DeleteDetector"), "DefenseEvasion:IAMUser/AnomalousBehavior" },
    { IAM("ListUsers"), "Discovery:IAMUser/AnomalousBehavior" },
    { OF("backup", "StartCopyJob"), "Exfiltration:IAMUser/AnomalousBehavior" },
    { OF("backup", "DeleteBackupVault"), "Impact:IAMUser/AnomalousBehavior" },
    { EC2("EnableSerialConsoleAccess"), "InitialAccess:IAMUser/AnomalousBehavior" },
    { IAM("CreateAccessKey"), "Persistence:IAMUser/AnomalousBehavior" },
    { EC2("AssociateIamInstanceProfile"), "PrivilegeEscalation:IAMUser/AnomalousBehavior" },
    { S3("GetObjectAcl", "records"), "Discovery:S3/AnomalousBehavior" },
    { S3("GetObject", "records"), "Exfiltration:S3/AnomalousBehavior" },
    { S3("DeleteObject", "records"), "Impact:S3/AnomalousBehavior.Delete" },
    { S3("PutObjectAcl", "records"), "Impact:S3/AnomalousBehavior.Permission" },
    { S3("PutObject", "records"), "Impact:S3/AnomalousBehavior.Write" },
    { OF("bedrock", "InvokeModel"), "Impact:IAMUser/AnomalousModelInvocation" },
};

TEST(a_call_of_every_tactic_unlike_its_caller_is_a_hit_and_silent_without_history)
{
    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        if (after_habit(arena, HABIT_DAYS, AWAY, strange[i].what, strange[i].type) != 1) {
            fail_msg("%s is not found", strange[i].type);
        }
        CHECK_INT(after_habit(arena, 3, AWAY, strange[i].what, strange[i].type), 0);
    }
}

TEST(what_is_done_every_day_is_no_anomaly)
{
    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        CHECK_INT(after_habit(arena, HABIT_DAYS, HOME, EC2("DescribeInstances"), strange[i].type), 0);
    }
}

#define STOP "\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"StopLogging\",\"requestParameters\":{\"name\":\"main\"}"

static size_t steps_after_habit(struct arena *arena, const char *from, const char *const *steps, size_t count)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    for (int day = 0; day < HABIT_DAYS; day++) {
        harness_feed(harness, "log", on(arena, day, HOME, EC2("DescribeInstances")));
    }
    for (size_t i = 0; i < count; i++) {
        harness_feed(harness, "log", on(arena, HABIT_DAYS, from, steps[i]));
    }
    const size_t found = harness_count(harness, "AttackSequence:IAM/CompromisedCredentials");
    harness_close(harness);
    return found;
}

TEST(an_odd_day_of_its_owner_is_no_sequence_and_many_odd_steps_are)
{
    static const char *const key[] = { IAM("CreateAccessKey"), IAM("CreateAccessKey") };
    static const char *const more[] = { IAM("CreateAccessKey"), STOP };
    CHECK_INT(steps_after_habit(arena, AWAY, key, COUNT_OF(key)), 0);
    CHECK(steps_after_habit(arena, AWAY, more, COUNT_OF(more)) >= 1);
    CHECK_INT(steps_after_habit(arena, HOME, more, 1), 0);
}

#define MODEL(id, in, out)                                                                                                    \
    "\"eventSource\":\"bedrock.amazonaws.com\",\"eventName\":\"InvokeModel\",\"requestParameters\":{\"modelId\":\"" id "\"},"        \
    "\"additionalEventData\":{\"inputTokens\":" in ",\"outputTokens\":" out "}"

static size_t harvested(struct arena *arena, int days, const char *from, const char *what)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    for (int day = 0; day < days; day++) {
        harness_feed(harness, "log", on(arena, day, HOME, MODEL("small", "900", "100")));
    }
    harness_feed(harness, "log", on(arena, days, from, what));
    const size_t count = harness_count(harness, "Impact:IAMUser/CostHarvesting");
    harness_close(harness);
    return count;
}

TEST(tokens_far_beyond_habit_with_a_new_model_are_a_hit)
{
    CHECK_INT(harvested(arena, HABIT_DAYS, HOME, MODEL("large", "900000", "100000")), 1);
    CHECK_INT(harvested(arena, HABIT_DAYS, HOME, MODEL("small", "900000", "100000")), 0);
    CHECK_INT(harvested(arena, HABIT_DAYS, HOME, MODEL("large", "900", "100")), 0);
    CHECK_INT(harvested(arena, 3, HOME, MODEL("large", "900000", "100000")), 0);
}

TEST(a_key_that_leaked_is_a_hit_and_another_is_not)
{
    static const char *const keys[] = { "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE" };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct intel *intel = intel_open();
        size_t used = 0;
        intel_load_text(intel, INTEL_LEAKED, str_of(keys[i]), &used);
        CHECK_INT(used, 1);
        struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
        harness_feed(harness, "log", on(arena, 0, HOME, IAM("ListUsers")));
        CHECK_INT(harness_count(harness, "CredentialAccess:IAMUser/CompromisedCredentials"), i == 0);
        harness_close(harness);
        intel_close(intel);
    }
}
