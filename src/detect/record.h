/* record.h - reading a parsed log record for a person: values by path, who called, and texts with ${placeholders}.
 *
 * Only for hits: a record is parsed into a tree once something was found in it. Paths are dotted and go into the first
 * element of an array that leads on. */
#ifndef YAGURA_DETECT_RECORD_H
#define YAGURA_DETECT_RECORD_H

#include "base/json.h"
#include "ingest/event.h"

const struct json *record_get(const struct json *record, struct str path); /* NULL: nothing there */
/* A value as text: strings as they are, other kinds as their source; at most RECORD_TEXT_MAX bytes; STR_NONE for none and
 * null. */
enum { RECORD_TEXT_MAX = 300 };
struct str record_short(struct arena *arena, struct str text, size_t most); /* cut between characters, with an ellipsis */
struct str record_text(struct arena *arena, const struct json *record, struct str path);

struct str record_caller(struct arena *arena, const struct event *ev);       /* "IAM user alice", "the root user", … */
struct str record_caller_key(const struct event *ev);                        /* who it is, whatever the session */
struct str record_session_name(const struct event *ev);                      /* of an assumed role; STR_NONE */

/* Words that stand for more than one field: ${caller}, ${source}, ${resource}, ${why}; everything else is a path. */
struct record_words {
    struct str resource;
    struct str why;
};
struct str record_fill(struct arena *arena, struct str pattern, const struct event *ev, const struct json *record,
                       const struct record_words *words);

#endif
