#include "detect/learn/anomaly.h"

#include "base/clock.h"
#include "detect/harness.h"

static const int64_t START_MS = INT64_C(20454) * 86400000; /* 2026-01-01 */

struct office {
    struct arena *arena;
    struct harness *harness;
    struct learn *learn;
    int events;
};

static struct office office_open(struct arena *arena, struct learn *learn)
{
    struct office office = { .arena = arena, .learn = learn ? learn : learn_open(NULL) };
    office.harness = harness_open(arena, &(struct engine_options){ .learn = office.learn });
    return office;
}

static void office_close(struct office *office)
{
    harness_close(office->harness);
    learn_close(office->learn);
}

struct call {
    const char *user, *service, *api, *address, *agent, *error;
};

static void make(struct office *office, int day, int hour, struct call call)
{
    struct arena *arena = office->arena;
    const struct str at = clock_format_iso8601(arena, START_MS + (day * INT64_C(24) + hour) * 3600000 + office->events % 3000 * 1000);
    const char *error = call.error ? str_cstr(arena, str_format(arena, ",\"errorCode\":\"%s\"", call.error)) : "";
    const struct str own = str_format(
        arena, "{\"eventTime\":\"%" STR_FMT "\",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\",\"sourceIPAddress\":\"%s\",\"userAgent\":\"%s\"%s,"
        "\"userIdentity\":{\"type\":\"IAMUser\",\"principalId\":\"AIDA%s\",\"arn\":\"arn:aws:iam::111122223333:user/%s\",\"accountId\":\"111122223333\","
        "\"accessKeyId\":\"AKIA%s\",\"userName\":\"%s\"}}",
        STR_ARG(at), call.service, call.api, call.address, call.agent, error, call.user, call.user, call.user, call.user);
    harness_feed(office->harness, "trail", harness_record(arena, office->events++, str_cstr(arena, own)));
}

#define AGENT "aws-cli/2.15.0 md/awscrt#0.19 ua/2.0 os/linux#6.1 lang/python#3.11"
#define THIEF "python-requests/2.31"
static const struct call USUAL[] = {
    { "alice", "ec2", "DescribeInstances", "61.10.0.1", AGENT, NULL },  { "alice", "s3", "ListBuckets", "61.10.0.2", AGENT, NULL },
    { "alice", "iam", "ListRoles", "61.10.0.1", AGENT, NULL },          { "bob", "ec2", "DescribeInstances", "61.10.0.9", AGENT, NULL },
    { "bob", "cloudtrail", "DescribeTrails", "61.10.0.9", AGENT, NULL }, { "bob", "iam", "CreateAccessKey", "61.10.0.9", AGENT, NULL },
};

static void work(struct office *office, int from, int days)
{
    for (int day = from; day < from + days; day++) {
        for (size_t i = 0; i < sizeof(USUAL) / sizeof(USUAL[0]); i++) {
            make(office, day, 9, USUAL[i]);
            make(office, day, 14, USUAL[i]);
        }
    }
}

static size_t found(const struct office *office)
{
    size_t count = 0;
    for (size_t i = 0; i < office->harness->count; i++) {
        count += str_search(office->harness->found[i].type, STR("Anomalous")) != STR_MISSING;
    }
    return count;
}

static const struct call STOLEN = { "alice", "iam", "CreateAccessKey", "185.220.3.4", THIEF, NULL };

TEST(a_stolen_key_that_makes_a_new_call_from_elsewhere_is_found)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    CHECK_INT(found(&office), 0);
    make(&office, 30, 3, STOLEN);
    CHECK_INT(harness_count(office.harness, "Persistence:IAMUser/AnomalousBehavior"), 1);
    office_close(&office);
}

