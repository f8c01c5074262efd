/* correlation_fuzz.c - Sigma text, a zero byte, then events of three bytes each (step in time, rule, value): what loads runs,
 * and no hit spans more than its timespan. */
#include <stdlib.h>

#include "match/correlation.h"
#include "match/sigma.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str value_of(void *self, size_t field)
{
    static const struct str values[] = { STR_INIT("1"), STR_INIT("22.5"), STR_INIT("-3"), STR_INIT("x") };
    const uint8_t *byte = self;
    return (*byte >> (field % 7)) % 5 == 4 ? STR_NONE : values[(*byte >> (field % 7)) % 4];
}

static void run(struct correlation_set *set, const struct sigma_rules *rules, struct str events)
{
    int64_t at_ms = 1700000000000;
    for (size_t i = 0; i + 3 <= events.len; i += 3) {
        uint8_t bytes[3];
        memcpy(bytes, &events.ptr[i], 3);
        at_ms += ((int64_t)bytes[0] - 64) * 500;
        struct arena *arena = arena_open();
        struct correlation_hit hits[4];
        const uint32_t rule = bytes[1] % 3;
        const struct correlation_event event = { at_ms, bytes[1] / 3, &bytes[2], value_of };
        const size_t count = correlation_event(set, arena, &rule, 1, &event, hits, 4);
        for (size_t h = 0; h < count; h++) {
            const struct correlation *c = &rules->correlations[hits[h].correlation];
            if (hits[h].last_ms - hits[h].first_ms > c->timespan_ms || correlation_words(arena, set, &hits[h]).len == 0) {
                abort();
            }
        }
        arena_close(arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct correlation_name names[] = {
        { STR_INIT("1"), STR_INIT("aa") }, { STR_INIT("2"), STR_INIT("bb") }, { STR_INIT("3"), STR_INIT("cc") },
    };
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct sigma_rules rules = { 0 };
    struct correlation_set *set = NULL;
    struct str events = STR_NONE;
    const struct str text = str_cut((struct str){ (const char *)data, size }, '\0', &events);
    match_sigma_parse(&ctx, STR("f"), text, NULL, &rules);
    if (!correlation_open(&ctx, rules.correlations, rules.correlation_count, names, COUNT_OF(names), &set).fault) {
        run(set, &rules, events);
        correlation_close(set);
    } else if (ctx.reason[0] == '\0') {
        abort();
    }
    arena_close(arena);
    return 0;
}
