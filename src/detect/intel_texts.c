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
#define EACH(byte) ((byte) * UINT64_C(0x0101010101010101))

static uint64_t finish(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0xBF58476D1CE4E5B9);
    return hash ^ hash >> 31;
}

/* Eight ASCII letters at once. */
static uint64_t lower(uint64_t word)
{
    const uint64_t low = word & EACH(0x7F);
    const uint64_t from_a = low + EACH(0x80 - 'A');
    const uint64_t above_z = low + EACH(0x7F - 'Z');
    return word | ((from_a ^ above_z) & ~word & EACH(0x80)) >> 2;
}

/* Up to eight bytes, each in one place at least; together with the length they tell texts apart. */
static uint64_t short_word(const char *text, size_t len)
{
    uint32_t start = 0;
    uint32_t end = 0;
    if (len >= 4) {
        memcpy(&start, text, sizeof(start));
        memcpy(&end, text + len - sizeof(end), sizeof(end));
        return (uint64_t)end << 32 | start;
    }
    return len == 0 ? 0 : (uint64_t)(unsigned char)text[0] | (uint64_t)(unsigned char)text[len / 2] << 8 |
                          (uint64_t)(unsigned char)text[len - 1] << 16;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ lower(word)) * FACTOR;
    return hash ^ hash >> 32;
}

static uint64_t add_label(uint64_t hash, const char *text, size_t len)
{
    hash += len * UINT64_C(0xD1B54A32D192ED03);
    for (; len > 8; text += 8, len -= 8) {
        uint64_t word = 0;
        memcpy(&word, text, sizeof(word));
        hash = mix(hash, word);
    }
    return mix(hash, short_word(text, len));
}

uint64_t text_hash(enum text_kind kind, struct str text)
{
    return finish(add_label(((uint64_t)kind + 1) * UINT64_C(0xD6E8FEB86659FD93), text.ptr, text.len));
}

bool text_suffixes(struct str name, struct text_suffixes *out)
{
    out->count = 0;
    const size_t len = name.len > 0 && name.ptr[name.len - 1] == '.' ? name.len - 1 : name.len;
    if (len == 0 || len > TEXT_LENGTH_MAX) {
        return false;
    }
    uint64_t hash = FACTOR;
    size_t end = len;
    bool dotted = false;
    for (size_t i = len; i > 0; i--) {
        if (name.ptr[i - 1] == '.') {
            hash = add_label(hash, name.ptr + i, end - i);
            end = i - 1;
            if (dotted && out->count < TEXT_SUFFIXES_MAX - 1) {
                out->starts[out->count] = (uint16_t)i;
                out->hashes[out->count++] = finish(hash);
            }
            dotted = true;
        }
    }
    out->starts[out->count] = 0;
    out->hashes[out->count++] = finish(add_label(hash, name.ptr, end));
    return dotted;
}

uint64_t text_name_hash(struct str name)
{
    struct text_suffixes suffixes;
    return text_suffixes(name, &suffixes) ? suffixes.hashes[suffixes.count - 1] : 0;
}
