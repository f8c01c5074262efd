#include "svc/cloudtrail/insight_rate.h"

#include "tests/test.h"

static const struct rate_key KEY = { STR_INIT("111122223333"), STR_INIT("eu-west-1"), STR_INIT("ec2.amazonaws.com"),
                                     STR_INIT("RunInstances"), STR_INIT("") };
#define HOUR ((int64_t)RATE_PERIODS)
#define START (1000 * HOUR)

static void add(struct rates *rates, struct rate *rate, int64_t period, size_t calls)
{
    for (size_t i = 0; i < calls; i++) {
        rate_add(rates, rate, period);
    }
}

static struct rate *with_history(struct rates *rates, int64_t hours, size_t calls)
{
    struct rate *rate = rates_need(rates, &KEY);
    for (int64_t hour = 0; hour < hours; hour++) {
        add(rates, rate, START + hour * HOUR + 7, calls);
    }
    return rate;
}

TEST(a_burst_starts_an_insight_that_ends_when_it_is_over)
{
    struct rates *rates = rates_open();
    struct rate *rate = with_history(rates, 100, 2);
    (void)arena;
    const int64_t now = START + 100 * HOUR + 3;
    add(rates, rate, now, 9);
    CHECK_INT(rate_judge(rates, rate, now), RATE_USUAL);
    add(rates, rate, now + 1, 30);
    CHECK_INT(rate_judge(rates, rate, now + 1), RATE_STARTS);
    CHECK_INT(rate->insight.baseline_calls, 200);
    CHECK_INT(rate->insight.baseline_periods, 100 * HOUR);
    rate->insight.id = STR("id");
    add(rates, rate, now + 2, 20);
    CHECK_INT(rate_judge(rates, rate, now + 2), RATE_GOES_ON);
    CHECK_INT(rate_judge(rates, rate, now + 3), RATE_ENDS);
    CHECK_INT(rate->insight.calls, 50);
    CHECK_INT(rate->insight.last - rate->insight.started, 1);
    rates_close(rates);
}

TEST(what_was_as_much_before_is_usual)
{
    struct rates *rates = rates_open();
    struct rate *rate = with_history(rates, 100, 40);
    (void)arena;
    add(rates, rate, START + 100 * HOUR, 50);
    CHECK_INT(rate_judge(rates, rate, START + 100 * HOUR), RATE_USUAL);
    add(rates, rate, START + 100 * HOUR + 1, 61);
    CHECK_INT(rate_judge(rates, rate, START + 100 * HOUR + 1), RATE_STARTS);
    rates_close(rates);
}

TEST(nothing_is_judged_before_there_is_a_day_and_a_half_of_history)
{
    struct rates *rates = rates_open();
    struct rate *rate = with_history(rates, RATE_WARM_HOURS - 1, 1);
    (void)arena;
    add(rates, rate, START + (RATE_WARM_HOURS - 1) * HOUR, 500);
    CHECK_INT(rate_judge(rates, rate, START + (RATE_WARM_HOURS - 1) * HOUR), RATE_USUAL);
    rates_close(rates);
}

TEST(what_is_older_than_a_week_counts_no_more)
{
    struct rates *rates = rates_open();
    struct rate *rate = with_history(rates, 2, 400);
    (void)arena;
    add(rates, rate, START + 300 * HOUR, 30);
    CHECK_INT(rate_judge(rates, rate, START + 300 * HOUR), RATE_STARTS);
    CHECK_INT(rate->insight.baseline_calls, 0);
    add(rates, rate, START + 100 * HOUR, 1); /* too late to be counted */
    CHECK_INT(rate->hour, 1300);
    rates_close(rates);
}

TEST(hours_that_were_stored_are_the_same_baseline)
{
    struct rates *rates = rates_open();
    struct rate *rate = rates_need(rates, &KEY);
    (void)arena;
    for (int64_t hour = 0; hour < 100; hour++) {
        rate_restore(rates, rate, 1000 + hour, 40, 40);
    }
    add(rates, rate, START + 100 * HOUR, 59);
    CHECK_INT(rate_judge(rates, rate, START + 100 * HOUR), RATE_USUAL);
    CHECK(rates_need(rates, &KEY) == rate);
    CHECK_INT(rates_count(rates), 1);
    rates_close(rates);
}
