#include "app/identity.h"

#include "base/map.h"

struct identity_cache {
    struct map *map;
};

struct identity_cache *identity_cache_open(void)
{
    struct identity_cache *cache = memory_new(sizeof(*cache));
    cache->map = map_open();
    return cache;
}

void identity_keep(struct identity *identity)
{
    if (identity) {
        atomic_fetch_add(&identity->holders, 1);
    }
}

void identity_release(struct identity *identity)
{
    if (identity && atomic_fetch_sub(&identity->holders, 1) == 1) {
        arena_close(identity->arena);
    }
}

static void drop(void *value)
{
    identity_release(value);
}

void identity_cache_close(struct identity_cache *cache)
{
    if (cache) {
        map_close(cache->map, drop);
        memory_free(cache);
    }
}

static bool is_fresh(const struct identity *identity, struct str token, int64_t now_ms)
{
    const int64_t expires_ms = identity->credential.expires_ms;
    const bool recent = now_ms >= identity->loaded_ms && now_ms - identity->loaded_ms < IDENTITY_FRESH_MS;
    const bool lasting = expires_ms == 0 || now_ms < expires_ms;
    return recent && lasting && identity->generation == iam_generation() && str_equal(identity->token, token);
}

static bool tagged(const struct iam_credential *session, struct str key)
{
    for (size_t i = 0; i < session->tag_count; i++) {
        if (str_equal_nocase(session->tags[i].key, key)) {
            return true;
        }
    }
    return false;
}

/* spec: IAM user guide, "Pass session tags in AWS STS": a session's tag takes the place of its role's. */
static void merge_tags(struct identity *identity)
{
    const struct iam_credential *session = &identity->credential;
    const struct iam_policies *entity = &identity->policies;
    struct context_pair *tags = ARENA_ARRAY(identity->arena, struct context_pair, session->tag_count + entity->tag_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < session->tag_count; i++) {
        tags[count++] = session->tags[i];
    }
    for (size_t i = 0; i < entity->tag_count; i++) {
        if (!tagged(session, entity->tags[i].key)) {
            tags[count++] = entity->tags[i];
        }
    }
    identity->tags = tags;
    identity->tag_count = count;
}

/* Loads into an arena of its own, which the identity keeps. */
static struct err load(struct ctx *ctx, struct store_conn *db, const struct vault *vault, struct str access_key,
                       struct identity *identity)
{
    struct ctx own = ctx_new(identity->arena, ctx->now_ms);
    TRY(store_begin(&own, db, STORE_READ));
    struct err err = iam_credential_find(&own, db, vault, access_key, identity->token, ctx->now_ms,
                                         &identity->credential);
    if (!err.fault) {
        err = iam_policies_of(&own, db, &identity->credential.principal, &identity->policies);
    }
    store_rollback(db);
    memcpy(ctx->reason, own.reason, sizeof(ctx->reason));
    return err;
}

static void make_room(struct identity_cache *cache)
{
    if (map_count(cache->map) >= IDENTITIES_MAX) {
        map_close(cache->map, drop);
        cache->map = map_open();
    }
}

struct err identity_find(struct ctx *ctx, struct identity_cache *cache, struct store_conn *db, const struct vault *vault,
                         struct str access_key, struct str token, struct identity **out)
{
    struct identity *known = map_get(cache->map, access_key);
    if (known && is_fresh(known, token, ctx->now_ms)) {
        *out = known;
        return ERR_OK;
    }
    struct arena *arena = arena_open_secret();
    struct identity *identity = ARENA_NEW(arena, struct identity);
    identity->arena = arena;
    identity->token = str_copy(arena, token);
    /* Read before the rows: a change in between makes the entry stale, never fresh by mistake. */
    identity->generation = iam_generation();
    identity->loaded_ms = ctx->now_ms;
    identity->noted_ms = known ? known->noted_ms : 0;
    atomic_init(&identity->holders, 1);
    const struct err err = load(ctx, db, vault, access_key, identity);
    if (err.fault) {
        arena_close(arena);
        return err;
    }
    merge_tags(identity);
    make_room(cache);
    struct identity *old = map_put(cache->map, access_key, identity);
    if (old) {
        drop(old);
    }
    *out = identity;
    return ERR_OK;
}

void identity_forget(struct identity_cache *cache, struct str access_key)
{
    identity_release(map_remove(cache->map, access_key));
}
