#include "svc/cloudwatch/cloudwatch.h"

#include "cloudwatch_model.h"
#include "svc/cloudwatch/alarm.h"
#include "svc/cloudwatch/dashboard.h"
#include "svc/cloudwatch/rule.h"
#include "svc/service_test.h"

#define MINUTE_MS ((int64_t)60000)
#define DAY_MS (24 * 60 * MINUTE_MS)

static void put(struct request *rq, double value, int64_t at_ms)
{
    struct cloudwatch_metric_datum datum = { .metric_name = STR("m"), .value = SOME(value), .timestamp = SOME(at_ms) };
    const struct cloudwatch_put_metric_data_in in = { .namespace = STR("n"), .metric_data = { &datum, 1 } };
    struct cloudwatch_put_metric_data_out out = { 0 };
    CHECK_OK(cloudwatch_put_metric_data(rq, &in, &out));
}

static void set_alarm(struct request *rq, int32_t needed, const char *missing, const char *state)
{
    const struct cloudwatch_put_metric_alarm_in in = {
        .alarm_name = STR("a"), .namespace = STR("n"), .metric_name = STR("m"), .statistic = STR("Average"), .period = SOME(60),
        .evaluation_periods = SOME(3), .datapoints_to_alarm = SOME(needed), .threshold = SOME(10),
        .comparison_operator = STR("GreaterThanThreshold"), .treat_missing_data = str_of(missing),
    };
    const struct cloudwatch_set_alarm_state_in now = { STR("a"), str_of(state), STR("test"), STR_NONE };
    struct cloudwatch_put_metric_alarm_out out = { 0 };
    struct cloudwatch_set_alarm_state_out set = { 0 };
    CHECK_OK(cloudwatch_put_metric_alarm(rq, &in, &out));
    CHECK_OK(cloudwatch_set_alarm_state(rq, &now, &set));
}

static struct alarm read_alarm(struct request *rq)
{
    const struct rows rows = cloudwatch_rows(rq);
    struct alarm alarm = { .name = STR_NONE };
    bool found = false;
    CHECK_OK(cloudwatch_row_alarm_get(&rows, STR("a"), &alarm, &found));
    CHECK(found);
    return alarm;
}

/* spec: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data", both tables: M of 3, five periods; "-" is
 * missing, "0" fine, "X" breaching; R: the state stays. */
static const struct {
    const char *points;
    int32_t needed;
    const char *states; /* missing, ignore, breaching, notBreaching */
} TABLE[] = {
    { "0-X-X", 3, "OOOO" }, { "----0", 3, "OOOO" }, { "-----", 3, "IRAO" }, { "0XX-X", 3, "AAAA" }, { "--X--", 3, "ARAO" },
    { "0-X-X", 2, "AAAA" }, { "00X0X", 2, "AAAA" }, { "0-X--", 2, "OOAO" }, { "----0", 2, "OOAO" }, { "---X-", 2, "ARAO" },
};

static const char *state_of(char letter, const char *before)
{
    return letter == 'O' ? "OK" : letter == 'A' ? "ALARM" : letter == 'I' ? "INSUFFICIENT_DATA" : before;
}

STORE_TEST(missing_data_are_treated_as_the_guide_says)
{
    static const char *const treatments[] = { "missing", "ignore", "breaching", "notBreaching" };
    static const char *const befores[] = { "OK", "ALARM", "INSUFFICIENT_DATA" };
    struct request rq = test_request(test, arena, &CLOUDWATCH_MODEL);
    const int64_t begin_ms = rq.ctx.now_ms = 1764000000000 / DAY_MS * DAY_MS;
    size_t round = 0;
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        rq.ctx.now_ms = begin_ms + (int64_t)(i + 1) * 60 * MINUTE_MS;
        for (int64_t at = 0; at < 5; at++) {
            if (TABLE[i].points[at] != '-') {
                put(&rq, TABLE[i].points[at] == 'X' ? 11 : 1, rq.ctx.now_ms + (at - 5) * MINUTE_MS);
            }
        }
        for (size_t k = 0; k < COUNT_OF(treatments); k++) {
            const char *before = befores[round++ % COUNT_OF(befores)];
            set_alarm(&rq, TABLE[i].needed, treatments[k], before);
            rq.ctx.now_ms += 10; /* history of one millisecond is no test */
            CHECK_OK(cloudwatch_chores_do(&rq.ctx, rq.db));
            CHECK_STR(read_alarm(&rq).state, state_of(TABLE[i].states[k], before));
        }
    }
    test_request_end(&rq);
}

