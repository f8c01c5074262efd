/* filter.h - saved finding criteria; those with the action ARCHIVE suppress new findings that match.
 *
 * spec: GuardDuty user guide, Suppression rules: applied to new findings only; they stay readable as archived ones. */
#ifndef YAGURA_SVC_GUARDDUTY_FILTER_H
#define YAGURA_SVC_GUARDDUTY_FILTER_H

#include "svc/guardduty/rows.h"

/* The filter of that name in the caller's region, or AWS's refusal. */
struct err filter_need(struct request *rq, struct str name, struct filter_row *out);

/* With all that is kept of it besides. */
struct err filter_remove(struct rows rows, const struct filter_row *row);

/* Stores a new finding, archived if a filter says so; row shows it as stored. */
struct err filter_finding(struct rows rows, struct finding_row *row);

#endif
