#include "detect/learn/account.h"

/* One row per kind: room per feature, in sets of eight values, of an entity and of the account as a whole. */
static const struct rarity_shape SHAPES[LEARN_KINDS] = {
    [LEARN_PRINCIPAL] = { 7, { 3, 1, 1, 1, 1, 1, 1 } },
    [LEARN_PEERS] = { 7, { 8, 2, 1, 4, 1, 2, 4 } },
    [LEARN_BUCKET] = { 3, { 2, 1, 2 } },
    [LEARN_HOST] = { 5, { 8, 2, 1, 4, 8 } },
    [LEARN_CLUSTER] = { 6, { 4, 1, 1, 1, 4, 4 } },
    [LEARN_DATABASE] = { 5, { 4, 4, 1, 2, 1 } },
};
static const struct rarity_shape ACCOUNT_SHAPES[LEARN_KINDS] = {
    [LEARN_PRINCIPAL] = { 7, { 64, 16, 4, 64, 8, 32, 64 } },
    [LEARN_PEERS] = { 1, { 1 } },
    [LEARN_BUCKET] = { 3, { 64, 16, 64 } },
    [LEARN_HOST] = { 5, { 128, 16, 8, 64, 128 } },
    [LEARN_CLUSTER] = { 6, { 32, 8, 16, 8, 32, 64 } },
    [LEARN_DATABASE] = { 5, { 32, 32, 8, 8, 8 } },
};

/* Of so many candidates for being forgotten, the least established goes: where most are strangers, one of them. */
enum { FORGET_AMONG = 16, ACCOUNT_IDLE_DAYS = 90, ESTABLISHED_DAYS = 7, PRINCIPAL_RESERVE = 64 };

const struct rarity_shape *learn_shape(enum learn_kind kind) { return &SHAPES[kind]; }
const struct rarity_shape *learn_account_shape(enum learn_kind kind) { return &ACCOUNT_SHAPES[kind]; }

static void *counted_new(struct learn *learn, size_t size)
{
    learn->counts.bytes += size;
    return memory_new(size);
}

uint32_t learn_pool_take(struct learn_pool *pool)
{
    if (pool->spare_count > 0) {
        const uint32_t number = pool->spare[--pool->spare_count];
        memset(learn_pool_at(pool, number), 0, pool->size);
        return number;
    }
    if (pool->used == pool->slab_count * LEARN_SLAB) {
        pool->slabs = memory_grow(pool->slabs, (pool->slab_count + 1) * sizeof(*pool->slabs));
        pool->slabs[pool->slab_count] = memory_new(LEARN_SLAB * pool->size);
        memory_scattered(pool->slabs[pool->slab_count++], LEARN_SLAB * pool->size);
    }
    return (uint32_t)pool->used++;
}

static void pool_give(struct learn_pool *pool, uint32_t number)
{
    if (pool->spare_count == pool->spare_room) {
        pool->spare_room = pool->spare_room ? pool->spare_room * 2 : 64;
        pool->spare = memory_grow(pool->spare, pool->spare_room * sizeof(*pool->spare));
    }
    pool->spare[pool->spare_count++] = number;
}

/* Keys of what an index numbers: entities in a pool, or accounts. */
typedef uint64_t key_of(const void *owner, uint32_t number);

static uint64_t entity_key(const void *owner, uint32_t number) { return learn_pool_at(owner, number)->key; }
static uint64_t account_key(const void *owner, uint32_t number) { return ((const struct learn_account *)owner)[number].key; }

/* Where the key stands, or the empty cell where it would. */
static size_t index_find(const struct learn_index *index, key_of *key_at, const void *owner, uint64_t key)
{
    size_t at = (key >> 20) & (index->capacity - 1);
    while (index->cells[at] && key_at(owner, index->cells[at] - 1) != key) {
        at = (at + 1) & (index->capacity - 1);
    }
    return at;
}

static void index_grow(struct learn *learn, struct learn_index *index, key_of *key_at, const void *owner)
{
    const struct learn_index old = *index;
    if ((old.count + 1) * 4 <= old.capacity * 3) {
        return;
    }
    index->capacity = old.capacity ? old.capacity * 2 : 16;
    index->cells = counted_new(learn, index->capacity * sizeof(*index->cells));
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.cells[i]) {
            index->cells[index_find(index, key_at, owner, key_at(owner, old.cells[i] - 1))] = old.cells[i];
        }
    }
    learn->counts.bytes -= old.capacity * sizeof(*old.cells);
    memory_free(old.cells);
}

/* Closes the gap: whatever probed past it moves up. */
static void index_remove(struct learn_index *index, key_of *key_at, const void *owner, size_t gap)
{
    const size_t mask = index->capacity - 1;
    for (size_t at = (gap + 1) & mask; index->cells[at]; at = (at + 1) & mask) {
        const size_t home = (key_at(owner, index->cells[at] - 1) >> 20) & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            index->cells[gap] = index->cells[at];
            gap = at;
        }
    }
    index->cells[gap] = 0;
    index->count--;
}

