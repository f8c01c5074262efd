#include "ingest/recent.h"

#include <string.h>

#include "base/arena.h"

enum { BUCKET = 8 };

struct recent {
    uint64_t (*buckets)[BUCKET]; /* newest first; 0: empty */
    size_t mask;
};

struct recent *recent_open(size_t capacity)
{
    size_t buckets = 1;
    while (buckets * BUCKET < capacity) {
        buckets *= 2;
    }
    struct recent *recent = memory_new(sizeof(*recent));
    recent->buckets = memory_new(buckets * sizeof(*recent->buckets));
    recent->mask = buckets - 1;
    return recent;
}

void recent_close(struct recent *recent)
{
    if (recent) {
        memory_free(recent->buckets);
        memory_free(recent);
    }
}

bool recent_add(struct recent *recent, uint64_t hash)
{
    const uint64_t wanted = hash | 1; /* 0 means empty */
    uint64_t *bucket = recent->buckets[(hash >> 20) & recent->mask];
    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i] == wanted) {
            return false;
        }
    }
    memmove(bucket + 1, bucket, (BUCKET - 1) * sizeof(*bucket));
    bucket[0] = wanted;
    return true;
}
