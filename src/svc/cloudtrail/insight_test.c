#include "svc/cloudtrail/insight.h"

#include "base/clock.h"
#include "base/json.h"
#include "svc/cloudtrail/naming.h"
#include "svc/cloudtrail/rows.h"
#include "svc/service_test.h"

#define MINUTE ((int64_t)60000)
#define HOUR (60 * MINUTE)
#define NOW ((int64_t)1700000000000 / HOUR * HOUR)

struct scene {
    struct store_test *test;
    struct journal *journal;
    struct store_writer *writer;
    struct insights *insights;
    struct delivery_options options;
};

static struct err in_none(struct ctx *ctx, struct store_conn *db, struct str account, struct str *id)
{
    (void)ctx;
    (void)db;
    (void)account;
    *id = STR_NONE;
    return ERR_OK;
}

static void scene_open(struct scene *scene, struct store_test *test, struct arena *arena)
{
    const char *folder = test_folder(arena);
    static struct cloudtrail_trail trail;
    trail = (struct cloudtrail_trail){ .name = STR("main"), .s3_bucket_name = STR("log-bucket"), .home_region = STR("eu-west-1"),
                                       .trail_arn = STR("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main") };
    const struct trail_row row = { .account = TEST_ACCOUNT, .region = STR("eu-west-1"), .name = STR("main"), .trail = &trail,
                                   .insights = STR("{\"InsightSelectors\":[{\"InsightType\":\"ApiCallRateInsight\"},"
                                                   "{\"InsightType\":\"ApiErrorRateInsight\"}]}"),
                                   .created_ms = NOW, .started_ms = NOW, .logging = true };
    *scene = (struct scene){ .test = test, .insights = insights_open() };
    CHECK_OK(journal_open(&test->ctx, str_format(arena, "%s/audit", folder), test->store, &scene->journal));
    CHECK_OK(store_writer_open(&test->ctx, test->store, 16, 2, &scene->writer));
    store_writer_use_journal(scene->writer, scene->journal);
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(trail_rows_put(&test->ctx, test->db, &row));
    CHECK_OK(store_commit(&test->ctx, test->db));
    scene->options = (struct delivery_options){ .journal = scene->journal, .writer = scene->writer, .home_account = TEST_ACCOUNT,
                                                .insight_ms = MINUTE, .organization_of = in_none };
}

static void scene_close(struct scene *scene)
{
    insights_close(scene->insights);
    store_writer_close(scene->writer);
    journal_close(scene->journal);
}

static void call(struct scene *scene, int64_t at_ms, const char *name, const char *error, size_t times)
{
    struct arena *arena = scene->test->ctx.arena;
    const struct journal_entry entry = {
        .payload = str_format(arena,
            "{\"eventTime\":\"%" STR_FMT "\",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"%s\",\"awsRegion\":\"eu-west-1\","
            "\"userIdentity\":{\"arn\":\"arn:aws:iam::111122223333:user/alice\"},\"userAgent\":\"cli\",%s%s%s"
            "\"readOnly\":false,\"recipientAccountId\":\"111122223333\",\"eventCategory\":\"Management\"}",
            STR_ARG(clock_format_iso8601(arena, at_ms)), name, error ? "\"errorCode\":\"" : "", error ? error : "", error ? "\"," : ""),
        .keys = { cloudtrail_lookup_key(cloudtrail_place_key(STR("111122223333"), STR("eu-west-1"), false), LOOKUP_EVENT_NAME,
                                        str_of(name)) },
        .key_count = 1,
    };
    for (size_t i = 0; i < times; i++) {
        journal_append(scene->journal, 0, &entry, NULL);
    }
    CHECK_OK(journal_sync(&scene->test->ctx, scene->journal, 0));
}

static void pass(struct scene *scene, int64_t now_ms)
{
    struct ctx ctx = ctx_new(scene->test->ctx.arena, now_ms);
    bool again = true;
    while (again) {
        again = false;
        CHECK_OK(insights_pass(&ctx, scene->test->db, &scene->options, scene->insights, &again));
    }
}

/* Insights that were told, oldest first. */
static size_t told(struct scene *scene, const struct json **events, size_t max)
{
    struct ctx *ctx = &scene->test->ctx;
    struct journal_found *found = ARENA_ARRAY(ctx->arena, struct journal_found, 1024);
    journal_place at = 0;
    size_t count = 1, out = 0;
    while (count > 0) {
        CHECK_OK(journal_read(ctx, scene->journal, at, found, 1024, 1 << 20, &count, &at));
        for (size_t i = 0; i < count && out < max; i++) {
            const struct json *event = json_parse(ctx->arena, found[i].payload, NULL);
            if (json_path(event, "insightDetails")) {
                events[out++] = event;
            }
        }
    }
    return out;
}

static double number_at(const struct json *event, const char *path)
{
    double out = -1;
    CHECK(json_double(json_path(event, path), &out));
    return out;
}

