/* investigation.c - investigations by AWS's analyst. None can be started here (CreateInvestigation is not built: there is no
 * such analyst), so there are none to show. spec: GuardDuty API reference, ListInvestigations, GetInvestigation. */
#include "svc/guardduty/detector.h"

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
