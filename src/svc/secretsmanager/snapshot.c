#include "svc/secretsmanager/snapshot.h"

#include "base/map.h"
#include "base/queue.h"
#include "svc/changes.h"

enum { SNAPSHOTS_MAX = 4096, VALUE_KEPT = 8192 };

/* A secret, or a version of one. */
struct snapshot {
    struct arena *arena;
    struct secret secret;
    struct version version;
    struct secretsmanager_secret_version_stages_type stages;
    int64_t read_ms;
};

struct cache {
    struct lock *lock;
    struct map *map;
};

static struct changes changes;
static _Atomic(struct cache *) shared;

static struct cache *cache_of_process(void)
{
    struct cache *cache = atomic_load(&shared);
    if (cache) {
        return cache;
    }
    struct cache *made = memory_new(sizeof(*made));
    made->lock = lock_open();
    made->map = map_open();
    if (atomic_compare_exchange_strong(&shared, &cache, made)) {
        return made;
    }
    map_close(made->map, NULL);
    lock_free(made->lock);
    memory_free(made);
    return cache;
}

void secret_snapshot_changed(void)
{
    changes_note(&changes);
}

static struct str joined(struct arena *arena, struct str a, struct str b, struct str c)
{
    struct text text = text_new(arena);
    text_add(&text, a);
    text_add_char(&text, '\n');
    text_add(&text, b);
    text_add_char(&text, '\n');
    text_add(&text, c);
    return text_str(&text);
}

static struct secret copy_secret(struct arena *arena, const struct secret *secret)
{
    struct secret copy = *secret;
    struct str *const texts[] = { &copy.account, &copy.region, &copy.name, &copy.arn, &copy.description, &copy.kms_key, &copy.kind,
                                  &copy.policy, &copy.owner, &copy.primary_region, &copy.function, &copy.schedule, &copy.duration };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    return copy;
}

static struct version copy_version(struct arena *arena, const struct version *version)
{
    struct version copy = *version;
    struct str *const texts[] = { &copy.id, &copy.kms_key, &copy.data_key, &copy.value };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    return copy;
}

static struct secretsmanager_secret_version_stages_type copy_stages(struct arena *arena,
                                                                    const struct secretsmanager_secret_version_stages_type *stages)
{
    struct str *items = ARENA_ARRAY(arena, struct str, stages->count + 1);
    for (size_t i = 0; i < stages->count; i++) {
        items[i] = str_copy(arena, stages->items[i]);
    }
    return (struct secretsmanager_secret_version_stages_type){ items, stages->count };
}

/* Under the lock; NULL: there is none that counts. */
static const struct snapshot *find(struct cache *cache, const struct request *rq, struct str name, int64_t from_ms)
{
    const struct snapshot *found = map_get(cache->map, name);
    return found && changes_fresh(found->read_ms, from_ms, rq->ctx.now_ms) ? found : NULL;
}

static void drop(void *value)
{
    struct snapshot *snapshot = value;
    arena_close(snapshot->arena);
}

static void put(struct str name, struct snapshot *snapshot)
{
    struct cache *cache = cache_of_process();
    lock_take(cache->lock);
    if (map_count(cache->map) >= SNAPSHOTS_MAX) {
        map_close(cache->map, drop);
        cache->map = map_open();
    }
    struct snapshot *old = map_put(cache->map, name, snapshot);
    lock_give(cache->lock);
    if (old) {
        drop(old);
    }
}

static struct snapshot *snapshot_new(const struct request *rq)
{
    struct arena *arena = arena_open();
    struct snapshot *snapshot = ARENA_NEW(arena, struct snapshot);
    snapshot->arena = arena;
    snapshot->read_ms = rq->ctx.now_ms;
    return snapshot;
}

bool secret_snapshot_get(struct request *rq, struct str id, struct secret *out)
{
    const int64_t from_ms = changes_counts_from(&changes, rq);
    if (from_ms == INT64_MAX) {
        return false;
    }
    struct cache *cache = cache_of_process();
    const struct str name = joined(rq->ctx.arena, rq->account, rq->region, id);
    lock_take(cache->lock);
    const struct snapshot *found = find(cache, rq, name, from_ms);
    if (found) {
        *out = copy_secret(rq->ctx.arena, &found->secret);
    }
    lock_give(cache->lock);
    return found != NULL;
}

void secret_snapshot_put(struct request *rq, struct str id, const struct secret *secret)
{
    if (changes_counts_from(&changes, rq) == INT64_MAX) {
        return;
    }
    struct snapshot *snapshot = snapshot_new(rq);
    snapshot->secret = copy_secret(snapshot->arena, secret);
    put(joined(rq->ctx.arena, rq->account, rq->region, id), snapshot);
}

bool secret_snapshot_version(struct request *rq, const struct secret *secret, struct str stage, struct version *version,
                             struct secretsmanager_secret_version_stages_type *stages)
{
    const int64_t from_ms = changes_counts_from(&changes, rq);
    if (from_ms == INT64_MAX) {
        return false;
    }
    struct cache *cache = cache_of_process();
    const struct str name = joined(rq->ctx.arena, STR("version"), secret->arn, stage);
    lock_take(cache->lock);
    const struct snapshot *found = find(cache, rq, name, from_ms);
    if (found) {
        *version = copy_version(rq->ctx.arena, &found->version);
        *stages = copy_stages(rq->ctx.arena, &found->stages);
    }
    lock_give(cache->lock);
    return found != NULL;
}

void secret_snapshot_put_version(struct request *rq, const struct secret *secret, struct str stage, const struct version *version,
                                 const struct secretsmanager_secret_version_stages_type *stages)
{
    if (version->value.len > VALUE_KEPT || changes_counts_from(&changes, rq) == INT64_MAX) {
        return;
    }
    struct snapshot *snapshot = snapshot_new(rq);
    snapshot->version = copy_version(snapshot->arena, version);
    snapshot->stages = copy_stages(snapshot->arena, stages);
    put(joined(rq->ctx.arena, STR("version"), secret->arn, stage), snapshot);
}
