#include "base/map.h"

struct entry {
    uint64_t hash;
    struct str key; /* owned; ptr NULL: never used */
    void *value;    /* NULL: removed */
};

struct map {
    struct entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t used;     /* entries with a key, removed ones included */
    size_t count;
};

struct map *map_open(void)
{
    return memory_new(sizeof(struct map));
}

void map_close(struct map *map, void (*drop)(void *value))
{
    if (map == NULL) {
        return;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].value && drop) {
            drop(map->entries[i].value);
        }
        memory_free((void *)(uintptr_t)map->entries[i].key.ptr);
    }
    memory_free(map->entries);
    memory_free(map);
}

/* The entry of key, or the free one where it would go. */
static struct entry *find(const struct map *map, struct str key, uint64_t hash)
{
    size_t at = (size_t)hash & (map->capacity - 1);
    for (;;) {
        struct entry *entry = &map->entries[at];
        if (entry->key.ptr == NULL || (entry->hash == hash && str_equal(entry->key, key))) {
            return entry;
        }
        at = (at + 1) & (map->capacity - 1);
    }
}

static void grow(struct map *map)
{
    struct map bigger = { .capacity = map->count * 4 < 16 ? 16 : 1 };
    while (bigger.capacity < map->count * 4) {
        bigger.capacity *= 2;
    }
    bigger.entries = memory_new(bigger.capacity * sizeof(struct entry));
    for (size_t i = 0; i < map->capacity; i++) {
        struct entry *entry = &map->entries[i];
        if (entry->value) {
            *find(&bigger, entry->key, entry->hash) = *entry;
            bigger.count++;
        } else {
            memory_free((void *)(uintptr_t)entry->key.ptr);
        }
    }
    memory_free(map->entries);
    bigger.used = bigger.count;
    *map = bigger;
}

void *map_get(const struct map *map, struct str key)
{
    return map->capacity ? find(map, key, str_hash(key))->value : NULL;
}

static struct str key_keep(struct str key)
{
    char *copy = memory_new(key.len + 1);
    if (key.len) {
        memcpy(copy, key.ptr, key.len);
    }
    return (struct str){ copy, key.len };
}

void *map_put(struct map *map, struct str key, void *value)
{
    if ((map->used + 1) * 4 > map->capacity * 3) {
        grow(map);
    }
    const uint64_t hash = str_hash(key);
    struct entry *entry = find(map, key, hash);
    if (entry->key.ptr == NULL) {
        entry->key = key_keep(key);
        entry->hash = hash;
        map->used++;
    }
    void *old = entry->value;
    map->count += old == NULL;
    entry->value = value;
    return old;
}

void *map_remove(struct map *map, struct str key)
{
    if (map->capacity == 0) {
        return NULL;
    }
    struct entry *entry = find(map, key, str_hash(key));
    void *old = entry->value;
    entry->value = NULL;
    map->count -= old != NULL;
    return old;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

bool map_next(const struct map *map, size_t *at, struct str *key, void **value)
{
    for (; *at < map->capacity; (*at)++) {
        const struct entry *entry = &map->entries[*at];
        if (entry->value) {
            *key = entry->key;
            *value = entry->value;
            (*at)++;
            return true;
        }
    }
    return false;
}
