/* rows_hidden.h - what archiving filters hide, and which of them can hide what matters. */
#ifndef YAGURA_SVC_GUARDDUTY_ROWS_HIDDEN_H
#define YAGURA_SVC_GUARDDUTY_ROWS_HIDDEN_H

#include "svc/guardduty/rows.h"

/* From this severity on a finding is high or critical. */
#define HIDING_SEVERITY 7.0

struct hiding_row {
    struct str region, filter;
    int64_t since_ms;
    struct str reason;
    int64_t acknowledged_ms;           /* 0: nobody has */
    int64_t hidden, high, critical;    /* findings, by severity; hidden: all */
};

/* Whether a filter archived that finding. */
struct err rows_hidden_get(struct rows rows, struct str finding, bool *found);
struct err rows_hidden_put(struct rows rows, struct str finding, struct str filter, double severity);
struct err rows_hidden_delete(struct rows rows, struct str finding);

/* *fresh: it was not known before. renew: what was acknowledged must be so again. */
struct err rows_hiding_put(struct rows rows, struct str filter, bool renew, bool *fresh);
/* Unless it has hidden something high: that stays listed. */
struct err rows_hiding_drop(struct rows rows, struct str filter);
/* Of every region of the account, those that nobody has acknowledged; rows.region is not used. */
enum { HIDING_ROWS_MAX = 1000 };
struct err rows_hiding_list(struct rows rows, struct hiding_row **out, size_t *count);
struct err rows_hiding_acknowledge(struct rows rows, struct str filter, struct str reason, bool *found);

#endif
