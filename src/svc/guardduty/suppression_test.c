#include "detect/finding.h"
#include "svc/guardduty/fixture.h"
#include "svc/guardduty/rows_suppression.h"

#define BUCKET_TYPE "Discovery:S3/TorIPCaller"
#define DAY ((int64_t)24 * 3600 * 1000)

/* A finding as the engine gives it, of one bucket and caller. */
static struct str record(struct request *rq, const char *bucket, const char *caller)
{
    const struct str parts[] = { STR(BUCKET_TYPE), str_of(bucket), str_of(caller) };
    const struct str id = finding_id(rq->ctx.arena, parts, COUNT_OF(parts));
    const struct str json = str_format(
        rq->ctx.arena,
        "{\"schemaVersion\":\"2.0\",\"accountId\":\"111122223333\",\"region\":\"ap-northeast-1\",\"id\":\"%" STR_FMT "\",\"arn\":\"a\","
        "\"type\":\"" BUCKET_TYPE "\",\"severity\":5,\"createdAt\":\"2026-01-05T00:00:00Z\",\"updatedAt\":\"2026-01-05T00:00:00Z\","
        "\"title\":\"t\",\"description\":\"d\",\"resource\":{\"resourceType\":\"S3Bucket\",\"accessKeyDetails\":{\"userName\":\"%s\"},"
        "\"s3BucketDetails\":[{\"name\":\"%s\"}]},\"service\":{\"archived\":false,\"count\":1,\"additionalInfo\":{\"value\":"
        "\"{\\\"events\\\":[{\\\"id\\\":\\\"%" STR_FMT "\\\"}]}\",\"type\":\"default\"}}}",
        STR_ARG(id), caller, bucket, STR_ARG(id));
    struct finding finding;
    CHECK(finding_read(rq->ctx.arena, json, &finding));
    CHECK_OK(guardduty_record_finding(&rq->ctx, rq->db, rq->account, &finding));
    return id;
}

static bool is_archived(struct request *rq, struct str id)
{
    struct finding_row row = { .archived = false };
    bool found = false;
    CHECK_OK(rows_finding_get(rows_of(rq), id, &row, &found));
    CHECK(found);
    return row.archived;
}

static struct guardduty_suppression of(struct request *rq, struct str finding)
{
    return (struct guardduty_suppression){ .finding = finding, .reason = STR("known"), .since_ms = 0, .expires_ms = rq->ctx.now_ms + DAY };
}

GUARDDUTY_TEST(what_comes_later_of_that_type_and_resource_is_archived_until_it_ends)
{
    fixture_detector(rq);
    const struct str first = record(rq, "logs", "alice");
    struct guardduty_suppression suppression = of(rq, first);
    CHECK_OK(guardduty_suppress(&rq->ctx, rq->db, rq->account, true, &suppression));
    CHECK_INT(suppression.findings, 1);
    CHECK_INT(suppression.example_count, 1);
    CHECK(!is_archived(rq, first));
    CHECK(is_archived(rq, record(rq, "logs", "bob")));
    CHECK(!is_archived(rq, record(rq, "other", "bob")));

    struct guardduty_chores chores = { .purged_ms = rq->ctx.now_ms + DAY };
    bool due = true;
    CHECK_OK(guardduty_chores_due(&rq->ctx, rq->db, &chores, &due));
    CHECK(!due);
    rq->ctx.now_ms += DAY;
    CHECK_OK(guardduty_chores_due(&rq->ctx, rq->db, &chores, &due));
    CHECK(due);
    CHECK_OK(guardduty_chores_do(&rq->ctx, rq->db, &chores));
    CHECK(!is_archived(rq, record(rq, "logs", "carol")));
}

GUARDDUTY_TEST(looking_back_makes_nothing)
{
    fixture_detector(rq);
    const struct str first = record(rq, "logs", "alice");
    record(rq, "logs", "bob");
    struct guardduty_suppression suppression = of(rq, first);
    CHECK_OK(guardduty_suppress(&rq->ctx, rq->db, rq->account, false, &suppression));
    CHECK_INT(suppression.findings, 2);
    CHECK(!is_archived(rq, record(rq, "logs", "carol")));
    suppression = of(rq, first);
    suppression.since_ms = INT64_MAX;
    CHECK_OK(guardduty_suppress(&rq->ctx, rq->db, rq->account, false, &suppression));
    CHECK_INT(suppression.findings, 0);
}

GUARDDUTY_TEST(what_cannot_be_suppressed_is_refused)
{
    struct guardduty_suppression suppression = of(rq, STR("00000000000000000000000000000000"));
    CHECK_FAULT(guardduty_suppress(&rq->ctx, rq->db, rq->account, true, &suppression), FAULT_MISSING.code);
    const struct str finding = record(rq, "logs", "alice");
    suppression = of(rq, finding);
    CHECK_FAULT(guardduty_suppress(&rq->ctx, rq->db, rq->account, true, &suppression), FAULT_MISSING.code); /* no detector */
    fixture_detector(rq);
    suppression = of(rq, finding);
    CHECK_OK(guardduty_suppress(&rq->ctx, rq->db, rq->account, true, &suppression));
    suppression = of(rq, finding);
    CHECK_FAULT(guardduty_suppress(&rq->ctx, rq->db, rq->account, true, &suppression), FAULT_INVALID.code); /* twice */
}
