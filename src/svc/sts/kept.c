#include "svc/sts/kept.h"

#include "base/map.h"
#include "base/queue.h"
#include "svc/changes.h"

enum { ROLES_MAX = 1024 };

struct holding {
    struct kept_role role; /* first: what others hold is this */
    struct arena *arena;
    atomic_size_t holders;
    int64_t read_ms;
};

struct cache {
    struct lock *lock;
    struct map *map;
};

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

static void let_go(void *value)
{
    struct holding *holding = value;
    if (holding && atomic_fetch_sub(&holding->holders, 1) == 1) {
        arena_close(holding->arena);
    }
}

void kept_role_give(const struct kept_role *const *role)
{
    let_go((void *)(uintptr_t)*role);
}

static struct str name_of(struct request *rq, struct str account, struct str name)
{
    struct text text = text_new(rq->ctx.arena);
    text_add(&text, account);
    text_add_char(&text, '/');
    text_add(&text, name);
    return text_str(&text);
}

static struct holding *get(const struct request *rq, struct str key)
{
    const int64_t from_ms = changes_counts_from(&changes_authority, rq);
    struct cache *cache = cache_of_process();
    lock_take(cache->lock);
    struct holding *found = map_get(cache->map, key);
    const bool fresh = found && changes_fresh(found->read_ms, from_ms, rq->ctx.now_ms);
    if (fresh) {
        atomic_fetch_add(&found->holders, 1);
    }
    lock_give(cache->lock);
    return fresh ? found : NULL;
}

static void put(const struct request *rq, struct str key, struct holding *holding)
{
    struct cache *cache = cache_of_process();
    if (changes_counts_from(&changes_authority, rq) == INT64_MAX) {
        return;
    }
    atomic_fetch_add(&holding->holders, 1);
    lock_take(cache->lock);
    if (map_count(cache->map) >= ROLES_MAX) {
        map_close(cache->map, let_go);
        cache->map = map_open();
    }
    struct holding *old = map_put(cache->map, key, holding);
    lock_give(cache->lock);
    let_go(old);
}

/* Into an arena of its own, with the first holder. */
static struct holding *holding_of(const struct request *rq, const struct role_row *row)
{
    struct policy_error error = { .reason = NULL };
    struct arena *arena = arena_open();
    struct holding *holding = ARENA_NEW(arena, struct holding);
    *holding = (struct holding){ .arena = arena, .read_ms = rq->ctx.now_ms, .role.row = {
        str_copy(arena, row->name), str_copy(arena, row->id), str_copy(arena, row->path), str_copy(arena, row->trust), row->max_session } };
    holding->role.trust = policy_parse(arena, holding->role.row.trust, POLICY_TRUST, &error);
    atomic_init(&holding->holders, 1);
    return holding;
}

struct err kept_role_take(struct request *rq, struct str account, struct str name, const struct kept_role **out)
{
    const struct str key = name_of(rq, account, name);
    struct holding *holding = get(rq, key);
    struct role_row row = { .name = STR_NONE };
    bool found = false;
    *out = NULL;
    if (holding == NULL) {
        TRY(rows_role(rq, account, name, &row, &found));
        if (!found || !str_equal(row.name, name)) {
            return ERR_OK;
        }
        holding = holding_of(rq, &row);
        put(rq, key, holding);
    }
    *out = &holding->role;
    return ERR_OK;
}
