/* scan_oracle.h - what the scanner must say of a document, worked out on the strict parser's tree.
 * Shared by base/scan_test.c and fuzz/scan_fuzz.c. */
#ifndef YAGURA_TESTS_SCAN_ORACLE_H
#define YAGURA_TESTS_SCAN_ORACLE_H

#include <stdio.h>

#include "base/json.h"
#include "base/scan.h"

/* Walks both answers of one slot side by side. */
struct oracle {
    struct arena *arena;
    const struct scan *scan;
    const struct scan_value *at; /* next value of the scanner; NULL: none left */
    const char *trouble;
};

static inline enum scan_kind oracle_kind(const struct json *j)
{
    static const enum scan_kind kinds[] = {
        [JSON_NULL] = SCAN_NULL,     [JSON_FALSE] = SCAN_FALSE,   [JSON_TRUE] = SCAN_TRUE,   [JSON_NUMBER] = SCAN_NUMBER,
        [JSON_STRING] = SCAN_STRING, [JSON_OBJECT] = SCAN_OBJECT, [JSON_ARRAY] = SCAN_ARRAY,
    };
    return kinds[j->kind];
}

static inline void oracle_value(struct oracle *o, const struct json *j)
{
    const struct scan_value *v = o->at;
    if (v == NULL || v->kind == SCAN_ABSENT) {
        o->trouble = "a value is missing";
        return;
    }
    if (v->kind != oracle_kind(j)) {
        o->trouble = "another kind";
        return;
    }
    const struct str text = v->kind == SCAN_STRING ? scan_text(o->arena, v) : (struct str){ v->ptr, v->len };
    if (j->kind != JSON_NULL && j->kind != JSON_FALSE && j->kind != JSON_TRUE && !str_equal(text, j->text)) {
        o->trouble = "another text";
    }
    o->at = scan_more(o->scan, v);
}

static inline void oracle_each(struct oracle *o, const struct json *j)
{
    if (j->kind != JSON_ARRAY) {
        oracle_value(o, j);
        return;
    }
    for (const struct json *child = j->child; child; child = child->next) {
        oracle_each(o, child);
    }
}

/* parts are keys from here on; each: the path ends in []. Order is that of the text. */
static inline void oracle_walk(struct oracle *o, const struct json *j, const struct str *parts, size_t count, bool each)
{
    if (count == 0) {
        if (each) {
            oracle_each(o, j);
        } else {
            oracle_value(o, j);
        }
        return;
    }
    if (j->kind == JSON_ARRAY) {
        for (const struct json *child = j->child; child; child = child->next) {
            oracle_walk(o, child, parts, count, each);
        }
        return;
    }
    const struct json *member = json_get(j, parts[0]);
    if (member) {
        oracle_walk(o, member, parts + 1, count - 1, each);
    }
}

/* NULL: the slot holds exactly what the tree says. */
static inline const char *oracle_compare(struct arena *arena, const struct scan *scan, uint16_t slot,
                                         const struct json *root, const struct str *parts, size_t count, bool each)
{
    const struct scan_value *first = scan_get(scan, slot);
    struct oracle o = { arena, scan, first->kind == SCAN_ABSENT ? NULL : first, NULL };
    oracle_walk(&o, root, parts, count, each);
    return o.trouble ? o.trouble : o.at ? "a value too many" : NULL;
}

/* The paths of the differential tests over the keys a, b, "", "a.b" and "key that is longer than sixteen". */
struct oracle_path {
    const char *path;
    struct str parts[4];
    size_t count;
    bool each;
};
static const struct oracle_path ORACLE_PATHS[] = {
    { "a", { STR_INIT("a") }, 1, false },
    { "a[]", { STR_INIT("a") }, 1, true },
    { "a.b", { STR_INIT("a"), STR_INIT("b") }, 2, false },
    { "a.b[]", { STR_INIT("a"), STR_INIT("b") }, 2, true },
    { "a.b.a", { STR_INIT("a"), STR_INIT("b"), STR_INIT("a") }, 3, false },
    { "b.a.a.b[]", { STR_INIT("b"), STR_INIT("a"), STR_INIT("a"), STR_INIT("b") }, 4, true },
    { "b.", { STR_INIT("b"), STR_INIT("") }, 2, false },
    { "", { STR_INIT("") }, 1, false },
    { "a\\.b", { STR_INIT("a.b") }, 1, false },
    { "key that is longer than sixteen", { STR_INIT("key that is longer than sixteen") }, 1, false },
    { "key that is wronger than sixteen", { STR_INIT("key that is wronger than sixteen") }, 1, false },
};

static inline struct projection *oracle_projection(void)
{
    struct projection_builder *builder = projection_begin();
    for (size_t i = 0; i < COUNT_OF(ORACLE_PATHS); i++) {
        projection_slot(builder, str_of(ORACLE_PATHS[i].path));
    }
    return projection_end(builder);
}

static inline const struct projection *oracle_projection_shared(void)
{
    static struct projection *shared;
    shared = shared ? shared : oracle_projection();
    return shared;
}

/* NULL: both scanners, of the oracle's projection, say the same of text, sound or not. */
static inline const char *oracle_alike(struct scan *one, struct scan *other, struct str text)
{
    size_t used = 0;
    size_t other_used = 0;
    const bool good = scan_document(one, text, &used);
    if (scan_document(other, text, &other_used) != good || used != other_used) {
        return "one scanner goes elsewhere than another";
    }
    for (uint16_t i = 0; i < COUNT_OF(ORACLE_PATHS); i++) {
        const struct scan_value *a = scan_get(one, i);
        const struct scan_value *b = scan_get(other, i);
        for (; a && b; a = scan_more(one, a), b = scan_more(other, b)) {
            if (a->kind != b->kind || a->ptr != b->ptr || a->len != b->len || a->escaped != b->escaped) {
                return "one scanner takes another value than another";
            }
        }
        if (a || b) {
            return "one scanner takes more values than another";
        }
    }
    return NULL;
}

/* NULL: scanner and parser agree about text. */
static inline const char *oracle_check(struct arena *arena, struct scan *scan, struct str text)
{
    size_t used = 0;
    const struct json *root = json_parse(arena, text, NULL);
    const bool good = scan_document(scan, text, &used);
    if (used > text.len) {
        return "used lies beyond the text";
    }
    if (root == NULL || root->kind != JSON_OBJECT) {
        return NULL;
    }
    if (!good) {
        return "refused what the parser accepts";
    }
    if (!str_equal(scan_source(scan), root->text)) {
        return "another end";
    }
    for (size_t i = 0; i < COUNT_OF(ORACLE_PATHS); i++) {
        const struct oracle_path *p = &ORACLE_PATHS[i];
        const char *trouble = oracle_compare(arena, scan, (uint16_t)i, root, p->parts, p->count, p->each);
        if (trouble) {
            return trouble;
        }
    }
    return NULL;
}

#endif
