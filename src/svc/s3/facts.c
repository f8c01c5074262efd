#include "svc/s3/facts.h"

#include "base/map.h"
#include "base/queue.h"
#include "svc/changes.h"

enum { BUCKETS_MAX = 1024, SIZE_KEPT = 32 * 1024 };

struct kept {
    struct arena *arena;
    struct bucket_facts facts;
    int64_t read_ms;
};

struct cache {
    struct lock *lock;
    struct map *map;
};

static struct changes changes;
static _Atomic(struct cache *) shared;

void facts_changed(void)
{
    changes_note(&changes);
}

static struct cache *cache_of_process(void)
{
    struct cache *cache = atomic_load(&shared);
    if (cache) {
        return cache;
    }
    struct cache *made = memory_new(sizeof(*made));
    *made = (struct cache){ lock_open(), map_open() };
    if (atomic_compare_exchange_strong(&shared, &cache, made)) {
        return made;
    }
    map_close(made->map, NULL);
    lock_free(made->lock);
    memory_free(made);
    return cache;
}

static struct bucket_facts copy_facts(struct arena *arena, const struct bucket_facts *facts)
{
    struct bucket_facts copy = *facts;
    struct str *const texts[] = { &copy.row.name, &copy.row.account, &copy.row.region, &copy.row.versioning };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_copy(arena, *texts[i]);
    }
    copy.settings = ARENA_ARRAY(arena, struct setting_row, copy.setting_count + 1);
    for (size_t i = 0; i < copy.setting_count; i++) {
        const struct setting_row *row = &facts->settings[i];
        copy.settings[i] = (struct setting_row){ str_copy(arena, row->kind), str_copy(arena, row->id), str_copy(arena, row->document) };
    }
    return copy;
}

static bool recall(struct request *rq, struct str bucket, struct bucket_facts *out)
{
    const int64_t from_ms = changes_counts_from(&changes, rq);
    if (from_ms == INT64_MAX) {
        return false;
    }
    struct cache *cache = cache_of_process();
    lock_take(cache->lock);
    const struct kept *kept = map_get(cache->map, bucket);
    const bool fresh = kept && changes_fresh(kept->read_ms, from_ms, rq->ctx.now_ms);
    if (fresh) {
        *out = copy_facts(rq->ctx.arena, &kept->facts);
    }
    lock_give(cache->lock);
    return fresh;
}

static void drop(void *value)
{
    const struct kept *kept = value;
    arena_close(kept->arena);
}

static size_t size_of(const struct bucket_facts *facts)
{
    size_t size = 0;
    for (size_t i = 0; i < facts->setting_count; i++) {
        size += facts->settings[i].document.len;
    }
    return size;
}

static void remember(struct request *rq, const struct bucket_facts *facts)
{
    if (size_of(facts) > SIZE_KEPT || changes_counts_from(&changes, rq) == INT64_MAX) {
        return;
    }
    struct arena *arena = arena_open();
    struct kept *kept = ARENA_NEW(arena, struct kept);
    *kept = (struct kept){ arena, copy_facts(arena, facts), rq->ctx.now_ms };
    struct cache *cache = cache_of_process();
    lock_take(cache->lock);
    if (map_count(cache->map) >= BUCKETS_MAX) {
        map_close(cache->map, drop);
        cache->map = map_open();
    }
    struct kept *old = map_put(cache->map, facts->row.name, kept);
    lock_give(cache->lock);
    if (old) {
        drop(old);
    }
}

static struct err read_facts(struct request *rq, struct str bucket, struct bucket_facts *out, bool *found)
{
    TRY(bucket_rows_get(&rq->ctx, rq->db, bucket, &out->row, found));
    if (*found) {
        TRY(setting_rows_whole(&rq->ctx, rq->db, &out->row, &out->settings, &out->setting_count));
        remember(rq, out);
    }
    return ERR_OK;
}

/* Authorisation and the handler of a call that reads look at the same bucket, in the same transaction. */
static const struct bucket_facts *known_to_call(const struct request *rq, struct str bucket)
{
    const struct bucket_facts *known = rq->known_db == rq->db && !rq->writes ? rq->known : NULL;
    return known && str_equal(known->row.name, bucket) ? known : NULL;
}

struct err facts_of(struct request *rq, struct str bucket, const struct bucket_facts **out)
{
    bool found = true;
    *out = known_to_call(rq, bucket);
    if (*out) {
        return ERR_OK;
    }
    struct bucket_facts *facts = ARENA_NEW(rq->ctx.arena, struct bucket_facts);
    if (!recall(rq, bucket, facts)) {
        TRY(read_facts(rq, bucket, facts, &found));
    }
    *out = found ? facts : NULL;
    if (found && !rq->writes && rq->http) {
        rq->known = facts;
        rq->known_db = rq->db;
    }
    return ERR_OK;
}

struct str facts_setting(const struct bucket_facts *facts, struct str kind)
{
    for (size_t i = 0; facts && i < facts->setting_count; i++) {
        if (str_equal(facts->settings[i].kind, kind)) {
            return facts->settings[i].document;
        }
    }
    return STR_NONE;
}