TEST(the_finding_says_what_was_unusual_for_whom)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    make(&office, 30, 3, STOLEN);
    const struct finding *finding = &office.harness->found[office.harness->count - 1];
    const struct json *json = json_parse(arena, finding->json, NULL);
    const struct json *unusual = json_path(json, "service.detection.anomaly.unusual.behavior");
    CHECK_STR(json_text(json_path(unusual, "userIdentity.api.profileSubtype")), "UNSEEN");
    CHECK(json_path(unusual, "account.api") == NULL); /* bob does it every day */
    CHECK_STR(json_text(json_path(unusual, "account.asn.profileSubtype")), "UNSEEN");
    CHECK_STR(json_text(json_path(json, "service.detection.anomaly.profiles.account.api")->child ? json_path(json_path(json, "service.detection.anomaly.profiles.account.api")->child, "profileSubtype") : NULL), "FREQUENT");
    const struct json *told = json_parse(arena, json_text(json_path(json, "service.additionalInfo.value")), NULL);
    const struct json *call = json_path(told, "anomalies.anomalousAPIs")->child;
    int64_t succeeded = 0;
    CHECK_STR(json_text(json_get(call, STR("api"))), "CreateAccessKey");
    CHECK(json_int(json_get(call, STR("success")), &succeeded) && succeeded == 1);
    CHECK_STR(json_text(json_path(told, "unusualBehavior.unusualASNsAccountProfiling")), "185.220.0.0/16");
    CHECK_STR(json_text(json_path(told, "profiledBehavior.frequentProfiledAPIsAccountProfiling")), "CreateAccessKey");
    CHECK(str_search(json_text(json_get(told, STR("why"))), STR("never seen in 30 days")) != STR_MISSING);
    CHECK(finding->severity >= 5 && finding->severity <= 5);
    office_close(&office);
}

TEST(a_new_call_from_the_usual_place_or_a_usual_call_from_elsewhere_is_none)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    make(&office, 30, 9, (struct call){ "alice", "iam", "CreateAccessKey", "61.10.0.1", AGENT, NULL });
    make(&office, 30, 9, (struct call){ "alice", "ec2", "DescribeInstances", "90.1.2.3", AGENT, NULL });
    CHECK_INT(found(&office), 0);
    office_close(&office);
}

TEST(a_newer_version_of_the_client_is_no_new_client)
{
    CHECK(trait_client(1, STR(AGENT)) == trait_client(1, STR("aws-cli/2.17.9 md/awscrt#0.21 ua/2.1 os/linux#6.8 lang/python#3.12 cfg/retry-mode#standard")));
    CHECK(trait_client(1, STR(AGENT)) != trait_client(1, STR("aws-cli/2.15.0 md/awscrt#0.19 ua/2.0 os/windows#10 lang/python#3.11")));
    CHECK(trait_client(1, STR(AGENT)) != trait_client(1, STR(THIEF)));
    CHECK_STR(trait_network(STR("203.0.113.7")), "203.0");
    CHECK_STR(trait_network(STR("2001:db8:1::5")), "2001:db8");
    CHECK_STR(trait_network(STR("cloudformation.amazonaws.com")), "cloudformation.amazonaws.com");
}

TEST(without_history_of_caller_or_account_nothing_is_raised)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 13);
    make(&office, 13, 3, STOLEN);
    CHECK_INT(found(&office), 0);
    work(&office, 14, 16);
    make(&office, 30, 3, (struct call){ "mallory", "iam", "CreateAccessKey", "185.220.3.4", THIEF, NULL });
    CHECK_INT(found(&office), 0);
    office_close(&office);
}

TEST(stopping_the_trail_for_the_first_time_ever_needs_no_strange_place)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    make(&office, 30, 9, (struct call){ "bob", "cloudtrail", "StopLogging", "61.10.0.9", AGENT, NULL });
    CHECK_INT(harness_count(office.harness, "DefenseEvasion:IAMUser/AnomalousBehavior"), 1);
    office_close(&office);
}

TEST(refused_calls_count_and_are_counted_apart)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    for (int i = 0; i < 5; i++) {
        make(&office, 30, 3, (struct call){ "alice", "secretsmanager", "GetSecretValue", "185.220.3.4", THIEF, "AccessDenied" });
    }
    CHECK_INT(harness_count(office.harness, "CredentialAccess:IAMUser/AnomalousBehavior"), 5);
    const struct json *json = json_parse(arena, office.harness->found[office.harness->count - 1].json, NULL);
    const struct json *told = json_parse(arena, json_text(json_path(json, "service.additionalInfo.value")), NULL);
    int64_t failed = 0;
    CHECK(json_int(json_get(json_path(told, "anomalies.anomalousAPIs")->child, STR("error")), &failed) && failed == 5);
    office_close(&office);
}

