/* reader_block.c - lines of flow logs, a block at a time, so that whoever keeps state for them hears of all before the first
 * comes. Nothing else differs from reading line by line; what isn't plain is left to that. */
#include "ingest/reader_parts.h"

static void begin_block(struct reader *reader)
{
    for (size_t i = 0; i < READER_BLOCK && !reader->block_begun; i++) {
        reader->block[i] = (struct event){ .source = SOURCE_FLOW, .scan = reader->text_scan, .file = reader->file, .arena = reader->event_arena };
    }
    reader->block_begun = true;
}

/* How many events the next lines of `rest` became; *used: their bytes. */
static size_t fill_block(struct reader *reader, struct str rest, size_t *used)
{
    size_t count = 0;
    for (*used = 0; count < READER_BLOCK; count++) {
        const char *const start = rest.ptr + *used;
        const char *const end = *used < rest.len ? memchr(start, '\n', rest.len - *used) : NULL;
        struct event *ev = &reader->block[count];
        if (end == NULL || end - start < 2 || end - start > READER_LINE_MAX) {
            return count;
        }
        bool ascii = false;
        ev->raw = (struct str){ start, (size_t)(end - start) - (end[-1] == '\r') };
        if (!flow_line(&reader->flow, ev->raw, ev, &ascii) || !ascii) {
            return count;
        }
        *used += (size_t)(end - start) + 1;
    }
    return count;
}

void reader_flow_blocks(struct reader *reader, struct feed *feed)
{
    const bool rendered = reader->rendered || (reader->wanted >> SOURCE_FLOW & 1) != 0;
    if (reader->text_format != &FORMAT_FLOW || reader->event.source != SOURCE_FLOW || rendered || !reader->sink->soon) {
        return;
    }
    begin_block(reader);
    size_t used = 0;
    for (size_t count = 0; (count = fill_block(reader, feed_rest(feed), &used)) > 0; feed->at += used) {
        const uint64_t offset = feed_offset(feed);
        const char *const start = reader->block[0].raw.ptr;
        reader->sink->soon(reader->sink->self, reader->block, count);
        for (size_t i = 0; i < count; i++) {
            struct event *ev = &reader->block[i];
            arena_reset(reader->event_arena);
            reader_pass(reader, ev, offset + (uint64_t)(ev->raw.ptr - start));
        }
    }
}
