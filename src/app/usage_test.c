#include "app/usage.h"

#include "tests/test.h"

static void see(struct usage *usage, enum source source, struct str account, const char *region, const char *raw)
{
    struct event ev = { .source = source, .raw = str_of(raw) };
    ev.fields[FIELD_ACCOUNT] = account;
    ev.fields[FIELD_REGION] = str_of(region);
    usage_count(usage, &ev);
}

TEST(records_are_counted_by_account_region_and_source)
{
    struct usage *usage = usage_open();
    size_t count = 0;
    see(usage, SOURCE_CLOUDTRAIL, STR("111122223333"), "eu-west-1", "12345");
    see(usage, SOURCE_FLOW, STR("111122223333"), "eu-west-1", "1");
    see(usage, SOURCE_CLOUDTRAIL, STR("111122223333"), "eu-west-1", "123");
    see(usage, SOURCE_CLOUDTRAIL, STR("not an account"), NULL, "1");
    const struct guardduty_usage *list = usage_list(usage, arena, STR("999999999999"), STR("eu-west-1"), &count);
    CHECK_INT(count, 3);
    CHECK_STR(list[0].source, "CLOUD_TRAIL");
    CHECK_INT(list[0].records, 2);
    CHECK_INT(list[0].bytes, 8);
    CHECK_STR(list[1].source, "FLOW_LOGS");
    CHECK_STR(list[2].account, "999999999999");
    CHECK_STR(list[2].region, "eu-west-1");
    usage_clear(usage);
    usage_list(usage, arena, STR("999999999999"), STR("eu-west-1"), &count);
    CHECK_INT(count, 0);
    usage_close(usage);
}

TEST(forged_accounts_fill_no_more_than_the_slots)
{
    struct usage *usage = usage_open();
    size_t count = 0;
    for (int i = 0; i < 3 * USAGE_SLOTS; i++) {
        see(usage, SOURCE_CLOUDTRAIL, str_format(arena, "%012d", i), "eu-west-1", "x");
    }
    see(usage, SOURCE_CLOUDTRAIL, STR("000000000000"), "eu-west-1", "x");
    const struct guardduty_usage *list = usage_list(usage, arena, STR("999999999999"), STR("eu-west-1"), &count);
    CHECK_INT(count, USAGE_SLOTS);
    CHECK_INT(list[0].records, 2);
    usage_close(usage);
}
