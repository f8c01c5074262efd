/* sigma_fuzz.c - any text as a Sigma file: it loads or is refused with a reason; what loads compiles and runs. */
#include <stdlib.h>

#include "match/match.h"
#include "match/sigma.h"

static const struct str DOCUMENT = STR_INIT("{\"a\":\"xyz\",\"b\":[1,null,\"10.0.0.1\"],\"eventTime\":\"2024-07-31T13:06:24Z\",\"c\":{\"d\":true}}");

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(struct ctx *ctx, const struct sigma_rules *rules)
{
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    for (size_t i = 0; i < rules->count; i++) {
        const struct predicate *narrowed = match_sigma_filtered(ctx->arena, &rules->rules[i], rules->filters, rules->filter_count);
        if (match_builder_add(ctx, builder, (uint32_t)i, rules->rules[i].when).fault) {
            abort(); /* the front end lets only good ones through */
        }
        (void)match_builder_add(ctx, builder, (uint32_t)(rules->count + i), narrowed).fault; /* may be beyond the bounds of one rule */
    }
    const bool compiled = !match_compile(ctx, builder, paths, &set).fault;
    struct projection *projection = projection_end(paths);
    if (compiled) {
        struct scan *scan = scan_open(projection);
        struct match_scratch *scratch = match_scratch_open();
        uint32_t ids[16];
        size_t used = 0;
        if (!scan_document(scan, DOCUMENT, &used)) {
            abort();
        }
        const size_t count = match_run(set, scratch, scan, ids, 16);
        for (size_t i = 0; i < count; i++) {
            struct match_explanation why = { 0 };
            if (match_explain(ctx, set, scan, ids[i], &why).fault || !why.matched) {
                abort();
            }
        }
        match_scratch_close(scratch);
        scan_close(scan);
    }
    match_set_free(set);
    projection_free(projection);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str hosts[] = { STR_INIT("srv*"), STR_INIT("dc1") };
    static const struct sigma_placeholder placeholders[] = { { STR_INIT("s"), hosts, 2 } };
    static const struct sigma_options options = { placeholders, 1, NULL, 0, true };
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_rules rules = { 0 };
    match_sigma_parse(&ctx, STR("f"), (struct str){ (const char *)data, size }, &options, &rules);
    for (size_t i = 0; i < rules.problem_count; i++) {
        if (rules.problems[i].reason.len == 0) {
            abort();
        }
    }
    run(&ctx, &rules);
    arena_close(arena);
    return 0;
}
