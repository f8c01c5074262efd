/* set.h - the inside of a compiled set. For match's own .c files only.
 *
 * Every rule waits behind one or more anchors, of which one must turn up in a document for the rule to hold: a value of a
 * field, a literal within a field or within the whole document, or just the presence of a field. Only rules that an anchor
 * woke are evaluated, and each test at most once per document. */
#ifndef YAGURA_MATCH_SET_H
#define YAGURA_MATCH_SET_H

#include "match/literals.h"
#include "match/match.h"
#include "match/memo.h"
#include "match/network.h"
#include "match/regex.h"
#include "match/text.h"

#define NO_GUARD UINT32_MAX

/* Rules to wake, each with a test that it needs too and that many rules share: asked first, it is mostly answered already
 * and sends most of them back to sleep before their own memory is touched. */
struct sleeper {
    uint32_t rule;
    uint32_t guard; /* test or NO_GUARD */
};
struct rule_list {
    struct sleeper *sleepers;
    size_t count;
};

/* A value as some rule spells it: exact is its number with that spelling. */
struct spelling {
    struct str text;
    uint32_t number;
    struct spelling *next;
};

/* A value that rules ask for in some field, whatever its case. Numbers count through the whole set, from 1. */
struct interned {
    uint64_t hash;
    struct str lower;
    uint32_t number;
    struct spelling *spellings;
    struct rule_list wakes;
    struct interned *next; /* in order of creation, while building */
};

struct match_field {
    struct str path;
    uint16_t each;  /* slot of the values */
    uint16_t whole; /* slot that tells presence; SCAN_NO_SLOT when nobody asks */
    bool flat;
    const uint16_t *joined; /* slots of the same path with dots within keys */
    size_t joined_count;
    uint64_t lengths; /* bit n: a value asked for is n bytes long, or n and a multiple of 64 */
    bool remembered;         /* texts have memos */
    uint32_t memo_tests;     /* tests that keep their verdicts in memos */
    struct interned **table; /* open addressing; NULL: no values are asked for */
    size_t mask;
    size_t value_count;
    struct interned *values;
    struct literals *literals; /* NULL: none */
    const struct rule_list *literal_wakes;
    size_t literal_count;
    struct rule_list present_wakes;
};

/* What every document touches comes first, within one line of the cache. */
struct match_test {
    enum predicate_operator op;
    uint32_t field;
    uint32_t value_count;
    bool ignore_case;
    bool anything_but;
    bool once;                  /* one rule asks it alone: its verdict isn't worth keeping */
    bool flat;
    uint8_t memo;               /* bit of its verdict in memos of the field; MEMO_TESTS: not kept there */
    const uint32_t *numbers;    /* EQUALS: of its values, ascending */
    const double *doubles;      /* NUMBER: its values; NULL: a range */
    uint32_t other;
    struct wildcard *wildcards; /* WILDCARD, KEYWORD */
    const struct str *texts;    /* PREFIX, SUFFIX, CONTAINS; in lower case where case is ignored */
    struct network *networks;
    struct regex **regexes;
    struct predicate predicate; /* a copy, in the set's arena */
};

/* A rule as a list: a node is followed by its children; size counts both. */
struct match_node {
    enum predicate_kind kind;
    uint32_t size;
    uint32_t test;
    bool together;
};

struct match_rule {
    uint32_t id;
    const struct match_node *nodes;   /* as they are evaluated: what most likely fails first */
    const struct match_node *written; /* in the order of the rule */
    const struct str *labels;         /* of those */
    const struct predicate *predicate; /* only while building */
};

/* A field whose value, or that it is there, has a say in which rules wake. */
struct match_key {
    uint32_t field;
    uint16_t slot;
    bool text_counts;
};

