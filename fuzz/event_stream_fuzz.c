/* event_stream_fuzz.c - arbitrary bytes as messages of an event stream; what reads is written again the same. */
#include <stdlib.h>

#include "wire/event_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct str rest = { (const char *)data, size };
    struct event_message message = { .size = 0 };
    while (event_stream_read(rest, &message)) {
        struct text text = text_new(arena);
        event_stream_add(&text, message.headers, message.header_count, message.payload);
        if (text.len != message.size || memcmp(text.ptr, rest.ptr, text.len) != 0) {
            abort();
        }
        rest = str_from(rest, message.size);
    }
    return 0;
}
