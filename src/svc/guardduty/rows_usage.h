/* rows_usage.h - how many records were read, by the account, source and day they were read on. */
#ifndef YAGURA_SVC_GUARDDUTY_ROWS_USAGE_H
#define YAGURA_SVC_GUARDDUTY_ROWS_USAGE_H

#include "svc/guardduty/rows.h"

struct usage_row {
    struct str record_account;
    struct str source; /* a feature of the API: CLOUD_TRAIL, FLOW_LOGS, … */
    int64_t records, bytes;
};

struct err rows_usage_add(struct rows rows, int64_t day, const struct usage_row *row);
/* Sums from a day on, by account and source, in that order. At most USAGE_ROWS_MAX. */
enum { USAGE_ROWS_MAX = 10000 };
struct err rows_usage_sum(struct rows rows, int64_t from_day, struct usage_row **out, size_t *count);
/* Accounts that records told of, other than rows.account, and when first and last; by account, after one, at most limit. */
struct seen_row {
    struct str account;
    int64_t first_day, last_day;
};
struct err rows_seen_list(struct rows rows, struct str after, size_t limit, struct seen_row **out, size_t *count);
struct err rows_seen_get(struct rows rows, struct str account, struct seen_row *out, bool *found);
/* Forgets what was read before a day. */
struct err rows_usage_purge(struct rows rows, int64_t day);

#endif
