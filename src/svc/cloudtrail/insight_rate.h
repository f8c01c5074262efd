/* insight_rate.h - how often each operation is called, and when that is unusual: counts per period and a verdict, no I/O.
 *
 * A period is a minute as a rule. Counts are kept for 168 hours of 60 periods; the hour under way is judged by those before
 * it. AWS names no thresholds; ours: a period is unusual when it has more calls than three times the average and than any
 * period of the baseline by half, and at least ten more than the average. It is over with the first period below half of
 * that. Nothing is judged before the account has 36 hours of history in that Region.
 * spec: CloudTrail user guide, "Working with CloudTrail Insights": the baseline is the seven days before. */
#ifndef YAGURA_SVC_CLOUDTRAIL_INSIGHT_RATE_H
#define YAGURA_SVC_CLOUDTRAIL_INSIGHT_RATE_H

#include "base/str.h"

enum {
    RATE_HOURS = 168, RATE_PERIODS = 60 /* of an hour */, RATE_WARM_HOURS = 36, RATE_RECENT = 8, RATES_MAX = 4096,
    RATE_LEAST = 10, RATE_TIMES = 3,
};

/* error empty: calls that write (ApiCallRateInsight); else calls that failed with it (ApiErrorRateInsight). */
struct rate_key {
    struct str account, region, source, name, error;
};

/* Something unusual that goes on. */
struct rate_insight {
    struct str id; /* empty: nothing does */
    int64_t started, last; /* periods */
    int64_t calls, threshold;
    int64_t baseline_calls, baseline_periods;
};

struct rate {
    struct rate_key key; /* all texts live as long as the rates */
    int64_t hour;        /* the newest one counted */
    uint32_t calls[RATE_HOURS], peak[RATE_HOURS];
    struct { int64_t period; uint32_t calls; } recent[RATE_RECENT];
    int64_t oldest_changed; /* hour; 0: none since they were stored */
    bool insight_changed;
    struct rate_insight insight;
};

struct rates;
struct rates *rates_open(void);
void rates_close(struct rates *rates); /* NULL is allowed */
size_t rates_count(const struct rates *rates);
struct rate *rates_at(struct rates *rates, size_t index);
/* Made when there is none; NULL: there are too many. */
struct rate *rates_need(struct rates *rates, const struct rate_key *key);
struct str rates_keep(struct rates *rates, struct str text); /* a copy that lives as long */

void rate_add(struct rates *rates, struct rate *rate, int64_t period);
/* As stored: an hour's counts. */
void rate_restore(struct rates *rates, struct rate *rate, int64_t hour, uint32_t calls, uint32_t peak);

enum rate_verdict { RATE_USUAL, RATE_STARTS, RATE_GOES_ON, RATE_ENDS };
/* Periods in order, each once it is over. After RATE_STARTS the caller gives rate->insight its id; after RATE_ENDS it tells
 * of the insight and empties the id. */
enum rate_verdict rate_judge(const struct rates *rates, struct rate *rate, int64_t period);
bool rate_has_recent(const struct rate *rate, int64_t period);

#endif
