/* batch.h - events and troubles of one file, packed, so that they outlive the bytes they were read from.
 *
 * One thread fills a batch, another delivers it. The text of a record is copied once; fields are kept as places in it. */
#ifndef YAGURA_INGEST_BATCH_H
#define YAGURA_INGEST_BATCH_H

#include "ingest/reader.h"

enum { BATCH_SIZE = 256 * 1024 }; /* full from here on; one record may be longer */

struct batch {
    char *bytes;
    size_t used, capacity;
    uint64_t read;     /* so far of its file */
    uint64_t inflated; /* since the batch before */
    bool last;         /* of its file */
    struct batch *next; /* in whoever's list it is */
};

void batch_clear(struct batch *batch); /* keeps its memory; a zeroed batch is an empty one */
void batch_free(struct batch *batch);

/* open: the values of its scan will be asked for. */
void batch_add_event(struct batch *batch, const struct event *ev, bool open);
void batch_add_trouble(struct batch *batch, const struct ingest_trouble *trouble);
/* Through a reader of the same projection, which counts and leaves out what it has seen before. ev->scan is NULL for events that
 * are not open. */
void batch_deliver(const struct batch *batch, struct reader *reader, struct str file, const struct ingest_sink *sink);

#endif
