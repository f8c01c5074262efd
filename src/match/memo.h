/* memo.h - what was found out about texts seen lately in one field. For match's own .c files only.
 *
 * User agents, callers and addresses come again and again: which literals lie in such a text, and which tests it satisfies,
 * is found out once. A table holds few texts, each in the one place that its bytes choose, and whole: a verdict is only
 * taken over for the very same text. */
#ifndef YAGURA_MATCH_MEMO_H
#define YAGURA_MATCH_MEMO_H

#include "base/str.h"

enum { MEMO_TEXT_MAX = 240, MEMO_HITS_MAX = 4, MEMO_ENTRIES = 512, MEMO_UNSEARCHED = UINT8_MAX, MEMO_TESTS = 64 };

struct interned;

struct memo {
    uint64_t known; /* by test of the field: its verdict is in held */
    uint64_t held;
    uint64_t serial; /* of the text: changes when another one takes the place */
    const struct interned *value; /* when recognised: what rules ask for; NULL: none does */
    uint32_t spelling;
    bool recognised;
    uint32_t hits[MEMO_HITS_MAX]; /* literals that lie in the text */
    uint8_t hit_count; /* MEMO_UNSEARCHED: not known, or too many */
    uint8_t len;
    char text[MEMO_TEXT_MAX];
};

struct memo_table {
    uint64_t serial;
    struct memo entries[MEMO_ENTRIES];
};

/* The text's place, emptied if it held another one. NULL: too long to be remembered. */
struct memo *memo_of(struct memo_table *table, struct str text);

#endif