TEST(an_attacker_does_not_become_usual_by_repeating)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    for (int day = 30; day < 40; day++) {
        const size_t before = found(&office);
        make(&office, day, 3, STOLEN); /* by day nothing else: the slow way */
        CHECK(found(&office) > before);
        for (int i = 0; i < 5; i++) { /* and the loud way */
            make(&office, day, 4, STOLEN);
        }
    }
    office_close(&office);
}

TEST(a_call_of_two_tactics_gives_both_findings)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    make(&office, 30, 3, (struct call){ "alice", "s3", "PutBucketPolicy", "185.220.3.4", THIEF, NULL });
    CHECK_INT(harness_count(office.harness, "Impact:IAMUser/AnomalousBehavior"), 1);
    CHECK_INT(harness_count(office.harness, "Impact:S3/AnomalousBehavior.Permission"), 1);
    office_close(&office);
}

TEST(services_of_aws_are_not_judged)
{
    struct office office = office_open(arena, NULL);
    work(&office, 0, 30);
    make(&office, 30, 3, (struct call){ "alice", "iam", "CreateAccessKey", "cloudformation.amazonaws.com", "cloudformation.amazonaws.com", NULL });
    CHECK_INT(found(&office), 0);
    office_close(&office);
}

TEST(a_model_that_was_saved_judges_as_before)
{
    struct office office = office_open(arena, NULL);
    struct ctx ctx = ctx_new(arena, 0);
    struct learn *copy = NULL;
    work(&office, 0, 30);
    const char *path = str_cstr(arena, str_format(arena, "%s/model", test_folder(arena)));
    CHECK_OK(learn_save(&ctx, office.learn, path));
    CHECK_OK(learn_load(&ctx, path, &copy));
    struct office again = office_open(arena, copy);
    again.events = office.events;
    make(&office, 30, 3, STOLEN);
    make(&again, 30, 3, STOLEN);
    CHECK_INT(found(&again), 1);
    CHECK(str_equal(again.harness->found[again.harness->count - 1].json, office.harness->found[office.harness->count - 1].json));
    office_close(&again);
    office_close(&office);
}

static struct str model_of(struct arena *arena, const struct learn *learn)
{
    FILE *file = tmpfile();
    CHECK(file && learn_write(learn, file));
    const size_t size = (size_t)ftell(file);
    char *bytes = ARENA_ARRAY(arena, char, size);
    rewind(file);
    CHECK_INT(fread(bytes, 1, size, file), size);
    fclose(file);
    return (struct str){ bytes, size };
}

static unsigned draw(uint64_t *state, unsigned below)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(*state >> 33) % below;
}

