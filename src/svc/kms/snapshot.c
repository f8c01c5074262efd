#include "svc/kms/snapshot.h"

#include <stdatomic.h>

#include "base/map.h"
#include "base/queue.h"
#include "svc/changes.h"

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
    struct changes changes;
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
    changes_note(&cache.changes);
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

bool snapshot_get(struct request *rq, struct str reference, struct key *key, const struct belongings **belongings)
{
    const int64_t from_ms = changes_counts_from(&cache.changes, rq);
    if (from_ms == INT64_MAX) {
        return false;
    }
    const struct str name = name_of(rq, reference);
    struct lock *lock = cache_lock();
    lock_take(lock);
    const struct snapshot *found = cache.map ? map_get(cache.map, name) : NULL;
    const bool fresh = found && changes_fresh(found->read_ms, from_ms, rq->ctx.now_ms);
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
    if (changes_counts_from(&cache.changes, rq) == INT64_MAX || belongings->grant_count > GRANTS_KEPT) {
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
