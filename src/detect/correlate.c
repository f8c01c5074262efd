#include "detect/correlate.h"

struct correlate {
    const struct rules *rules;
    struct correlation_set *set;
    uint16_t *slots; /* of the projection, by field of the set */
};

struct err correlate_open(struct ctx *ctx, const struct rules *rules, struct projection_builder *builder, struct correlate **out)
{
    *out = NULL;
    if (rules->correlation_count == 0) {
        return ERR_OK;
    }
    struct correlation_name *names = ARENA_ARRAY(ctx->arena, struct correlation_name, rules->count + 1);
    for (size_t i = 0; i < rules->count; i++) {
        names[i] = (struct correlation_name){ rules->items[i].detection.id, rules->items[i].name };
    }
    struct correlation_set *set = NULL;
    TRY(correlation_open(ctx, rules->correlations, rules->correlation_count, names, rules->count, &set));
    const struct str *fields = NULL;
    const size_t count = correlation_fields(set, &fields);
    struct correlate *correlate = memory_new(sizeof(*correlate));
    *correlate = (struct correlate){ rules, set, ARENA_ARRAY(ctx->arena, uint16_t, count + 1) };
    for (size_t i = 0; i < count; i++) {
        correlate->slots[i] = projection_slot(builder, fields[i]);
    }
    *out = correlate;
    return ERR_OK;
}

void correlate_close(struct correlate *correlate)
{
    if (correlate) {
        correlation_close(correlate->set);
        memory_free(correlate);
    }
}

bool correlate_hides(const struct correlate *correlate, uint32_t rule)
{
    return correlate && correlation_hides(correlate->set, rule);
}

uint64_t correlate_evictions(const struct correlate *correlate)
{
    return correlate ? correlation_counts(correlate->set).evictions : 0;
}

struct asked {
    const struct correlate *correlate;
    const struct event *ev;
};

/* The first value of a field that has several. */
static struct str value_of(void *self, size_t field)
{
    const struct asked *asked = self;
    const uint16_t slot = asked->correlate->slots[field];
    if (slot == SCAN_NO_SLOT) {
        return STR_NONE;
    }
    const struct scan_value *value = scan_get(asked->ev->scan, slot);
    if (value->kind == SCAN_ABSENT || value->kind == SCAN_NULL) {
        return STR_NONE;
    }
    return value->kind == SCAN_STRING ? scan_text(asked->ev->arena, value) : (struct str){ value->ptr, value->len };
}

size_t correlate_event(struct correlate *correlate, const struct event *ev, const uint32_t *matched, size_t count,
                       struct correlate_hit hits[CORRELATE_HITS_MAX])
{
    struct asked asked = { correlate, ev };
    struct correlation_hit found[CORRELATE_HITS_MAX];
    const struct str id = event_get(ev, FIELD_EVENT_ID);
    const struct correlation_event event = {
        .at_ms = ev->at_ms,
        .identity = id.len > 0 ? str_hash(id) | 1 : 0,
        .self = &asked,
        .value = value_of,
    };
    const size_t hit_count = correlation_event(correlate->set, ev->arena, matched, count, &event, found, CORRELATE_HITS_MAX);
    for (size_t i = 0; i < hit_count; i++) {
        hits[i].detection = &correlate->rules->correlation_detections[found[i].correlation];
        hits[i].why = correlation_words(ev->arena, correlate->set, &found[i]);
    }
    return hit_count;
}
