/* correlation_parts.h - one group's memory. For correlation*.c only. */
#ifndef YAGURA_MATCH_CORRELATION_PARTS_H
#define YAGURA_MATCH_CORRELATION_PARTS_H

#include "match/correlation.h"

struct occurrence {
    int64_t at_ms;
    uint64_t identity;
    uint64_t value; /* a hash */
    double number;
    uint32_t rule;  /* its place in the correlation */
};

struct group {
    struct group *newer, *older; /* by last use */
    struct str key;              /* owned */
    struct occurrence *storage;  /* of `capacity` */
    struct occurrence *list;     /* within it: by time, then rule; the oldest go by moving its start */
    size_t count, capacity;
    int64_t hit_ms;
    bool has_hit;
};

enum group_outcome { GROUP_TAKEN, GROUP_KNOWN, GROUP_LATE };

/* Puts an occurrence in its place; *at tells where. *dropped counts what had to go though it is within the timespan. */
enum group_outcome group_put(struct group *group, const struct correlation *c, const struct occurrence *new, size_t *at,
                             uint64_t *dropped);
/* Whether the condition holds in a window that holds the occurrence at `at`. Fills all but the hit's names. */
bool group_judge(const struct group *group, const struct correlation *c, size_t at, struct correlation_hit *hit);

#endif
