/* simulate_fuzz.c - where statements of a policy stand, which keys it asks for and which statements fit. Input: an action on
 * the first line, then the document.
 *
 * Each statement's place must lie within the document, one behind the other. */
#include <stdlib.h>

#include "svc/iam/simulate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_key(void *argument, struct str key)
{
    *(size_t *)argument += key.len;
}

static bool before(const struct iam_position *a, const struct iam_position *b)
{
    return a->line.v < b->line.v || (a->line.v == b->line.v && a->column.v <= b->column.v);
}

static void check_places(struct arena *arena, struct str document, size_t count)
{
    struct iam_position last = { SOME(1), SOME(1) };
    struct statement_place *places = ARENA_ARRAY(arena, struct statement_place, count + 1);
    statement_places(document, places, count);
    for (size_t i = 0; i < count; i++) {
        const struct statement_place place = places[i];
        if (!place.start.line.set || !place.end.line.set) { /* the name is written with escapes */
            return;
        }
        if (!before(&last, &place.start) || !before(&place.start, &place.end)) {
            abort();
        }
        last = place.end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 20000) {
        return 0;
    }
    struct arena *arena = arena_open();
    struct str document = STR_NONE;
    const struct str action = str_cut((struct str){ (const char *)data, size }, '\n', &document);
    struct policy_error error = { .reason = NULL };
    const struct policy *policy = document.ptr ? policy_parse(arena, document, POLICY_IDENTITY, &error) : NULL;
    if (policy) {
        const struct policy_layer layer = { LAYER_IDENTITY, &policy, 1 };
        const struct policy_question question = { .action = action, .resource = STR("*"), .layers = &layer, .layer_count = 1 };
        struct policy_match matches[64];
        size_t keys = 0;
        const size_t fitting = policy_matches(&question, &layer, matches, COUNT_OF(matches));
        const bool allowed = policy_decide(&question).decision == POLICY_ALLOW;
        policy_context_keys(policy, count_key, &keys);
        check_places(arena, document, policy_statement_count(policy));
        if (allowed && fitting == 0) {
            abort();
        }
        action_form(action);
    }
    arena_close(arena);
    return 0;
}
