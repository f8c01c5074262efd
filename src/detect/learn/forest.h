/* forest.h - a robust random cut forest over small vectors: which window is unlike the others, and in which dimension.
 *
 * spec: Guha, Mishra, Roy, Schrijvers, Robust Random Cut Forest Based Anomaly Detection on Streams, ICML 2016.
 * FOREST_TREES trees over fading reservoirs of FOREST_SAMPLES points each; plain memory without pointers, zeroed at first.
 * Random choices come from the forest's own state: the same points give the same forest. */
#ifndef YAGURA_DETECT_LEARN_FOREST_H
#define YAGURA_DETECT_LEARN_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FOREST_TREES = 16, FOREST_SAMPLES = 64, FOREST_DIMENSIONS = 6 };

struct forest_node {
    uint16_t parent, left, right; /* numbers of nodes from 1; 0: none. A leaf has no children */
    uint16_t count;               /* points below, of a leaf equal ones */
    uint32_t dimension;           /* of an inner node's cut */
    float cut;
    float low[FOREST_DIMENSIONS], high[FOREST_DIMENSIONS]; /* bounding box; of a leaf the point */
};

struct forest_tree {
    uint16_t root;
    uint16_t free;   /* first of the nodes given back, linked by parent */
    uint16_t used;   /* nodes ever taken */
    uint16_t points;
    struct forest_node nodes[2 * FOREST_SAMPLES]; /* the first is none */
};

struct forest {
    uint64_t state, points;
    double mean, deviation; /* fading, of the scores of points that entered */
    struct forest_tree trees[FOREST_TREES];
};

/* Whether a point enters the sample is decided per tree; most points soon cost a few nanoseconds. */
void forest_add(struct forest *forest, const float point[FOREST_DIMENSIONS]);
struct forest_view {
    double score;     /* about 1 for ordinary points, more for stranger ones; 0 while there are few samples */
    double surprise;  /* nats above what its own scores were so far; 0 for ordinary ones */
    double share[FOREST_DIMENSIONS]; /* how much each dimension had to do with it, sums to 1 */
};
struct forest_view forest_score(const struct forest *forest, const float point[FOREST_DIMENSIONS]);
/* Whether a forest that was read from somewhere holds together; it must be asked before such a one is used. */
bool forest_sound(struct forest *forest);

#endif