STORE_TEST(old_data_become_coarser_and_go_and_none_is_lost_before)
{
    struct request rq = test_request(test, arena, &CLOUDWATCH_MODEL);
    const struct rows rows = cloudwatch_rows(&rq);
    const struct metric metric = cloudwatch_metric_of(arena, STR("n"), STR("m"), (struct cloudwatch_dimensions){ NULL, 0 });
    const int64_t begin_ms = rq.ctx.now_ms = 1764000000000 / DAY_MS * DAY_MS;
    for (int64_t minute = 0; minute < 120; minute++) {
        put(&rq, (double)minute, begin_ms + minute * MINUTE_MS / 2);
    }
    static const struct {
        int64_t days, points;
    } ages[] = { { 0, 60 }, { 14, 60 }, { 16, 12 }, { 62, 12 }, { 72, 1 }, { 454, 1 }, { 470, 0 } };
    for (size_t i = 0; i < COUNT_OF(ages); i++) {
        struct data data = { NULL, 0 };
        const struct window window = { begin_ms, begin_ms + 60 * MINUTE_MS, MINUTE_MS };
        double sum = 0;
        bool due = true;
        rq.ctx.now_ms = begin_ms + ages[i].days * DAY_MS;
        CHECK_OK(cloudwatch_chores_do(&rq.ctx, rq.db));
        CHECK_OK(cloudwatch_metric_data(&rows, arena, metric.id, STR_NONE, window, &data));
        CHECK_INT(data.count, ages[i].points);
        for (size_t k = 0; k < data.count; k++) {
            sum += data.items[k].sum;
        }
        CHECK_INT(sum, data.count > 0 ? 119 * 60 : 0);
        CHECK_OK(cloudwatch_chores_due(&rq.ctx, rq.db, &due));
        CHECK(!due);
    }
    test_request_end(&rq);
}

/* spec: what AWS once sent a function (aws_recorded, test_alarm_lambda_target). */
STORE_TEST(a_function_is_told_what_changed)
{
    static const char *const paths[][2] = {
        { "source", "aws.cloudwatch" }, { "accountId", "111122223333" }, { "region", "ap-northeast-1" },
        { "alarmArn", "arn:aws:cloudwatch:ap-northeast-1:111122223333:alarm:a" }, { "alarmData.alarmName", "a" },
        { "alarmData.state.value", "ALARM" }, { "alarmData.state.reason", "test" }, { "alarmData.previousState.value", "INSUFFICIENT_DATA" },
        { "alarmData.previousState.reason", "Unchecked: Initial alarm creation" },
    };
    struct request rq = test_request(test, arena, &CLOUDWATCH_MODEL);
    struct str target = STR("arn:aws:lambda:ap-northeast-1:111122223333:function:f");
    const struct cloudwatch_put_metric_alarm_in in = {
        .alarm_name = STR("a"), .namespace = STR("namespace"), .metric_name = STR("metric1"), .statistic = STR("Average"), .period = SOME(10),
        .evaluation_periods = SOME(1), .threshold = SOME(2), .comparison_operator = STR("GreaterThanThreshold"), .alarm_actions = { &target, 1 },
    };
    const struct cloudwatch_set_alarm_state_in now = { STR("a"), STR("ALARM"), STR("test"), STR_NONE };
    struct cloudwatch_put_metric_alarm_out out = { 0 };
    struct cloudwatch_set_alarm_state_out set = { 0 };
    struct cloudwatch_action action = { .id = STR_NONE };
    size_t count = 0;
    CHECK_OK(cloudwatch_put_metric_alarm(&rq, &in, &out));
    CHECK_OK(cloudwatch_set_alarm_state(&rq, &now, &set));
    CHECK_OK(cloudwatch_actions(&rq.ctx, rq.db, 1, &action, &count));
    CHECK_INT(count, 1);
    CHECK(str_equal(action.target, target));
    const struct json *event = json_parse(arena, action.payload, NULL);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        CHECK_STR(json_text(json_path(event, paths[i][0])), paths[i][1]);
    }
    const struct json *metric = json_path(event, "alarmData.configuration.metrics")->child;
    CHECK_STR(json_text(json_path(metric, "metricStat.metric.name")), "metric1");
    CHECK_STR(json_path(metric, "metricStat.period")->text, "10");
    CHECK(json_is_true(json_path(metric, "returnData")) && json_path(metric, "metricStat.metric.dimensions")->count == 0);
    CHECK_OK(cloudwatch_action_done(&rq.ctx, rq.db, &action, STR_NONE));
    CHECK_OK(cloudwatch_actions(&rq.ctx, rq.db, 1, &action, &count));
    CHECK_INT(count, 0);
    test_request_end(&rq);
}

