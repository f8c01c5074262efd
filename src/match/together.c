/* together.c - conditions that must hold within the same elements of arrays.
 *
 * Two values contradict each other when they lie in different elements of one array. The brackets of the document, found
 * in one pass when first needed, tell: climb from both values to the bracket that holds both; when that is an array, they
 * do. A value that is itself an element of an array, no object or array around it, is free of that array.
 * spec: Amazon EventBridge user guide, event patterns, arrays; the order of exists:false is event-ruler's.
 *
 * One value per child is chosen by backtracking: it passes over all candidates of an array whose other element was chosen
 * at once, jumps back to the youngest choice that was in the way, and gives up after STEPS_MAX steps. */
#include <stdlib.h>

#include "match/set.h"

enum { STEPS_MAX = 2000000, STEP_DEPTH = 8, BOXES_FIRST = 64 };
#define NO_BOX UINT32_MAX
#define ABSENT_BOX 0u /* the document itself: contradicts nothing */

/* A pair of brackets. Boxes come in the order of their opening ones. */
struct box {
    const char *start;
    const char *end; /* NULL: still open */
    uint32_t parent;
    uint32_t depth;
    uint32_t after; /* the first box that isn't within it */
    bool array;
};

struct match_boxes {
    struct box *list;
    uint32_t count;
    uint32_t capacity;
    bool arrays; /* there is any array */
};

/* --- the brackets of a document --- */

static void box_open(struct arena *arena, struct match_boxes *boxes, const char *at, uint32_t parent)
{
    if (boxes->count == boxes->capacity) {
        const uint32_t grown = boxes->capacity ? boxes->capacity * 2 : BOXES_FIRST;
        boxes->list = arena_grow(arena, boxes->list, boxes->capacity * sizeof(*boxes->list), grown * sizeof(*boxes->list));
        boxes->capacity = grown;
    }
    boxes->list[boxes->count++] = (struct box){
        .start = at, .parent = parent, .depth = parent == NO_BOX ? 0 : boxes->list[parent].depth + 1, .array = *at == '[',
    };
    boxes->arrays |= *at == '[';
}

static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if (UNLIKELY(*at == '\\') && at + 1 < end) {
            at++;
        }
    }
    return at;
}

/* Quotes and brackets, and three characters beside them. */
ALWAYS_INLINE bool may_be_structure(char c)
{
    return c == '"' || (c | 0x26) == 0x7F;
}

static void find_boxes(struct arena *arena, struct match_boxes *boxes, struct str source)
{
    const char *end = source.ptr + source.len;
    uint32_t open = NO_BOX;
    for (const char *at = source.ptr; at < end; at++) {
        if (LIKELY(!may_be_structure(*at))) {
            continue;
        }
        switch (*at) {
        case '"':
            at = string_end(at, end);
            break;
        case '{':
        case '[':
            box_open(arena, boxes, at, open);
            open = boxes->count - 1;
            break;
        case '}':
        case ']':
            if (open != NO_BOX) {
                boxes->list[open].end = at;
                boxes->list[open].after = boxes->count;
                open = boxes->list[open].parent;
            }
            break;
        default: break;
        }
    }
}

static const struct match_boxes *document_boxes(struct match_scratch *scratch)
{
    if (scratch->boxes_epoch != scratch->epoch) {
        scratch->boxes = ARENA_NEW(scratch->arena, struct match_boxes);
        scratch->boxes_epoch = scratch->epoch;
        find_boxes(scratch->arena, scratch->boxes, scan_source(scratch->scan));
    }
    return scratch->boxes;
}

/* The innermost box around a value. */
static uint32_t box_of(const struct match_boxes *boxes, const char *source)
{
    uint32_t low = 0;
    uint32_t high = boxes->count;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (boxes->list[middle].start < source) {
            low = middle;
        } else {
            high = middle;
        }
    }
    while (boxes->list[low].end < source && boxes->list[low].parent != NO_BOX) {
        low = boxes->list[low].parent;
    }
    return low;
}

