#include "ingest/recent.h"

#include <string.h>

#include "base/arena.h"

/* Grown at two hashes a bucket, where one in some thousand is full; the last size fills up and forgets. */
enum { BUCKET = 8, CACHE_LINE = BUCKET * sizeof(uint64_t), FIRST_BUCKETS = 1024, GROW_AT = 2, GROW_BY = 4 };

struct recent {
    void *memory;
    uint64_t (*buckets)[BUCKET]; /* in memory, each in one cache line; newest first; 0: empty */
    size_t mask;
    size_t mask_max;
    size_t count; /* hashes put in, while it may still grow */
};

static void take_memory(struct recent *recent, size_t buckets)
{
    const size_t size = (buckets + 1) * CACHE_LINE;
    recent->memory = memory_new(size);
    memory_scattered(recent->memory, size);
    recent->buckets = (void *)(((uintptr_t)recent->memory + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    recent->mask = buckets - 1;
}

struct recent *recent_open(size_t capacity)
{
    size_t buckets = 1;
    while (buckets * BUCKET < capacity) {
        buckets *= 2;
    }
    struct recent *recent = memory_new(sizeof(*recent));
    recent->mask_max = buckets - 1;
    take_memory(recent, buckets < FIRST_BUCKETS ? buckets : FIRST_BUCKETS);
    return recent;
}

void recent_close(struct recent *recent)
{
    if (recent) {
        memory_free(recent->memory);
        memory_free(recent);
    }
}

static uint64_t *bucket_of(const struct recent *recent, uint64_t hash)
{
    return recent->buckets[(hash >> 20) & recent->mask];
}

void recent_prefetch(const struct recent *recent, uint64_t hash)
{
    __builtin_prefetch(bucket_of(recent, hash), 1);
}

static void put_first(uint64_t *bucket, uint64_t hash)
{
    memmove(bucket + 1, bucket, (BUCKET - 1) * sizeof(*bucket));
    bucket[0] = hash;
}

static void grow(struct recent *recent)
{
    const struct recent old = *recent;
    const size_t grown = (old.mask + 1) * GROW_BY;
    take_memory(recent, grown < recent->mask_max ? grown : recent->mask_max + 1);
    for (size_t i = 0; i <= old.mask; i++) {
        for (size_t oldest = BUCKET; oldest > 0; oldest--) {
            const uint64_t hash = old.buckets[i][oldest - 1];
            if (hash != 0) {
                put_first(bucket_of(recent, hash), hash);
            }
        }
    }
    memory_free(old.memory);
}

bool recent_add(struct recent *recent, uint64_t hash)
{
    const uint64_t wanted = hash | 1; /* 0 means empty */
    const uint64_t *bucket = bucket_of(recent, hash);
    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i] == wanted) {
            return false;
        }
    }
    if (recent->mask < recent->mask_max && ++recent->count > GROW_AT * (recent->mask + 1)) {
        grow(recent);
    }
    put_first(bucket_of(recent, hash), wanted);
    return true;
}