STORE_TEST(an_expression_that_cannot_be_computed_holds_up_no_other_alarm)
{
    struct request rq = test_request(test, arena, &CLOUDWATCH_MODEL);
    struct cloudwatch_metric_data_query query = { .id = STR("e"), .expression = STR("IF(0, TIME_SERIES(1))"), .period = SOME(60) };
    const struct cloudwatch_put_metric_alarm_in broken = {
        .alarm_name = STR("0"), .metrics = { &query, 1 }, .evaluation_periods = SOME(1), .threshold = SOME(1),
        .comparison_operator = STR("GreaterThanThreshold"),
    };
    struct cloudwatch_put_metric_alarm_out out = { 0 };
    rq.ctx.now_ms = 1764000000000 / DAY_MS * DAY_MS;
    CHECK_OK(cloudwatch_put_metric_alarm(&rq, &broken, &out));
    set_alarm(&rq, 3, "breaching", "OK");
    rq.ctx.now_ms += MINUTE_MS;
    CHECK_OK(cloudwatch_chores_do(&rq.ctx, rq.db));
    CHECK_STR(read_alarm(&rq).state, "ALARM");
    test_request_end(&rq);
}

static bool is_alarm(void *argument, struct str alarm, struct str state)
{
    return str_equal(alarm, *(const struct str *)argument) && str_equal(state, STR("ALARM"));
}

TEST(rules_are_read_and_hold)
{
    static const struct {
        const char *text;
        bool holds;
    } good[] = {
        { "ALARM(a)", true }, { "alarm('a') and not OK(a)", true }, { "NOT (ALARM(\"a\") OR FALSE)", false },
        { "TRUE AND INSUFFICIENT_DATA(a)", false }, { "ALARM(\"a b\\\"c\") OR ALARM(a)", true }, { "NOT NOT TRUE", true },
    };
    static const char *const bad[] = { "", "ALARM", "ALARM(", "ALARM()", "ALARM(a) AND", "(TRUE", "TRUE FALSE", "XOR(a)", "AT_LEAST(1, ALARM, (a))" };
    struct str a = STR("a");
    struct str reason = STR_NONE;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        const struct rule *rule = rule_parse(arena, str_of(good[i].text), &reason);
        CHECK(rule && rule_holds(rule, is_alarm, &a) == good[i].holds);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(rule_parse(arena, str_of(bad[i]), &reason) == NULL && reason.len > 0);
    }
}

