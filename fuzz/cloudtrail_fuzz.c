/* cloudtrail_fuzz.c - any bytes through the CloudTrail reader, twice: as text and in windows. Both must see the same. */
#include <stdlib.h>

#include "ingest/gather.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str read_once(struct arena *arena, struct str bytes, bool in_windows)
{
    static struct gather_reader reader;
    static struct inflate *in;
    if (in == NULL) {
        reader = gather_reader_open();
        in = inflate_open();
    }
    struct gather gather = gather_new(arena);
    const struct ingest_sink sink = gather_sink(&gather);
    if (in_windows) {
        inflate_start_bytes(in, bytes);
        reader_read(reader.reader, STR("fuzz"), in, &sink);
    } else {
        reader_read_text(reader.reader, STR("fuzz"), bytes, &sink);
    }
    return text_str(&gather.troubles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    const struct str bytes = { (const char *)data, size };
    const bool compressed = size >= 2 && ((data[0] == 0x1F && data[1] == 0x8B) || (data[0] == 0x28 && data[1] == 0xB5));
    const struct str whole = read_once(arena, bytes, false);
    const struct str windows = read_once(arena, bytes, true);
    if (!compressed && !str_equal(whole, windows)) {
        abort();
    }
    arena_close(arena);
    return 0;
}