/* When b contradicts a, so does every box from b to before *next. */
static bool contradict(const struct match_boxes *boxes, uint32_t a, uint32_t b, uint32_t *next)
{
    const struct box *list = boxes->list;
    const uint32_t candidate = b;
    uint32_t below_a = NO_BOX;
    uint32_t below_b = NO_BOX;
    while (a != b) {
        const uint32_t depth_a = list[a].depth;
        const uint32_t depth_b = list[b].depth;
        if (depth_a >= depth_b) {
            below_a = a;
            a = list[a].parent;
        }
        if (depth_b >= depth_a) {
            below_b = b;
            b = list[b].parent;
        }
    }
    *next = candidate < below_a ? below_a : list[a].after;
    return below_a != NO_BOX && below_b != NO_BOX && list[a].array;
}

/* --- what may be chosen --- */

struct group {
    const struct match_node *node;
    const uint32_t *boxes; /* of values that satisfy it, rising */
    size_t count;
    const uint32_t *present; /* of all values of its field, when its absence would do */
    size_t present_count;
    bool absence;
    /* the search's state */
    size_t next;
    uint32_t chosen;
    uint64_t blame; /* levels that stood in the way */
};

static const struct match_test *group_test(const struct match_scratch *scratch, const struct match_node *node)
{
    return &scratch->set->tests[node->kind == PREDICATE_TEST ? node->test : node[1].test];
}

static bool is_absence(const struct match_test *test)
{
    return test->op == PREDICATE_EXISTS && test->anything_but;
}

static bool satisfies(struct match_scratch *scratch, const struct match_node *node, struct seen_value *value)
{
    if (node->kind == PREDICATE_TEST) {
        const struct match_test *test = &scratch->set->tests[node->test];
        return test->op == PREDICATE_EXISTS ? !test->anything_but : match_test_value(scratch, test, value) != test->anything_but;
    }
    for (const struct match_node *child = node + 1; child < node + node->size; child += child->size) {
        if (satisfies(scratch, child, value)) {
            return true;
        }
    }
    return false;
}

static bool absence_would_do(const struct match_scratch *scratch, const struct match_node *node)
{
    bool would = node->kind == PREDICATE_TEST && is_absence(&scratch->set->tests[node->test]);
    for (const struct match_node *child = node + 1; !would && child < node + node->size; child += child->size) {
        would = absence_would_do(scratch, child);
    }
    return would;
}

static void put_box(uint32_t *list, size_t *count, uint32_t box)
{
    if (*count == 0 || list[*count - 1] != box) {
        list[(*count)++] = box;
    }
}

static int compare_boxes(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a;
    const uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* They mostly are: only keys with dots come behind the others. */
static void sort_boxes(uint32_t *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (list[i - 1] > list[i]) {
            qsort(list, count, sizeof(*list), compare_boxes);
            return;
        }
    }
}

static void gather(struct match_scratch *scratch, const struct match_boxes *boxes, struct group *group)
{
    const uint32_t field = group_test(scratch, group->node)->field;
    size_t count = 0;
    match_field_values(scratch, field, &count);
    uint32_t *fit = ARENA_ARRAY(scratch->arena, uint32_t, count);
    uint32_t *all = ARENA_ARRAY(scratch->arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        struct seen_value *value = &scratch->values[scratch->fields[field].first + i];
        const uint32_t box = box_of(boxes, value->source);
        put_box(all, &group->present_count, box);
        if (satisfies(scratch, group->node, value)) {
            put_box(fit, &group->count, box);
        }
    }
    sort_boxes(fit, group->count);
    sort_boxes(all, group->present_count);
    group->boxes = fit;
    group->present = all;
}

/* --- the search --- */

struct search {
    const struct match_boxes *boxes;
    struct group *groups;
    size_t count;
    size_t steps;
};

/* Levels from 63 on share a bit. */
static uint64_t level_bit(size_t level)
{
    return (uint64_t)1 << (level < 63 ? level : 63);
}

