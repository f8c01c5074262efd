#include "svc/cloudtrail/usage.h"

static bool is_kind(const struct trail_usage *a, const struct trail_usage *b)
{
    return a->day_ms == b->day_ms && str_equal(a->selector, b->selector) && str_equal(a->category, b->category)
        && str_equal(a->source, b->source) && str_equal(a->bucket, b->bucket);
}

static struct trail_usage *find(struct trail_usages *tally, const struct trail_usage *kind)
{
    for (size_t i = tally->count; i > 0; i--) {
        if (is_kind(&tally->items[i - 1], kind)) {
            return &tally->items[i - 1];
        }
    }
    return NULL;
}

static struct str kept(struct arena *arena, struct str text)
{
    return text.ptr ? str_copy(arena, text) : STR("");
}

void trail_usage_note(struct arena *arena, struct trail_usages *tally, const struct trail_usage *kind)
{
    struct trail_usage *found = find(tally, kind);
    struct trail_usage others = { .day_ms = kind->day_ms, .selector = STR("(others)"), .category = kind->category, .source = STR(""),
                                  .bucket = STR("") };
    if (found == NULL && tally->count >= TRAIL_USAGE_MAX) {
        found = find(tally, &others);
        kind = found ? kind : &others;
    }
    if (found) {
        found->events += kind->events;
        found->bytes += kind->bytes;
    } else if (tally->count <= TRAIL_USAGE_MAX) {
        tally->items[tally->count++] = (struct trail_usage){
            .day_ms = kind->day_ms, .selector = kept(arena, kind->selector), .category = kept(arena, kind->category),
            .source = kept(arena, kind->source), .bucket = kept(arena, kind->bucket), .events = kind->events, .bytes = kind->bytes,
        };
    }
}
