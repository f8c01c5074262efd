#include "detect/finding.h"
#include "svc/guardduty/fixture.h"
#include "svc/guardduty/rows_member.h"

#define OWNER STR("111122223333")
#define DAY ((int64_t)24 * 60 * 60 * 1000)

/* One occurrence of one thing, as the engine raises it: event `number` at 2023-11-14T22:13:MINUTE. */
static struct finding occurrence(struct arena *arena, const char *account, int number)
{
    const struct str why = str_format(arena,
                                      "{\\\"rule\\\":\\\"r\\\",\\\"events\\\":[{\\\"id\\\":\\\"e%d\\\",\\\"at\\\":%d,"
                                      "\\\"file\\\":\\\"a.json\\\",\\\"offset\\\":%d}]}",
                                      number, number, number);
    const struct str json = str_format(
        arena,
        "{\"schemaVersion\":\"2.0\",\"accountId\":\"%s\",\"region\":\"ap-northeast-1\",\"partition\":\"aws\","
        "\"id\":\"0123456789abcdef0123456789abcdef\",\"arn\":\"arn:placeholder\",\"type\":\"Policy:IAMUser/"
        "RootCredentialUsage\","
        "\"title\":\"t\",\"description\":\"d\",\"severity\":2,\"createdAt\":\"2023-11-14T22:%02d:00.000Z\","
        "\"updatedAt\":\"2023-11-14T22:%02d:00.000Z\",\"resource\":{\"resourceType\":\"AccessKey\","
        "\"accessKeyDetails\":{\"accessKeyId\":\"AKIAX\",\"userName\":\"eve\"}},\"service\":{\"serviceName\":"
        "\"guardduty\","
        "\"detectorId\":\"placeholder\",\"count\":1,\"archived\":false,\"eventFirstSeen\":\"2023-11-14T22:%02d:00."
        "000Z\","
        "\"eventLastSeen\":\"2023-11-14T22:%02d:00.000Z\",\"additionalInfo\":{\"value\":\"%s\",\"type\":\"default\"}}}",
        account, number, number, number, number, why.ptr);
    struct finding finding = { .count = 0 };
    CHECK(finding_read(arena, json, &finding));
    return finding;
}

static void record(struct request *rq, int number)
{
    const struct finding finding = occurrence(rq->ctx.arena, "111122223333", number);
    CHECK_OK(guardduty_record_finding(&rq->ctx, rq->db, OWNER, &finding));
}

static struct guardduty_finding only(struct request *rq, struct str detector)
{
    const struct guardduty_list_findings_in in = { .detector_id = detector };
    const struct guardduty_get_findings_out out = fixture_get(rq, detector, fixture_list(rq, &in).finding_ids);
    CHECK_INT(out.findings.count, 1);
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_FINDINGS_OUT, &out);
    return out.findings.items[0];
}

GUARDDUTY_TEST(a_finding_waits_for_a_detector_and_shows_it)
{
    record(rq, 10);
    const struct str detector = fixture_detector(rq);
    const struct guardduty_finding finding = only(rq, detector);
    CHECK(str_equal(finding.service->detector_id, detector));
    CHECK(str_ends(finding.arn, STR("/finding/0123456789abcdef0123456789abcdef")));
    CHECK(str_starts(finding.arn,
                     str_format(arena, "arn:aws:guardduty:ap-northeast-1:111122223333:detector/%s", detector.ptr)));
}

/* An account of the server's own has its findings itself, once it has a detector. */
GUARDDUTY_TEST(an_account_that_lives_here_has_its_own_findings)
{
    const struct str member = STR("444455556666");
    struct finding finding = occurrence(arena, "444455556666", 10);
    const struct str ours = fixture_detector(rq);
    CHECK_OK(guardduty_record_finding(&rq->ctx, rq->db, OWNER, &finding));
    rq->account = member;
    const struct str theirs = fixture_detector(rq);
    const struct guardduty_list_findings_in in = { .detector_id = theirs };
    CHECK_INT(fixture_list(rq, &in).finding_ids.count, 0); /* it had no detector then */
    finding = occurrence(arena, "444455556666", 11);
    CHECK_OK(guardduty_record_finding(&rq->ctx, rq->db, OWNER, &finding));
    CHECK_STR(only(rq, theirs).account_id, "444455556666");
    rq->account = OWNER;
    CHECK_INT(only(rq, ours).service->count.v, 2);
}

GUARDDUTY_TEST(repeats_add_up_whatever_their_order)
{
    record(rq, 20);
    record(rq, 30);
    record(rq, 10);
    const struct guardduty_finding finding = only(rq, fixture_detector(rq));
    CHECK_INT(finding.service->count.v, 3);
    CHECK_STR(finding.service->event_first_seen, "2023-11-14T22:10:00Z");
    CHECK_STR(finding.service->event_last_seen, "2023-11-14T22:30:00Z");
}

