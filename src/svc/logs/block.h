/* block.h - the events of one PutLogEvents as bytes: what a row of logs_block holds.
 *
 * Plain: for each event a varint of the time since the one before (since first_ms), a varint of the message's size, and the
 * message; packed as one gzip member where that is shorter: the first byte tells, for the first time is always 0. The group's data
 * key seals the whole, where there is one. Readers take nothing on trust. */
#ifndef YAGURA_SVC_LOGS_BLOCK_H
#define YAGURA_SVC_LOGS_BLOCK_H

#include "base/err.h"

/* spec: PutLogEvents: a batch has at most 1,048,576 bytes, 26 for each event besides its message. */
enum { BLOCK_BYTES_MAX = 1048576, BLOCK_EVENT_OVERHEAD = 26, BLOCK_EVENTS_MAX = 10000 };

struct block_event {
    int64_t at_ms;
    struct str message;
};

/* In the order of time. */
struct str block_write(struct arena *arena, const struct block_event *events, size_t count);

struct block_reader {
    struct str rest;
    int64_t at_ms;
};
/* False: the bytes are none of ours. */
bool block_open(struct arena *arena, struct str data, int64_t first_ms, struct block_reader *out);
bool block_next(struct block_reader *reader, struct block_event *event); /* messages lie in the arena; false at the end */

#endif
