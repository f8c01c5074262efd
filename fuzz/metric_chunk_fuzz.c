/* metric_chunk_fuzz.c - a level, then bytes of a row of metric data: refused, or read, and what is written of it reads the same. */
#include <stdlib.h>

#include "svc/cloudwatch/chunk.h"
#include "svc/cloudwatch/statistic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    struct data read = { NULL, 0 };
    struct data again = { NULL, 0 };
    struct statistic statistic = { .kind = STATISTIC_AVERAGE };
    const int level = size > 0 ? data[0] % CHUNK_LEVELS : 0;
    const struct str bytes = { size > 0 ? (const char *)data + 1 : "", size > 0 ? size - 1 : 0 };
    if (statistic_parse(bytes, &statistic)) {
        const struct datum datum = datum_of_value(arena, 0, 1, 2);
        double value = 0;
        statistic_of(&statistic, &datum, &value);
    }
    if (chunk_read(arena, level, 0, bytes, &read)) {
        const struct str written = chunk_write(arena, level, 0, read);
        if (!chunk_read(arena, level, 0, written, &again) || again.count != read.count) {
            abort();
        }
        for (size_t i = 0; i < read.count; i++) {
            again = chunk_put(arena, level, again, &read.items[i]);
        }
    }
    arena_close(arena);
    return 0;
}
