/* insight.h - Insights: reads the journal beside the trails, and writes into it what was unusual.
 *
 * Calls are counted for accounts and Regions of which a trail wants Insights, back to seven days before it did. Once a period
 * is over it is judged; the events that tell of it (eventCategory Insight) commit with the place that was reached, so that
 * each is told once. Lookups and trails find them in the journal like any other. */
#ifndef YAGURA_SVC_CLOUDTRAIL_INSIGHT_H
#define YAGURA_SVC_CLOUDTRAIL_INSIGHT_H

#include "svc/cloudtrail/delivery.h"

struct insights; /* of one thread */
struct insights *insights_open(void);
void insights_close(struct insights *insights); /* NULL is allowed */
/* One pass; db is for reading. *again: there is more to do at once. */
struct err insights_pass(struct ctx *ctx, struct store_conn *db, const struct delivery_options *options,
                         struct insights *insights, bool *again);

#endif
