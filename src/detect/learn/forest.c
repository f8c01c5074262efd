#include "detect/learn/forest.h"

#include <math.h>
#include <string.h>

enum { WARM_POINTS = 256, SCORED_FIRST = 1024, SCORED_ONE_IN = 37, DRAWS_MOST = 64 };
#define SURPRISE_MOST 8.0

static uint64_t draw(struct forest *forest)
{
    forest->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t x = forest->state;
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static double draw_share(struct forest *forest) { return (double)(draw(forest) >> 11) * 0x1p-53; }

static bool is_leaf(const struct forest_node *node) { return node->left == 0; }

static double reach(const struct forest_node *node, const float *point, size_t d)
{
    const float low = point[d] < node->low[d] ? point[d] : node->low[d];
    const float high = point[d] > node->high[d] ? point[d] : node->high[d];
    return (double)high - (double)low;
}

/* How far the point lies outside the box in a dimension. */
static double beyond(const struct forest_node *node, const float *point, size_t d)
{
    return reach(node, point, d) - ((double)node->high[d] - (double)node->low[d]);
}

static uint16_t node_take(struct forest_tree *tree)
{
    uint16_t id = tree->free;
    if (id) {
        tree->free = tree->nodes[id].parent;
    } else {
        id = ++tree->used;
    }
    tree->nodes[id] = (struct forest_node){ 0 };
    return id;
}

static void node_give(struct forest_tree *tree, uint16_t id)
{
    tree->nodes[id] = (struct forest_node){ .parent = tree->free };
    tree->free = id;
}

static void replace_child(struct forest_tree *tree, uint16_t parent, uint16_t old, uint16_t new)
{
    tree->nodes[new].parent = parent;
    if (parent == 0) {
        tree->root = new;
        return;
    }
    struct forest_node *node = &tree->nodes[parent];
    node->left = node->left == old ? new : node->left;
    node->right = node->right == old ? new : node->right;
}

static void cover(struct forest_node *node, const struct forest_node *other)
{
    for (size_t d = 0; d < FOREST_DIMENSIONS; d++) {
        node->low[d] = other->low[d] < node->low[d] ? other->low[d] : node->low[d];
        node->high[d] = other->high[d] > node->high[d] ? other->high[d] : node->high[d];
    }
}

/* Boxes and counts of a node and all above it, from their children. */
static void settle(struct forest_tree *tree, uint16_t id)
{
    for (; id; id = tree->nodes[id].parent) {
        struct forest_node *node = &tree->nodes[id];
        const struct forest_node *left = &tree->nodes[node->left];
        memcpy(node->low, left->low, sizeof(node->low));
        memcpy(node->high, left->high, sizeof(node->high));
        cover(node, &tree->nodes[node->right]);
        node->count = (uint16_t)(left->count + tree->nodes[node->right].count);
    }
}

static uint16_t leaf_new(struct forest_tree *tree, const float *point)
{
    const uint16_t id = node_take(tree);
    struct forest_node *leaf = &tree->nodes[id];
    leaf->count = 1;
    memcpy(leaf->low, point, sizeof(leaf->low));
    memcpy(leaf->high, point, sizeof(leaf->high));
    return id;
}

/* A random cut of the box around node and point; true when it separates the two. */
static bool cut_separates(struct forest *forest, const struct forest_node *node, const float *point, uint32_t *dimension, float *cut)
{
    double total = 0;
    for (size_t d = 0; d < FOREST_DIMENSIONS; d++) {
        total += reach(node, point, d);
    }
    double left = draw_share(forest) * total;
    size_t d = 0;
    while (d + 1 < FOREST_DIMENSIONS && left >= reach(node, point, d)) {
        left -= reach(node, point, d++);
    }
    const float low = point[d] < node->low[d] ? point[d] : node->low[d];
    *dimension = (uint32_t)d;
    *cut = (float)((double)low + left);
    return (point[d] <= *cut && *cut < node->low[d]) || (node->high[d] <= *cut && *cut < point[d]);
}

static void split(struct forest_tree *tree, uint16_t at, const float *point, uint32_t dimension, float cut)
{
    const uint16_t above = tree->nodes[at].parent;
    const uint16_t leaf = leaf_new(tree, point);
    const uint16_t parent = node_take(tree);
    replace_child(tree, above, at, parent);
    struct forest_node *node = &tree->nodes[parent];
    const bool left = point[dimension] <= cut;
    node->dimension = dimension;
    node->cut = cut;
    node->left = left ? leaf : at;
    node->right = left ? at : leaf;
    tree->nodes[leaf].parent = parent;
    tree->nodes[at].parent = parent;
    settle(tree, parent);
}

static bool is_same(const float *a, const float *b)
{
    bool same = true;
    for (size_t d = 0; d < FOREST_DIMENSIONS; d++) {
        same = same && a[d] >= b[d] && a[d] <= b[d];
    }
    return same;
}

static bool is_finite(const float *point)
{
    bool finite = true;
    for (size_t d = 0; d < FOREST_DIMENSIONS; d++) {
        finite = finite && isfinite(point[d]);
    }
    return finite;
}

static void tree_insert(struct forest *forest, struct forest_tree *tree, const float *point)
{
    tree->points++;
    if (tree->root == 0) {
        tree->root = leaf_new(tree, point);
        return;
    }
    uint16_t at = tree->root;
    int draws_left = DRAWS_MOST;
    for (;;) {
        struct forest_node *node = &tree->nodes[at];
        if (is_leaf(node) && (draws_left-- == 0 || is_same(node->low, point))) {
            node->count++;
            settle(tree, node->parent);
            return;
        }
        uint32_t dimension = 0;
        float cut = 0;
        if (cut_separates(forest, node, point, &dimension, &cut)) {
            split(tree, at, point, dimension, cut);
            return;
        }
        if (!is_leaf(node)) { /* of a leaf, another cut is drawn: only one between the two separates them */
            at = point[node->dimension] <= node->cut ? node->left : node->right;
        }
    }
}

/* One of the points, each as likely as any other. */
static uint16_t random_leaf(struct forest *forest, const struct forest_tree *tree)
{
    uint16_t left = (uint16_t)(draw(forest) % tree->nodes[tree->root].count);
    uint16_t at = tree->root;
    while (!is_leaf(&tree->nodes[at])) {
        const uint16_t count = tree->nodes[tree->nodes[at].left].count;
        at = left < count ? tree->nodes[at].left : tree->nodes[at].right;
        left = left < count ? left : (uint16_t)(left - count);
    }
    return at;
}

static void tree_remove(struct forest_tree *tree, uint16_t leaf)
{
    struct forest_node *node = &tree->nodes[leaf];
    const uint16_t parent = node->parent;
    tree->points--;
    if (node->count > 1) {
        node->count--;
        settle(tree, parent);
        return;
    }
    node_give(tree, leaf);
    if (parent == 0) {
        tree->root = 0;
        return;
    }
    const uint16_t sibling = tree->nodes[parent].left == leaf ? tree->nodes[parent].right : tree->nodes[parent].left;
    const uint16_t above = tree->nodes[parent].parent;
    node_give(tree, parent);
    replace_child(tree, above, parent, sibling);
    settle(tree, above);
}

/* Score of the point as if it stood in the tree: the deeper it would end, the lower. Written for each dimension, by the
 * chance that a cut there parts it from the rest. */
static void tree_score(const struct forest_tree *tree, const float *point, double *by_dimension)
{
    const double total = log2(1.0 + tree->points);
    double remaining = 1;
    double depth = 0;
    for (uint16_t at = tree->root; at; depth++) {
        const struct forest_node *node = &tree->nodes[at];
        double sum = 0, outside = 0;
        for (size_t d = 0; d < FOREST_DIMENSIONS; d++) {
            sum += reach(node, point, d);
            outside += beyond(node, point, d);
        }
        const double apart = sum > 0 ? outside / sum : 0;
        for (size_t d = 0; d < FOREST_DIMENSIONS && outside > 0; d++) {
            by_dimension[d] += remaining * apart * (beyond(node, point, d) / outside) * total / (depth + 1);
        }
        remaining *= 1 - apart;
        if (is_leaf(node)) {
            by_dimension[0] += remaining * total / (depth + log2(1.0 + node->count)) / 4;
            return;
        }
        at = point[node->dimension] <= node->cut ? node->left : node->right;
    }
}

struct forest_view forest_score(const struct forest *forest, const float point[FOREST_DIMENSIONS])
{
    struct forest_view view = { 0 };
    if (forest->points < FOREST_SAMPLES) {
        return view;
    }
    for (size_t i = 0; i < FOREST_TREES; i++) {
        tree_score(&forest->trees[i], point, view.share);
    }
    for (size_t d = 0; d < FOREST_DIMENSIONS; d++) {
        view.score += view.share[d] / FOREST_TREES;
    }
    for (size_t d = 0; d < FOREST_DIMENSIONS && view.score > 0; d++) {
        view.share[d] /= view.score * FOREST_TREES;
    }
    if (forest->points >= WARM_POINTS) {
        const double width = forest->deviation > 0.05 ? forest->deviation : 0.05;
        const double surprise = (view.score - forest->mean) / width - 1;
        view.surprise = surprise < 0 ? 0 : surprise < SURPRISE_MOST ? surprise : SURPRISE_MOST;
    }
    return view;
}

static void note_score(struct forest *forest, const float *point)
{
    const double score = forest_score(forest, point).score;
    const double apart = fabs(score - forest->mean);
    const double weight = forest->points < FOREST_SAMPLES + 50 ? 0.2 : 0.02;
    forest->mean += weight * (score - forest->mean);
    forest->deviation += weight * ((apart < 4 * forest->deviation + 0.2 ? apart : 4 * forest->deviation + 0.2) - forest->deviation);
}

void forest_add(struct forest *forest, const float point[FOREST_DIMENSIONS])
{
    _Static_assert(FOREST_TREES == 16, "four bits of a draw for each");
    if (!is_finite(point)) {
        return;
    }
    const bool full = forest->points >= FOREST_SAMPLES;
    uint64_t luck = full ? draw(forest) : 0;
    const bool young = forest->points < SCORED_FIRST;
    const bool scored = young || luck % SCORED_ONE_IN == 0;
    forest->points++;
    if (!young && !scored && (luck & 3) != 0) {
        return; /* later, each tree takes one point in some sixty */
    }
    if (full && scored) {
        note_score(forest, point);
    }
    luck = full ? draw(forest) : 0; /* a tree takes one point in sixteen of those that come here */
    for (size_t i = 0; i < FOREST_TREES; i++, luck >>= 4) {
        struct forest_tree *tree = &forest->trees[i];
        if (luck % 16 != 0) {
            continue;
        }
        if (tree->points >= FOREST_SAMPLES) {
            tree_remove(tree, random_leaf(forest, tree));
        }
        tree_insert(forest, tree, point);
    }
}

/* Children of a node that are its own: then what hangs below the root is a tree. */
static bool node_sound(const struct forest_tree *tree, uint16_t id)
{
    const struct forest_node *node = &tree->nodes[id];
    if (!is_finite(node->low) || !is_finite(node->high)) {
        return false;
    }
    if (is_leaf(node)) {
        return node->right == 0 && node->count > 0;
    }
    if (node->left > tree->used || node->right == 0 || node->right > tree->used || node->left == node->right) {
        return false;
    }
    const struct forest_node *left = &tree->nodes[node->left];
    const struct forest_node *right = &tree->nodes[node->right];
    return left->parent == id && right->parent == id && node->count == left->count + right->count &&
           node->dimension < FOREST_DIMENSIONS && isfinite(node->cut);
}

/* Walks the tree and gathers what is not in it as free nodes. */
static bool tree_sound(struct forest_tree *tree)
{
    enum { NODES = sizeof(tree->nodes) / sizeof(tree->nodes[0]) };
    bool reached[NODES] = { false };
    uint16_t waiting[NODES];
    size_t count = 0;
    if (tree->used >= NODES || tree->root > tree->used || tree->points > FOREST_SAMPLES ||
        tree->nodes[tree->root].parent != 0 || tree->nodes[tree->root].count != (tree->root ? tree->points : 0)) {
        return false;
    }
    if (tree->root) {
        waiting[count++] = tree->root;
    }
    while (count > 0) {
        const uint16_t at = waiting[--count];
        if (reached[at] || !node_sound(tree, at)) {
            return false;
        }
        reached[at] = true;
        if (!is_leaf(&tree->nodes[at])) {
            waiting[count++] = tree->nodes[at].left;
            waiting[count++] = tree->nodes[at].right;
        }
    }
    tree->free = 0;
    for (uint16_t i = tree->used; i > 0; i--) {
        if (!reached[i]) {
            node_give(tree, i);
        }
    }
    return true;
}

bool forest_sound(struct forest *forest)
{
    bool sound = isfinite(forest->mean) && isfinite(forest->deviation);
    for (size_t i = 0; i < FOREST_TREES && sound; i++) {
        const bool full = forest->trees[i].points >= FOREST_SAMPLES;
        sound = tree_sound(&forest->trees[i]) && (full || forest->points == forest->trees[i].points);
    }
    return sound;
}
