/* detector.h - the region's detector, as every other noun of the service needs it. */
#ifndef YAGURA_SVC_GUARDDUTY_DETECTOR_H
#define YAGURA_SVC_GUARDDUTY_DETECTOR_H

#include "guardduty_model.h"
#include "svc/guardduty/rows.h"

/* The detector of that id, or AWS's refusal when the caller has none of that id here. */
struct err detector_need(struct request *rq, struct str id, struct detector_row *out);
struct err detector_exists(struct request *rq, struct str id); /* the same, for those who need nothing of it */

/* AWS's words for a value it does not take; name is the parameter's. */
struct err detector_refuse(struct ctx *ctx, const char *name);

#endif
