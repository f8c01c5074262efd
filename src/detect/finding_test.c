#include "detect/finding.h"

#include "detect/harness.h"

TEST(ids_are_fixed_and_tell_parts_apart)
{
    const struct str ab_empty[] = { STR("ab"), STR("") };
    const struct str a_b[] = { STR("a"), STR("b") };
    const struct str id = finding_id(arena, a_b, 2);
    CHECK_INT(id.len, FINDING_ID_LENGTH);
    CHECK(str_equal(id, finding_id(arena, a_b, 2)));
    CHECK(!str_equal(id, finding_id(arena, ab_empty, 2)));
    CHECK(!str_equal(id, finding_id(arena, a_b, 1)));
    /* Written down: an id must never change between builds, or replays would double what is stored. */
    CHECK_STR(finding_detector_id(arena, STR("111122223333"), STR("ap-northeast-1")), "b26cf6b16a442405667af86c1122c20c");
}

static struct finding raised(struct arena *arena, int event, const char *time, const char *agent)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .rule_paths = NULL });
    const struct str own = str_format(arena, "{\"eventName\":\"CreateAccessKey\",\"eventTime\":\"%s\",\"userAgent\":\"%s\"}", time, agent);
    harness_feed(harness, "log.json", harness_record(arena, event, own.ptr));
    CHECK_INT(harness->count, 1);
    const struct finding finding = harness->found[0];
    harness_close(harness);
    return finding;
}

static struct str text_at(struct arena *arena, struct str json, const char *path)
{
    return json_text(json_path(json_parse(arena, json, NULL), path));
}

TEST(a_finding_has_the_wire_objects_shape)
{
    const struct finding finding = raised(arena, 1, "2026-01-05T01:02:03Z", "x");
    CHECK_STR(text_at(arena, finding.json, "schemaVersion"), "2.0");
    CHECK_STR(text_at(arena, finding.json, "accountId"), "111122223333");
    CHECK_STR(text_at(arena, finding.json, "region"), "ap-northeast-1");
    CHECK_STR(text_at(arena, finding.json, "resource.accessKeyDetails.userName"), "alice");
    CHECK_STR(text_at(arena, finding.json, "service.action.awsApiCallAction.remoteIpDetails.ipAddressV4"), "203.0.113.7");
    CHECK_STR(text_at(arena, finding.json, "service.eventFirstSeen"), "2026-01-05T01:02:03Z");
    CHECK_STR(text_at(arena, finding.json, "createdAt"), "2026-01-05T01:02:03.000Z");
    CHECK_STR(finding.principal, "arn:aws:iam::111122223333:user/alice");
    struct finding again;
    CHECK(finding_read(arena, finding.json, &again));
    CHECK(str_equal(again.id, finding.id) && str_equal(again.principal, finding.principal));
    CHECK_INT(again.count, 1);
    CHECK_INT(again.first_ms, finding.first_ms);
}

TEST(a_repeat_raises_the_count_and_shows_the_newest)
{
    const struct finding first = raised(arena, 1, "2026-01-05T01:00:00Z", "first");
    const struct finding last = raised(arena, 2, "2026-01-05T03:00:00Z", "last");
    CHECK(str_equal(first.id, last.id));
    const struct str forward = finding_merge(arena, first.json, last.json);
    const struct str backward = finding_merge(arena, last.json, first.json);
    CHECK(str_equal(forward, backward));
    struct finding merged;
    CHECK(finding_read(arena, forward, &merged));
    CHECK_INT(merged.count, 2);
    CHECK_STR(text_at(arena, forward, "service.action.awsApiCallAction.userAgent"), "last");
    CHECK_STR(text_at(arena, forward, "service.eventFirstSeen"), "2026-01-05T01:00:00Z");
    CHECK_STR(text_at(arena, forward, "service.eventLastSeen"), "2026-01-05T03:00:00Z");
    CHECK_STR(text_at(arena, forward, "createdAt"), "2026-01-05T01:00:00.000Z");
    CHECK_STR(text_at(arena, forward, "updatedAt"), "2026-01-05T03:00:00.000Z");
}

