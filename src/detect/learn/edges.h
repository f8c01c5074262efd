/* edges.h - how often pairs (edges) occur now, against before: a count-min sketch after MIDAS.
 *
 * Fixed memory. A tick is an hour; on a new tick the present counts go into a fading past, a loud
 * one with no more than a multiple of what was expected. An edge's count may be
 * overestimated by collisions, never underestimated. */
#ifndef YAGURA_DETECT_LEARN_EDGES_H
#define YAGURA_DETECT_LEARN_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EDGES_ROWS = 2, EDGES_WIDTH = 1024 };

/* Plain memory without pointers, zeroed at first. */
struct edges {
    uint32_t tick; /* the newest hour */
    float ticks;   /* how many there were, fading */
    float now[EDGES_ROWS][EDGES_WIDTH], past[EDGES_ROWS][EDGES_WIDTH];
};

struct edges_view {
    double now, expected;
    double surprise; /* squared distance in units of what would still be ordinary; 0 when it is, at most 10 */
};
void edges_count(struct edges *edges, uint64_t edge, uint32_t tick, double weight); /* edges_add without an answer */
struct edges_view edges_add(struct edges *edges, uint64_t edge, uint32_t tick, double weight);

#endif
