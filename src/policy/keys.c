/* keys.c - which context keys a policy asks for. */
#include "policy/compiled.h"

size_t policy_statement_count(const struct policy *policy)
{
    return policy->count;
}

struct asking {
    void (*take)(void *argument, struct str key);
    void *argument;
};

static void of_patterns(const struct asking *asking, const struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pieces *whole = &patterns->items[i].whole;
        for (size_t j = 0; j < whole->count; j++) {
            if (whole->items[j].kind == PIECE_VARIABLE) {
                asking->take(asking->argument, whole->items[j].text);
            }
        }
    }
}

void policy_context_keys(const struct policy *policy, void (*take)(void *argument, struct str key), void *argument)
{
    const struct asking asking = { take, argument };
    for (size_t i = 0; i < policy->count; i++) {
        const struct statement *statement = &policy->statements[i];
        of_patterns(&asking, &statement->resources);
        for (size_t j = 0; j < statement->condition_count; j++) {
            take(argument, statement->conditions[j].key);
            of_patterns(&asking, &statement->conditions[j].values);
        }
    }
}
