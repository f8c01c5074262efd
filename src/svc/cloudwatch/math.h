/* math.h - metric math: an expression is parsed once and computed over series.
 *
 * spec: CloudWatch user guide, "Using math expressions with CloudWatch metrics". Operators and these functions: ABS AVG CEIL
 * DATAPOINT_COUNT DIFF DIFF_TIME FILL FLOOR IF LOG LOG10 MAX METRIC_COUNT METRICS MIN PERIOD RATE RUNNING_SUM STDDEV SUM
 * TIME_SERIES; others are refused by name. Two series meet where both have a point. All input may be hostile: depth and
 * size are bounded. */
#ifndef YAGURA_SVC_CLOUDWATCH_MATH_H
#define YAGURA_SVC_CLOUDWATCH_MATH_H

#include "base/str.h"
#include "svc/cloudwatch/series.h"

enum { MATH_POINTS_MAX = 200000, MATH_DEPTH_MAX = 64, MATH_NODES_MAX = 1000, MATH_TOTAL_MAX = 4000000 };

struct math_node;

/* NULL: *reason says why, in words. The tree borrows from text. */
const struct math_node *math_parse(struct arena *arena, struct str text, struct str *reason);

enum math_kind { MATH_SCALAR, MATH_SERIES, MATH_LIST };
struct math_value {
    enum math_kind kind;
    double scalar;
    struct series *items; /* one of MATH_SERIES, count of MATH_LIST */
    size_t count;
};

/* What names stand for. A period is in seconds. */
struct math_scope {
    void *argument;
    bool (*find)(void *argument, struct str id, struct math_value *out, int64_t *period_s);
    /* METRICS(): all series of the call that are no expressions, and whose id contains part. */
    struct math_value (*metrics)(void *argument, struct str part);
    struct window window;
};

/* False: *reason says why. */
bool math_compute(struct arena *arena, const struct math_node *node, const struct math_scope *scope, struct math_value *out,
                  struct str *reason);
/* Every name that stands for a series or an expression. */
void math_names(const struct math_node *node, void (*take)(void *argument, struct str id), void *argument);

#endif
