/* scan.h - the JSON scanner of the event path: one forward pass that reads only the paths asked for.
 *
 * A projection is a set of dotted paths ("userIdentity.arn"), each with a slot number; it is immutable once built and may
 * be shared between threads. scan_document walks one JSON object and fills a value per slot; subtrees that no path leads
 * into are skipped at structural speed (brackets and strings are followed; what lies inside is not validated further:
 * scan.c says exactly what is and isn't checked). No allocation per document: a struct scan is reused.
 *
 * Paths see through arrays: "resources.ARN" takes the ARN of every element of resources. A path that ends at an object or
 * array gives its source text. A path with "[]" at its end ("tags[]") takes each element of an array there (of arrays in
 * it too), or the value itself when it is none. Key order is never assumed; of duplicate keys the last wins.
 *
 * Many documents in one buffer are read fastest with scan_block and scan_next: the buffer's structure is then found in
 * large steps instead of once per document. */
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

enum {
    SCAN_DEPTH_MAX = 256,    /* levels of nesting on wanted paths; skipped parts may be deeper */
    SCAN_EXTRAS_MAX = 65000, /* further values of all slots together; what is beyond is left out: scan_truncated */
    SCAN_SLOTS_MAX = 32768,
    SCAN_PATH_PARTS_MAX = 64,
    SCAN_NO_SLOT = UINT16_MAX,
};

struct projection_builder *projection_begin(void);
/* The slot of a path; the same path gives the same slot. Slots count up from 0 in order of first use.
 * A literal dot in a key is written "\\.", a literal backslash "\\\\", "[]" at the end of a key "\\[]". An empty part is
 * the empty key. SCAN_NO_SLOT when SCAN_SLOTS_MAX are taken or the path has more than SCAN_PATH_PARTS_MAX parts. */
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
/* The same over one buffer of many documents (ndjson, or the inside of {"Records":[...]}): declare it once, and again
 * whenever its bytes or their place change; then ask for the document at each offset. *used counts from `at`. Offsets
 * that go up are fastest; any are allowed, also after a malformed document. */
void scan_block(struct scan *scan, struct str buffer);
bool scan_next(struct scan *scan, size_t at, size_t *used);
struct str scan_source(const struct scan *scan); /* the text of the document just scanned, from { to } */
bool scan_ascii(const struct scan *scan);        /* true: all of it is ASCII; false: perhaps not */
size_t scan_deepest(const struct scan *scan);    /* nothing in it is nested deeper; huge when that wasn't counted */
bool scan_truncated(const struct scan *scan);    /* it had more values than SCAN_EXTRAS_MAX */
const struct scan_value *scan_get(const struct scan *scan, uint16_t slot);      /* never NULL; kind SCAN_ABSENT */
const struct scan_value *scan_values(const struct scan *scan); /* by slot: all of them, for those who read many */
const struct scan_value *scan_more(const struct scan *scan, const struct scan_value *value); /* next one or NULL */
/* Text of a string value, unescaped into the arena only when it must be; STR_NONE for other kinds. Escapes that are not
 * JSON (a lone surrogate too) become U+FFFD: a hostile string cannot make its record unreadable. */
struct str scan_text(struct arena *arena, const struct scan_value *value);

#endif
