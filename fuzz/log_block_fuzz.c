/* log_block_fuzz.c - arbitrary bytes as a stored block of log events: each event lies within, and time goes on. */
#include <stdlib.h>

#include "svc/logs/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct block_reader reader = { .at_ms = 0 };
    struct block_event event = { .at_ms = 0 };
    int64_t before_ms = 0;
    size_t bytes = 0;
    if (!block_open(arena, (struct str){ (const char *)data, size }, 0, &reader)) {
        return 0;
    }
    const size_t whole = reader.rest.len;
    while (block_next(&reader, &event)) {
        bytes += event.message.len;
        if (event.at_ms < before_ms || bytes > whole) {
            abort();
        }
        before_ms = event.at_ms;
    }
    return 0;
}
