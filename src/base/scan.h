/* scan.h - the JSON scanner of the event path: one forward pass that reads only the paths asked for.
 *
 * A projection is a set of dotted paths ("userIdentity.arn"), each with a slot number; it is immutable once built and may
 * be shared between threads. scan_document walks one JSON object and fills a value per slot; subtrees that no path leads
 * into are skipped at structural speed (brackets and strings are followed; what lies inside is not validated further:
 * scan.c says exactly what is and isn't checked). No allocation per document: a struct scan is reused.
 *
 * Paths see through arrays: "resources.ARN" takes the ARN of every element of resources. A path that ends at an object or
 * array gives its source text. Key order is never assumed; of duplicate keys the last wins. */
#ifndef YAGURA_BASE_SCAN_H
#define YAGURA_BASE_SCAN_H

#include "base/str.h"

enum scan_kind { SCAN_ABSENT, SCAN_NULL, SCAN_FALSE, SCAN_TRUE, SCAN_NUMBER, SCAN_STRING, SCAN_OBJECT, SCAN_ARRAY };

struct scan_value {
    const char *ptr;   /* string: inside the quotes, escapes and all; others: source text */
    uint32_t len;
    uint8_t kind;      /* enum scan_kind */
    bool escaped;      /* the string holds a backslash: json_unescape it */
    uint16_t next;     /* further value of the same slot (arrays): index + 1 into scan->extra; 0: none */
};

struct projection;
struct projection_builder;

struct projection_builder *projection_begin(void);
/* The slot of a path; the same path gives the same slot. Slots count up from 0 in order of first use.
 * A literal dot in a key is written "\\.". */
uint16_t projection_slot(struct projection_builder *builder, struct str path);
struct projection *projection_end(struct projection_builder *builder); /* frees the builder */
void projection_free(struct projection *projection);
size_t projection_slots(const struct projection *projection);

struct scan; /* scratch of one thread */
struct scan *scan_open(const struct projection *projection);
void scan_close(struct scan *scan);
void scan_use(struct scan *scan, const struct projection *projection); /* another projection from now on */

/* Scans the one JSON object that starts at json[0] (spaces allowed before it). On success *used is its length including
 * the closing brace, and the values stay valid until the next call, borrowing from json. False: malformed; *used is the
 * offset of the trouble. json need not end after the object. */
bool scan_document(struct scan *scan, struct str json, size_t *used);
const struct scan_value *scan_get(const struct scan *scan, uint16_t slot);      /* never NULL; kind SCAN_ABSENT */
const struct scan_value *scan_more(const struct scan *scan, const struct scan_value *value); /* next one or NULL */
/* Text of a string value, unescaped into the arena only when it must be; STR_NONE for other kinds. */
struct str scan_text(struct arena *arena, const struct scan_value *value);

#endif
