#include <math.h>
#include <stdlib.h>

#include "match/correlation_parts.h"

enum { RUNS_PER_RULE = 16, FIRST_CAPACITY = 4 };

static bool is_temporal(const struct correlation *c)
{
    return c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
}

/* Counting beyond what the condition can tell apart is not needed: of twice as many, within the two timespans that are
 * kept, one timespan has enough, so that a late one is never the one that was missing. */
static size_t room(const struct correlation *c)
{
    if (is_temporal(c)) {
        return c->rule_count * RUNS_PER_RULE;
    }
    if (c->type != CORRELATION_EVENT_COUNT && c->type != CORRELATION_VALUE_COUNT) {
        return CORRELATION_NUMBERS;
    }
    double most = 1;
    for (size_t i = 0; i < c->bound_count; i++) {
        most = c->bounds[i].value > most ? c->bounds[i].value : most;
    }
    return 2 * ((size_t)most + 1);
}

/* --- keeping --- */

static void remove_at(struct group *group, size_t at)
{
    group->count--;
    if (at == 0) {
        group->list++;
        return;
    }
    memmove(&group->list[at], &group->list[at + 1], (group->count - at) * sizeof(group->list[0]));
}

/* The first place whose time is at_ms or later. */
static size_t first_from(const struct group *group, int64_t at_ms)
{
    size_t low = 0;
    size_t high = group->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (group->list[middle].at_ms < at_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Room for one more at the end: by moving to the front once half has gone from there, else by growing. */
static void have_room(struct group *group)
{
    const size_t gone = group->capacity > 0 ? (size_t)(group->list - group->storage) : 0;
    if (gone + group->count < group->capacity) {
        return;
    }
    if (gone == 0 || gone < group->capacity / 2) {
        group->capacity = group->capacity ? group->capacity * 2 : FIRST_CAPACITY;
        group->storage = memory_grow(group->storage, group->capacity * sizeof(group->list[0]));
    }
    if (gone > 0) {
        memmove(group->storage, group->storage + gone, group->count * sizeof(group->list[0]));
    }
    group->list = group->storage;
}

static void insert(struct group *group, const struct occurrence *new, size_t at)
{
    have_room(group);
    memmove(&group->list[at + 1], &group->list[at], (group->count - at) * sizeof(group->list[0]));
    group->list[at] = *new;
    group->count++;
}

static void forget_old(struct group *group, const struct correlation *c)
{
    const size_t old = group->count > 0 ? first_from(group, group->list[group->count - 1].at_ms - 2 * c->timespan_ms) : 0;
    group->count -= old;
    group->list += old;
}

/* What must go when there is no room: the oldest; of temporal ones the oldest that isn't its rule's only one. */
static size_t least_needed(const struct group *group, const struct correlation *c)
{
    size_t seen[CORRELATION_RULES_MAX] = { 0 };
    for (size_t i = 0; is_temporal(c) && i < group->count; i++) {
        seen[group->list[i].rule]++;
    }
    size_t at = 0;
    while (is_temporal(c) && at + 1 < group->count && seen[group->list[at].rule] == 1) {
        at++;
    }
    return at;
}

/* Of a value only its newest time is kept. False: a newer one is there. */
static bool replace_value(struct group *group, const struct occurrence *new)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->list[i].value == new->value) {
            if (group->list[i].at_ms >= new->at_ms) {
                return false;
            }
            remove_at(group, i);
            return true;
        }
    }
    return true;
}

static bool is_known(const struct group *group, const struct occurrence *new, size_t from)
{
    for (size_t i = from; new->identity != 0 && i < group->count && group->list[i].at_ms == new->at_ms; i++) {
        if (group->list[i].identity == new->identity && group->list[i].rule == new->rule) {
            return true;
        }
    }
    return false;
}

static size_t make_room(struct group *group, const struct correlation *c, size_t at, uint64_t *dropped)
{
    if (group->count <= room(c)) {
        return at;
    }
    const size_t victim = least_needed(group, c);
    const bool within = group->list[victim].at_ms >= group->list[group->count - 1].at_ms - c->timespan_ms;
    *dropped += within && c->type >= CORRELATION_VALUE_SUM ? 1 : 0;
    remove_at(group, victim);
    return victim < at ? at - 1 : at;
}

/* Logs come hours late, not days. Assumption of ours. */
#define DISORDER_MS ((int64_t)7 * 24 * 3600 * 1000)

