/* scan_fuzz.c - the scanner against the strict parser: whatever the parser accepts, the scanner reads alike. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/scan_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan *scan;
    if (scan == NULL) {
        scan = scan_open(oracle_projection());
    }
    struct arena *arena = arena_open();
    const char *trouble = oracle_check(arena, scan, (struct str){ (const char *)data, size });
    arena_close(arena);
    if (trouble) {
        fprintf(stderr, "%s\n", trouble);
        abort();
    }
    return 0;
}
