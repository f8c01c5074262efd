/* statistic.h - "Average", "p99.9", "TM(5%:95%)": a statistic by its name, and what it makes of a sample set.
 *
 * spec: CloudWatch user guide, "CloudWatch statistics definitions". A percentile is the smallest value that so much of the
 * samples does not exceed. Statistics that need the values are not told of statistic sets, unless they hold but one value. */
#ifndef YAGURA_SVC_CLOUDWATCH_STATISTIC_H
#define YAGURA_SVC_CLOUDWATCH_STATISTIC_H

#include "svc/cloudwatch/chunk.h"

enum statistic_kind {
    STATISTIC_SAMPLE_COUNT, STATISTIC_AVERAGE, STATISTIC_SUM, STATISTIC_MINIMUM, STATISTIC_MAXIMUM,
    STATISTIC_PERCENTILE, STATISTIC_TRIMMED_MEAN, STATISTIC_WINSORIZED_MEAN, STATISTIC_TRIMMED_COUNT, STATISTIC_TRIMMED_SUM,
    STATISTIC_PERCENTILE_RANK
};

struct statistic {
    enum statistic_kind kind;
    double low, high; /* what counts: of percent, or of values */
    bool values;      /* low and high are values */
};

/* False: no such statistic. */
bool statistic_parse(struct str name, struct statistic *out);
/* False: the datum doesn't tell. */
bool statistic_of(const struct statistic *statistic, const struct datum *datum, double *out);

#endif
