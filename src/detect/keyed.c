#include "detect/keyed.h"

enum { LINE = 64, DISORDER = 7 * 86400 };

/* Tags and times of a set's keys, one cache line; an unused place has tag 0. */
struct set {
    uint32_t tags[KEYED_WAYS];
    uint32_t used[KEYED_WAYS];
};
_Static_assert(sizeof(struct set) == LINE, "a set is a cache line");

struct keyed {
    size_t piece, sets, most_sets;
    struct set *index;
    unsigned char *pieces;
    void *index_memory, *pieces_memory; /* where they were taken from, before alignment */
    uint64_t evictions;
};

static void *aligned(void *memory)
{
    unsigned char *bytes = memory;
    return bytes + (LINE - (uintptr_t)memory % LINE) % LINE;
}

static void allocate(struct keyed *table, size_t sets)
{
    table->sets = sets;
    table->index_memory = memory_new(sets * sizeof(struct set) + LINE);
    table->pieces_memory = memory_new(sets * KEYED_WAYS * table->piece + LINE);
    memory_scattered(table->index_memory, sets * sizeof(struct set) + LINE);
    memory_scattered(table->pieces_memory, sets * KEYED_WAYS * table->piece + LINE);
    table->index = aligned(table->index_memory);
    table->pieces = aligned(table->pieces_memory);
}

static void release(struct keyed *table)
{
    memory_free(table->index_memory);
    memory_free(table->pieces_memory);
}

/* The lower half of a key finds its set, the upper one is its tag. */
static uint32_t tag_of(uint64_t key) { return (uint32_t)(key >> 32) | 1u; }

struct keyed *keyed_open(size_t piece, size_t most)
{
    struct keyed *table = memory_new(sizeof(*table));
    piece += sizeof(uint32_t);
    table->piece = piece <= LINE / 2 ? LINE / 2 : (piece + LINE - 1) / LINE * LINE;
    table->most_sets = 1;
    while (table->most_sets * KEYED_WAYS < most) {
        table->most_sets *= 2;
    }
    allocate(table, table->most_sets < 4 ? table->most_sets : 4);
    return table;
}

void keyed_close(struct keyed *table)
{
    if (table) {
        release(table);
        memory_free(table);
    }
}

static void *piece_at(const struct keyed *table, size_t set, size_t way)
{
    return table->pieces + (set * KEYED_WAYS + way) * table->piece;
}

/* Where a set's keys go when there are twice as many sets: each piece remembers the lower half of its key behind itself. */
static uint32_t *low_of(const struct keyed *table, size_t set, size_t way)
{
    return (uint32_t *)(void *)((unsigned char *)piece_at(table, set, way) + table->piece - sizeof(uint32_t));
}

static void grow(struct keyed *table)
{
    struct keyed old = *table;
    allocate(table, old.sets * 2);
    for (size_t set = 0; set < old.sets; set++) {
        size_t filled[2] = { 0, 0 };
        for (size_t way = 0; way < KEYED_WAYS && old.index[set].tags[way]; way++) {
            const size_t to = *low_of(&old, set, way) & (table->sets - 1);
            const size_t place = filled[to != set]++;
            table->index[to].tags[place] = old.index[set].tags[way];
            table->index[to].used[place] = old.index[set].used[way];
            memcpy(piece_at(table, to, place), piece_at(&old, set, way), table->piece);
        }
    }
    release(&old);
}

/* A time far ahead of the others would never age: it counts as the oldest. */
static uint32_t age_of(uint32_t used, uint32_t now)
{
    if (used > now) {
        return used - now > DISORDER ? UINT32_MAX : 0;
    }
    return now - used;
}

static size_t oldest(const struct set *set, uint32_t now)
{
    size_t way = 0;
    for (size_t i = 1; i < KEYED_WAYS; i++) {
        way = age_of(set->used[i], now) > age_of(set->used[way], now) ? i : way;
    }
    return way;
}

/* Ways are filled from the first on. */
static void *insert(struct keyed *table, uint64_t key, uint32_t now)
{
    size_t at = (uint32_t)key & (table->sets - 1);
    while (table->index[at].tags[KEYED_WAYS - 1] && table->sets < table->most_sets) {
        grow(table);
        at = (uint32_t)key & (table->sets - 1);
    }
    struct set *set = &table->index[at];
    size_t way = 0;
    while (way < KEYED_WAYS && set->tags[way]) {
        way++;
    }
    if (way == KEYED_WAYS) {
        way = oldest(set, now);
        table->evictions++;
        memset(piece_at(table, at, way), 0, table->piece);
    }
    set->tags[way] = tag_of(key);
    set->used[way] = now;
    *low_of(table, at, way) = (uint32_t)key;
    return piece_at(table, at, way);
}

/* Where a key of a set stands; KEYED_WAYS: nowhere. All are compared: which one it is can't be foretold. */
static size_t way_of(const struct set *set, uint32_t tag)
{
    unsigned hits = 1u << KEYED_WAYS;
    for (unsigned way = 0; way < KEYED_WAYS; way++) {
        hits |= (unsigned)(set->tags[way] == tag) << way;
    }
    return (size_t)__builtin_ctz(hits);
}

void *keyed_get(struct keyed *table, uint64_t key, uint32_t now)
{
    const size_t at = (uint32_t)key & (table->sets - 1);
    struct set *set = &table->index[at];
    const size_t way = way_of(set, tag_of(key));
    if (way == KEYED_WAYS) {
        return insert(table, key, now);
    }
    void *piece = piece_at(table, at, way);
    __builtin_prefetch((const char *)piece + LINE);
    set->used[way] = now > set->used[way] ? now : set->used[way];
    return piece;
}

void keyed_prefetch(const struct keyed *table, uint64_t key)
{
    __builtin_prefetch(&table->index[(uint32_t)key & (table->sets - 1)]);
}

void keyed_prefetch_piece(const struct keyed *table, uint64_t key, size_t bytes)
{
    const size_t at = (uint32_t)key & (table->sets - 1);
    const size_t way = way_of(&table->index[at], tag_of(key));
    if (way < KEYED_WAYS) {
        const char *piece = piece_at(table, at, way);
        for (size_t i = 0; i < bytes; i += LINE) {
            __builtin_prefetch(piece + i, 1);
        }
    }
}

uint64_t keyed_evictions(const struct keyed *table) { return table->evictions; }

size_t keyed_bytes(const struct keyed *table)
{
    return sizeof(*table) + table->sets * (sizeof(struct set) + KEYED_WAYS * table->piece);
}
