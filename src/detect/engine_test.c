#include "detect/engine.h"

#include "detect/harness.h"

TEST(a_finding_carries_account_and_region_of_the_record)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    const struct str record = harness_record(arena, 1, "{\"eventName\":\"CreateAccessKey\",\"awsRegion\":\"eu-west-3\","
                                                       "\"recipientAccountId\":\"999988887777\"}");
    harness_feed(harness, "log.json", record);
    CHECK_INT(harness->count, 1);
    CHECK_STR(harness->found[0].account, "999988887777");
    CHECK_STR(harness->found[0].region, "eu-west-3");
    CHECK(str_search(harness->found[0].json, STR("arn:aws:guardduty:eu-west-3:999988887777:detector/")) != STR_MISSING);
    harness_close(harness);
}

TEST(a_forged_account_or_region_is_none)
{
    static const char *const forged[][2] = { { "../../etc", "<b>" }, { "1", "" }, { "12345678901x", "us-east-1/../x" },
                                             { "1111111111111", "US-EAST-1" } };
    for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
        struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
        harness_feed(harness, "log.json", harness_record(arena, 1, str_format(arena, "{\"eventName\":\"CreateAccessKey\",\"requestParameters\":"
            "{\"userName\":\"bob\"},\"recipientAccountId\":\"%s\",\"awsRegion\":\"%s\"}", forged[i][0], forged[i][1]).ptr));
        CHECK_INT(harness->count, 1);
        CHECK_STR(harness->found[0].account, "000000000000");
        CHECK_STR(harness->found[0].region, "us-east-1");
        harness_close(harness);
    }
}

TEST(a_record_that_names_no_account_is_that_of_home)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    engine_set_home(harness->engine, STR("999988887777"), STR("eu-west-1"));
    harness_feed(harness, "audit.log", STR("{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"auditID\":\"1\",\"stage\":\"ResponseComplete\","
        "\"verb\":\"create\",\"user\":{\"username\":\"ann\"},\"objectRef\":{\"resource\":\"pods\",\"namespace\":\"kube-system\",\"name\":\"x\","
        "\"subresource\":\"exec\"},\"responseStatus\":{\"code\":101},\"stageTimestamp\":\"2026-09-21T00:00:00Z\"}\n"));
    harness_feed(harness, "log.json", harness_record(arena, 1, "{\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"bob\"}}"));
    CHECK_INT(harness->count, 2);
    CHECK_STR(harness->found[0].account, "999988887777");
    CHECK_STR(harness->found[0].region, "eu-west-1");
    CHECK_STR(harness->found[1].account, "111122223333");
    CHECK(!str_equal(harness->found[1].region, STR("eu-west-1")));
    harness_close(harness);
}

TEST(other_resources_callers_and_signals_make_other_findings)
{
    static const char *const records[] = {
        "{\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"bob\"}}",
        "{\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"eve\"}}",
        "{\"eventName\":\"UpdateLoginProfile\",\"requestParameters\":{\"userName\":\"bob\"}}",
        "{\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"bob\"},\"awsRegion\":\"us-east-1\"}",
        "{\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"bob\"},\"recipientAccountId\":\"999988887777\"}",
        ("{\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"bob\"},\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":"
         "\"arn:aws:iam::111122223333:user/mallory\",\"userName\":\"mallory\"}}"),
    };
    enum { RECORDS = sizeof(records) / sizeof(records[0]) };
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    for (int i = 0; i < RECORDS; i++) {
        harness_feed(harness, "log.json", harness_record(arena, i, records[i]));
    }
    CHECK_INT(harness->count, RECORDS);
    for (size_t i = 0; i < RECORDS; i++) {
        for (size_t j = i + 1; j < RECORDS; j++) {
            CHECK(!str_equal(harness->found[i].id, harness->found[j].id));
        }
    }
    harness_close(harness);
}

/* A day of a small account, with repeats of several findings in it. */
enum { DAY = 60 };
static struct str day_record(struct arena *arena, int number)
{
    static const char *const calls[] = {
        "\"eventName\":\"CreateAccessKey\",\"requestParameters\":{\"userName\":\"bob\"}",
        "\"eventName\":\"ListUsers\"",
        "\"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"StopLogging\",\"requestParameters\":{\"name\":\"main\"}",
        "\"eventName\":\"DeleteAccountPasswordPolicy\",\"requestParameters\":null",
        ("\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"PutBucketAcl\",\"requestParameters\":{\"bucketName\":\"records\","
         "\"x-amz-acl\":[\"public-read\"]}"),
        "\"eventName\":\"ListUsers\",\"userIdentity\":{\"type\":\"Root\",\"arn\":\"arn:aws:iam::111122223333:root\",\"accountId\":\"111122223333\"}",
        "\"eventName\":\"ListUsers\",\"userAgent\":\"aws-cli/2 Linux/6.6-kali-amd64\"",
    };
    const int kinds = (int)(sizeof(calls) / sizeof(calls[0]));
    const struct str own = str_format(arena, "{\"eventTime\":\"2026-01-05T%02d:%02d:00Z\",%s}", number / 3, (number * 7) % 60, calls[number % kinds]);
    return harness_record(arena, number, own.ptr);
}

