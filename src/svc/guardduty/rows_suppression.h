/* rows_suppression.h - what is kept of filters that were made from a finding and end by themselves. */
#ifndef YAGURA_SVC_GUARDDUTY_ROWS_SUPPRESSION_H
#define YAGURA_SVC_GUARDDUTY_ROWS_SUPPRESSION_H

#include "svc/guardduty/rows.h"

struct suppression_row {
    struct str account, region, filter, finding, reason;
    int64_t created_ms, expires_ms;
};

struct err rows_suppression_put(struct rows rows, const struct suppression_row *row);
struct err rows_suppression_delete(struct rows rows, struct str filter); /* of all filters; one that has none is fine */
/* Over by now_ms, in every account and region; at most limit. */
struct err rows_suppression_over(struct ctx *ctx, struct store_conn *db, size_t limit, struct suppression_row **out, size_t *count);
/* The region in which an account has a finding; absent: it has none of that id. */
struct err rows_finding_region(struct ctx *ctx, struct store_conn *db, struct str account, struct str id, struct str *region);

#endif
