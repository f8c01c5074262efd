/* intel_texts.h - a set of texts with a number each, in about 16 bytes a text whatever its length: names, file hashes, keys.
 *
 * Texts are known by 64 bits of hash: what is asked stands in the question, so nothing needs to be told from the set. Two texts of
 * millions share a hash by chance once in millions of sets. A name's hash grows label by label from its end, so that one pass gives
 * those of all names above it. Add, then settle, then find. */
#ifndef YAGURA_DETECT_INTEL_TEXTS_H
#define YAGURA_DETECT_INTEL_TEXTS_H

#include "detect/intel_labels.h"

enum text_kind { TEXT_HASH, TEXT_KEY };
enum { TEXT_LENGTH_MAX = 253, TEXT_SUFFIXES_MAX = 16 };

struct text_entry {
    uint64_t hash;
    uint32_t value;
};

struct texts {
    uint64_t *hashes;
    uint32_t *values;
    size_t count;
    uint32_t *first; /* of the hashes by their highest bits, one more than there are values of them */
    uint64_t *hints; /* bits: no text of the set has such a hash */
    unsigned shift;  /* what is left of a hash is its place in first */
    unsigned hint_shift;
    struct text_entry *added;
    size_t added_count, added_capacity;
};

void texts_free(struct texts *texts);
void texts_add(struct texts *texts, uint64_t hash, uint32_t value);
void texts_settle(struct texts *texts, struct labels *labels);
uint32_t texts_find(const struct texts *texts, uint64_t hash); /* its number; 0: not in the set */

static inline bool texts_may_hold(const struct texts *texts, uint64_t hash)
{
    const uint64_t bit = hash >> texts->hint_shift;
    return (texts->hints[bit / 64] >> (bit % 64) & 1) != 0;
}
static inline void texts_prefetch(const struct texts *texts, uint64_t hash)
{
    __builtin_prefetch(&texts->hints[(hash >> texts->hint_shift) / 64]);
}

/* Letters count as small ones. */
uint64_t text_hash(enum text_kind kind, struct str text);
uint64_t text_name_hash(struct str name);

/* The hashes of a name and of all above it, top level left out. */
struct text_suffixes {
    size_t count;
    uint64_t hashes[TEXT_SUFFIXES_MAX]; /* from the top down: the last one is the whole name's */
    uint16_t starts[TEXT_SUFFIXES_MAX];
};
/* False: no name. A trailing dot is ignored; names with more labels than fit are known by the highest ones. */
bool text_suffixes(struct str name, struct text_suffixes *out);

#endif