enum group_outcome group_put(struct group *group, const struct correlation *c, const struct occurrence *new, size_t *at,
                             uint64_t *dropped)
{
    const int64_t late = group->count > 0 ? group->list[group->count - 1].at_ms - 2 * c->timespan_ms - new->at_ms : 0;
    if (late > DISORDER_MS) {
        group->count = 0; /* the newest's time was absurd, and must not hold off all that follows */
    } else if (late > 0) {
        return GROUP_LATE;
    }
    if (is_known(group, new, first_from(group, new->at_ms)) || (c->type == CORRELATION_VALUE_COUNT && !replace_value(group, new))) {
        return GROUP_KNOWN;
    }
    size_t place = first_from(group, new->at_ms);
    while (place < group->count && group->list[place].at_ms == new->at_ms && group->list[place].rule <= new->rule) {
        place++;
    }
    if (is_temporal(c) && place < group->count && group->list[place].rule == new->rule) {
        return GROUP_KNOWN; /* the one that follows serves better */
    }
    insert(group, new, place);
    if (is_temporal(c) && place > 0 && group->list[place - 1].rule == new->rule) {
        remove_at(group, --place);
    }
    const size_t before = group->count;
    forget_old(group, c);
    place -= before - group->count;
    *at = make_room(group, c, place, dropped);
    return *at < group->count && group->list[*at].at_ms == new->at_ms ? GROUP_TAKEN : GROUP_LATE;
}

/* --- judging --- */

static double distinct_rules(const struct occurrence *from, size_t count)
{
    uint64_t rules = 0;
    for (size_t i = 0; i < count; i++) {
        rules |= (uint64_t)1 << from[i].rule;
    }
    return (double)__builtin_popcountll(rules);
}

/* The longest run of rules in the order of the correlation, others between them allowed. */
static double in_order(const struct occurrence *from, size_t count)
{
    unsigned longest[CORRELATION_RULES_MAX] = { 0 }; /* chain that ends with this rule */
    unsigned most = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned before = 0;
        for (uint32_t rule = 0; rule < from[i].rule; rule++) {
            before = longest[rule] > before ? longest[rule] : before;
        }
        longest[from[i].rule] = before + 1 > longest[from[i].rule] ? before + 1 : longest[from[i].rule];
        most = longest[from[i].rule] > most ? longest[from[i].rule] : most;
    }
    return (double)most;
}

static double sum(const struct occurrence *from, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += from[i].number;
    }
    return total;
}

static int compare_numbers(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

/* Nearest rank. */
static double percentile(const struct occurrence *from, size_t count, double percent)
{
    double *numbers = memory_new(count * sizeof(*numbers));
    for (size_t i = 0; i < count; i++) {
        numbers[i] = from[i].number;
    }
    qsort(numbers, count, sizeof(*numbers), compare_numbers);
    const double rank = ceil(percent / 100 * (double)count);
    const double found = numbers[rank < 1 ? 0 : (size_t)rank - 1];
    memory_free(numbers);
    return found;
}

static double share(const struct occurrence *from, size_t count, uint64_t value)
{
    size_t same = 0;
    for (size_t i = 0; i < count; i++) {
        same += from[i].value == value;
    }
    return 100.0 * (double)same / (double)count;
}

static double measure(const struct correlation *c, const struct occurrence *from, size_t count, uint64_t value)
{
    switch (c->type) {
    case CORRELATION_TEMPORAL: return distinct_rules(from, count);
    case CORRELATION_TEMPORAL_ORDERED: return in_order(from, count);
    case CORRELATION_VALUE_SUM: return sum(from, count);
    case CORRELATION_VALUE_AVG: return sum(from, count) / (double)count;
    case CORRELATION_VALUE_PERCENTILE: return c->percentile >= 0 ? percentile(from, count, c->percentile) : share(from, count, value);
    default: return (double)count;
    }
}

static bool within(const struct correlation_bound *bound, double measured)
{
    switch (bound->comparison) {
    case CORRELATION_GT: return measured > bound->value;
    case CORRELATION_GTE: return measured >= bound->value;
    case CORRELATION_LT: return measured < bound->value;
    case CORRELATION_LTE: return measured <= bound->value;
    case CORRELATION_EQ: return measured >= bound->value && measured <= bound->value;
    default: return measured < bound->value || measured > bound->value;
    }
}

static bool condition_holds(const struct correlation *c, double measured)
{
    for (size_t i = 0; i < c->bound_count; i++) {
        if (!within(&c->bounds[i], measured)) {
            return false;
        }
    }
    return true;
}

bool group_judge(const struct group *group, const struct correlation *c, size_t at, struct correlation_hit *hit)
{
    const struct occurrence *new = &group->list[at];
    for (size_t end = at; end < group->count && group->list[end].at_ms <= new->at_ms + c->timespan_ms; end++) {
        const size_t start = first_from(group, group->list[end].at_ms - c->timespan_ms);
        const double measured = measure(c, &group->list[start], end - start + 1, new->value);
        if (condition_holds(c, measured)) {
            hit->measured = measured;
            hit->first_ms = group->list[start].at_ms;
            hit->last_ms = group->list[end].at_ms;
            return true;
        }
    }
    return false;
}