static void account_empty(struct learn *learn, struct learn_account *account)
{
    for (size_t kind = 0; kind < LEARN_KINDS; kind++) {
        struct learn_index *index = &account->index[kind];
        for (size_t i = 0; i < index->capacity; i++) {
            if (index->cells[i]) {
                pool_give(&learn->pools[kind], index->cells[i] - 1);
                learn->counts.entities--;
                learn->counts.forgotten++;
            }
        }
        learn->counts.bytes -= index->capacity * sizeof(*index->cells);
        memory_free(index->cells);
        learn->counts.bytes -= account->whole[kind] ? rarity_size(&ACCOUNT_SHAPES[kind]) : 0;
        memory_free(account->whole[kind]);
    }
    learn->counts.bytes -= (account->edges ? sizeof(*account->edges) : 0) + (account->forest ? sizeof(*account->forest) : 0);
    memory_free(account->edges);
    memory_free(account->forest);
    learn->bytes -= account->bytes;
    *account = (struct learn_account){ 0 };
}

void learn_account_forget(struct learn *learn, struct learn_account *account)
{
    const struct learn_account kept = { .key = account->key, .clock = account->clock };
    account_empty(learn, account);
    *account = kept;
}

static uint8_t account_days(const struct learn_account *account)
{
    uint8_t days = 0;
    for (size_t kind = 0; kind < LEARN_KINDS; kind++) {
        days = account->whole[kind] && account->whole[kind]->days > days ? account->whole[kind]->days : days;
    }
    return days;
}

/* The least established account; NULL when all are established, and none has been idle for long. */
static struct learn_account *account_to_forget(struct learn *learn, uint16_t today)
{
    struct learn_account *least = NULL;
    uint8_t least_days = UINT8_MAX;
    for (size_t i = 0; i < learn->account_count; i++) {
        struct learn_account *account = &learn->accounts[i];
        const bool idle = account->clock.newest + ACCOUNT_IDLE_DAYS < today;
        const uint8_t days = idle ? 0 : account_days(account);
        if (days < least_days || (days == least_days && account->clock.newest < least->clock.newest)) {
            least = account;
            least_days = days;
        }
    }
    return least_days < ESTABLISHED_DAYS ? least : NULL;
}

struct learn_account *learn_account_new(struct learn *learn, uint64_t key)
{
    if (learn->account_count == learn->options.accounts) {
        return NULL;
    }
    index_grow(learn, &learn->account_index, account_key, learn->accounts);
    const size_t cell = index_find(&learn->account_index, account_key, learn->accounts, key);
    if (learn->account_index.cells[cell]) {
        return NULL;
    }
    struct learn_account *account = &learn->accounts[learn->account_count];
    account->key = key;
    learn->account_index.cells[cell] = (uint32_t)++learn->account_count;
    learn->account_index.count++;
    return account;
}

struct learn_account *learn_account_get(struct learn *learn, struct str name)
{
    const uint64_t hash = learn_hash(learn->options.seed, name);
    const uint64_t key = hash ? hash : 1;
    if (learn->last && learn->last->key == key) {
        return learn->last;
    }
    if (learn->account_count > 0) {
        const size_t cell = index_find(&learn->account_index, account_key, learn->accounts, key);
        if (learn->account_index.cells[cell]) {
            learn->last = &learn->accounts[learn->account_index.cells[cell] - 1];
            return learn->last;
        }
    }
    struct learn_account *account = learn_account_new(learn, key);
    if (account == NULL) {
        const uint16_t today = learn->last ? learn->last->clock.newest : 0;
        account = account_to_forget(learn, today);
        if (account == NULL) {
            learn->counts.refused++;
            return NULL;
        }
        const uint32_t number = (uint32_t)(account - learn->accounts);
        index_remove(&learn->account_index, account_key, learn->accounts,
                     index_find(&learn->account_index, account_key, learn->accounts, account->key));
        account_empty(learn, account);
        account->key = key;
        learn->account_index.cells[index_find(&learn->account_index, account_key, learn->accounts, key)] = number + 1;
        learn->account_index.count++;
    }
    learn->last = account;
    return account;
}

/* Looks at some of the account's own, from where the last search ended. */
static bool forget_entity(struct learn *learn, struct learn_account *account, enum learn_kind kind)
{
    struct learn_index *index = &account->index[kind];
    struct learn_pool *pool = &learn->pools[kind];
    size_t least = 0;
    const struct rarity_profile *least_profile = NULL;
    if (index->count == 0) {
        return false;
    }
    for (size_t seen = 0, tried = 0; seen < FORGET_AMONG && tried < index->capacity; tried++) {
        const size_t at = account->hand++ & (index->capacity - 1);
        if (index->cells[at] == 0) {
            continue;
        }
        const struct rarity_profile *profile = learn_pool_at(pool, index->cells[at] - 1);
        const bool less = least_profile && (profile->days < least_profile->days ||
                                            (profile->days == least_profile->days && profile->last_day < least_profile->last_day));
        least = least_profile == NULL || less ? at : least;
        least_profile = least_profile == NULL || less ? profile : least_profile;
        seen++;
    }
    const uint32_t number = index->cells[least] - 1;
    index_remove(index, entity_key, pool, least);
    pool_give(pool, number);
    account->bytes -= pool->size;
    learn->bytes -= pool->size;
    learn->counts.entities--;
    learn->counts.forgotten++;
    return true;
}

