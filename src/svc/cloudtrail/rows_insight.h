/* rows_insight.h - the SQL of Insights: hours of calls, and what is unusual at present. Of all accounts: one reader keeps them. */
#ifndef YAGURA_SVC_CLOUDTRAIL_ROWS_INSIGHT_H
#define YAGURA_SVC_CLOUDTRAIL_ROWS_INSIGHT_H

#include "store/store.h"
#include "svc/cloudtrail/insight_rate.h"

/* All that is stored, into rates. */
struct err insight_rows_load(struct ctx *ctx, struct store_conn *db, struct rates *rates);
/* Those hours of a rate that changed, and its insight or that there is none. */
struct err insight_rows_put(struct ctx *ctx, struct store_conn *db, const struct rate *rate);
struct err insight_rows_forget(struct ctx *ctx, struct store_conn *db, int64_t before_hour);
struct err insight_rows_forget_all(struct ctx *ctx, struct store_conn *db);

#endif
