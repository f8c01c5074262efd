/* rotation_test.c - steps in order, again after failure, and schedules. */
#include "base/clock.h"
#include "svc/secretsmanager/fixture.h"
#include "svc/secretsmanager/schedule.h"

#define FUNCTION STR("arn:aws:lambda:ap-northeast-1:111122223333:function:rotate")

static struct err rotate(struct request *rq, struct secretsmanager_rotate_secret_in in, struct str *version)
{
    struct secretsmanager_rotate_secret_out out = { .arn = STR_NONE };
    in.secret_id = STR("n");
    const struct err err = fixture_sound(rq, "RotateSecret", secretsmanager_rotate_secret(rq, &in, &out), &out);
    *version = out.version_id;
    return err;
}

static bool next_step(struct request *rq, struct secretsmanager_step *step)
{
    size_t count = 0;
    CHECK_OK(secretsmanager_steps(&rq->ctx, rq->db, 1, step, &count));
    return count == 1;
}

static enum secretsmanager_news done(struct request *rq, const struct secretsmanager_step *step, bool succeeded)
{
    enum secretsmanager_news news = SECRETSMANAGER_GONE;
    CHECK_OK(secretsmanager_step_done(&rq->ctx, rq->db, step, succeeded, &news));
    return news;
}

/* What a rotation function does in its first and last step. */
static void fill(struct request *rq, const struct secretsmanager_step *step)
{
    struct str pending = STAGE_PENDING;
    struct str version = STR_NONE;
    CHECK_OK(fixture_put(rq, (struct secretsmanager_put_secret_value_in){ .secret_id = step->secret, .client_request_token = step->version,
                 .secret_string = STR("new"), .version_stages = { &pending, 1 } }, &version));
}

static void finish(struct request *rq, const struct secretsmanager_step *step)
{
    struct secretsmanager_update_secret_version_stage_out out = { .arn = STR_NONE };
    CHECK_OK(secretsmanager_update_secret_version_stage(rq, &(struct secretsmanager_update_secret_version_stage_in){ .secret_id = step->secret,
                 .version_stage = STAGE_CURRENT, .move_to_version_id = step->version, .remove_from_version_id = fixture_at(rq, step->secret, STAGE_CURRENT) }, &out));
}

STORE_TEST(a_rotation_goes_through_its_four_steps)
{
    static const char *const names[] = { "createSecret", "setSecret", "testSecret", "finishSecret" };
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_step step = { .number = 0 };
    struct str version = STR_NONE;
    struct str value = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "old", &made));
    CHECK_FAULT(rotate(&rq, (struct secretsmanager_rotate_secret_in){ .secret_id = STR_NONE }, &version), "InvalidRequestException");
    const struct secretsmanager_rotation_rules_type rules = { .automatically_after_days = SOME(30) };
    CHECK_OK(rotate(&rq, (struct secretsmanager_rotate_secret_in){ .rotation_lambda_arn = FUNCTION, .rotation_rules = &rules }, &version));
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_PENDING), version));
    CHECK_FAULT(fixture_get(&rq, (struct secretsmanager_get_secret_value_in){ .secret_id = STR("n"), .version_id = version, .version_stage = STAGE_PENDING }, &value), "ResourceNotFoundException");
    CHECK_FAULT(rotate(&rq, (struct secretsmanager_rotate_secret_in){ .secret_id = STR_NONE }, &version), "InvalidRequestException");
    CHECK_STR(str_of(rq.ctx.reason), "A previous rotation isn't complete. That rotation will be reattempted.");
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK(next_step(&rq, &step));
        CHECK_STR(step.name, names[i]);
        if (i == 0) {
            fill(&rq, &step);
        }
        if (i == 3) {
            finish(&rq, &step);
        }
        CHECK_INT(done(&rq, &step, true), i == 3 ? SECRETSMANAGER_ROTATED : SECRETSMANAGER_GOES_ON);
    }
    CHECK(!next_step(&rq, &step));
    CHECK(fixture_at(&rq, made.arn, STAGE_PENDING).ptr == NULL);
    CHECK_OK(fixture_get(&rq, (struct secretsmanager_get_secret_value_in){ .secret_id = STR("n") }, &value));
    CHECK_STR(value, "new");
    struct secretsmanager_describe_secret_out told = { .arn = STR_NONE };
    CHECK_OK(secretsmanager_describe_secret(&rq, &(struct secretsmanager_describe_secret_in){ .secret_id = STR("n") }, &told));
    test_sound(&rq, "DescribeSecret", &told);
    CHECK_INT(told.next_rotation_date.v, secret_day_of(rq.ctx.now_ms) + 31 * DAY_MS - 1000);
    CHECK_INT(told.last_rotated_date.v, rq.ctx.now_ms);
    test_request_end(&rq);
}

