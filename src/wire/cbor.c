#include "wire/cbor.h"

#include <math.h>

enum { ONE_BYTE = 24, EIGHT_BYTES = 27, INDEFINITE = 31, HALF_FLOAT = 25, SINGLE_FLOAT = 26, DOUBLE_FLOAT = 27 };

static double half_to_double(uint64_t bits)
{
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = (double)(bits & 1023);
    double size = ldexp(fraction + 1024, exponent - 25);
    if (exponent == 0) {
        size = ldexp(fraction, -24);
    } else if (exponent == 31) {
        size = fraction > 0 ? (double)NAN : (double)INFINITY;
    }
    return bits >> 15 ? -size : size;
}

static double float_of(unsigned kind, uint64_t bits)
{
    if (kind == HALF_FLOAT) {
        return half_to_double(bits);
    }
    if (kind == SINGLE_FLOAT) {
        const uint32_t narrow = (uint32_t)bits;
        float single = 0;
        memcpy(&single, &narrow, sizeof(single));
        return (double)single;
    }
    double real = 0;
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static bool take_argument(struct cbor_reader *r, unsigned info, uint64_t *out)
{
    if (info < ONE_BYTE) {
        *out = info;
        return true;
    }
    if (info > EIGHT_BYTES) {
        return false;
    }
    const size_t size = (size_t)1 << (info - ONE_BYTE);
    if (r->in.len - r->at < size) {
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < size; i++) {
        *out = *out << 8 | (unsigned char)r->in.ptr[r->at++];
    }
    return true;
}

/* Every element takes at least one byte, every entry two. */
static bool fits(const struct cbor_reader *r, const struct cbor_item *item)
{
    const uint64_t left = r->in.len - r->at;
    switch (item->major) {
    case CBOR_BYTES:
    case CBOR_TEXT:
    case CBOR_ARRAY:
        return item->argument <= left;
    case CBOR_MAP:
        return item->argument <= left / 2;
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
    case CBOR_TAG:
    case CBOR_SIMPLE:
        break;
    }
    return true;
}

bool cbor_next(struct cbor_reader *r, struct cbor_item *item)
{
    if (r->at >= r->in.len) {
        return false;
    }
    const unsigned head = (unsigned char)r->in.ptr[r->at++];
    const unsigned info = head & 31;
    *item = (struct cbor_item){ .major = (enum cbor_major)(head >> 5) };
    if (info == INDEFINITE) {
        item->stop = item->major == CBOR_SIMPLE;
        item->indefinite = item->major >= CBOR_BYTES && item->major <= CBOR_MAP;
        return item->stop || item->indefinite;
    }
    if (!take_argument(r, info, &item->argument)) {
        return false;
    }
    if (item->major == CBOR_SIMPLE && info >= HALF_FLOAT) {
        item->is_float = true;
        item->real = float_of(info, item->argument);
    }
    return fits(r, item);
}

static bool join_pieces(struct cbor_reader *r, struct arena *arena, enum cbor_major major, struct str *out)
{
    struct text text = text_new(arena);
    for (;;) {
        struct cbor_item piece;
        if (!cbor_next(r, &piece)) {
            return false;
        }
        if (piece.stop) {
            *out = text_str(&text);
            return true;
        }
        if (piece.major != major || piece.indefinite) {
            return false;
        }
        text_add(&text, str_slice(r->in, r->at, (size_t)piece.argument));
        r->at += (size_t)piece.argument;
    }
}

bool cbor_string(struct cbor_reader *r, struct arena *arena, const struct cbor_item *item, struct str *out)
{
    if (item->indefinite) {
        return join_pieces(r, arena, item->major, out) && (item->major == CBOR_BYTES || str_utf8_valid(*out));
    }
    *out = item->argument ? str_slice(r->in, r->at, (size_t)item->argument) : STR("");
    r->at += (size_t)item->argument;
    return item->major == CBOR_BYTES || str_utf8_valid(*out);
}

static bool skip_parts(struct cbor_reader *r, const struct cbor_item *item, int depth)
{
    const uint64_t count = item->argument * (item->major == CBOR_MAP ? 2 : 1);
    for (uint64_t i = 0; item->indefinite || i < count; i++) {
        struct cbor_item part;
        if (!cbor_next(r, &part)) {
            return false;
        }
        if (part.stop) {
            return item->indefinite && (item->major == CBOR_ARRAY || i % 2 == 0);
        }
        if (!cbor_skip(r, &part, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool skip_pieces(struct cbor_reader *r, enum cbor_major major)
{
    struct cbor_item piece;
    while (cbor_next(r, &piece)) {
        if (piece.stop) {
            return true;
        }
        if (piece.major != major || piece.indefinite) {
            return false;
        }
        r->at += (size_t)piece.argument;
    }
    return false;
}

bool cbor_skip(struct cbor_reader *r, const struct cbor_item *item, int depth)
{
    struct cbor_item inner;
    if (depth > CBOR_DEPTH_MAX || item->stop) {
        return false;
    }
    switch (item->major) {
    case CBOR_BYTES:
    case CBOR_TEXT:
        if (item->indefinite) {
            return skip_pieces(r, item->major);
        }
        r->at += (size_t)item->argument;
        return true;
    case CBOR_ARRAY:
    case CBOR_MAP:
        return skip_parts(r, item, depth);
    case CBOR_TAG:
        return cbor_next(r, &inner) && cbor_skip(r, &inner, depth + 1);
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
    case CBOR_SIMPLE:
        break;
    }
    return true;
}

bool cbor_is_nothing(const struct cbor_item *item)
{
    return item->major == CBOR_SIMPLE && !item->is_float && !item->stop
           && (item->argument == CBOR_NULL || item->argument == CBOR_UNDEFINED);
}

static void add_bytes(struct text *out, uint64_t bits, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        text_add_char(out, (char)(unsigned char)(bits >> (8 * (i - 1)) & 0xFF));
    }
}

void cbor_write_head(struct text *out, enum cbor_major major, uint64_t argument)
{
    const unsigned top = (unsigned)major << 5;
    if (argument < ONE_BYTE) {
        add_bytes(out, top | argument, 1);
        return;
    }
    unsigned power = 0;
    while (power < 3 && argument >> (8u << power)) {
        power++;
    }
    add_bytes(out, top | (ONE_BYTE + power), 1);
    add_bytes(out, argument, (size_t)1 << power);
}

void cbor_write_text(struct text *out, struct str s)
{
    cbor_write_head(out, CBOR_TEXT, s.len);
    text_add(out, s);
}

void cbor_write_bytes(struct text *out, struct str s)
{
    cbor_write_head(out, CBOR_BYTES, s.len);
    text_add(out, s);
}

void cbor_write_int(struct text *out, int64_t n)
{
    if (n < 0) {
        cbor_write_head(out, CBOR_NEGATIVE, (uint64_t)(-(n + 1)));
    } else {
        cbor_write_head(out, CBOR_UNSIGNED, (uint64_t)n);
    }
}

void cbor_write_double(struct text *out, double n)
{
    uint64_t bits = 0;
    memcpy(&bits, &n, sizeof(bits));
    add_bytes(out, (unsigned)CBOR_SIMPLE << 5 | DOUBLE_FLOAT, 1);
    add_bytes(out, bits, sizeof(bits));
}

void cbor_write_simple(struct text *out, enum cbor_simple value)
{
    cbor_write_head(out, CBOR_SIMPLE, value);
}
