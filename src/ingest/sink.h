/* sink.h - where a reader puts what it found: records, and what it could not read.
 *
 * Trouble never stops a run: it is named by file and offset, and everything else is still read. Both calls come from the
 * thread that reads, in the order of the input; what they are handed is gone when they return. */
#ifndef YAGURA_INGEST_SINK_H
#define YAGURA_INGEST_SINK_H

#include "ingest/event.h"

struct ingest_trouble {
    struct str file;
    uint64_t offset;    /* in the decompressed bytes of the file; 0 when the file itself is the matter */
    const char *reason; /* one line for a person, without the file's name */
};

struct ingest_sink {
    void *self;
    void (*event)(void *self, const struct event *ev);
    void (*trouble)(void *self, const struct ingest_trouble *trouble);
    /* May be NULL. The next events will be these, in this order: time to bring what they need into the cache. */
    void (*soon)(void *self, const struct event *events, size_t count);
};

#endif