STORE_TEST(a_failed_step_starts_the_rotation_over_later_and_the_window_starts_one_by_itself)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_step step = { .number = 0 };
    struct str version = STR_NONE;
    bool due = false;
    CHECK_OK(fixture_create(&rq, "n", "old", &made));
    const struct secretsmanager_rotation_rules_type rules = { .schedule_expression = STR("rate(1 day)") };
    CHECK_OK(rotate(&rq, (struct secretsmanager_rotate_secret_in){ .rotation_lambda_arn = FUNCTION, .rotation_rules = &rules }, &version));
    CHECK(next_step(&rq, &step));
    CHECK_INT(done(&rq, &step, true), SECRETSMANAGER_GOES_ON);
    CHECK(next_step(&rq, &step));
    CHECK_INT(done(&rq, &step, false), SECRETSMANAGER_TRIES_AGAIN);
    CHECK(!next_step(&rq, &step));
    rq.ctx.now_ms += 1000;
    CHECK(next_step(&rq, &step));
    CHECK_STR(step.name, "createSecret");
    CHECK_INT(step.tries, 1);
    /* A function that says it finished and left AWSCURRENT where it was did not. */
    for (size_t i = 0; i < 3; i++) {
        CHECK(next_step(&rq, &step));
        CHECK_INT(done(&rq, &step, true), SECRETSMANAGER_GOES_ON);
    }
    CHECK(next_step(&rq, &step));
    CHECK_INT(done(&rq, &step, true), SECRETSMANAGER_TRIES_AGAIN);
    struct secretsmanager_cancel_rotate_secret_out cancelled = { .arn = STR_NONE };
    CHECK_OK(secretsmanager_cancel_rotate_secret(&rq, &(struct secretsmanager_cancel_rotate_secret_in){ .secret_id = STR("n") }, &cancelled));
    CHECK(str_equal(cancelled.version_id, version));
    CHECK_INT(done(&rq, &step, true), SECRETSMANAGER_GONE);
    CHECK_OK(secretsmanager_chores_do(&rq.ctx, rq.db));
    rq.ctx.now_ms += 3 * DAY_MS;
    CHECK_OK(secretsmanager_chores_due(&rq.ctx, rq.db, &due));
    CHECK(!due);
    CHECK_OK(store_run(&rq.ctx, rq.db, "UPDATE secretsmanager_secret SET rotates = 1", NULL, 0, NULL));
    CHECK_OK(secretsmanager_chores_due(&rq.ctx, rq.db, &due));
    CHECK(due);
    CHECK_OK(secretsmanager_chores_do(&rq.ctx, rq.db));
    CHECK(next_step(&rq, &step));
    CHECK(str_equal(step.version, version));
    test_request_end(&rq);
}

STORE_TEST(a_test_of_the_configuration_leaves_nothing)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct secretsmanager_step step = { .number = 0 };
    struct str version = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "old", &made));
    CHECK_OK(rotate(&rq, (struct secretsmanager_rotate_secret_in){ .rotation_lambda_arn = FUNCTION, .rotate_immediately = SOME(false) }, &version));
    CHECK(next_step(&rq, &step));
    CHECK_STR(step.name, "testSecret");
    CHECK_INT(done(&rq, &step, true), SECRETSMANAGER_TESTED);
    CHECK(fixture_at(&rq, made.arn, STAGE_PENDING).ptr == NULL);
    CHECK(str_equal(fixture_at(&rq, made.arn, STAGE_CURRENT), made.version_id));
    CHECK(!next_step(&rq, &step));
    test_request_end(&rq);
}

STORE_TEST(a_function_that_may_not_be_invoked_is_refused_and_nothing_changes)
{
    struct request rq = fixture_request(test, arena);
    struct secretsmanager_create_secret_out made;
    struct str version = STR_NONE;
    CHECK_OK(fixture_create(&rq, "n", "old", &made));
    fixture_lambda_denies = true;
    CHECK_FAULT(rotate(&rq, (struct secretsmanager_rotate_secret_in){ .rotation_lambda_arn = FUNCTION }, &version), "AccessDeniedException");
    CHECK_STR(str_of(rq.ctx.reason), "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants"
                                     " access to the principal secretsmanager.amazonaws.com.");
    test_request_end(&rq);
}

