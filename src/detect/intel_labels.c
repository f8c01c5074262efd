#include "detect/intel_labels.h"

#include "base/map.h"

/* Bounds against lists that say something else of every entry: beyond them an entry is known without its word, and the first
 * of several lists it stands on is the one that counts. */
enum { LABELS_MAX = 1 << 20, LABELS_TOLD_MAX = 1 << 19, WORDS_MAX = 1 << 16, CHAIN_MAX = 8, WORD_LENGTH_MAX = 128 };

struct words {
    struct str *items;
    size_t count, capacity;
};

struct labels {
    struct arena *arena;
    struct label *items;
    size_t count, capacity;
    struct map *known; /* bytes of a label to its number + 1, as a pointer */
    struct words sources, threats;
    struct map *threat_numbers;
};

static void *number_pointer(size_t number) { return (void *)(uintptr_t)number; }
static size_t pointer_number(const void *pointer) { return (size_t)(uintptr_t)pointer; }

static uint32_t word_add(struct words *words, struct str word)
{
    if (words->count == words->capacity) {
        words->capacity = words->capacity ? words->capacity * 2 : 16;
        words->items = memory_grow(words->items, words->capacity * sizeof(struct str));
    }
    words->items[words->count] = word;
    return (uint32_t)words->count++;
}

struct labels *labels_open(void)
{
    struct labels *labels = memory_new(sizeof(*labels));
    labels->arena = arena_open();
    labels->known = map_open();
    labels->threat_numbers = map_open();
    labels->capacity = 64;
    labels->items = memory_new(labels->capacity * sizeof(struct label));
    labels->count = 1;
    word_add(&labels->threats, STR_NONE);
    return labels;
}

void labels_close(struct labels *labels)
{
    map_close(labels->known, NULL);
    map_close(labels->threat_numbers, NULL);
    arena_close(labels->arena);
    memory_free(labels->sources.items);
    memory_free(labels->threats.items);
    memory_free(labels->items);
    memory_free(labels);
}

uint32_t labels_source(struct labels *labels, struct str name)
{
    return word_add(&labels->sources, str_copy(labels->arena, name));
}

static uint32_t threat_number(struct labels *labels, struct str threat)
{
    const struct str word = str_slice(threat, 0, WORD_LENGTH_MAX);
    if (word.len == 0) {
        return 0;
    }
    const void *known = map_get(labels->threat_numbers, word);
    if (known) {
        return (uint32_t)pointer_number(known);
    }
    if (labels->threats.count >= WORDS_MAX) {
        return 0;
    }
    const uint32_t number = word_add(&labels->threats, str_copy(labels->arena, word));
    map_put(labels->threat_numbers, word, number_pointer(number));
    return number;
}

static uint32_t intern(struct labels *labels, const struct label *label, size_t limit, uint32_t otherwise)
{
    const struct str bytes = { (const char *)label, sizeof(*label) };
    const void *known = map_get(labels->known, bytes);
    if (known) {
        return (uint32_t)pointer_number(known);
    }
    if (labels->count >= limit) {
        return otherwise;
    }
    if (labels->count == labels->capacity) {
        labels->capacity *= 2;
        labels->items = memory_grow(labels->items, labels->capacity * sizeof(struct label));
    }
    labels->items[labels->count] = *label;
    map_put(labels->known, bytes, number_pointer(labels->count));
    return (uint32_t)labels->count++;
}

uint32_t labels_make(struct labels *labels, uint32_t source, uint32_t lists, struct str threat, bool below_only)
{
    const uint32_t exact = below_only ? 0 : lists;
    const struct label plain = { lists, exact, lists, source, 0, below_only, 0 };
    struct label label = plain;
    label.threat = threat_number(labels, threat);
    const uint32_t number = intern(labels, &label, LABELS_TOLD_MAX, 0);
    return number != 0 ? number : intern(labels, &plain, LABELS_MAX, 0);
}

uint32_t labels_join(struct labels *labels, uint32_t old, uint32_t more)
{
    if (old == 0 || more == 0) {
        return old == 0 ? more : old;
    }
    const struct label *added = labels_at(labels, more);
    size_t length = 0;
    bool covered = false;
    for (uint32_t at = old; at != 0; at = labels->items[at].next, length++) {
        const struct label *l = labels_at(labels, at);
        covered = covered || (l->source == added->source && l->lists == added->lists && l->below_only == added->below_only);
    }
    if (covered || (length >= CHAIN_MAX && (added->all & ~labels->items[old].all) == 0)) {
        return old;
    }
    struct label label = *added;
    label.next = old;
    label.all |= labels->items[old].all;
    label.exact |= labels->items[old].exact;
    return intern(labels, &label, LABELS_TOLD_MAX, old);
}

const struct label *labels_at(const struct labels *labels, uint32_t number) { return &labels->items[number]; }

struct str labels_source_name(const struct labels *labels, const struct label *label)
{
    return label->source < labels->sources.count ? labels->sources.items[label->source] : STR_NONE;
}

struct str labels_threat(const struct labels *labels, const struct label *label) { return labels->threats.items[label->threat]; }
