/* scan_tree.h - the inside of a projection: a trie of keys, each node with a hash table of the keys below it.
 * For scan*.c only. */
#ifndef YAGURA_BASE_SCAN_TREE_H
#define YAGURA_BASE_SCAN_TREE_H

#include "base/compat.h"
#include "base/scan.h"

/* First and last eight bytes stand in for the key: only keys of more than sixteen need a look at their middle. */
struct scan_key {
    uint64_t head;
    uint64_t tail;
    const char *ptr;
    uint32_t len;
    uint32_t child; /* index of a node; 0: empty place, as the root is nobody's child */
};

struct scan_node {
    struct scan_key *keys; /* open addressing, always with empty places; NULL: a leaf */
    uint64_t multiplier;   /* chosen so that the keys fall into different places where possible */
    uint32_t mask;
    unsigned shift;
    uint32_t longest;      /* length of the longest key */
    uint16_t whole;        /* slot of the value as it stands; SCAN_NO_SLOT */
    uint16_t each;         /* slot of the elements */
};

struct projection {
    struct arena *arena;
    struct scan_node *nodes; /* 0 is the root */
    size_t node_count;
    size_t slot_count;
};

static inline uint64_t scan_key_load(const char *bytes, size_t count)
{
    uint64_t word = 0;
    memcpy(&word, bytes, count);
    return word;
}

static inline uint64_t scan_key_place(uint64_t multiplier, uint64_t head, uint64_t tail, size_t len)
{
    return (head ^ (tail << 29 | tail >> 35) ^ len) * multiplier;
}

/* The child of a key: 0 when it is not wanted. limit: bytes up to there may be read. */
ALWAYS_INLINE uint32_t scan_node_find(const struct scan_node *node, const char *ptr, size_t len, const char *limit)
{
    uint64_t head = 0;
    uint64_t tail = 0;
    if (len >= 8) {
        head = scan_key_load(ptr, 8);
        tail = scan_key_load(ptr + len - 8, 8);
    } else if (LIKELY(limit - ptr >= 8)) {
        head = scan_key_load(ptr, 8) & (((uint64_t)1 << 8 * len) - 1);
    } else {
        head = scan_key_load(ptr, len);
    }
    size_t place = (size_t)(scan_key_place(node->multiplier, head, tail, len) >> node->shift);
    for (const struct scan_key *key = &node->keys[place]; key->child; key = &node->keys[place]) {
        if (key->head == head && key->tail == tail && key->len == len
            && (len <= 16 || memcmp(key->ptr + 8, ptr + 8, len - 16) == 0)) {
            return key->child;
        }
        place = (place + 1) & node->mask;
    }
    return 0;
}

#endif
