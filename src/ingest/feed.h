/* feed.h - a place in an input: bytes ahead of it, and more on request.
 *
 * Over an inflate, or over text in memory (in == NULL). What lies before `at` is given up by feed_grow. */
#ifndef YAGURA_INGEST_FEED_H
#define YAGURA_INGEST_FEED_H

#include "ingest/extent.h"
#include "ingest/inflate.h"

struct feed {
    struct inflate *in; /* NULL: window is all there is */
    struct str window;
    size_t at;
    uint64_t base; /* offset of window.ptr[0] in the decompressed file */
    uint64_t start; /* offset of the inflate's first byte in the file */
    bool ended;
    bool declared; /* the scanner knows the window as its block */
};

struct feed feed_of(struct inflate *in, uint64_t start);
struct feed feed_of_text(struct str text, uint64_t base);
uint64_t feed_offset(const struct feed *feed);
struct str feed_rest(const struct feed *feed);
/* At least doubles what is ahead, if the input and the limit of the window have it. False: nothing came. */
bool feed_grow(struct feed *feed);
/* True when the window can't grow any more though the input may go on. */
bool feed_full(const struct feed *feed);
/* Makes `count` bytes ahead available if the input has them; what is there. */
struct str feed_ahead(struct feed *feed, size_t count);
/* Skips JSON white space; false at the end, else *c is the byte that follows, not taken. */
bool feed_peek(struct feed *feed, char *c);
/* Skips to behind the next line feed, or to the end. */
void feed_skip_line(struct feed *feed);
/* Skips a JSON value of which `depth` brackets are open, however long it is. */
enum extent_verdict feed_skip_value(struct feed *feed, size_t depth);

#endif
