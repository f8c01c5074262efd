/* investigation.c - investigations by AWS's analyst. Starting one needs the feature AI_ANALYST, which no detector here can
 * have: there is no such analyst. So none is ever started, and there are none to show.
 * spec: GuardDuty API reference, CreateInvestigation, ListInvestigations, GetInvestigation. */
#include "svc/guardduty/detector.h"

struct err guardduty_create_investigation(struct request *rq, const struct guardduty_create_investigation_in *in,
                                          struct guardduty_create_investigation_out *out)
{
    struct detector_row detector = { .enabled = false };
    (void)out;
    TRY(detector_need(rq, in->detector_id, &detector));
    return fail(&rq->ctx, &GUARDDUTY_BAD_REQUEST_EXCEPTION,
                "The request is rejected because the AI_ANALYST feature is not enabled on the detector.");
}

static struct err unknown(struct request *rq, struct str detector_id, struct str id)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, detector_id, &detector));
    return fail(&rq->ctx, &GUARDDUTY_RESOURCE_NOT_FOUND_EXCEPTION,
                "The request was rejected because the investigation %" STR_FMT " was not found.", STR_ARG(id));
}

struct err guardduty_list_investigations(struct request *rq, const struct guardduty_list_investigations_in *in,
                                         struct guardduty_list_investigations_out *out)
{
    struct detector_row detector = { .enabled = false };
    TRY(detector_need(rq, in->detector_id, &detector));
    out->investigations.items = ARENA_NEW(rq->ctx.arena, struct guardduty_investigation_summary);
    return in->next_token.len > 0 ? detector_refuse(&rq->ctx, "nextToken") : ERR_OK;
}

struct err guardduty_get_investigation(struct request *rq, const struct guardduty_get_investigation_in *in,
                                       struct guardduty_get_investigation_out *out)
{
    (void)out;
    return unknown(rq, in->detector_id, in->investigation_id);
}

struct err guardduty_list_investigation_records(struct request *rq,
                                                const struct guardduty_list_investigation_records_in *in,
                                                struct guardduty_list_investigation_records_out *out)
{
    (void)out;
    return unknown(rq, in->detector_id, in->investigation_id);
}
