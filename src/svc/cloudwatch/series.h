/* series.h - values over time: what queries answer with and metric math computes on. */
#ifndef YAGURA_SVC_CLOUDWATCH_SERIES_H
#define YAGURA_SVC_CLOUDWATCH_SERIES_H

#include <stddef.h>
#include <stdint.h>

struct point {
    int64_t at_ms; /* the start of its period */
    double value;
};
struct series {
    struct point *items; /* by time, none twice */
    size_t count;
};

/* Periods of period_ms from start_ms on, up to end_ms (exclusive). */
struct window {
    int64_t start_ms, end_ms, period_ms;
};

#endif