struct match_set {
    uint64_t stamp; /* of this process's sets, no two alike: an address may come again */
    struct arena *arena;
    struct match_field *fields;
    size_t field_count;
    struct match_test *tests;
    size_t test_count;
    struct match_rule *rules;
    size_t rule_count;
    const uint32_t *woken_fields; /* those with any wakes */
    size_t woken_field_count;
    const struct match_key *keys; /* fields that alone decide which rules fields wake; none when they are too many, or flat */
    size_t key_count;
    struct rule_list always;
    struct literals *document_literals; /* NULL: none */
    const struct rule_list *document_wakes;
};

/* A value of the document at hand. */
struct seen_value {
    struct str text;  /* STR_NONE: null */
    struct str lower; /* once asked for */
    const char *source; /* where it stands in the document */
    const struct interned *known; /* NULL: no rule asks for this value */
    uint32_t exact;   /* number of the spelling; 0: no rule spells it so */
    uint8_t kind;     /* enum scan_kind */
    uint8_t numeric;  /* enum seen_numeric: whether number is set */
    double number;
    struct memo *memo; /* of the text, as long as its serial is this one; NULL: not looked up */
    uint64_t serial;
};
enum seen_numeric { NUMERIC_UNKNOWN, NUMERIC_YES, NUMERIC_NO };

struct seen_field {
    uint64_t epoch;
    size_t first;
    size_t count;
};

/* A scratch that sees but a few documents needs no memory of them. */
enum { DOCUMENTS_BEFORE_MEMOS = 8 };
enum { MEMO_FIELDS_MAX = 16, KEYS_MAX = 64, KEYS_PRESENT_MAX = 12, WAKINGS = 2048, WAKING_RULES_MAX = 13 };

/* Rules that were woken by fields when the keys that were there had these values. */
struct waking {
    uint64_t words[KEYS_PRESENT_MAX]; /* which key, and the serial of its value */
    uint8_t present;
    bool known;
    uint8_t count;
    uint32_t rules[WAKING_RULES_MAX];
};

struct match_scratch {
    const struct match_set *set;
    uint64_t stamp; /* of the set that the arrays are made for */
    const struct scan *scan;
    const struct scan_value *slots; /* its values */
    uint64_t epoch; /* of the document: whatever carries another one is stale */
    struct arena *arena;
    struct seen_field *fields;
    struct seen_value *values;
    size_t value_count;
    size_t value_capacity;
    struct memo_table **memos; /* by field; NULL: none */
    size_t memo_count;
    struct waking *wakings; /* by a hash of the keys; NULL: not needed yet */
    uint64_t *verdicts; /* by test: epoch * 2 + verdict */
    uint64_t *woken;    /* bits by rule */
    uint64_t *woken_words; /* bits by word of woken */
    uint64_t document_epoch;
    struct str document_lower;
    struct regex_scratch *regex;
    uint64_t limits;
    uint64_t boxes_epoch;
    struct match_boxes *boxes; /* of the document with that epoch */
};

/* run.c, for explain.c. begin prepares a scratch for a document. */
void match_scratch_begin(struct match_scratch *scratch, const struct match_set *set, const struct scan *scan);
/* By number, as the array of values may move when another field is looked at. */
const struct seen_field *match_field_seen(struct match_scratch *scratch, uint32_t field);
struct memo_table *match_memos(struct match_scratch *scratch, uint32_t field); /* NULL: none, or not yet */
bool match_test_holds(struct match_scratch *scratch, uint32_t test);
const struct seen_value *match_field_values(struct match_scratch *scratch, uint32_t field, size_t *count);
bool match_test_value(struct match_scratch *scratch, const struct match_test *test, struct seen_value *value);
bool match_node_holds(struct match_scratch *scratch, const struct match_node *node);
uint64_t match_interned_place(uint64_t hash, size_t mask);

/* wake.c: marks the rules to be looked at. */
void match_wake_rules(struct match_scratch *scratch);

/* together.c: node is an ALL whose children must hold in the same elements of arrays. */
bool match_together_holds(struct match_scratch *scratch, const struct match_node *node);

/* anchor.c: finds what each rule waits behind and fills the wakes. */
void match_anchor_rules(struct match_set *set);

/* compile.c */
const struct interned *match_field_find(const struct match_field *field, struct str text);

#endif