static const char *next_of(struct arena *arena, const char *expression, const char *duration, const char *after, const char **closes)
{
    struct schedule schedule;
    int64_t hours = 0;
    int64_t after_ms = 0;
    const char *why = secret_schedule_parse(str_of(expression), &schedule);
    CHECK(why == NULL);
    CHECK(secret_schedule_duration(&schedule, str_of(duration), &hours) == NULL);
    CHECK(clock_parse_iso8601(str_of(after), &after_ms));
    const struct schedule_window window = secret_schedule_next(&schedule, hours, after_ms);
    *closes = str_cstr(arena, clock_format_iso8601(arena, window.closes_ms));
    return str_cstr(arena, clock_format_iso8601(arena, window.opens_ms));
}

TEST(schedules_open_their_windows_when_the_guide_says)
{
    static const struct {
        const char *expression, *duration, *after, *opens, *closes;
    } cases[] = {
        { "rate(10 days)", NULL, "2026-11-24T23:00:00Z", "2026-12-04T00:00:00Z", "2026-12-04T23:59:59Z" },
        { "rate(1 day)", "3h", "2026-11-24T23:00:00Z", "2026-11-25T00:00:00Z", "2026-11-25T02:59:59Z" },
        { "rate(12 hours)", NULL, "2026-11-24T23:10:00Z", "2026-11-25T11:00:00Z", "2026-11-25T11:59:59Z" },
        { "cron(0 16 1,15 * ? *)", "6h", "2026-11-24T00:00:00Z", "2026-12-01T16:00:00Z", "2026-12-01T21:59:59Z" },
        { "cron(0 12 ? * MON *)", NULL, "2026-11-24T00:00:00Z", "2026-11-30T12:00:00Z", "2026-11-30T23:59:59Z" },
        { "cron(0 8/8 * * ? *)", NULL, "2026-11-24T08:00:00Z", "2026-11-24T16:00:00Z", "2026-11-24T16:59:59Z" },
        { "cron(0 1 L * ? *)", NULL, "2026-02-01T00:00:00Z", "2026-02-28T01:00:00Z", "2026-02-28T23:59:59Z" },
        { "cron(0 0 ? * 6#2 *)", NULL, "2026-11-24T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-11T23:59:59Z" },
        { "cron(0 0 ? 1 SUNL *)", NULL, "2026-11-24T00:00:00Z", "2027-01-31T00:00:00Z", "2027-01-31T23:59:59Z" },
        { "cron(0 5 15W * ? *)", NULL, "2026-11-01T00:00:00Z", "2026-11-16T05:00:00Z", "2026-11-16T23:59:59Z" },
        { "cron(0 0 29 2 ? *)", NULL, "2026-11-01T00:00:00Z", "2028-02-29T00:00:00Z", "2028-02-29T23:59:59Z" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *closes = NULL;
        assert_string_equal(next_of(arena, cases[i].expression, cases[i].duration, cases[i].after, &closes), cases[i].opens);
        assert_string_equal(closes, cases[i].closes);
    }
}

TEST(schedules_that_make_no_sense_are_refused)
{
    static const char *const bad[] = { "rate(0 days)", "rate(3 hours)", "rate(1001 days)", "rate(1 week)", "cron(5 0 * * ? *)", "cron(0 0/2 * * ? *)",
                                       "cron(0 24 * * ? *)", "cron(0 0 32 * ? *)", "cron(0 0 1 * MON *)", "cron(0 0 * * ? 2027)", "cron(0 0 * *)",
                                       "cron(0 0 9-3 * ? *)", "every day", "rate(1 days", "" };
    struct schedule schedule;
    int64_t hours = 0;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        if (secret_schedule_parse(str_of(bad[i]), &schedule) == NULL) {
            fail_msg("%s was taken", bad[i]);
        }
    }
    CHECK(secret_schedule_parse(STR("cron(0 22 * * ? *)"), &schedule) == NULL);
    CHECK(secret_schedule_duration(&schedule, STR("3h"), &hours) != NULL);
    CHECK(secret_schedule_duration(&schedule, STR("2h"), &hours) == NULL);
    CHECK(secret_schedule_duration(&schedule, STR("xh"), &hours) != NULL);
}
