/* plan.h - malware protection plans, for those that only need to know whether there is one. */
#ifndef YAGURA_SVC_GUARDDUTY_PLAN_H
#define YAGURA_SVC_GUARDDUTY_PLAN_H

#include "svc/guardduty/rows_malware.h"

/* The plan of that id in the caller's region, or AWS's refusal. */
struct err plan_need(struct request *rq, struct str id, struct plan_row *out);

#define NO_MALWARE_ENGINE "Yagura has no malware engine yet"

#endif
