/* suppression.h - filters that were made from a finding (guardduty_suppress) and end by themselves. */
#ifndef YAGURA_SVC_GUARDDUTY_SUPPRESSION_H
#define YAGURA_SVC_GUARDDUTY_SUPPRESSION_H

#include "store/store.h"

struct err suppression_over(struct ctx *ctx, struct store_conn *db, bool *out); /* whether some are to end */
struct err suppression_end(struct ctx *ctx, struct store_conn *db);             /* a piece at a time */

#endif