static struct str text_at(const struct json *event, const char *path)
{
    return json_text(json_path(event, path));
}

static void live_for_a_week(struct scene *scene)
{
    for (int64_t hour = 168; hour > 0; hour--) {
        call(scene, NOW - hour * HOUR, "RunInstances", NULL, 1);
    }
    pass(scene, NOW);
}

STORE_TEST(a_burst_is_told_once_with_its_start_its_end_and_who_caused_it)
{
    struct scene scene;
    const struct json *events[8];
    scene_open(&scene, test, arena);
    live_for_a_week(&scene);
    CHECK_INT(told(&scene, events, 8), 0);

    call(&scene, NOW + 5 * MINUTE, "RunInstances", NULL, 40);
    pass(&scene, NOW + 6 * MINUTE + 5000);
    CHECK_INT(told(&scene, events, 8), 1);
    pass(&scene, NOW + 6 * MINUTE + 6000);
    CHECK_INT(told(&scene, events, 8), 1);
    insights_close(scene.insights); /* the server starts anew */
    scene.insights = insights_open();
    call(&scene, NOW + 6 * MINUTE, "RunInstances", NULL, 20);
    pass(&scene, NOW + 8 * MINUTE + 5000);
    CHECK_INT(told(&scene, events, 8), 2);

    CHECK_STR(text_at(events[0], "eventType"), "AwsCloudTrailInsight");
    CHECK_STR(text_at(events[0], "insightDetails.state"), "Start");
    CHECK_STR(text_at(events[0], "insightDetails.insightType"), "ApiCallRateInsight");
    CHECK_STR(text_at(events[0], "insightDetails.eventName"), "RunInstances");
    CHECK(str_equal(text_at(events[0], "eventTime"), clock_format_iso8601(arena, NOW + 5 * MINUTE)));
    CHECK(number_at(events[0], "insightDetails.insightContext.statistics.insight.average") > 39.9);
    CHECK_STR(text_at(events[1], "insightDetails.state"), "End");
    CHECK(str_equal(text_at(events[0], "sharedEventID"), text_at(events[1], "sharedEventID")));
    CHECK(str_equal(text_at(events[1], "eventTime"), clock_format_iso8601(arena, NOW + 7 * MINUTE)));
    CHECK(number_at(events[1], "insightDetails.insightContext.statistics.insight.average") < 30.1);
    CHECK_INT((int)number_at(events[1], "insightDetails.insightContext.statistics.insightDuration"), 2);
    CHECK_INT((int)number_at(events[1], "insightDetails.insightContext.statistics.baselineDuration"), 167 * 60);
    const struct json *by = json_path(events[1], "insightDetails.insightContext.attributions");
    CHECK_STR(text_at(by->child, "attribute"), "userIdentityArn");
    CHECK_STR(text_at(json_get(by->child, STR("insight"))->child, "value"), "arn:aws:iam::111122223333:user/alice");
    CHECK_STR(text_at(json_get(by->child, STR("baseline"))->child, "value"), "arn:aws:iam::111122223333:user/alice");
    scene_close(&scene);
}

STORE_TEST(many_failures_are_an_insight_of_their_own)
{
    struct scene scene;
    const struct json *events[8];
    scene_open(&scene, test, arena);
    live_for_a_week(&scene);
    call(&scene, NOW + 5 * MINUTE, "DescribeInstances", "AccessDenied", 12);
    pass(&scene, NOW + 7 * MINUTE + 5000);
    CHECK_INT(told(&scene, events, 8), 4); /* as they are writes here, the calls are unusual too */
    size_t errors = 0;
    for (size_t i = 0; i < 4; i++) {
        const bool error = str_equal(text_at(events[i], "insightDetails.insightType"), STR("ApiErrorRateInsight"));
        errors += error;
        CHECK(str_equal(text_at(events[i], "insightDetails.errorCode"), error ? STR("AccessDenied") : STR_NONE));
    }
    CHECK_INT(errors, 2);
    scene_close(&scene);
}

STORE_TEST(what_no_trail_asks_for_is_not_told)
{
    struct scene scene;
    const struct json *events[8];
    struct trail_row row;
    bool found = false;
    scene_open(&scene, test, arena);
    live_for_a_week(&scene);
    CHECK_OK(store_begin(&test->ctx, test->db, STORE_WRITE));
    CHECK_OK(trail_rows_get(&test->ctx, test->db, TEST_ACCOUNT, STR("eu-west-1"), STR("main"), &row, &found));
    row.insights = STR("{\"InsightSelectors\":[{\"InsightType\":\"ApiErrorRateInsight\"}]}");
    CHECK_OK(trail_rows_put(&test->ctx, test->db, &row));
    CHECK_OK(store_commit(&test->ctx, test->db));
    call(&scene, NOW + 5 * MINUTE, "RunInstances", NULL, 40);
    pass(&scene, NOW + 7 * MINUTE + 5000);
    CHECK_INT(told(&scene, events, 8), 0);
    scene_close(&scene);
}