static void collect(void *self, const struct ingest_trouble *trouble)
{
    (void)self;
    (void)trouble;
}

struct replay {
    struct engine *engine;
    struct findings *findings;
    struct arena *arena;
    uint64_t offset; /* where the record stands in the log, whatever order it is read in */
};

/* Sequences remember: they are told when the record comes that completes them. */
static void replay_emit(void *self, const struct finding *finding)
{
    if (!str_starts(finding->type, STR("AttackSequence:"))) {
        findings_add(((struct replay *)self)->findings, finding);
    }
}

static void replay_event(void *self, const struct event *ev)
{
    struct replay *replay = self;
    struct event placed = *ev;
    placed.offset = replay->offset;
    engine_inspect(replay->engine, &placed, &(struct engine_sink){ replay, replay_emit });
}

/* All findings of the day's records in the given order, as one text. */
static struct str replayed(struct arena *arena, const int *order, size_t count)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    struct replay replay = { harness->engine, findings_open(100), arena, 0 };
    for (size_t i = 0; i < count; i++) {
        replay.offset = (uint64_t)order[i];
        /* A reader of its own for each record: repeats then reach the engine, as they would from two machines. */
        reader_close(harness->reader);
        harness->reader = reader_open(&harness->fields, harness->projection);
        reader_read_text(harness->reader, STR("log.json"), day_record(arena, order[i]), &(struct ingest_sink){ .self = &replay, .event = replay_event, .trouble = collect });
    }
    size_t found = 0;
    const struct finding *list = findings_list(replay.findings, arena, &found);
    struct text text = text_new(arena);
    for (size_t i = 0; i < found; i++) {
        text_add(&text, list[i].json);
        text_add_char(&text, '\n');
    }
    findings_close(replay.findings);
    harness_close(harness);
    return text_str(&text);
}

TEST(order_and_repeats_of_a_log_change_nothing)
{
    int order[DAY * 2];
    for (int i = 0; i < DAY * 2; i++) {
        order[i] = i % DAY;
    }
    const struct str expected = replayed(arena, order, DAY);
    CHECK(expected.len > 0);
    uint32_t state = 1;
    for (int round = 0; round < 5; round++) {
        for (size_t i = DAY - 1; i > 0; i--) {
            state = state * 1664525u + 1013904223u;
            const size_t j = (state >> 8) % (i + 1);
            const int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        memcpy(order + DAY, order, sizeof(order) / 2);
        CHECK(str_equal(replayed(arena, order, DAY), expected));
        CHECK(str_equal(replayed(arena, order, DAY * 2), expected));
    }
}

TEST(memory_is_bounded_and_evictions_are_counted)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .keys_per_account = 4, .accounts = 2 });
    for (int i = 0; i < 50; i++) {
        const struct str own = str_format(arena,
                                          "{\"eventName\":\"ListUsers\",\"userIdentity\":{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:"
                                          "assumed-role/web/i-0123456789abcdef0\",\"accessKeyId\":\"ASIA%d\"}}", i);
        harness_feed(harness, "log.json", harness_record(arena, i, own.ptr));
    }
    CHECK_INT(engine_counts(harness->engine).events, 50);
    CHECK_INT(engine_counts(harness->engine).evictions, 46);
    harness_close(harness);
}

TEST(without_builtin_nothing_is_loaded)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .without_builtin = true });
    CHECK_INT(engine_rules(harness->engine), 0);
    harness_feed(harness, "log.json", harness_record(arena, 1, "{\"eventName\":\"CreateAccessKey\"}"));
    CHECK_INT(harness->count, 0);
    harness_close(harness);
}

TEST(at_least_forty_one_types_can_be_raised)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    const size_t rules = engine_rules(harness->engine);
    size_t types = 0;
    for (size_t i = 0; i < rules; i++) {
        bool fresh = true;
        for (size_t j = 0; j < i; j++) {
            fresh = fresh && !str_equal(engine_rule_at(harness->engine, i).type, engine_rule_at(harness->engine, j).type);
        }
        types += fresh;
    }
    CHECK(types >= 41);
    harness_close(harness);
}

TEST(a_finding_stays_small_whatever_the_record_holds)
{
    struct text agent = text_new(arena);
    for (int i = 0; i < 100000; i++) {
        text_add(&agent, STR("\xE6\xAB\x93"));
    }
    const struct str own = str_format(arena, "{\"eventName\":\"CreateAccessKey\",\"userAgent\":\"%s\","
                                             "\"requestParameters\":{\"userName\":\"%s\"}}",
                                      text_str(&agent).ptr, text_str(&agent).ptr);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "log.json", harness_record(arena, 1, own.ptr));
    CHECK_INT(harness->count, 1);
    CHECK(harness->found[0].json.len < 8192);
    CHECK(str_utf8_valid(harness->found[0].json));
    harness_close(harness);
}
