#include "base/map.h"
#include "detect/catalogue.h"
#include "svc/guardduty/finding.h"
#include "svc/guardduty/fixture.h"

#define KEY "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
#define TOR "UnauthorizedAccess:EC2/TorClient"
#define SEQUENCE "AttackSequence:IAM/CompromisedCredentials"

static struct str three(struct request *rq)
{
    struct str types[] = { STR(KEY), STR(TOR), STR(SEQUENCE) };
    const struct str detector = fixture_detector(rq);
    fixture_samples(rq, detector, types, COUNT_OF(types));
    return detector;
}

GUARDDUTY_TEST(pages_hold_every_finding_once_in_any_order)
{
    static const char *const ATTRIBUTES[] = { "updatedAt", "severity", "type", "service.count", "id", "title" };
    const struct str detector = fixture_detector(rq);
    fixture_samples(rq, detector, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(ATTRIBUTES) * 2; i++) {
        const struct guardduty_sort_criteria sort = { str_of(ATTRIBUTES[i / 2]), i % 2 ? STR("DESC") : STR("ASC") };
        struct guardduty_list_findings_in in = { .detector_id = detector,
                                                 .sort_criteria = &sort,
                                                 .max_results = SOME(50) };
        struct map *seen = map_open();
        do {
            const struct guardduty_list_findings_out out = fixture_list(rq, &in);
            for (size_t k = 0; k < out.finding_ids.count; k++) {
                CHECK(map_put(seen, out.finding_ids.items[k], seen) == NULL);
            }
            in.next_token = out.next_token;
        } while (in.next_token.len > 0);
        CHECK_INT(map_count(seen), catalogue_count());
        map_close(seen, NULL);
    }
}

GUARDDUTY_TEST(a_full_last_page_has_no_token)
{
    struct guardduty_list_findings_in in = { .detector_id = three(rq), .max_results = SOME(3) };
    struct guardduty_list_findings_out out = fixture_list(rq, &in);
    CHECK_INT(out.finding_ids.count, 3);
    CHECK_INT(out.next_token.len, 0);
    in.max_results.v = 2;
    out = fixture_list(rq, &in);
    CHECK_INT(out.finding_ids.count, 2);
    in.next_token = out.next_token;
    CHECK_INT(fixture_list(rq, &in).finding_ids.count, 1);
}

GUARDDUTY_TEST(a_token_serves_only_its_own_question)
{
    struct guardduty_list_findings_in in = { .detector_id = three(rq), .max_results = SOME(1) };
    struct guardduty_list_findings_out out = fixture_list(rq, &in);
    const struct guardduty_sort_criteria sort = { STR("severity"), STR("ASC") };
    in.next_token = out.next_token;
    in.sort_criteria = &sort;
    CHECK_FAULT(guardduty_list_findings(rq, &in, &out), BAD_REQUEST);
    in.sort_criteria = NULL;
    in.max_results.v = 50;
    CHECK_INT(fixture_list(rq, &in).finding_ids.count, 2);
    rq->region = STR("us-east-1");
    in.detector_id = fixture_detector(rq);
    CHECK_FAULT(guardduty_list_findings(rq, &in, &out), BAD_REQUEST);
}

GUARDDUTY_TEST(a_changed_token_is_refused)
{
    struct guardduty_list_findings_in in = { .detector_id = three(rq), .max_results = SOME(1) };
    struct guardduty_list_findings_out out = fixture_list(rq, &in);
    const struct str token = out.next_token;
    for (size_t i = 0; i < token.len; i++) {
        char *changed = str_copy(arena, token).ptr ? arena_alloc(arena, token.len + 1) : NULL;
        memcpy(changed, token.ptr, token.len);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        in.next_token = (struct str){ changed, token.len };
        struct str bytes = STR_NONE, original = STR_NONE;
        const bool same = str_unbase64(arena, in.next_token, &bytes) && str_unbase64(arena, token, &original) &&
                          str_equal(bytes, original);
        if (!same) {
            CHECK_FAULT(guardduty_list_findings(rq, &in, &out), BAD_REQUEST);
        }
    }
    in.next_token = str_slice(token, 0, token.len - 4);
    CHECK_FAULT(guardduty_list_findings(rq, &in, &out), BAD_REQUEST);
}

