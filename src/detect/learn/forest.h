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

enum { FOREST_TREES = 20, FOREST_SAMPLES = 64, FOREST_DIMENSIONS = 8 };

struct forest_node {
    uint16_t parent, left, right; /* indices; FOREST_NONE */
    uint16_t count;               /* leaves below */
    uint8_t dimension;            /* of an inner node's cut */
    float cut;
    float low[FOREST_DIMENSIONS], high[FOREST_DIMENSIONS]; /* bounding box; of a leaf the point */
};

struct forest_tree {
    uint16_t root, free;
    uint16_t count; /* points */
    struct forest_node nodes[2 * FOREST_SAMPLES];
};

struct forest {
    uint64_t state, points;
    struct forest_tree trees[FOREST_TREES];
};

/* Whether a point enters the sample is decided per tree; most points soon cost a few nanoseconds. */
void forest_add(struct forest *forest, const float point[FOREST_DIMENSIONS]);
struct forest_view {
    double score;     /* expected displacement over the sample size, 0 to 1; 0 while fewer than FOREST_SAMPLES were added */
    double share[FOREST_DIMENSIONS]; /* how much each dimension had to do with it, sums to 1 */
};
struct forest_view forest_score(const struct forest *forest, const float point[FOREST_DIMENSIONS]);

#endif
