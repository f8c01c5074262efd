/* findings.c - the table of merged findings (finding.h) for runs without a store. */
#include <stdlib.h>

#include "base/map.h"
#include "detect/finding_parts.h"

/* Of each finding the newest occurrence's JSON, and what the others add to it. The two are made one only when somebody
 * asks: a rule that matches all day would otherwise spend most of the time on it. */
struct held {
    char *json;
    size_t len;
    bool repeated; /* json isn't all of it */
    int64_t first_ms, last_ms, count;
    struct seen_list events; /* each with texts of its own, in one piece that begins with the id */
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

static struct finding_event event_copy(const struct finding_event *event)
{
    char *texts = memory_new(event->id.len + event->file.len + 1);
    if (event->id.len > 0) {
        memcpy(texts, event->id.ptr, event->id.len);
    }
    if (event->file.len > 0) {
        memcpy(texts + event->id.len, event->file.ptr, event->file.len);
    }
    return (struct finding_event){ { texts, event->id.len }, { texts + event->id.len, event->file.len }, event->at, event->offset };
}

static void event_drop(struct finding_event *event)
{
    union { const char *in; char *out; } texts = { event->id.ptr };
    memory_free(texts.out);
}

static void drop_held(void *value)
{
    struct held *held = value;
    for (size_t i = 0; i < held->events.count; i++) {
        event_drop(&held->events.items[i]);
    }
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

static struct held *first_held(const struct finding *finding)
{
    struct held *held = memory_new(sizeof(*held));
    keep(held, finding->json);
    held->first_ms = finding->first_ms;
    held->last_ms = finding->last_ms;
    held->count = finding->count;
    if (finding->has_event) {
        held->events = (struct seen_list){ { event_copy(&finding->event) }, 1 };
    }
    return held;
}

/* Puts the event into its place among the newest. False: it is there already. */
static bool note_event(struct seen_list *list, const struct finding_event *event)
{
    size_t at = 0;
    while (at < list->count && seen_order(&list->items[at], event) < 0) {
        at++;
    }
    const bool known = at < list->count && seen_order(&list->items[at], event) == 0;
    if (known && seen_place_order(event, &list->items[at]) < 0) {
        event_drop(&list->items[at]);
        list->items[at] = event_copy(event);
    }
    if (known || at == FINDING_EVENTS_MAX) {
        return !known;
    }
    if (list->count == FINDING_EVENTS_MAX) {
        event_drop(&list->items[--list->count]);
    }
    memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof(*event));
    list->items[at] = event_copy(event);
    list->count++;
    return true;
}

static bool is_newer(const struct held *held, const struct finding *finding)
{
    const bool tie = finding->has_event && held->events.count > 0 && seen_order(&finding->event, &held->events.items[0]) < 0;
    return finding->last_ms != held->last_ms ? finding->last_ms > held->last_ms : tie;
}

static void add_occurrence(struct held *held, const struct finding *finding)
{
    if (is_newer(held, finding)) {
        keep(held, finding->json);
    }
    const bool fresh = !finding->has_event || note_event(&held->events, &finding->event);
    held->count += fresh && held->count < INT32_MAX ? 1 : 0;
    held->first_ms = finding->first_ms < held->first_ms ? finding->first_ms : held->first_ms;
    held->last_ms = finding->last_ms > held->last_ms ? finding->last_ms : held->last_ms;
    held->repeated = true;
}

void findings_add(struct findings *findings, const struct finding *finding)
{
    struct held *held = map_get(findings->by_id, finding->id);
    if (held) {
        add_occurrence(held, finding);
        return;
    }
    if (map_count(findings->by_id) >= findings->limit) {
        findings->dropped++;
        return;
    }
    map_put(findings->by_id, finding->id, first_held(finding));
}

bool findings_note(struct findings *findings, const struct finding *finding)
{
    struct held *held = map_get(findings->by_id, finding->id);
    if (held == NULL && map_count(findings->by_id) >= findings->limit) {
        findings->dropped++;
        return true;
    }
    if (held == NULL || is_newer(held, finding)) {
        return false;
    }
    add_occurrence(held, finding);
    return true;
}

static void settle(struct findings *findings, struct held *held)
{
    if (!held->repeated) {
        return;
    }
    const struct str all = finding_of_all(findings->scratch, (struct str){ held->json, held->len }, &held->events, held->count,
                                          held->first_ms, held->last_ms);
    if (all.ptr) {
        keep(held, all);
        held->repeated = false;
    }
    arena_reset(findings->scratch);
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
        struct held *held = value;
        settle(findings, held);
        filled += finding_read(arena, (struct str){ held->json, held->len }, &list[filled]);
    }
    qsort(list, filled, sizeof(*list), by_weight);
    *count = filled;
    return list;
}
