/* eventbridge_ask.h - event patterns compiled together and asked with one event after another. For the tests of the EventBridge
 * front end. */
#ifndef YAGURA_TESTS_EVENTBRIDGE_ASK_H
#define YAGURA_TESTS_EVENTBRIDGE_ASK_H

#include "match/eventbridge.h"
#include "match/match.h"
#include "tests/test.h"

enum { PATTERNS_MAX = 256 };

struct asked {
    struct match_set *set;
    struct projection *projection;
    struct scan *scan;
    struct match_scratch *scratch;
};

static inline struct asked ask_open(struct arena *arena, const struct str *patterns, size_t count)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct asked asked = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct predicate *predicate = NULL;
        if (eventbridge_parse(&ctx, patterns[i], &predicate, NULL).fault) {
            print_error("%.*s: %s\n", (int)patterns[i].len, patterns[i].ptr, ctx.reason);
            fail();
        }
        CHECK_OK(match_builder_add(&ctx, builder, (uint32_t)i, predicate));
    }
    CHECK_OK(match_compile(&ctx, builder, paths, &asked.set));
    asked.projection = projection_end(paths);
    asked.scan = scan_open(asked.projection);
    asked.scratch = match_scratch_open();
    return asked;
}

static inline void ask_close(struct asked *asked)
{
    match_scratch_close(asked->scratch);
    scan_close(asked->scan);
    projection_free(asked->projection);
    match_set_free(asked->set);
}

static inline size_t ask(struct asked *asked, struct str event, uint32_t *ids)
{
    size_t used = 0;
    return scan_document(asked->scan, event, &used) ? match_run(asked->set, asked->scratch, asked->scan, ids, PATTERNS_MAX) : 0;
}

#endif
