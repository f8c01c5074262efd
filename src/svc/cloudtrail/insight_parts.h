/* insight_parts.h - what the files of Insights share. */
#ifndef YAGURA_SVC_CLOUDTRAIL_INSIGHT_PARTS_H
#define YAGURA_SVC_CLOUDTRAIL_INSIGHT_PARTS_H

#include "svc/cloudtrail/insight.h"
#include "svc/cloudtrail/insight_rate.h"

/* What is read of an event of the journal. */
struct insight_scan {
    struct projection *projection;
    struct scan *scan;
    uint16_t account, region, time, category, source, name, error, read_only, arn, invoked_by, agent;
};
void insight_scan_open(struct insight_scan *scan);
void insight_scan_close(struct insight_scan *scan);

/* Calls of an operation that are in the journal, newest first. */
struct insight_call {
    int64_t at_ms;
    bool read_only;
    const struct insight_scan *scan; /* the event */
};
struct insight_walk {
    const struct rate_key *key;
    int64_t from_ms;
    size_t most; /* to look at */
    bool forget; /* `each` keeps nothing in ctx's arena */
    void (*each)(void *self, const struct insight_call *call);
    void *self;
};
/* insight_event.c. *all: none was left out for `most`. */
struct err insight_walk(struct ctx *ctx, struct journal *journal, const struct insight_walk *walk, struct insight_scan *scan,
                        bool *all);

/* insight_event.c: what tells of an insight, as an entry of the journal in ctx's arena. */
struct err insight_event(struct ctx *ctx, struct journal *journal, const struct rate *rate, bool start, int64_t period_ms,
                         struct insight_scan *scan, struct journal_entry **out);

#endif