static uint64_t levels_before(size_t level)
{
    return level <= 63 ? ((uint64_t)1 << level) - 1 : UINT64_MAX;
}

/* The first of the choices made that the box contradicts; level when none does. */
static size_t in_the_way(struct search *s, size_t level, uint32_t box, uint32_t *next)
{
    for (size_t i = 0; i < level; i++) {
        s->steps += 1 + s->boxes->list[box].depth / STEP_DEPTH;
        if (contradict(s->boxes, s->groups[i].chosen, box, next)) {
            return i;
        }
    }
    return level;
}

/* The first place from `at` on whose box is not before next. */
static size_t pass_over(const uint32_t *list, size_t at, size_t count, uint32_t next)
{
    while (at < count) {
        const size_t middle = at + (count - at) / 2;
        if (list[middle] < next) {
            at = middle + 1;
        } else {
            count = middle;
        }
    }
    return at;
}

/* Absence holds when every value of the field contradicts a choice. */
static bool absent_here(struct search *s, size_t level)
{
    const struct group *group = &s->groups[level];
    uint32_t next = 0;
    for (size_t i = 0; i < group->present_count; i = pass_over(group->present, i, group->present_count, next)) {
        if (in_the_way(s, level, group->present[i], &next) == level) {
            return false;
        }
    }
    return true;
}

static bool choose(struct search *s, size_t level)
{
    struct group *group = &s->groups[level];
    while (group->next < group->count) {
        const uint32_t box = group->boxes[group->next];
        uint32_t next = 0;
        const size_t other = in_the_way(s, level, box, &next);
        if (other == level) {
            group->next++;
            group->chosen = box;
            return true;
        }
        group->next = pass_over(group->boxes, group->next, group->count, next);
        group->blame |= level_bit(other);
    }
    if (group->absence && group->next++ == group->count) {
        if (absent_here(s, level)) {
            group->chosen = ABSENT_BOX;
            return true;
        }
        group->blame |= levels_before(level); /* another choice anywhere before may make it absent */
    }
    return false;
}

/* Where to go on after a level ran out; SIZE_MAX: nowhere. */
static size_t jump_back(struct search *s, size_t level)
{
    const uint64_t blame = s->groups[level].blame & levels_before(level);
    if (blame == 0) {
        return SIZE_MAX;
    }
    const size_t youngest = 63 - (size_t)__builtin_clzll(blame);
    const size_t target = youngest == 63 && level > 63 ? level - 1 : youngest;
    s->groups[target].blame |= blame;
    return target;
}

static bool search(struct match_scratch *scratch, struct search *s)
{
    size_t level = 0;
    while (level < s->count) {
        if (choose(s, level)) {
            level++;
            if (level < s->count) {
                s->groups[level].next = 0;
                s->groups[level].blame = 0;
            }
            continue;
        }
        level = jump_back(s, level);
        if (level == SIZE_MAX) {
            return false;
        }
        if (s->steps > STEPS_MAX) {
            scratch->limits++;
            return false;
        }
    }
    return true;
}

bool match_together_holds(struct match_scratch *scratch, const struct match_node *node)
{
    size_t count = 0;
    bool each = true; /* whether every child holds by itself */
    for (const struct match_node *child = node + 1; child < node + node->size; child += child->size, count++) {
        const bool holds = match_node_holds(scratch, child);
        if (!holds && !absence_would_do(scratch, child)) {
            return false;
        }
        each = each && holds;
    }
    if (count < 2 || !document_boxes(scratch)->arrays) {
        return each;
    }
    struct search s = { .boxes = document_boxes(scratch), .groups = ARENA_ARRAY(scratch->arena, struct group, count) };
    for (const struct match_node *child = node + 1; child < node + node->size; child += child->size) {
        struct group *group = &s.groups[s.count++];
        group->node = child;
        group->absence = absence_would_do(scratch, child);
        gather(scratch, s.boxes, group);
    }
    return search(scratch, &s);
}