GUARDDUTY_TEST(findings_are_shown_with_the_detector_that_is_there)
{
    const struct str detector = three(rq);
    const struct guardduty_list_findings_in in = { .detector_id = detector };
    const struct guardduty_get_findings_out out = fixture_get(rq, detector, fixture_list(rq, &in).finding_ids);
    CHECK_INT(out.findings.count, 3);
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_FINDINGS_OUT, &out);
    for (size_t i = 0; i < 3; i++) {
        const struct guardduty_finding *finding = &out.findings.items[i];
        CHECK(str_equal(finding->service->detector_id, detector));
        CHECK(str_equal(finding->arn, finding_arn(arena, STR("aws"), rows_of(rq), detector, finding->id)));
        CHECK(str_starts(finding->title, STR("[SAMPLE] ")));
        CHECK_STR(finding->service->additional_info->value, "{\"sample\":true}");
    }
}

GUARDDUTY_TEST(get_sorts_when_asked_and_keeps_the_order_otherwise)
{
    const struct str detector = three(rq);
    const struct guardduty_sort_criteria sort = { STR("severity"), STR("DESC") };
    const struct guardduty_list_findings_in in = { .detector_id = detector, .sort_criteria = &sort };
    const struct guardduty_finding_ids ids = fixture_list(rq, &in).finding_ids;
    struct str backwards[] = { ids.items[2], ids.items[1], ids.items[0] };
    struct guardduty_get_findings_in get = { .detector_id = detector,
                                             .finding_ids = { .items = backwards, .count = 3 } };
    struct guardduty_get_findings_out out = { .findings = { NULL, 0 } };
    CHECK_OK(guardduty_get_findings(rq, &get, &out));
    CHECK(str_equal(out.findings.items[0].id, backwards[0]));
    get.sort_criteria = &sort;
    CHECK_OK(guardduty_get_findings(rq, &get, &out));
    CHECK_STR(out.findings.items[0].type, SEQUENCE);
    CHECK(out.findings.items[1].severity.v >= out.findings.items[2].severity.v);
    const struct guardduty_sort_criteria unknown = { STR("no.such"), STR("DESC") };
    get.sort_criteria = &unknown;
    CHECK_FAULT(guardduty_get_findings(rq, &get, &out), BAD_REQUEST);
}

GUARDDUTY_TEST(archiving_is_a_flag_that_stays_until_taken_off)
{
    const struct str detector = three(rq);
    const struct guardduty_list_findings_in in = { .detector_id = detector, .max_results = SOME(1) };
    const struct guardduty_finding_ids ids = fixture_list(rq, &in).finding_ids;
    const struct guardduty_archive_findings_in archive = { .detector_id = detector, .finding_ids = ids };
    const struct guardduty_unarchive_findings_in unarchive = { .detector_id = detector, .finding_ids = ids };
    struct guardduty_archive_findings_out archived = { 0 };
    struct guardduty_unarchive_findings_out unarchived = { 0 };
    CHECK_OK(guardduty_archive_findings(rq, &archive, &archived));
    CHECK(fixture_get(rq, detector, ids).findings.items[0].service->archived.v);
    struct guardduty_summary *newest = NULL;
    size_t count = 0;
    CHECK_OK(guardduty_findings_newest(&rq->ctx, rq->db, rq->account, STR_NONE, 10, &newest, &count));
    CHECK_INT(count, 2);
    CHECK_OK(guardduty_unarchive_findings(rq, &unarchive, &unarchived));
    CHECK(!fixture_get(rq, detector, ids).findings.items[0].service->archived.v);
}