TEST(the_same_event_counts_once)
{
    const struct finding one = raised(arena, 1, "2026-01-05T01:00:00Z", "x");
    const struct finding two = raised(arena, 2, "2026-01-05T01:00:00Z", "x");
    const struct str both = finding_merge(arena, one.json, two.json);
    struct finding merged;
    CHECK(finding_read(arena, finding_merge(arena, both, one.json), &merged));
    CHECK_INT(merged.count, 2);
    CHECK(finding_read(arena, finding_merge(arena, both, both), &merged));
    CHECK_INT(merged.count, 2);
}

TEST(what_the_service_wrote_stays)
{
    const struct finding one = raised(arena, 1, "2026-01-05T01:00:00Z", "x");
    const struct finding two = raised(arena, 2, "2026-01-05T02:00:00Z", "x");
    const size_t at = str_search(one.json, STR("\"archived\":false"));
    CHECK(at != STR_MISSING);
    const struct str archived = str_format(arena, "%.*s\"archived\":true%s", (int)at, one.json.ptr, one.json.ptr + at + 16);
    const struct str merged = finding_merge(arena, archived, two.json);
    CHECK(json_is_true(json_path(json_parse(arena, merged, NULL), "service.archived")));
}

TEST(no_finding_merges_with_what_is_none)
{
    const struct finding one = raised(arena, 1, "2026-01-05T01:00:00Z", "x");
    CHECK(finding_merge(arena, STR("{}"), one.json).ptr == NULL);
    CHECK(finding_merge(arena, one.json, STR("not json")).ptr == NULL);
    struct finding out;
    CHECK(!finding_read(arena, STR("[]"), &out));
}

TEST(the_events_a_finding_lists_are_the_newest_ones)
{
    struct findings *findings = findings_open(10);
    for (int i = 0; i < 25; i++) {
        const struct str time = str_format(arena, "2026-01-05T01:%02d:00Z", (i * 7) % 25);
        const struct finding finding = raised(arena, i, time.ptr, "x");
        findings_add(findings, &finding);
    }
    size_t count = 0;
    const struct finding *list = findings_list(findings, arena, &count);
    CHECK_INT(count, 1);
    CHECK_INT(list[0].count, 25);
    const struct json *why = json_parse(arena, text_at(arena, list[0].json, "service.additionalInfo.value"), NULL);
    const struct json *events = json_get(why, STR("events"));
    CHECK_INT(events->count, FINDING_EVENTS_MAX);
    int64_t at = INT64_MAX;
    for (const struct json *event = events->child; event; event = event->next) {
        int64_t ms = 0;
        CHECK(json_int(json_get(event, STR("at")), &ms) && ms < at);
        at = ms;
    }
    CHECK_INT(at, list[0].last_ms - (FINDING_EVENTS_MAX - 1) * 60000);
    findings_close(findings);
}

/* Late ones, early ones, some at the same moment and some twice. */
TEST(the_table_gives_what_merging_one_by_one_gives)
{
    struct findings *findings = findings_open(10);
    struct str merged = STR_NONE;
    uint64_t state = 11;
    for (int i = 0; i < 120; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const int number = (int)(state >> 33) % 40;
        const struct str time = str_format(arena, "2026-01-05T01:%02d:00Z", number / 2);
        const struct str agent = str_format(arena, "agent %d", number);
        const struct finding finding = raised(arena, number, time.ptr, agent.ptr);
        CHECK(finding.has_event);
        if (i % 3 == 0 || !findings_note(findings, &finding)) {
            findings_add(findings, &finding);
        }
        merged = merged.ptr ? finding_merge(arena, merged, finding.json) : finding.json;
        if (i % 30 == 29) { /* asking in between changes nothing */
            size_t count = 0;
            const struct finding *list = findings_list(findings, arena, &count);
            CHECK_INT(count, 1);
            CHECK_STR(list[0].json, merged.ptr);
        }
    }
    findings_close(findings);
}

TEST(a_full_table_drops_and_counts)
{
    struct findings *findings = findings_open(1);
    struct finding finding = raised(arena, 1, "2026-01-05T01:00:00Z", "x");
    findings_add(findings, &finding);
    finding.id = STR("another");
    findings_add(findings, &finding);
    findings_add(findings, &finding);
    CHECK_INT(findings_dropped(findings), 2);
    findings_close(findings);
}