GUARDDUTY_TEST(a_log_read_again_changes_nothing)
{
    for (int round = 0; round < 3; round++) {
        for (int number = 1; number < 40; number++) { /* more than the finding itself lists */
            record(rq, number);
        }
    }
    CHECK_INT(only(rq, fixture_detector(rq)).service->count.v, 39);
}

GUARDDUTY_TEST(a_merged_finding_read_again_changes_nothing)
{
    struct findings *findings = findings_open(10);
    size_t count = 0;
    for (int number = 1; number <= 5; number++) {
        const struct finding finding = occurrence(arena, "111122223333", number);
        findings_add(findings, &finding);
    }
    const struct finding *merged = findings_list(findings, arena, &count);
    CHECK_INT(count, 1);
    CHECK_OK(guardduty_record_finding(&rq->ctx, rq->db, OWNER, merged));
    for (int number = 6; number < 40; number++) {
        record(rq, number);
    }
    CHECK_OK(guardduty_record_finding(&rq->ctx, rq->db, OWNER, merged));
    findings_close(findings);
    CHECK_INT(only(rq, fixture_detector(rq)).service->count.v, 39);
}

GUARDDUTY_TEST(what_the_service_wrote_survives_a_repeat)
{
    record(rq, 10);
    const struct str detector = fixture_detector(rq);
    struct str id = only(rq, detector).id;
    const struct guardduty_archive_findings_in archive = { .detector_id = detector, .finding_ids = { &id, 1 } };
    struct guardduty_archive_findings_out archived = { 0 };
    CHECK_OK(guardduty_archive_findings(rq, &archive, &archived));
    record(rq, 11);
    CHECK(only(rq, detector).service->archived.v);
    CHECK_INT(only(rq, detector).service->count.v, 2);
}

GUARDDUTY_TEST(a_foreign_record_keeps_its_account)
{
    const struct finding finding = occurrence(arena, "999999999999", 1);
    CHECK_OK(guardduty_record_finding(&rq->ctx, rq->db, OWNER, &finding));
    CHECK_STR(only(rq, fixture_detector(rq)).account_id, "999999999999");
}

GUARDDUTY_TEST(what_is_no_finding_is_refused)
{
    struct finding finding = occurrence(arena, "111122223333", 1);
    finding.json = STR("{\"id\":\"0123456789abcdef0123456789abcdef\"}");
    CHECK_FAULT(guardduty_record_finding(&rq->ctx, rq->db, OWNER, &finding), FAULT_INVALID.code);
    finding = occurrence(arena, "111122223333", 1);
    finding.id = STR("ffffffffffffffffffffffffffffffff");
    CHECK_FAULT(guardduty_record_finding(&rq->ctx, rq->db, OWNER, &finding), FAULT_INVALID.code);
}

GUARDDUTY_TEST(the_newest_are_told_for_tables)
{
    struct str types[] = { STR("UnauthorizedAccess:EC2/TorClient") };
    struct guardduty_summary *newest = NULL;
    size_t count = 0;
    record(rq, 10);
    rq->ctx.now_ms += DAY;
    fixture_samples(rq, fixture_detector(rq), types, 1);
    CHECK_OK(guardduty_findings_newest(&rq->ctx, rq->db, OWNER, STR_NONE, 10, &newest, &count));
    CHECK_INT(count, 2);
    CHECK_STR(newest[0].type, "UnauthorizedAccess:EC2/TorClient");
    CHECK_STR(newest[1].resource_id, "AKIAX");
    CHECK_STR(newest[1].region, "ap-northeast-1");
    CHECK_STR(json_text(json_get(json_parse(arena, newest[1].json, NULL), STR("id"))),
              str_cstr(arena, newest[1].id));
    CHECK_OK(guardduty_findings_newest(&rq->ctx, rq->db, OWNER, STR("us-east-1"), 10, &newest, &count));
    CHECK_INT(count, 0);
    CHECK_OK(guardduty_findings_newest(&rq->ctx, rq->db, OWNER, STR("ap-northeast-1"), 1, &newest, &count));
    CHECK_INT(count, 1);
}

GUARDDUTY_TEST(an_administrator_has_the_findings_of_its_members)
{
    const struct str administrator = STR("444455556666");
    const struct rows rows = rows_of(rq);
    struct member_row row = { .other = administrator, .status = STR("Invited"), .invitation = STR("1") };
    const struct str theirs = fixture_detector(rq);
    CHECK_OK(rows_invitation_put(rows, &row));
    record(rq, 10); /* only invited */
    row.status = STR("Enabled");
    CHECK_OK(rows_invitation_put(rows, &row));
    record(rq, 11);
    record(rq, 11); /* read again */
    CHECK_INT(only(rq, theirs).service->count.v, 2);
    rq->account = administrator;
    const struct str ours = fixture_detector(rq);
    const struct guardduty_finding finding = only(rq, ours);
    CHECK_INT(finding.service->count.v, 1);
    CHECK_STR(finding.account_id, "111122223333");
    CHECK(str_equal(finding.service->detector_id, ours));
}