/* A small account may always grow a little; a large one neither beyond its share nor beyond what is left. */
static bool has_room(const struct learn *learn, const struct learn_account *account, size_t size)
{
    const size_t reserve = PRINCIPAL_RESERVE * rarity_size(&SHAPES[LEARN_PRINCIPAL]);
    return account->bytes + size <= reserve ||
           (account->bytes + size <= learn->bytes_most_account && learn->bytes + size <= learn->bytes_most);
}

struct rarity_profile *learn_entity_new(struct learn *learn, struct learn_account *account, enum learn_kind kind, uint64_t key)
{
    struct learn_index *index = &account->index[kind];
    struct learn_pool *pool = &learn->pools[kind];
    if (!has_room(learn, account, pool->size)) {
        return NULL;
    }
    index_grow(learn, index, entity_key, pool);
    const size_t cell = index_find(index, entity_key, pool, key);
    if (index->cells[cell]) {
        return NULL;
    }
    const size_t slabs = pool->slab_count;
    const uint32_t number = learn_pool_take(pool);
    learn->counts.bytes += (pool->slab_count - slabs) * LEARN_SLAB * pool->size;
    struct rarity_profile *profile = learn_pool_at(pool, number);
    profile->key = key;
    index->cells[cell] = number + 1;
    index->count++;
    account->bytes += pool->size;
    learn->bytes += pool->size;
    learn->counts.entities++;
    return profile;
}

struct rarity_profile *learn_entity_get(struct learn *learn, struct learn_account *account, enum learn_kind kind, uint64_t key)
{
    const struct learn_index *index = &account->index[kind];
    if (index->count > 0) {
        const size_t cell = index_find(index, entity_key, &learn->pools[kind], key);
        if (index->cells[cell]) {
            return learn_pool_at(&learn->pools[kind], index->cells[cell] - 1);
        }
    }
    while (!has_room(learn, account, learn->pools[kind].size)) {
        if (!forget_entity(learn, account, kind)) {
            learn->counts.refused++;
            return NULL;
        }
    }
    return learn_entity_new(learn, account, kind, key);
}

struct rarity_profile *learn_whole_get(struct learn *learn, struct learn_account *account, enum learn_kind kind)
{
    if (account->whole[kind] == NULL) {
        account->whole[kind] = counted_new(learn, rarity_size(&ACCOUNT_SHAPES[kind]));
        account->whole[kind]->key = account->key;
    }
    return account->whole[kind];
}

struct edges *learn_edges(struct learn *learn, struct learn_account *account)
{
    account->edges = account->edges ? account->edges : counted_new(learn, sizeof(*account->edges));
    return account->edges;
}

struct forest *learn_forest(struct learn *learn, struct learn_account *account)
{
    account->forest = account->forest ? account->forest : counted_new(learn, sizeof(*account->forest));
    return account->forest;
}

struct learn *learn_open(const struct learn_options *options)
{
    struct learn *learn = memory_new(sizeof(*learn));
    learn->options = options ? *options : (struct learn_options){ 0 };
    learn->options.entities = learn->options.entities ? learn->options.entities : LEARN_ENTITIES;
    learn->options.accounts = learn->options.accounts ? learn->options.accounts : LEARN_ACCOUNTS;
    learn->accounts = counted_new(learn, learn->options.accounts * sizeof(*learn->accounts));
    learn->bytes_most = learn->options.entities * rarity_size(&SHAPES[LEARN_PRINCIPAL]);
    learn->bytes_most_account = learn->bytes_most / 4 * 3;
    for (size_t kind = 0; kind < LEARN_KINDS; kind++) {
        learn->pools[kind].size = rarity_size(&SHAPES[kind]);
    }
    return learn;
}

void learn_close(struct learn *learn)
{
    if (learn == NULL) {
        return;
    }
    for (size_t i = 0; i < learn->account_count; i++) {
        account_empty(learn, &learn->accounts[i]);
    }
    for (size_t kind = 0; kind < LEARN_KINDS; kind++) {
        struct learn_pool *pool = &learn->pools[kind];
        for (size_t i = 0; i < pool->slab_count; i++) {
            memory_free(pool->slabs[i]);
        }
        memory_free(pool->slabs);
        memory_free(pool->spare);
    }
    memory_free(learn->account_index.cells);
    memory_free(learn->accounts);
    memory_free(learn);
}

struct learn_counts learn_counts(const struct learn *learn)
{
    struct learn_counts counts = learn->counts;
    counts.accounts = learn->account_count;
    return counts;
}
