#include "detect/intel_texts.h"

#include <stdlib.h>

enum { HINT_BITS_EACH = 16, SHIFT_MAX = 58 };

void texts_free(struct texts *texts)
{
    memory_free(texts->hashes);
    memory_free(texts->values);
    memory_free(texts->first);
    memory_free(texts->hints);
    memory_free(texts->added);
}

void texts_add(struct texts *texts, uint64_t hash, uint32_t value)
{
    if (texts->added_count == texts->added_capacity) {
        texts->added_capacity = texts->added_capacity ? texts->added_capacity * 2 : 256;
        texts->added = memory_grow(texts->added, texts->added_capacity * sizeof(struct text_entry));
    }
    texts->added[texts->added_count++] = (struct text_entry){ hash, value };
}

static int compare(const void *a, const void *b)
{
    const struct text_entry *left = a;
    const struct text_entry *right = b;
    return left->hash < right->hash ? -1 : left->hash > right->hash;
}

/* Two to four hashes a place, sixteen to thirty-two bits of hint a hash. */
static void make_index(struct texts *texts)
{
    unsigned bits = 6;
    while ((texts->count >> bits) > 4) {
        bits++;
    }
    texts->shift = 64 - bits;
    unsigned hint_bits = 6;
    while ((UINT64_C(1) << hint_bits) < texts->count * HINT_BITS_EACH) {
        hint_bits++;
    }
    texts->hint_shift = 64 - hint_bits;
    const size_t places = (size_t)1 << bits;
    texts->first = memory_new((places + 1) * sizeof(uint32_t));
    texts->hints = memory_new(((size_t)1 << hint_bits) / 8);
    size_t at = 0;
    for (size_t place = 0; place <= places; place++) {
        while (at < texts->count && texts->hashes[at] >> texts->shift < place) {
            at++;
        }
        texts->first[place] = (uint32_t)at;
    }
    for (size_t i = 0; i < texts->count; i++) {
        const uint64_t bit = texts->hashes[i] >> texts->hint_shift;
        texts->hints[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
}

static void put(struct texts *to, uint64_t hash, uint32_t value, struct labels *labels)
{
    if (to->count > 0 && to->hashes[to->count - 1] == hash) {
        to->values[to->count - 1] = labels_join(labels, to->values[to->count - 1], value);
        return;
    }
    to->hashes[to->count] = hash;
    to->values[to->count++] = value;
}

void texts_settle(struct texts *texts, struct labels *labels)
{
    if (texts->added_count == 0) {
        return;
    }
    qsort(texts->added, texts->added_count, sizeof(struct text_entry), compare);
    const size_t most = texts->count + texts->added_count;
    struct texts merged = { .hashes = memory_new(most * sizeof(uint64_t)), .values = memory_new(most * sizeof(uint32_t)) };
    size_t old = 0;
    for (size_t i = 0; i < texts->added_count; i++) {
        for (; old < texts->count && texts->hashes[old] <= texts->added[i].hash; old++) {
            put(&merged, texts->hashes[old], texts->values[old], labels);
        }
        put(&merged, texts->added[i].hash, texts->added[i].value, labels);
    }
    for (; old < texts->count; old++) {
        put(&merged, texts->hashes[old], texts->values[old], labels);
    }
    texts_free(texts);
    *texts = merged;
    make_index(texts);
}

uint32_t texts_find(const struct texts *texts, uint64_t hash)
{
    if (texts->count == 0 || !texts_may_hold(texts, hash)) {
        return 0;
    }
    size_t low = texts->first[hash >> texts->shift];
    size_t high = texts->first[(hash >> texts->shift) + 1];
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (texts->hashes[middle] == hash) {
            return texts->values[middle];
        }
        if (texts->hashes[middle] < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

#define FACTOR UINT64_C(0x9E3779B97F4A7C15)

static uint64_t seed(enum text_kind kind) { return ((uint64_t)kind + 1) * UINT64_C(0xD6E8FEB86659FD93); }

static uint64_t step(uint64_t hash, char c)
{
    const unsigned char letter = (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    hash = (hash ^ letter) * FACTOR;
    return hash ^ hash >> 29;
}

static uint64_t finish(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0xBF58476D1CE4E5B9);
    return hash ^ hash >> 31;
}

uint64_t text_hash(enum text_kind kind, struct str text)
{
    uint64_t hash = seed(kind);
    for (size_t i = text.len; i > 0; i--) {
        hash = step(hash, text.ptr[i - 1]);
    }
    return finish(hash);
}

bool text_suffixes(struct str name, struct text_suffixes *out)
{
    out->count = 0;
    const size_t len = name.len > 0 && name.ptr[name.len - 1] == '.' ? name.len - 1 : name.len;
    if (len == 0 || len > TEXT_LENGTH_MAX) {
        return false;
    }
    uint64_t hash = seed(TEXT_NAME);
    bool dotted = false;
    for (size_t i = len; i > 0; i--) {
        if (name.ptr[i - 1] == '.') {
            if (dotted && out->count < TEXT_SUFFIXES_MAX - 1) {
                out->starts[out->count] = (uint16_t)i;
                out->hashes[out->count++] = finish(hash);
            }
            dotted = true;
        }
        hash = step(hash, name.ptr[i - 1]);
    }
    out->starts[out->count] = 0;
    out->hashes[out->count++] = finish(hash);
    return dotted;
}
