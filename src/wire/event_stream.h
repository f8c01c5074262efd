/* event_stream.h - messages of an event stream (application/vnd.amazon.eventstream): what an answer is made of that never ends.
 *
 * A message is its size, the size of its headers, a CRC-32 of both, headers, payload, and a CRC-32 of all before it. Headers here are
 * text. spec: Smithy, Amazon Event Stream specification. */
#ifndef YAGURA_WIRE_EVENT_STREAM_H
#define YAGURA_WIRE_EVENT_STREAM_H

#include "base/str.h"

#define EVENT_STREAM_TYPE STR("application/vnd.amazon.eventstream")

struct event_header {
    struct str name, value;
};

/* Appends one message. Names have at most 255 bytes, values 65,535. */
void event_stream_add(struct text *out, const struct event_header *headers, size_t count, struct str payload);
/* An event of that type, its payload JSON; and what ends a stream before its time. */
void event_stream_event(struct text *out, struct str type, struct str json);
void event_stream_exception(struct text *out, struct str type, struct str json);

enum { EVENT_HEADERS_MAX = 16 };
struct event_message {
    struct event_header headers[EVENT_HEADERS_MAX];
    size_t header_count;
    struct str payload;
    size_t size; /* of the whole message */
};
/* Reads the first message, which borrows. False: it isn't whole yet (size 0), or is none (size 1 or more). */
bool event_stream_read(struct str bytes, struct event_message *out);

#endif
