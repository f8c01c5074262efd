/* scan_fuzz.c - the scanner against the strict parser: whatever the parser accepts, the scanner reads alike; and a scanner that
 * has seen such documents before, or what stands before a byte 0xFF, reads it as a fresh one does. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/scan_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan *scan; /* it has gone by shapes from the first few documents on */
    if (scan == NULL) {
        scan = scan_open(oracle_projection_shared());
    }
    struct arena *arena = arena_open();
    const struct str text = { (const char *)data, size };
    struct str rest = STR_NONE;
    const struct str before = str_cut(text, '\xFF', &rest);
    const char *trouble = oracle_check(arena, scan, before);
    struct scan *fresh = scan_open(oracle_projection_shared());
    if (trouble == NULL) {
        trouble = oracle_alike(scan, fresh, rest.ptr ? rest : before);
    }
    scan_close(fresh);
    arena_close(arena);
    if (trouble) {
        fprintf(stderr, "%s\n", trouble);
        abort();
    }
    return 0;
}
