#include "svc/kms/snapshot.h"

#include <stdatomic.h>

#include "base/map.h"
#include "base/queue.h"

enum { SNAPSHOTS_MAX = 4096, GRANTS_KEPT = 256 };

struct snapshot {
    struct arena *arena;
    struct key key;
    struct belongings belongings;
    int64_t read_ms;
};

static struct {
    _Atomic(struct lock *) lock;
    struct map *map;
    _Atomic uint64_t changes;
    _Atomic uint64_t noticed;     /* changes, as readers saw them last … */
    _Atomic int64_t noticed_ms;   /* … and when that was first seen */
} cache;

static struct lock *cache_lock(void)
{
    struct lock *lock = atomic_load(&cache.lock);
    if (lock == NULL) {
        struct lock *made = lock_open();
        if (atomic_compare_exchange_strong(&cache.lock, &lock, made)) {
            return made;
        }
        lock_free(made);
    }
    return lock;
}

void snapshot_changed(void)
{
    atomic_fetch_add(&cache.changes, 1);
}

/* From when on what was read counts; INT64_MAX while a change may not be committed yet. */
static int64_t counts_from(const struct request *rq)
{
    const uint64_t changes = atomic_load(&cache.changes);
    if (atomic_exchange(&cache.noticed, changes) != changes) {
        atomic_store(&cache.noticed_ms, rq->ctx.now_ms);
    }
    const int64_t settled_ms = atomic_load(&cache.noticed_ms) + SNAPSHOT_SETTLE_MS;
    return rq->ctx.now_ms >= settled_ms && !rq->writes ? settled_ms : INT64_MAX;
}

static struct str name_of(struct request *rq, struct str reference)
{
    struct text text = text_new(rq->ctx.arena);
    text_add(&text, rq->account);
    text_add_char(&text, '/');
    text_add(&text, rq->region);
    text_add_char(&text, '/');
    text_add(&text, reference);
    return text_str(&text);
}

static struct key copy_key(struct arena *arena, const struct key *key)
{
    struct key copy = *key;
    struct str *const texts[] = { &copy.account, &copy.region, &copy.id, &copy.arn, &copy.origin, &copy.manager, &copy.state, &copy.asked_state,
                                  &copy.description, &copy.policy, &copy.multi_region, &copy.primary_region, &copy.material,
                                  &copy.expiration, &copy.store };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    return copy;
}

static struct grant_row copy_grant(struct arena *arena, const struct grant_row *grant)
{
    struct grant_row copy = *grant;
    struct str *const texts[] = { &copy.key, &copy.id, &copy.name, &copy.grantee, &copy.retiring, &copy.operations,
                                  &copy.constraints, &copy.issuer, &copy.account };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    return copy;
}

static struct belongings copy_belongings(struct arena *arena, const struct belongings *belongings)
{
    struct context_pair *pairs = ARENA_ARRAY(arena, struct context_pair, belongings->pair_count + 1);
    struct grant_row *grants = ARENA_ARRAY(arena, struct grant_row, belongings->grant_count + 1);
    for (size_t i = 0; i < belongings->pair_count; i++) {
        pairs[i] = (struct context_pair){ str_copy(arena, belongings->pairs[i].key), str_copy(arena, belongings->pairs[i].value) };
    }
    for (size_t i = 0; i < belongings->grant_count; i++) {
        grants[i] = copy_grant(arena, &belongings->grants[i]);
    }
    return (struct belongings){ pairs, belongings->pair_count, grants, belongings->grant_count };
}

static bool is_fresh(const struct snapshot *snapshot, int64_t from_ms, int64_t now_ms)
{
    return snapshot && snapshot->read_ms >= from_ms && now_ms - snapshot->read_ms < SNAPSHOT_FRESH_MS;
}

bool snapshot_get(struct request *rq, struct str reference, struct key *key, const struct belongings **belongings)
{
    const int64_t from_ms = counts_from(rq);
    if (from_ms == INT64_MAX) {
        return false;
    }
    const struct str name = name_of(rq, reference);
    struct lock *lock = cache_lock();
    lock_take(lock);
    const struct snapshot *found = cache.map ? map_get(cache.map, name) : NULL;
    const bool fresh = is_fresh(found, from_ms, rq->ctx.now_ms);
    if (fresh) {
        *key = copy_key(rq->ctx.arena, &found->key);
        if (belongings) {
            struct belongings *copy = ARENA_NEW(rq->ctx.arena, struct belongings);
            *copy = copy_belongings(rq->ctx.arena, &found->belongings);
            *belongings = copy;
        }
    }
    lock_give(lock);
    return fresh;
}

static void drop(void *value)
{
    struct snapshot *snapshot = value;
    arena_close(snapshot->arena);
}

void snapshot_put(struct request *rq, struct str reference, const struct key *key, const struct belongings *belongings)
{
    if (counts_from(rq) == INT64_MAX || belongings->grant_count > GRANTS_KEPT) {
        return;
    }
    struct arena *arena = arena_open();
    struct snapshot *snapshot = ARENA_NEW(arena, struct snapshot);
    *snapshot = (struct snapshot){ arena, copy_key(arena, key), copy_belongings(arena, belongings), rq->ctx.now_ms };
    const struct str name = name_of(rq, reference);
    struct lock *lock = cache_lock();
    lock_take(lock);
    if (cache.map && map_count(cache.map) >= SNAPSHOTS_MAX) {
        map_close(cache.map, drop);
        cache.map = NULL;
    }
    cache.map = cache.map ? cache.map : map_open();
    struct snapshot *old = map_put(cache.map, name, snapshot);
    lock_give(lock);
    if (old) {
        drop(old);
    }
}

void snapshot_close(void)
{
    struct lock *lock = atomic_exchange(&cache.lock, NULL);
    if (lock) {
        map_close(cache.map, drop);
        cache.map = NULL;
        lock_free(lock);
    }
}
