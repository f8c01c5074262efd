/* hiding.h - archiving filters that can hide what matters.
 *
 * They are accepted like any other, as clients expect, but never in silence: a filter that can archive high or critical
 * findings raises a finding of its own (HIDING_TYPE, which no filter archives), what it hides is counted, and it stays
 * listed (`yagura findings hidden`) until somebody acknowledges it with a reason. */
#ifndef YAGURA_SVC_GUARDDUTY_HIDING_H
#define YAGURA_SVC_GUARDDUTY_HIDING_H

#include "guardduty_model.h"
#include "svc/guardduty/rows.h"

#define HIDING_TYPE "Policy:IAMUser/SuppressionRuleHidesHighSeverity.Yagura"

/* A filter was made or changed by the caller. */
struct err hiding_filter(struct request *rq, const struct filter_row *filter);
/* A filter has just archived a new finding. */
struct err hiding_note(struct rows rows, const struct finding_row *row, struct str filter);

#endif
