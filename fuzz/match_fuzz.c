/* match_fuzz.c - the automaton against the slow evaluator, on rules and documents made from the input. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/match_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oracle_bytes bytes = { data, data + size };
    struct arena *arena = arena_open();
    const char *trouble = oracle_match_check(arena, &bytes, 4);
    if (trouble) {
        fprintf(stderr, "%s\n", trouble);
        abort();
    }
    arena_close(arena);
    return 0;
}
