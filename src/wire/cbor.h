/* cbor.h - RFC 8949 items, read one head at a time and written in definite form. */
#ifndef YAGURA_WIRE_CBOR_H
#define YAGURA_WIRE_CBOR_H

#include "base/str.h"

enum { CBOR_DEPTH_MAX = 128 };

enum cbor_major {
    CBOR_UNSIGNED, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_TAG, CBOR_SIMPLE
};
enum cbor_simple { CBOR_FALSE = 20, CBOR_TRUE = 21, CBOR_NULL = 22, CBOR_UNDEFINED = 23 };

struct cbor_reader {
    struct str in;
    size_t at;
};

struct cbor_item {
    enum cbor_major major;
    bool indefinite; /* bytes, text, array, map */
    bool stop;       /* the end of an indefinite one */
    bool is_float;
    uint64_t argument; /* value, length, count, tag or simple value */
    double real;
};

/* The next head; false when the bytes end or make no sense. Lengths and counts never exceed the bytes that are left. */
bool cbor_next(struct cbor_reader *r, struct cbor_item *item);
/* The bytes or text that an item starts; pieces of an indefinite one are joined. Text is checked to be UTF-8. */
bool cbor_string(struct cbor_reader *r, struct arena *arena, const struct cbor_item *item, struct str *out);
/* Passes over the rest of the item. */
bool cbor_skip(struct cbor_reader *r, const struct cbor_item *item, int depth);
bool cbor_is_nothing(const struct cbor_item *item); /* null or undefined */

void cbor_write_head(struct text *out, enum cbor_major major, uint64_t argument);
void cbor_write_text(struct text *out, struct str s);
void cbor_write_bytes(struct text *out, struct str s);
void cbor_write_int(struct text *out, int64_t n);
void cbor_write_double(struct text *out, double n);
void cbor_write_simple(struct text *out, enum cbor_simple value);

#endif