/* spec: messages as AWS was seen to word them. */
TEST(what_is_wrong_with_a_dashboard_is_told_by_its_place)
{
    static const struct {
        const char *body, *path, *message;
        size_t count;
    } cases[] = {
        { "{\"widgets\":[]}", NULL, NULL, 0 },
        { "{\"widgets\":[{\"type\":\"text\",\"x\":0,\"y\":0,\"width\":24,\"height\":1,\"properties\":{\"markdown\":\"a\"}}]}", NULL, NULL, 0 },
        { "{\"widgets\":[{\"type\":\"metric\",\"properties\":{\"region\":\"r\",\"metrics\":[[\"n\",\"m\",{\"stat\":\"p99\"}]]}}]}", NULL, NULL, 0 },
        { "{\"widgets\":[{\"type\":\"metric\",\"properties\":{\"annotations\":{\"alarms\":[\"arn\"]}}}]}", NULL, NULL, 0 },
        { "[]", "", "The field DashboardBody must be a valid JSON object", 1 },
        { "{\"widgets\":", "", "The field DashboardBody must be a valid JSON object", 1 },
        { "{}", "", "Should have required property 'widgets'", 1 },
        { "{\"widgets\":{}}", "/widgets", "Should be array", 1 },
        { "{\"widgets\":[1]}", "/widgets/0", "Should be object", 1 },
        { "{\"widgets\":[{\"type\":\"pie\",\"properties\":{}}]}", "/widgets/0/type", "Should be equal to one of the allowed values", 1 },
        { "{\"widgets\":[{\"type\":\"text\",\"width\":25,\"properties\":{\"markdown\":\"\"}}]}", "/widgets/0/width", "Should be <= 24", 1 },
        { "{\"widgets\":[{\"type\":\"text\",\"x\":-1,\"properties\":{\"markdown\":\"\"}}]}", "/widgets/0/x", "Should be >= 0", 1 },
        { "{\"widgets\":[{\"type\":\"text\",\"properties\":{}}]}", "/widgets/0/properties", "Should have required property 'markdown'", 1 },
        { "{\"widgets\":[{\"type\":\"metric\",\"properties\":{}}]}", "/widgets/0/properties", "Should have required property 'metrics'", 3 },
        { "{\"widgets\":[{\"type\":\"metric\",\"properties\":{\"region\":\"r\",\"metrics\":[[1]]}}]}", "/widgets/0/properties/metrics/0",
          "Field \"metrics\" has to be an array of array of strings, with an optional metricRenderer object as last element", 1 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dashboard_problems problems = { .count = 0 };
        cloudwatch_dashboard_check(arena, str_of(cases[i].body), &problems);
        CHECK_INT(problems.count, cases[i].count);
        const struct json *shown = json_parse(arena, json_done(&problems.shown), NULL);
        if (cases[i].path) {
            CHECK_STR(json_text(json_get(shown->child, STR("dataPath"))), cases[i].path);
            CHECK_STR(json_text(json_get(shown->child, STR("message"))), cases[i].message);
        }
    }
}

STORE_TEST(dashboards_are_those_of_every_region_and_keep_their_first_tags)
{
    struct request rq = test_request(test, arena, &CLOUDWATCH_MODEL);
    struct cloudwatch_tag tag = { STR("team"), STR("blue") };
    struct cloudwatch_put_dashboard_in put_in = { .dashboard_name = STR("one"), .dashboard_body = STR("{\"widgets\":[]}"), .tags = { &tag, 1 } };
    struct cloudwatch_put_dashboard_out put_out = { 0 };
    CHECK_OK(cloudwatch_put_dashboard(&rq, &put_in, &put_out));
    tag.value = STR("red");
    CHECK_OK(cloudwatch_put_dashboard(&rq, &put_in, &put_out));
    rq.region = STR("eu-west-1");
    const struct cloudwatch_get_dashboard_in get_in = { STR("one") };
    struct cloudwatch_get_dashboard_out got = { .dashboard_name = STR_NONE };
    CHECK_OK(cloudwatch_get_dashboard(&rq, &get_in, &got));
    CHECK_STR(got.dashboard_arn, "arn:aws:cloudwatch::111122223333:dashboard/one");
    const struct cloudwatch_list_tags_for_resource_in tags_in = { got.dashboard_arn };
    struct cloudwatch_list_tags_for_resource_out tags = { .tags = { NULL, 0 } };
    CHECK_OK(cloudwatch_list_tags_for_resource(&rq, &tags_in, &tags));
    CHECK_INT(tags.tags.count, 1);
    CHECK_STR(tags.tags.items[0].value, "blue");
    struct str names[] = { STR("one"), STR("two") };
    const struct cloudwatch_delete_dashboards_in first = { .dashboard_names = { names, 1 } }, gone = { .dashboard_names = { names, 2 } };
    struct cloudwatch_delete_dashboards_out deleted = { 0 };
    CHECK_OK(cloudwatch_delete_dashboards(&rq, &first, &deleted));
    CHECK(cloudwatch_delete_dashboards(&rq, &gone, &deleted).fault == &CLOUDWATCH_DASHBOARD_NOT_FOUND_ERROR);
    test_request_end(&rq);
}
