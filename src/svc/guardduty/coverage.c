/* coverage.c - what GuardDuty's own agents cover: nothing, for none reports here. Events of Falco, Tetragon and auditd are
 * judged all the same; they come as logs and say nothing of an agent's health.
 * spec: GuardDuty API reference, ListCoverage and GetCoverageStatistics. */
#include "svc/guardduty/detector.h"

struct err guardduty_list_coverage(struct request *rq, const struct guardduty_list_coverage_in *in,
                                   struct guardduty_list_coverage_out *out)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    if (in->next_token.len > 0) {
        return detector_refuse(&rq->ctx, "nextToken");
    }
    out->resources.items = ARENA_NEW(rq->ctx.arena, struct guardduty_coverage_resource);
    return ERR_OK;
}

struct err guardduty_get_coverage_statistics(struct request *rq, const struct guardduty_get_coverage_statistics_in *in,
                                             struct guardduty_get_coverage_statistics_out *out)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    struct guardduty_coverage_statistics *statistics = ARENA_NEW(rq->ctx.arena, struct guardduty_coverage_statistics);
    for (size_t i = 0; i < in->statistics_type.count; i++) {
        if (str_equal(in->statistics_type.items[i], STR("COUNT_BY_RESOURCE_TYPE"))) {
            statistics->count_by_resource_type.items =
                ARENA_NEW(rq->ctx.arena, struct guardduty_count_by_resource_type_entry);
        } else {
            statistics->count_by_coverage_status.items =
                ARENA_NEW(rq->ctx.arena, struct guardduty_count_by_coverage_status_entry);
        }
    }
    out->coverage_statistics = statistics;
    return ERR_OK;
}
