#include "svc/s3/lifecycle.h"

#include "base/clock.h"
#include "tests/test.h"

static int64_t at(const char *text)
{
    int64_t ms = 0;
    CHECK(clock_parse_iso8601(str_of(text), &ms));
    return ms;
}

static struct lifecycle_version logged(void)
{
    return (struct lifecycle_version){ .key = STR("logs/a"), .size = 100, .modified_ms = at("2014-01-15T10:30:00Z"), .latest = true };
}

static bool goes_at(const struct lifecycle_rule *rule, const struct lifecycle_version *version, const char *when)
{
    int64_t ms = 0;
    return lifecycle_expiry(rule, 1, version, &ms) == rule && ms == at(when);
}

static bool stays(const struct lifecycle_rule *rule, const struct lifecycle_version *version)
{
    int64_t ms = 0;
    return lifecycle_expiry(rule, 1, version, &ms) == NULL;
}

/* spec: S3 user guide: created 1/15/2014 10:30 with 3 days goes at 1/19/2014 00:00 */
TEST(days_count_from_creation_and_end_at_midnight)
{
    const struct lifecycle_version version = logged();
    CHECK(goes_at(&(struct lifecycle_rule){ .enabled = true, .days = 3 }, &version, "2014-01-19T00:00:00Z"));
    CHECK(goes_at(&(struct lifecycle_rule){ .enabled = true, .prefix = STR("logs/"), .days = 1 }, &version, "2014-01-17T00:00:00Z"));
    CHECK(goes_at(&(struct lifecycle_rule){ .enabled = true, .date_ms = at("2014-02-01T00:00:00Z") }, &version, "2014-02-01T00:00:00Z"));
    CHECK(stays(&(struct lifecycle_rule){ .days = 3 }, &version));
    CHECK(stays(&(struct lifecycle_rule){ .enabled = true, .prefix = STR("tmp/"), .days = 1 }, &version));
    CHECK(stays(&(struct lifecycle_rule){ .enabled = true, .noncurrent_days = 1, .abort_days = 1 }, &version));
}

TEST(all_tags_and_exclusive_sizes_must_fit)
{
    const struct lifecycle_tag both[] = { { STR("a"), STR("1") }, { STR("b"), STR("2") } };
    struct lifecycle_version version = logged();
    struct lifecycle_rule rule = { .enabled = true, .days = 3, .tags = both, .tag_count = 2 };
    version.tags = both;
    version.tag_count = 1;
    CHECK(stays(&rule, &version));
    version.tag_count = 2;
    CHECK(!stays(&rule, &version));
    rule.greater_set = rule.less_set = true;
    rule.greater = 99;
    rule.less = 101;
    CHECK(!stays(&rule, &version));
    rule.greater = 100;
    CHECK(stays(&rule, &version));
    rule.greater = 0;
    rule.less = 100;
    CHECK(stays(&rule, &version));
}

TEST(a_delete_marker_goes_once_nothing_is_left_below_it)
{
    struct lifecycle_version version = logged();
    const struct lifecycle_rule lone = { .enabled = true, .lone_markers = true };
    const struct lifecycle_rule days = { .enabled = true, .days = 3 };
    CHECK(stays(&lone, &version));
    version.marker = true;
    CHECK(stays(&lone, &version) && stays(&days, &version));
    version.alone = true;
    CHECK(goes_at(&lone, &version, "2014-01-15T10:30:00Z"));
    CHECK(goes_at(&days, &version, "2014-01-19T00:00:00Z"));
}

TEST(noncurrent_versions_go_by_the_age_of_their_successor_but_the_newest_are_kept)
{
    struct lifecycle_version version = logged();
    struct lifecycle_rule rule = { .enabled = true, .days = 1, .noncurrent_days = 2 };
    version.latest = false;
    version.noncurrent_ms = at("2014-03-01T00:00:01Z");
    CHECK(goes_at(&rule, &version, "2014-03-04T00:00:00Z"));
    rule.noncurrent_kept = 2;
    version.newer = 1;
    CHECK(stays(&rule, &version));
    version.newer = 2;
    CHECK(!stays(&rule, &version));
}

TEST(the_rule_that_ends_first_wins)
{
    const struct lifecycle_version version = logged();
    const struct lifecycle_rule rules[] = {
        { .id = STR("slow"), .enabled = true, .days = 30 },
        { .id = STR("fast"), .enabled = true, .days = 5, .abort_days = 7 },
        { .id = STR("off"), .days = 1, .abort_days = 1 },
    };
    int64_t when = 0;
    CHECK_STR(lifecycle_expiry(rules, 3, &version, &when)->id, "fast");
    CHECK_STR(lifecycle_abort(rules, 3, STR("x"), version.modified_ms, &when)->id, "fast");
    CHECK(when == at("2014-01-23T00:00:00Z"));
}
