#include "svc/changes.h"

struct changes changes_authority;

void changes_note(struct changes *changes)
{
    atomic_fetch_add(&changes->count, 1);
}

int64_t changes_counts_from(struct changes *changes, const struct request *rq)
{
    const uint64_t count = atomic_load(&changes->count);
    if (atomic_load(&changes->noticed) != count && atomic_exchange(&changes->noticed, count) != count) {
        atomic_store(&changes->noticed_ms, rq->ctx.now_ms);
    }
    const int64_t settled_ms = atomic_load(&changes->noticed_ms) + CHANGES_SETTLE_MS;
    return rq->ctx.now_ms >= settled_ms && !rq->writes ? settled_ms : INT64_MAX;
}

bool changes_fresh(int64_t read_ms, int64_t from_ms, int64_t now_ms)
{
    return read_ms >= from_ms && now_ms >= read_ms && now_ms - read_ms < CHANGES_FRESH_MS; /* a clock may jump back */
}
