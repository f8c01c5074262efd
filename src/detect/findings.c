/* findings.c - the table of merged findings (finding.h) for runs without a store. */
#include <stdlib.h>

#include "base/map.h"
#include "detect/finding.h"

/* Each finding keeps its newest JSON in a piece of its own: repeats replace it without growing anything. */
struct held {
    char *json;
    size_t len;
};

struct findings {
    struct map *by_id;
    size_t limit;
    uint64_t dropped;
    struct arena *scratch;
};

struct findings *findings_open(size_t limit)
{
    struct findings *findings = memory_new(sizeof(*findings));
    *findings = (struct findings){ map_open(), limit, 0, arena_open() };
    return findings;
}

static void drop_held(void *value)
{
    struct held *held = value;
    memory_free(held->json);
    memory_free(held);
}

void findings_close(struct findings *findings)
{
    if (findings) {
        map_close(findings->by_id, drop_held);
        arena_close(findings->scratch);
        memory_free(findings);
    }
}

static void keep(struct held *held, struct str json)
{
    held->json = memory_grow(held->json, json.len + 1);
    memcpy(held->json, json.ptr, json.len);
    held->json[json.len] = '\0';
    held->len = json.len;
}

void findings_add(struct findings *findings, const struct finding *finding)
{
    struct held *held = map_get(findings->by_id, finding->id);
    if (held) {
        const struct str merged = finding_merge(findings->scratch, (struct str){ held->json, held->len }, finding->json);
        if (merged.ptr) {
            keep(held, merged);
        }
        arena_reset(findings->scratch);
        return;
    }
    if (map_count(findings->by_id) >= findings->limit) {
        findings->dropped++;
        return;
    }
    held = memory_new(sizeof(*held));
    keep(held, finding->json);
    map_put(findings->by_id, finding->id, held);
}

uint64_t findings_dropped(const struct findings *findings) { return findings->dropped; }

static int by_weight(const void *left, const void *right)
{
    const struct finding *a = left;
    const struct finding *b = right;
    if (a->severity < b->severity || a->severity > b->severity) {
        return a->severity > b->severity ? -1 : 1;
    }
    if (a->last_ms != b->last_ms) {
        return a->last_ms > b->last_ms ? -1 : 1;
    }
    const int type = str_compare(a->type, b->type);
    return type != 0 ? type : str_compare(a->id, b->id);
}

const struct finding *findings_list(struct findings *findings, struct arena *arena, size_t *count)
{
    struct finding *list = ARENA_ARRAY(arena, struct finding, map_count(findings->by_id) + 1);
    size_t at = 0;
    size_t filled = 0;
    void *value = NULL;
    struct str key;
    while (map_next(findings->by_id, &at, &key, &value)) {
        const struct held *held = value;
        filled += finding_read(arena, (struct str){ held->json, held->len }, &list[filled]);
    }
    qsort(list, filled, sizeof(*list), by_weight);
    *count = filled;
    return list;
}
