/* follow.h - delivers what is new in a set of paths, exactly once, each time it is asked.
 *
 * Growing files of one record a line are read up to their last whole record; compressed files, and those of other shapes,
 * once they have rested for FOLLOW_REST_MS: long enough for who writes without a pause, short enough for findings within a
 * second. One that grows, shrinks or is replaced after that is read from its start; events are told by their ids.
 * What was read is plain text from follow_state, to be kept by the caller and given back to follow_open: one line a file,
 * "inode size offset path". */
#ifndef YAGURA_INGEST_FOLLOW_H
#define YAGURA_INGEST_FOLLOW_H

#include "ingest/reader.h"

enum { FOLLOW_REST_MS = 400, FOLLOW_FILES_MAX = 1 << 20 };

struct follow;

/* state: STR_NONE to start afresh. Lines that can't be understood are left out, so those files are read again. */
struct follow *follow_open(const struct str *paths, size_t count, struct str state);
void follow_close(struct follow *follow); /* NULL is allowed */
/* Number of files from which something was read. */
size_t follow_poll(struct follow *follow, int64_t now_ms, struct reader *reader, const struct ingest_sink *sink);
struct str follow_state(const struct follow *follow, struct arena *arena);

#endif
