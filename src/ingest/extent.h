/* extent.h - how far a JSON value reaches, told by brackets and quotes alone, over as many pieces as it comes in.
 *
 * For records that can't be scanned: too long, too deep or malformed. */
#ifndef YAGURA_INGEST_EXTENT_H
#define YAGURA_INGEST_EXTENT_H

#include "base/str.h"

enum extent_verdict {
    EXTENT_OPEN,   /* goes on behind this piece */
    EXTENT_CLOSED, /* ended: *used tells behind which byte */
    EXTENT_BROKEN, /* a line feed inside a string: *used is its place */
};

struct extent {
    size_t depth; /* brackets open; start with 0 at a bracket, with 1 behind one */
    size_t deepest;
    bool in_string;
    bool escaped;
};

enum extent_verdict extent_follow(struct extent *extent, struct str piece, size_t *used);
/* How deep the value that s begins with is nested, as far as s goes. */
size_t extent_depth(struct str s);

#endif
