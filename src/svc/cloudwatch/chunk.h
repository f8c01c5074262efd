/* chunk.h - data of a metric as they are kept: a sample set for each second, minute, five minutes or hour, packed.
 *
 * A datum sums up what was put for one slot of time; it keeps the values themselves (at most DATUM_SAMPLES_MAX, then
 * neighbours are joined), from which percentiles are told. A statistic set of several samples brings no values: then the datum
 * has none. spec: CloudWatch user guide, "Metrics retention": seconds for 3 hours, minutes for 15 days, five minutes for 63
 * days, hours for 455 days. */
#ifndef YAGURA_SVC_CLOUDWATCH_CHUNK_H
#define YAGURA_SVC_CLOUDWATCH_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { DATUM_SAMPLES_MAX = 100, CHUNK_LEVELS = 4, CHUNK_SLOTS_MAX = 168 };

struct sample {
    double value, count;
};
struct datum {
    int64_t start_ms;
    double count, sum, minimum, maximum;
    struct sample *samples; /* by value, no value twice */
    size_t sample_count;    /* 0: values are not known */
};
struct data {
    struct datum *items; /* by time */
    size_t count;
};

/* One resolution: slots of step_ms, span_ms of them in a row, kept for keep_ms. */
struct chunk_level {
    int64_t step_ms, span_ms, keep_ms;
};
extern const struct chunk_level CHUNK_LEVEL[CHUNK_LEVELS];

struct datum datum_of_value(struct arena *arena, int64_t start_ms, double value, double count);
/* Adds what more sums up; more stays as it is, but may be borrowed from. */
void datum_add(struct arena *arena, struct datum *into, const struct datum *more);

/* A row's bytes, and back; false: they are not such bytes. start_ms: of the row. */
struct str chunk_write(struct arena *arena, int level, int64_t start_ms, struct data data);
bool chunk_read(struct arena *arena, int level, int64_t start_ms, struct str bytes, struct data *out);
/* data with one more datum in its slot; the array is new, and datum->start_ms any time within the slot. */
struct data chunk_put(struct arena *arena, int level, struct data data, const struct datum *datum);
int64_t chunk_floor(int64_t ms, int64_t step_ms);

#endif
