/* page.h - opaque, tamper-proof pagination tokens: a place sealed together with what was asked.
 *
 * A token is good only for the same account, Region, operation and question. */
#ifndef YAGURA_SVC_GUARDDUTY_PAGE_H
#define YAGURA_SVC_GUARDDUTY_PAGE_H

#include "svc/guardduty/finding.h"

/* question: what must be the same on the next page (criteria, order), as bytes. */
struct str page_token(struct request *rq, struct str question, const struct finding_place *place);
/* An absent or empty token is the start. */
struct err page_place(struct request *rq, struct str question, struct str token, struct finding_place *out);

#endif
