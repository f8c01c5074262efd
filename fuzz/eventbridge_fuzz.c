/* eventbridge_fuzz.c - event patterns: any text as a pattern, and patterns and events made from the input against the slow
 * way. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/eventbridge_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A pattern that is taken must also compile, unless the matcher's own bounds refuse it. */
static void any_pattern(struct arena *arena, struct str pattern)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate *predicate = NULL;
    struct str reason = STR_NONE;
    if (eventbridge_parse(&ctx, pattern, &predicate, &reason).fault) {
        if (!str_starts(reason, STR("Event pattern is not valid. Reason: "))) {
            abort();
        }
        return;
    }
    if (eventbridge_check_complexity(&ctx, predicate).fault) {
        return;
    }
    struct match_builder *builder = match_builder_open();
    if (match_builder_add(&ctx, builder, 1, predicate).fault) {
        match_builder_close(builder);
        return;
    }
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    const bool compiled = match_compile(&ctx, builder, paths, &set).fault == NULL;
    struct projection *projection = projection_end(paths);
    if (compiled) {
        struct scan *scan = scan_open(projection);
        struct match_scratch *scratch = match_scratch_open();
        uint32_t id = 0;
        size_t used = 0;
        if (scan_document(scan, pattern, &used)) { /* a pattern is a document too, with the right names in it */
            match_run(set, scratch, scan, &id, 1);
        }
        match_scratch_close(scratch);
        scan_close(scan);
    }
    projection_free(projection);
    match_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open();
    if (size > 0 && data[0] == 'o') {
        struct oracle_bytes bytes = { data + 1, data + size };
        size_t hits = 0;
        const char *trouble = flat_check(arena, &bytes, 4, &hits);
        if (trouble) {
            fprintf(stderr, "%s\n", trouble);
            abort();
        }
    } else {
        any_pattern(arena, (struct str){ size ? (const char *)data : "", size });
    }
    arena_close(arena);
    return 0;
}
