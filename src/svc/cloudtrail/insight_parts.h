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

/* insight_event.c: what tells of an insight, as an entry of the journal in ctx's arena. */
struct err insight_event(struct ctx *ctx, struct journal *journal, const struct rate *rate, bool start, int64_t period_ms,
                         struct insight_scan *scan, struct journal_entry **out);

#endif
