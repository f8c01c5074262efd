#include "ingest/recent.h"

#include <string.h>

#include "base/arena.h"

enum { BUCKET = 8, CACHE_LINE = BUCKET * sizeof(uint64_t) };

struct recent {
    void *memory;
    uint64_t (*buckets)[BUCKET]; /* in memory, each in one cache line; newest first; 0: empty */
    size_t mask;
};

struct recent *recent_open(size_t capacity)
{
    size_t buckets = 1;
    while (buckets * BUCKET < capacity) {
        buckets *= 2;
    }
    struct recent *recent = memory_new(sizeof(*recent));
    recent->memory = memory_new((buckets + 1) * CACHE_LINE);
    memory_scattered(recent->memory, (buckets + 1) * CACHE_LINE);
    recent->buckets = (void *)(((uintptr_t)recent->memory + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    recent->mask = buckets - 1;
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

bool recent_add(struct recent *recent, uint64_t hash)
{
    const uint64_t wanted = hash | 1; /* 0 means empty */
    uint64_t *bucket = bucket_of(recent, hash);
    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i] == wanted) {
            return false;
        }
    }
    memmove(bucket + 1, bucket, (BUCKET - 1) * sizeof(*bucket));
    bucket[0] = wanted;
    return true;
}
