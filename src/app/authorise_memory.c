#include "app/authorise_memory.h"

#include "base/map.h"
#include "services.h"

enum { POLICIES_MAX = 512, POLICY_BYTES_MAX = 4 * 1024 * 1024, ORGANIZATIONS_MAX = 256 };

struct remembered {
    struct arena *arena;
    const struct policy *policy;
};

struct authorise_memory {
    struct map *resource, *trust; /* document → struct remembered */
    size_t bytes;                 /* of their documents */
    struct map *organizations;    /* account → struct organization */
    struct err (*source)(struct ctx *ctx, struct store_conn *db, struct str account, struct organization_facts *out);
};

struct authorise_memory *authorise_memory_open(void)
{
    struct authorise_memory *memory = memory_new(sizeof(*memory));
    memory->resource = map_open();
    memory->trust = map_open();
    memory->organizations = map_open();
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        memory->source = SERVICES[i]->organization ? SERVICES[i]->organization : memory->source;
    }
    return memory;
}

static void drop_policy(void *value)
{
    struct remembered *remembered = value;
    arena_close(remembered->arena);
}

static void drop_organization(void *value)
{
    struct organization *organization = value;
    arena_close(organization->arena);
}

void authorise_memory_close(struct authorise_memory *memory)
{
    if (memory) {
        map_close(memory->resource, drop_policy);
        map_close(memory->trust, drop_policy);
        map_close(memory->organizations, drop_organization);
        memory_free(memory);
    }
}

static void empty(struct map **map, void (*drop)(void *value))
{
    map_close(*map, drop);
    *map = map_open();
}

void authorise_memory_trim(struct authorise_memory *memory)
{
    if (memory->bytes > POLICY_BYTES_MAX || map_count(memory->resource) + map_count(memory->trust) > POLICIES_MAX) {
        empty(&memory->resource, drop_policy);
        empty(&memory->trust, drop_policy);
        memory->bytes = 0;
    }
    if (map_count(memory->organizations) > ORGANIZATIONS_MAX) {
        empty(&memory->organizations, drop_organization);
    }
}

static const struct policy *compile(struct arena *arena, struct str document, enum policy_kind kind)
{
    static const struct str deny = STR_INIT("{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\","
                                            "\"Action\":\"*\",\"Resource\":\"*\"}}");
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = policy_parse(arena, document, kind, &error);
    return policy ? policy : policy_parse(arena, deny, POLICY_RESOURCE, &error);
}

const struct policy *authorise_compiled(struct authorise_memory *memory, struct str document, bool trust)
{
    struct map *map = trust ? memory->trust : memory->resource;
    const struct remembered *known = map_get(map, document);
    if (known) {
        return known->policy;
    }
    struct arena *arena = arena_open();
    struct remembered *made = ARENA_NEW(arena, struct remembered);
    made->arena = arena;
    made->policy = compile(arena, str_copy(arena, document), trust ? POLICY_TRUST : POLICY_RESOURCE);
    memory->bytes += document.len;
    map_put(map, document, made);
    return made->policy;
}

static bool is_fresh(const struct organization *organization, int64_t now_ms)
{
    const bool recent = now_ms >= organization->loaded_ms && now_ms - organization->loaded_ms < IDENTITY_FRESH_MS;
    return recent && organization->generation == iam_generation();
}

static size_t compile_levels(struct arena *arena, const struct organization_levels *levels, enum policy_layer_kind kind,
                             struct policy_layer *layers)
{
    const enum policy_kind form = kind == LAYER_ORGANIZATION ? POLICY_IDENTITY : POLICY_RESOURCE;
    for (size_t i = 0; i < levels->count; i++) {
        const struct organization_level *level = &levels->items[i];
        const struct policy **policies = ARENA_ARRAY(arena, const struct policy *, level->count + 1);
        for (size_t j = 0; j < level->count; j++) {
            policies[j] = compile(arena, level->documents[j], form);
        }
        layers[i] = (struct policy_layer){ kind, policies, level->count };
    }
    return levels->count;
}

static struct err load(struct authorise_memory *memory, struct request *rq, struct str account, struct organization *out)
{
    struct ctx own = ctx_new(out->arena, rq->ctx.now_ms);
    out->generation = iam_generation();
    out->loaded_ms = rq->ctx.now_ms;
    const struct err err = memory->source(&own, rq->db, str_copy(out->arena, account), &out->facts);
    memcpy(rq->ctx.reason, own.reason, sizeof(rq->ctx.reason));
    TRY(err);
    const struct organization_facts *facts = &out->facts;
    if (!facts->management) {
        out->service_control_count =
            compile_levels(out->arena, &facts->service_control, LAYER_ORGANIZATION, out->service_control);
        out->resource_control_count =
            compile_levels(out->arena, &facts->resource_control, LAYER_RESOURCE_CONTROL, out->resource_control);
    }
    return ERR_OK;
}

struct err authorise_organization(struct authorise_memory *memory, struct request *rq, struct str account,
                                  const struct organization **out)
{
    *out = NULL;
    if (memory->source == NULL || account.len == 0) {
        return ERR_OK;
    }
    struct organization *known = map_get(memory->organizations, account);
    if (known == NULL || !is_fresh(known, rq->ctx.now_ms)) {
        struct arena *arena = arena_open();
        struct organization *made = ARENA_NEW(arena, struct organization);
        made->arena = arena;
        const struct err err = load(memory, rq, account, made);
        if (err.fault) {
            arena_close(arena);
            return err;
        }
        known = map_put(memory->organizations, account, made);
        if (known) {
            drop_organization(known);
        }
        known = made;
    }
    *out = known;
    return ERR_OK;
}
