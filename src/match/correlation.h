/* correlation.h - Sigma correlations: what several matches together mean, in bounded memory, on event time.
 *
 *     TRY(correlation_open(ctx, rules.correlations, count, names, rule_count, &set));
 *     for each event, once its single-event rules are known:
 *         hits = correlation_event(set, matched, matched_count, &event, hit, max);
 *
 * Each event is judged when it comes: over the window of the timespan that ends with it and, when it comes late, over those
 * that end with what is known to follow. So lt, lte, eq and neq say how things stand at that event, not how a window closes.
 * A group raises at most one hit within its timespan. Events up to the timespan behind the newest of their group count in
 * full, in any order; up to twice of it, with what is still known; older ones are counted as late. One event counts once however often it is delivered.
 * An event without one of the group-by fields (or without the condition's field) is not part of the correlation.
 *
 * Of value_count only the newest time of each value is kept, of temporal ones the last of each run of one rule, of counts
 * twice what the condition asks about; of numbers the newest CORRELATION_NUMBERS of a group. A correlation has room for
 * CORRELATION_GROUPS groups and CORRELATION_SAMPLES occurrences; the group that was quiet longest goes, and is counted.
 * A set belongs to one thread.
 *
 * value_percentile with `percentile: 95` compares the 95th percentile of a number; without it, the share in percent that
 * the event's value has among all values, as in the specification's example.
 * spec: Sigma correlation rules specification 2.1. */
#ifndef YAGURA_MATCH_CORRELATION_H
#define YAGURA_MATCH_CORRELATION_H

#include "base/err.h"

enum {
    CORRELATION_RULES_MAX = 64,       /* referred to by one */
    CORRELATION_FIELDS_MAX = 16,      /* group-by; values of one */
    CORRELATION_CHAIN_MAX = 16,       /* correlations of correlations */
    CORRELATION_BOUNDS_MAX = 3,
    CORRELATION_COUNT_MAX = 100000,   /* the largest count a condition may name */
    CORRELATION_VALUES_MAX = 10000,   /* of value_count: each of them is looked at for every event */
    CORRELATION_NUMBERS = 4096,
    CORRELATION_GROUPS = 16384,
    CORRELATION_SAMPLES = 1 << 20,
};

enum correlation_type {
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,
    CORRELATION_TEMPORAL_ORDERED,
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVG,
    CORRELATION_VALUE_PERCENTILE,
};
enum correlation_comparison { CORRELATION_GT, CORRELATION_GTE, CORRELATION_LT, CORRELATION_LTE, CORRELATION_EQ, CORRELATION_NEQ };

struct correlation_bound {
    enum correlation_comparison comparison;
    double value;
};
struct correlation_alias {
    struct str alias, rule, field;
};
struct yaml_node;

struct correlation {
    struct str file;
    uint32_t line;
    struct str id, name, title, description, status, level; /* absent when not given */
    const struct yaml_node *document;
    enum correlation_type type;
    const struct str *rules; /* ids or names */
    size_t rule_count;
    const struct str *group_by;
    size_t group_count;
    const struct correlation_alias *aliases;
    size_t alias_count;
    const struct str *fields; /* of the condition */
    size_t field_count;
    struct correlation_bound bounds[CORRELATION_BOUNDS_MAX]; /* all must hold */
    size_t bound_count;
    double percentile; /* negative: none */
    int64_t timespan_ms;
    bool generate; /* the rules it refers to raise findings of their own as well */
};

/* How a rule may be called, by the id correlation_event knows it by: its place. */
struct correlation_name {
    struct str id, name; /* either may be absent */
};

struct correlation_set;

/* Everything given must outlive the set. FAULT_INVALID: a rule that isn't there, a circle; the reason names file and line. */
MUST_USE struct err correlation_open(struct ctx *ctx, const struct correlation *correlations, size_t count,
                                     const struct correlation_name *rules, size_t rule_count, struct correlation_set **out);
void correlation_close(struct correlation_set *set); /* NULL is allowed */

/* Paths that values are asked by, for the projection. */
size_t correlation_fields(const struct correlation_set *set, const struct str **out);
/* Whether a rule is only a part of correlations: it should raise nothing by itself. */
bool correlation_hides(const struct correlation_set *set, uint32_t rule);

struct correlation_event {
    int64_t at_ms;
    uint64_t identity; /* of the event: a hash of its id; 0: unknown, every delivery counts */
    void *self;
    struct str (*value)(void *self, size_t field); /* by place in correlation_fields; STR_NONE: absent */
};
struct correlation_hit {
    uint32_t correlation; /* its place */
    double measured;      /* count, sum, average, percentile or share */
    int64_t first_ms, last_ms;
    struct str group;     /* "user=bob ip=192.0.2.1", in the arena */
};
/* matched: ids of the rules that held, each below rule_count. Hits of chained correlations follow what they hang on. */
size_t correlation_event(struct correlation_set *set, struct arena *arena, const uint32_t *matched, size_t matched_count,
                         const struct correlation_event *event, struct correlation_hit *hits, size_t max);
/* One sentence: what was measured, over which time, for whom. */
struct str correlation_words(struct arena *arena, const struct correlation_set *set, const struct correlation_hit *hit);

struct correlation_counts {
    uint64_t hits;
    uint64_t evictions; /* groups forgotten because a bound was reached */
    uint64_t late;      /* events too old to count */
    uint64_t dropped;   /* numbers forgotten within their timespan */
};
struct correlation_counts correlation_counts(const struct correlation_set *set);

#endif