GUARDDUTY_TEST(feedback_is_kept)
{
    const struct str detector = three(rq);
    const struct guardduty_list_findings_in in = { .detector_id = detector, .max_results = SOME(1) };
    const struct guardduty_finding_ids ids = fixture_list(rq, &in).finding_ids;
    const struct guardduty_update_findings_feedback_in feedback = {
        .detector_id = detector,
        .finding_ids = ids,
        .feedback = STR("USEFUL"),
    };
    struct guardduty_update_findings_feedback_out out = { 0 };
    CHECK_OK(guardduty_update_findings_feedback(rq, &feedback, &out));
    CHECK_STR(fixture_get(rq, detector, ids).findings.items[0].service->user_feedback, "USEFUL");
}

GUARDDUTY_TEST(an_unknown_id_spoils_the_call)
{
    const struct str detector = three(rq);
    struct str nothing = STR("nothing");
    const struct guardduty_get_findings_in get = { .detector_id = detector,
                                                   .finding_ids = { .items = &nothing, .count = 1 } };
    struct guardduty_get_findings_out out = { .findings = { NULL, 0 } };
    CHECK_FAULT(guardduty_get_findings(rq, &get, &out), BAD_REQUEST);
    const struct guardduty_archive_findings_in archive = { .detector_id = detector, .finding_ids = get.finding_ids };
    struct guardduty_archive_findings_out archived = { 0 };
    CHECK_FAULT(guardduty_archive_findings(rq, &archive, &archived), BAD_REQUEST);
}

GUARDDUTY_TEST(another_accounts_findings_stay_hidden)
{
    const struct str detector = three(rq);
    const struct guardduty_list_findings_in in = { .detector_id = detector };
    const struct guardduty_finding_ids ids = fixture_list(rq, &in).finding_ids;
    rq->account = STR("999999999999");
    const struct str own = fixture_detector(rq);
    const struct guardduty_list_findings_in mine = { .detector_id = own };
    CHECK_INT(fixture_list(rq, &mine).finding_ids.count, 0);
    const struct guardduty_get_findings_in get = { .detector_id = own, .finding_ids = ids };
    struct guardduty_get_findings_out out = { .findings = { NULL, 0 } };
    CHECK_FAULT(guardduty_get_findings(rq, &get, &out), BAD_REQUEST);
}

GUARDDUTY_TEST(deleting_the_detector_takes_its_findings_along)
{
    const struct guardduty_delete_detector_in in = { .detector_id = three(rq) };
    struct guardduty_delete_detector_out out = { 0 };
    CHECK_OK(guardduty_delete_detector(rq, &in, &out));
    const struct guardduty_list_findings_in list = { .detector_id = fixture_detector(rq) };
    CHECK_INT(fixture_list(rq, &list).finding_ids.count, 0);
}

TEST(a_body_is_changed_where_it_is_said)
{
    const struct finding_change changes[] = { { "service.archived", STR("true") }, { "a.b.c", STR("[1]") } };
    CHECK_STR(finding_change(arena, STR("{\"id\":\"x\",\"service\":{\"count\":2,\"archived\":false}}"), changes, 2),
              "{\"id\":\"x\",\"service\":{\"count\":2,\"archived\":true},\"a\":{\"b\":{\"c\":[1]}}}");
}

TEST(a_body_that_is_no_finding_is_seen)
{
    struct finding_row row = { .archived = false };
    CHECK(!finding_from_body(arena, STR("{"), &row));
    CHECK(!finding_from_body(arena, STR("[]"), &row));
    CHECK(!finding_from_body(arena, STR("{\"id\":\"x\",\"type\":\"t\",\"severity\":\"high\"}"), &row));
    CHECK(finding_from_body(arena,
                            STR("{\"id\":\"x\",\"type\":\"t\",\"severity\":2,\"accountId\":\"1\",\"region\":\"r\","
                                "\"createdAt\":\"2023-01-01T00:00:00Z\",\"updatedAt\":\"2023-01-02T00:00:00.000Z\","
                                "\"resource\":{\"resourceType\":\"S3Bucket\",\"s3BucketDetails\":[{\"name\":\"b\"}]}}"),
                            &row));
    CHECK_STR(row.resource_id, "b");
    CHECK(row.times == 1 && row.first_ms == row.created_ms && row.last_ms == row.updated_ms);
}
