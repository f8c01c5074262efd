#include "svc/guardduty/fixture.h"

#define DAY ((int64_t)24 * 60 * 60 * 1000)

/* Two of severity 5 (one of them a day later), one of severity 9. */
static struct str three(struct request *rq)
{
    struct str types[] = { STR("UnauthorizedAccess:IAMUser/MaliciousIPCaller"),
                           STR("AttackSequence:IAM/CompromisedCredentials") };
    struct str later = STR("UnauthorizedAccess:IAMUser/TorIPCaller");
    const struct str detector = fixture_detector(rq);
    fixture_samples(rq, detector, types, 2);
    rq->ctx.now_ms += DAY;
    fixture_samples(rq, detector, &later, 1);
    return detector;
}

static const struct guardduty_finding_statistics *ask(struct request *rq,
                                                      struct guardduty_get_findings_statistics_in in)
{
    struct guardduty_get_findings_statistics_out out = { .finding_statistics = NULL };
    CHECK_OK(guardduty_get_findings_statistics(rq, &in, &out));
    CHECK_ANSWER(GUARDDUTY_SHAPE_GET_FINDINGS_STATISTICS_OUT, &out);
    return out.finding_statistics;
}

GUARDDUTY_TEST(findings_are_counted_by_severity)
{
    struct str by_severity = STR("COUNT_BY_SEVERITY");
    const struct guardduty_finding_statistics *s =
        ask(rq, (struct guardduty_get_findings_statistics_in){
                    .detector_id = three(rq), .finding_statistic_types = { .items = &by_severity, .count = 1 } });
    CHECK_INT(s->count_by_severity.count, 2);
    CHECK_STR(s->count_by_severity.items[0].key, "5.0");
    CHECK_INT(s->count_by_severity.items[0].value, 2);
    CHECK_STR(s->count_by_severity.items[1].key, "9.0");
}

GUARDDUTY_TEST(groups_come_largest_first)
{
    struct guardduty_get_findings_statistics_in in = { .detector_id = three(rq), .group_by = STR("SEVERITY") };
    const struct guardduty_finding_statistics *s = ask(rq, in);
    CHECK_INT(s->grouped_by_severity.count, 2);
    CHECK(s->grouped_by_severity.items[0].severity.v == 5.0);
    CHECK_INT(s->grouped_by_severity.items[0].total_findings.v, 2);
    CHECK(s->grouped_by_severity.items[0].last_generated_at.v == rq->ctx.now_ms);
    in.order_by = STR("ASC");
    CHECK(ask(rq, in)->grouped_by_severity.items[0].severity.v == 9.0);
    in.max_results = (struct opt_int)SOME(1);
    CHECK_INT(ask(rq, in)->grouped_by_severity.count, 1);
}

GUARDDUTY_TEST(every_grouping_counts_every_finding)
{
    struct guardduty_get_findings_statistics_in in = { .detector_id = three(rq), .group_by = STR("ACCOUNT") };
    CHECK_INT(ask(rq, in)->grouped_by_account.items[0].total_findings.v, 3);
    in.group_by = STR("FINDING_TYPE");
    CHECK_INT(ask(rq, in)->grouped_by_finding_type.count, 3);
    in.group_by = STR("RESOURCE");
    const struct guardduty_grouped_by_resource resources = ask(rq, in)->grouped_by_resource;
    CHECK_INT(resources.count, 2);
    CHECK_STR(resources.items[0].resource_id, "GeneratedFindingAccessKeyId");
    CHECK_STR(resources.items[0].resource_type, "AccessKey");
    in.group_by = STR("DATE");
    const struct guardduty_grouped_by_date days = ask(rq, in)->grouped_by_date;
    CHECK_INT(days.count, 3);
    CHECK(days.items[0].date.v == rq->ctx.now_ms - rq->ctx.now_ms % DAY);
}

GUARDDUTY_TEST(a_question_is_either_types_or_groups)
{
    struct str by_severity = STR("COUNT_BY_SEVERITY");
    struct guardduty_get_findings_statistics_in in = { .detector_id = fixture_detector(rq) };
    struct guardduty_get_findings_statistics_out out = { .finding_statistics = NULL };
    CHECK_FAULT(guardduty_get_findings_statistics(rq, &in, &out), BAD_REQUEST);
    in.finding_statistic_types = (struct guardduty_finding_statistic_types){ &by_severity, 1 };
    CHECK_OK(guardduty_get_findings_statistics(rq, &in, &out));
    in.order_by = STR("ASC");
    CHECK_FAULT(guardduty_get_findings_statistics(rq, &in, &out), BAD_REQUEST);
    in.order_by = STR_NONE;
    in.group_by = STR("ACCOUNT");
    CHECK_FAULT(guardduty_get_findings_statistics(rq, &in, &out), BAD_REQUEST);
}