/* Few callers with more networks, clients and buckets than fit; now and then late, refused, or by somebody else's hands. */
static void make_any(struct office *office, int day, uint64_t *state)
{
    static const char *const CALLS[] = { "ec2 DescribeInstances", "s3 GetObject", "s3 PutObject", "iam CreateAccessKey", "sts GetCallerIdentity",
                                         "cloudtrail StopLogging", "kms Decrypt" };
    static const struct { const char *type, *arn, *role; } CALLERS[] = {
        { "IAMUser", "iam::111122223333:user/", "" },
        { "AssumedRole", "sts::111122223333:assumed-role/job/", "job" }, /* works from more networks than there is room for */
        { "AssumedRole", "sts::111122223333:assumed-role/AWSReservedSSO_x/", "AWSReservedSSO_x" },
        { "AssumedRole", "sts::111122223333:assumed-role/aws/", "aws-service-role/x" },
    };
    struct arena *arena = office->arena;
    const int late = draw(state, 20) == 0 ? (int)draw(state, 5) : 0;
    const struct str at = clock_format_iso8601(arena, START_MS + ((day - late) * INT64_C(24) + 8 + draw(state, 4)) * 3600000);
    struct str api = STR_NONE;
    const struct str service = str_cut(str_of(CALLS[draw(state, 100) == 0 ? 3 + draw(state, 4) : draw(state, 3)]), ' ', &api);
    const unsigned who = draw(state, 8) % 5 % 4;
    const unsigned places = who == 1 || draw(state, 30) == 0 ? 12 : 2, place = draw(state, places);
    const char *role = CALLERS[who].role;
    const struct str issuer = str_format(arena, ",\"sessionContext\":{\"sessionIssuer\":{\"arn\":\"arn:aws:iam::111122223333:role/%s\"}}", role);
    const struct str own = str_format(
        arena, "{\"eventTime\":\"%" STR_FMT "\",\"eventSource\":\"%" STR_FMT ".amazonaws.com\",\"eventName\":\"%" STR_FMT "\","
        "\"sourceIPAddress\":\"%u.10.0.1\",\"userAgent\":\"client%c/1\"%s,\"requestParameters\":{\"bucketName\":\"bucket-%u\"},"
        "\"userIdentity\":{\"type\":\"%s\",\"arn\":\"arn:aws:%s%u\"%" STR_FMT "}}",
        STR_ARG(at), STR_ARG(service), STR_ARG(api), 60 + place, 'a' + (char)place % 2,
        draw(state, 15) == 0 ? ",\"errorCode\":\"AccessDenied\"" : "", draw(state, places * 2), CALLERS[who].type,
        CALLERS[who].arn, draw(state, 3), STR_ARG(role[0] ? issuer : STR("")));
    harness_feed(office->harness, "trail", harness_record(arena, office->events++, str_cstr(arena, own)));
}

/* How many of unusual behaviour; the harness keeps so many findings, hence day by day. */
static size_t same_findings(struct office *one, struct office *other)
{
    const size_t count = found(one);
    CHECK_INT(one->harness->count, other->harness->count);
    for (size_t i = 0; i < one->harness->count; i++) {
        CHECK(str_equal(one->harness->found[i].json, other->harness->found[i].json));
    }
    one->harness->count = other->harness->count = 0;
    return count;
}

TEST(repeats_that_only_count_leave_the_same_model_and_findings_as_being_looked_at)
{
    struct office remembers = office_open(arena, NULL), forgets = office_open(arena, NULL);
    size_t raised = 0;
    for (uint64_t state = 1, same = 1, day = 0; day < 40; day++) {
        for (int i = 0; i < 100; i++) {
            make_any(&remembers, (int)day, &state);
            engine_use_intel(forgets.harness->engine, NULL);
            make_any(&forgets, (int)day, &same);
        }
        work(&remembers, (int)day, 1);
        work(&forgets, (int)day, 1);
        for (int i = 0; i < 3 && day >= 30; i++) {
            make(&remembers, (int)day, 3, STOLEN);
            make(&forgets, (int)day, 3, STOLEN);
        }
        raised += same_findings(&remembers, &forgets);
    }
    CHECK(raised > 0);
    CHECK(learn_counts(remembers.learn).displaced > 0);
    CHECK(str_equal(model_of(arena, remembers.learn), model_of(arena, forgets.learn)));
    office_close(&remembers);
    office_close(&forgets);
}

TEST(tactics_are_found_by_name_and_by_beginning)
{
    struct tactics *tactics = tactics_open();
    CHECK_STR(tactics_find(tactics, STR("iam.amazonaws.com"), STR("CreateAccessKey"))->type, "Persistence:IAMUser/AnomalousBehavior");
    CHECK_STR(tactics_find(tactics, STR("ec2.amazonaws.com"), STR("DescribeWhatever"))->type, "Discovery:IAMUser/AnomalousBehavior");
    CHECK_STR(tactics_find(tactics, STR("ec2.amazonaws.com"), STR("GetPasswordData"))->type, "CredentialAccess:IAMUser/AnomalousBehavior");
    CHECK(tactics_find(tactics, STR("ec2.amazonaws.com"), STR("CreateTags")) == NULL);
    CHECK(tactics_find(tactics, STR("nothing.amazonaws.com"), STR("ListThings")) == NULL);
    tactics_close(tactics);
}
