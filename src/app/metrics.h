/* metrics.h - counters, one table, one name each; GET /_yagura/metrics prints them for Prometheus. Safe for threads. */
#ifndef YAGURA_APP_METRICS_H
#define YAGURA_APP_METRICS_H

#include <stdint.h>

#include "base/str.h"

enum metric {
    METRIC_REQUESTS_OK,
    METRIC_REQUESTS_CLIENT_ERROR,
    METRIC_REQUESTS_SERVER_ERROR,
    METRIC_REQUESTS_REFUSED, /* by signature or policy */
    METRIC_REQUEST_MICROSECONDS,
    METRIC_EVENTS,
    METRIC_EVENTS_DUPLICATE,
    METRIC_EVENTS_SKIPPED,
    METRIC_EVENT_BYTES,
    METRIC_FINDINGS,
    METRIC_EVICTIONS,
    METRIC_FORGOTTEN,
    METRIC_WATCH_LAST_MS, /* event time of the newest record read: a gauge */
    METRIC_COUNT
};

void metric_add(enum metric metric, int64_t amount);
void metric_set(enum metric metric, int64_t value);
int64_t metric_get(enum metric metric);
/* Prometheus text format. */
struct str metrics_text(struct arena *arena);

#endif
