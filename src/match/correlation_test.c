#include "match/correlation.h"

#include <stdio.h>

#include "base/json.h"
#include "match/sigma.h"
#include "tests/test.h"

/* Events are short JSON objects: at (seconds), rule (place: 0 is a, 1 is b, 2 is c), id, and fields. */
struct stream {
    struct arena *arena;
    struct correlation_set *set;
    const struct str *fields;
    const struct json *event;
    struct correlation_hit hits[8];
    size_t count;
};

static struct str value_of(void *self, size_t field)
{
    const struct stream *stream = self;
    const struct json *value = json_get(stream->event, stream->fields[field]);
    return value ? value->text : STR_NONE;
}

static const struct correlation_name NAMES[] = {
    { STR_INIT("id-a"), STR_INIT("a") },
    { STR_INIT("id-b"), STR_INIT("b") },
    { STR_INIT("id-c"), STR_INIT("c") },
};

static struct sigma_rules load(struct ctx *ctx, const char *text)
{
    struct sigma_rules rules = { 0 };
    match_sigma_parse(ctx, STR("f.yml"), str_of(text), NULL, &rules);
    if (rules.problem_count > 0) {
        fail_msg("%u: %s", rules.problems[0].line, rules.problems[0].reason.ptr);
    }
    return rules;
}

static struct stream open_stream(struct arena *arena, const char *text)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct stream stream = { .arena = arena };
    const struct sigma_rules rules = load(&ctx, text);
    CHECK_OK(correlation_open(&ctx, rules.correlations, rules.correlation_count, NAMES, COUNT_OF(NAMES), &stream.set));
    correlation_fields(stream.set, &stream.fields);
    return stream;
}

static size_t feed(struct stream *stream, const char *text)
{
    int64_t at = 0;
    int64_t rule = 0;
    struct arena *arena = stream->arena;
    stream->event = json_parse(arena, str_of(text), NULL);
    assert_non_null(stream->event);
    CHECK(json_int(json_get(stream->event, STR("at")), &at));
    (void)json_int(json_get(stream->event, STR("rule")), &rule);
    const struct str id = json_text(json_get(stream->event, STR("id")));
    const struct correlation_event event = { .at_ms = at * 1000, .identity = id.ptr ? str_hash(id) | 1 : 0, .self = stream, .value = value_of };
    const uint32_t matched = (uint32_t)rule;
    stream->count = correlation_event(stream->set, arena, &matched, 1, &event, stream->hits, COUNT_OF(stream->hits));
    return stream->count;
}

/* Feeds events one to a line; the hits of all. */
static size_t run(struct arena *arena, const char *correlation, const char *const *events, size_t count)
{
    struct stream stream = open_stream(arena, correlation);
    size_t hits = 0;
    for (size_t i = 0; i < count; i++) {
        hits += feed(&stream, events[i]);
    }
    correlation_close(stream.set);
    return hits;
}

#define RUN(correlation, ...) \
    run(arena, correlation, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
#define CORRELATION(type, rules, more) \
    "title: T\ncorrelation:\n  type: " type "\n  rules: [" rules "]\n  group-by: [user]\n  timespan: 10s\n" more

TEST(event_count)
{
    const char *three = CORRELATION("event_count", "a", "  condition: { gte: 3 }\n");
    CHECK_INT(RUN(three, "{\"at\":0,\"user\":\"u\"}", "{\"at\":5,\"user\":\"u\"}", "{\"at\":10,\"user\":\"u\"}"), 1);
    CHECK_INT(RUN(three, "{\"at\":0,\"user\":\"u\"}", "{\"at\":5,\"user\":\"u\"}", "{\"at\":11,\"user\":\"u\"}"), 0);
    CHECK_INT(RUN(three, "{\"at\":0,\"user\":\"u\"}", "{\"at\":5,\"user\":\"v\"}", "{\"at\":10,\"user\":\"u\"}"), 0);
    CHECK_INT(RUN(three, "{\"at\":0,\"user\":\"u\"}", "{\"at\":5}", "{\"at\":10,\"user\":\"u\"}"), 0);
    CHECK_INT(RUN(three, "{\"at\":0,\"user\":\"u\"}", "{\"at\":5,\"user\":\"u\",\"rule\":1}", "{\"at\":10,\"user\":\"u\"}"), 0);
    const char *two_rules = CORRELATION("event_count", "id-a, b", "  condition: { gt: 2 }\n");
    CHECK_INT(RUN(two_rules, "{\"at\":0,\"user\":\"u\"}", "{\"at\":5,\"user\":\"u\",\"rule\":1}", "{\"at\":10,\"user\":\"u\"}"), 1);
}

TEST(every_comparison)
{
    static const struct {
        const char *condition;
        size_t hits[4]; /* after so many events */
    } cases[] = {
        { "gt: 2", { 0, 0, 1, 1 } },  { "gte: 2", { 0, 1, 1, 1 } }, { "lt: 2", { 1, 1, 1, 1 } },  { "lte: 0", { 0, 0, 0, 0 } },
        { "eq: 3", { 0, 0, 1, 1 } },  { "eq: 5", { 0, 0, 0, 0 } },  { "neq: 1", { 0, 1, 1, 1 } }, { "gt: 1, lte: 3", { 0, 1, 1, 1 } },
        { "gt: 3, lt: 4", { 0, 0, 0, 0 } },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = str_format(arena, CORRELATION("event_count", "a", "  condition: { %s }\n"), cases[i].condition).ptr;
        struct stream stream = open_stream(arena, text);
        size_t hits = 0;
        for (size_t n = 0; n < 4; n++) {
            hits += feed(&stream, str_format(arena, "{\"at\":%zu,\"user\":\"u\"}", n).ptr);
            CHECK_INT(hits, cases[i].hits[n]);
        }
        correlation_close(stream.set);
    }
}

TEST(value_count)
{
    const char *text = CORRELATION("value_count", "a", "  condition: { field: ip, gte: 3 }\n");
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"ip\":\"1\"}", "{\"at\":1,\"user\":\"u\",\"ip\":\"2\"}", "{\"at\":2,\"user\":\"u\",\"ip\":\"3\"}"), 1);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"ip\":\"1\"}", "{\"at\":1,\"user\":\"u\",\"ip\":\"2\"}", "{\"at\":2,\"user\":\"u\",\"ip\":\"1\"}"), 0);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"ip\":\"1\"}", "{\"at\":1,\"user\":\"u\",\"ip\":\"2\"}", "{\"at\":12,\"user\":\"u\",\"ip\":\"3\"}"), 0);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"ip\":\"1\"}", "{\"at\":8,\"user\":\"u\",\"ip\":\"2\"}", "{\"at\":9,\"user\":\"u\",\"ip\":\"1\"}",
                  "{\"at\":12,\"user\":\"u\",\"ip\":\"3\"}"), 1); /* 1 was seen again */
    const char *pairs = CORRELATION("value_count", "a", "  condition: { field: [ip, port], gte: 2 }\n");
    CHECK_INT(RUN(pairs, "{\"at\":0,\"user\":\"u\",\"ip\":\"1\",\"port\":\"23\"}", "{\"at\":1,\"user\":\"u\",\"ip\":\"12\",\"port\":\"3\"}"), 1);
    CHECK_INT(RUN(pairs, "{\"at\":0,\"user\":\"u\",\"ip\":\"1\",\"port\":\"2\"}", "{\"at\":1,\"user\":\"u\",\"ip\":\"2\"}"), 0);
}

TEST(temporal)
{
    const char *text = CORRELATION("temporal", "a, b, c", "");
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":2}", "{\"at\":1,\"user\":\"u\",\"rule\":0}", "{\"at\":9,\"user\":\"u\",\"rule\":1}"), 1);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":2}", "{\"at\":1,\"user\":\"u\",\"rule\":0}", "{\"at\":11,\"user\":\"u\",\"rule\":1}"), 0);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":2}", "{\"at\":1,\"user\":\"u\",\"rule\":0}", "{\"at\":2,\"user\":\"u\",\"rule\":0}"), 0);
    const char *two = CORRELATION("temporal", "a, b, c", "  condition: { gte: 2 }\n");
    CHECK_INT(RUN(two, "{\"at\":0,\"user\":\"u\",\"rule\":2}", "{\"at\":1,\"user\":\"u\",\"rule\":0}"), 1);
    CHECK_INT(RUN(two, "{\"at\":0,\"user\":\"u\",\"rule\":2}", "{\"at\":1,\"user\":\"u\",\"rule\":2}"), 0);
}

TEST(temporal_ordered)
{
    const char *text = CORRELATION("temporal_ordered", "a, b, c", "");
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":0}", "{\"at\":1,\"user\":\"u\",\"rule\":1}", "{\"at\":2,\"user\":\"u\",\"rule\":2}"), 1);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":1}", "{\"at\":1,\"user\":\"u\",\"rule\":0}", "{\"at\":2,\"user\":\"u\",\"rule\":2}"), 0);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":0}", "{\"at\":1,\"user\":\"u\",\"rule\":2}", "{\"at\":2,\"user\":\"u\",\"rule\":1}",
                  "{\"at\":3,\"user\":\"u\",\"rule\":2}"), 1);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":0}", "{\"at\":1,\"user\":\"u\",\"rule\":1}", "{\"at\":11,\"user\":\"u\",\"rule\":2}"), 0);
    CHECK_INT(RUN(text, "{\"at\":0,\"user\":\"u\",\"rule\":0}", "{\"at\":2,\"user\":\"u\",\"rule\":2}", "{\"at\":1,\"user\":\"u\",\"rule\":1}"), 1); /* late */
}

TEST(a_flood_of_one_rule_does_not_hide_the_others)
{
    struct stream stream = open_stream(arena, CORRELATION("temporal_ordered", "c, a, b", ""));
    CHECK_INT(feed(&stream, "{\"at\":0,\"user\":\"u\",\"rule\":2}"), 0);
    for (int i = 0; i < 500; i++) {
        CHECK_INT(feed(&stream, str_format(arena, "{\"at\":%d,\"user\":\"u\",\"rule\":%d}", 1 + i / 100, 0).ptr), 0);
    }
    CHECK_INT(feed(&stream, "{\"at\":9,\"user\":\"u\",\"rule\":1}"), 1);
    correlation_close(stream.set);
}

TEST(value_sum_and_average)
{
    const char *total = CORRELATION("value_sum", "a", "  condition: { field: bytes, gt: 1000.5 }\n");
    CHECK_INT(RUN(total, "{\"at\":0,\"user\":\"u\",\"bytes\":1000}", "{\"at\":1,\"user\":\"u\",\"bytes\":\"1\"}"), 1);
    CHECK_INT(RUN(total, "{\"at\":0,\"user\":\"u\",\"bytes\":1000}", "{\"at\":1,\"user\":\"u\",\"bytes\":\"many\"}"), 0);
    CHECK_INT(RUN(total, "{\"at\":0,\"user\":\"u\",\"bytes\":1000}", "{\"at\":11,\"user\":\"u\",\"bytes\":1000}"), 0);
    const char *average = CORRELATION("value_avg", "a", "  condition: { field: bytes, gt: 500 }\n");
    CHECK_INT(RUN(average, "{\"at\":0,\"user\":\"u\",\"bytes\":100}", "{\"at\":1,\"user\":\"u\",\"bytes\":1000}"), 1);
    CHECK_INT(RUN(average, "{\"at\":0,\"user\":\"u\",\"bytes\":100}", "{\"at\":1,\"user\":\"u\",\"bytes\":900}"), 0);
}

TEST(value_percentile_of_numbers_and_shares_of_values)
{
    const char *median = CORRELATION("value_percentile", "a", "  condition: { field: ms, percentile: 50, gte: 20 }\n");
    CHECK_INT(RUN(median, "{\"at\":0,\"user\":\"u\",\"ms\":10}", "{\"at\":1,\"user\":\"u\",\"ms\":30}", "{\"at\":2,\"user\":\"u\",\"ms\":20}"), 1);
    CHECK_INT(RUN(median, "{\"at\":0,\"user\":\"u\",\"ms\":10}", "{\"at\":1,\"user\":\"u\",\"ms\":30}", "{\"at\":2,\"user\":\"u\",\"ms\":11}"), 0);
    struct stream stream = open_stream(arena, CORRELATION("value_percentile", "a", "  condition: { field: image, lte: 10 }\n"));
    for (int i = 0; i < 9; i++) {
        CHECK_INT(feed(&stream, "{\"at\":1,\"user\":\"u\",\"image\":\"usual\"}"), 0);
    }
    CHECK_INT(feed(&stream, "{\"at\":2,\"user\":\"u\",\"image\":\"rare\"}"), 1);
    CHECK(stream.hits[0].measured <= 10 && stream.hits[0].measured >= 10);
    correlation_close(stream.set);
}

TEST(aliases_name_other_fields_for_other_rules)
{
    const char *text = "title: T\ncorrelation:\n  type: temporal\n  rules: [a, b]\n  group-by: [ip]\n  timespan: 10s\n"
                       "  aliases:\n    ip: { a: source, b: target }\n";
    CHECK_INT(RUN(text, "{\"at\":0,\"source\":\"x\",\"target\":\"y\"}", "{\"at\":1,\"rule\":1,\"source\":\"y\",\"target\":\"x\"}"), 1);
    CHECK_INT(RUN(text, "{\"at\":0,\"source\":\"x\",\"target\":\"y\"}", "{\"at\":1,\"rule\":1,\"source\":\"x\",\"target\":\"y\"}"), 0);
}

TEST(correlations_of_correlations)
{
    const char *text = "title: last\nname: last\ncorrelation:\n  type: temporal_ordered\n  rules: [many, b]\n  group-by: [user]\n  timespan: 1m\n---\n"
                       "title: many\nname: many\ncorrelation:\n  type: event_count\n  rules: [a]\n  group-by: [user, ip]\n  timespan: 10s\n"
                       "  condition: { gte: 2 }\n  generate: true\n";
    struct stream stream = open_stream(arena, text);
    CHECK(!correlation_hides(stream.set, 0));
    CHECK(correlation_hides(stream.set, 1));
    CHECK(!correlation_hides(stream.set, 2));
    CHECK_INT(feed(&stream, "{\"at\":0,\"user\":\"u\",\"ip\":\"1\"}"), 0);
    CHECK_INT(feed(&stream, "{\"at\":1,\"user\":\"u\",\"ip\":\"1\"}"), 1);
    CHECK_STR(stream.hits[0].group, "user=u ip=1");
    CHECK_STR(correlation_words(arena, stream.set, &stream.hits[0]), "2 events within 1 s for user=u ip=1");
    CHECK_INT(feed(&stream, "{\"at\":2,\"user\":\"u\",\"rule\":1}"), 1);
    CHECK_INT(stream.hits[0].correlation, 0);
    correlation_close(stream.set);
}

TEST(late_and_repeated_events_change_nothing)
{
    const char *three = CORRELATION("event_count", "a", "  condition: { gte: 3 }\n");
    CHECK_INT(RUN(three, "{\"at\":10,\"user\":\"u\",\"id\":\"1\"}", "{\"at\":10,\"user\":\"u\",\"id\":\"1\"}", "{\"at\":12,\"user\":\"u\",\"id\":\"2\"}",
                  "{\"at\":12,\"user\":\"u\",\"id\":\"2\"}"), 0);
    CHECK_INT(RUN(three, "{\"at\":10,\"user\":\"u\"}", "{\"at\":4,\"user\":\"u\"}", "{\"at\":7,\"user\":\"u\"}"), 1);
    CHECK_INT(RUN(three, "{\"at\":20,\"user\":\"u\"}", "{\"at\":8,\"user\":\"u\"}", "{\"at\":4,\"user\":\"u\"}", "{\"at\":1,\"user\":\"u\"}"), 1);
    struct stream stream = open_stream(arena, three);
    CHECK_INT(feed(&stream, "{\"at\":100,\"user\":\"u\"}"), 0);
    CHECK_INT(feed(&stream, "{\"at\":79,\"user\":\"u\"}"), 0);
    CHECK_INT(correlation_counts(stream.set).late, 1);
    correlation_close(stream.set);
}

TEST(a_group_raises_one_hit_within_its_timespan)
{
    struct stream stream = open_stream(arena, CORRELATION("event_count", "a", "  condition: { gte: 2 }\n"));
    size_t hits = 0;
    for (int at = 0; at <= 30; at++) {
        hits += feed(&stream, str_format(arena, "{\"at\":%d,\"user\":\"u\"}", at).ptr);
    }
    CHECK_INT(hits, 3); /* at 1, 12, 23 */
    CHECK_INT(correlation_counts(stream.set).hits, 3);
    correlation_close(stream.set);
}

TEST(memory_is_bounded_and_what_goes_is_counted)
{
    struct stream stream = open_stream(arena, CORRELATION("event_count", "a", "  condition: { gte: 2 }\n"));
    for (int i = 0; i < CORRELATION_GROUPS + 10; i++) {
        CHECK_INT(feed(&stream, str_format(arena, "{\"at\":0,\"user\":\"u%d\"}", i).ptr), 0);
    }
    CHECK_INT(correlation_counts(stream.set).evictions, 10);
    CHECK_INT(feed(&stream, "{\"at\":1,\"user\":\"u0\"}"), 0);  /* forgotten */
    CHECK_INT(feed(&stream, "{\"at\":1,\"user\":\"u20\"}"), 1); /* remembered */
    correlation_close(stream.set);
    stream = open_stream(arena, CORRELATION("value_sum", "a", "  condition: { field: n, gt: 5000 }\n"));
    for (int i = 0; i < CORRELATION_NUMBERS + 10; i++) {
        CHECK_INT(feed(&stream, "{\"at\":0,\"user\":\"u\",\"n\":1}"), 0);
    }
    CHECK(correlation_counts(stream.set).dropped >= 9);
    correlation_close(stream.set);
}

TEST(a_flood_in_one_group_stays_cheap)
{
    struct stream stream = open_stream(arena, CORRELATION("event_count", "a", "  condition: { gte: 100000 }\n"));
    const int floods = 300000;
    size_t hits = 0;
    struct arena *own = arena_open();
    stream.event = json_parse(arena, STR("{\"user\":\"u\"}"), NULL);
    for (int i = 0; i < floods; i++) { /* were each to look at all that is kept, this took a minute */
        const uint32_t rule = 0;
        const struct correlation_event event = { .at_ms = i / 20, .self = &stream, .value = value_of };
        hits += correlation_event(stream.set, own, &rule, 1, &event, stream.hits, COUNT_OF(stream.hits));
        arena_reset(own);
    }
    CHECK_INT(hits, 1);
    arena_close(own);
    correlation_close(stream.set);
}

TEST(an_absurd_time_does_not_hold_off_what_follows)
{
    struct stream stream = open_stream(arena, CORRELATION("event_count", "a", "  condition: { gte: 2 }\n"));
    CHECK_INT(feed(&stream, "{\"at\":250000000000,\"user\":\"u\"}"), 0);
    CHECK_INT(feed(&stream, "{\"at\":1000,\"user\":\"u\"}"), 0);
    CHECK_INT(feed(&stream, "{\"at\":1001,\"user\":\"u\"}"), 1);
    correlation_close(stream.set);
}

TEST(long_values_are_told_apart)
{
    char text[2][700];
    for (size_t i = 0; i < 2; i++) {
        memset(text[i], 'x', sizeof(text[i]));
        text[i][600] = (char)('0' + i);
        text[i][699] = '\0';
    }
    struct stream stream = open_stream(arena, CORRELATION("event_count", "a", "  condition: { gte: 2 }\n"));
    CHECK_INT(feed(&stream, str_format(arena, "{\"at\":0,\"user\":\"%s\"}", text[0]).ptr), 0);
    CHECK_INT(feed(&stream, str_format(arena, "{\"at\":0,\"user\":\"%s\"}", text[1]).ptr), 0);
    CHECK_INT(feed(&stream, str_format(arena, "{\"at\":0,\"user\":\"%s\"}", text[0]).ptr), 1);
    correlation_close(stream.set);
}

/* --- against counting by hand --- */

enum { STREAM = 40, SPAN = 10 };
struct sample {
    int at, rule, value;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

/* What one window, from..to of samples in order of time, amounts to. */
static int by_hand(const char *type, const struct sample *samples, size_t from, size_t to)
{
    int sum = 0;
    int values = 0;
    int rules = 0;
    int chain = 0;
    for (size_t i = from; i <= to; i++) {
        sum += samples[i].value;
        values |= 1 << samples[i].value;
        rules |= 1 << samples[i].rule;
        chain += samples[i].rule == chain ? 1 : 0;
    }
    switch (type[6]) {
    case 'c': return __builtin_popcount((unsigned)values);     /* value_count */
    case 's': return sum;                                      /* value_sum */
    case '_': return (int)(to - from) + 1;                     /* event__count: spelt so by the caller */
    default: return type[8] == '_' ? chain : __builtin_popcount((unsigned)rules);
    }
}

static bool expected(const char *type, const struct sample *samples, int least)
{
    for (size_t to = 0; to < STREAM; to++) {
        size_t from = to;
        while (from > 0 && samples[from - 1].at >= samples[to].at - SPAN) {
            from--;
        }
        if (by_hand(type, samples, from, to) >= least) {
            return true;
        }
    }
    return false;
}

static void agree(struct arena *arena, const char *type, const char *condition, int least, uint32_t seed, bool shuffle)
{
    struct sample samples[STREAM];
    size_t order[STREAM];
    uint32_t state = seed;
    int at = 0;
    for (size_t i = 0; i < STREAM; i++) {
        at += 1 + (int)(next_random(&state) % 5); /* no two at once: their order would be ours to choose */
        samples[i] = (struct sample){ at, (int)(next_random(&state) % 31 / 15), (int)(next_random(&state) % 8) };
        order[i] = i;
    }
    for (size_t i = 0; shuffle && i + 2 < STREAM; i += 3) {
        const size_t other = i + 1 + next_random(&state) % 2; /* up to 10 s late: the span */
        const size_t kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    const char *name = type[5] == '_' && type[6] == '_' ? "event_count" : type;
    struct stream stream = open_stream(arena, str_format(arena, CORRELATION("%s", "a, b, c", "%s"), name, condition).ptr);
    size_t hits = 0;
    for (size_t i = 0; i < STREAM; i++) {
        const struct sample *s = &samples[order[i]];
        hits += feed(&stream, str_format(arena, "{\"at\":%d,\"user\":\"u\",\"rule\":%d,\"n\":%d}", s->at, s->rule, s->value).ptr);
    }
    correlation_close(stream.set);
    if ((hits > 0) != expected(type, samples, least)) {
        fail_msg("%s, seed %u%s: %zu hits", type, seed, shuffle ? ", shuffled" : "", hits);
    }
}

TEST(verdicts_agree_with_counting_by_hand)
{
    for (uint32_t seed = 1; seed <= 300; seed++) {
        agree(arena, "event__count", "  condition: { gte: 7 }\n", 7, seed, seed % 2);
        agree(arena, "value_sum", "  condition: { field: n, gte: 28 }\n", 28, seed, seed % 2);
        agree(arena, "value_count", "  condition: { field: n, gte: 5 }\n", 5, seed, false);
        agree(arena, "temporal", "", 3, seed, false);
        agree(arena, "temporal_ordered", "", 3, seed, false);
    }
}

TEST(wrong_correlations_are_refused)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        { CORRELATION("often", "a", ""), "the type \"often\" is no correlation" },
        { CORRELATION("event_count", "", "  condition: { gte: 1 }\n"), "the correlation refers to no rules" },
        { CORRELATION("event_count", "a, a", "  condition: { gte: 1 }\n"), "rules has \"a\" twice" },
        { CORRELATION("event_count", "a", ""), "the condition compares with nothing: gt, gte, lt, lte, eq or neq is needed" },
        { CORRELATION("event_count", "a", "  condition: { gte: many }\n"), "\"gte\" must be compared with a number" },
        { CORRELATION("event_count", "a", "  condition: { gte: 1.5 }\n"), "a count must be a whole number from 0 to 100000" },
        { CORRELATION("event_count", "a", "  condition: { gte: 100001 }\n"), "a count must be a whole number from 0 to 100000" },
        { CORRELATION("value_count", "a", "  condition: { gte: 10001, field: x }\n"), "a count must be a whole number from 0 to 10000" },
        { CORRELATION("event_count", "a", "  condition: { gte: 1, field: x }\n"), "this type's condition has no field" },
        { CORRELATION("value_count", "a", "  condition: { gte: 1 }\n"), "the condition names no field" },
        { CORRELATION("value_sum", "a", "  condition: { gte: 1, field: [x, y] }\n"), "only one field can be a number" },
        { CORRELATION("value_sum", "a", "  condition: { gte: 1, field: x, percentile: 5 }\n"), "percentile must be from 0 to 100, in a value_percentile" },
        { CORRELATION("value_percentile", "a", "  condition: { gte: 1, field: x, percentile: 101 }\n"), "percentile must be from 0 to 100, in a value_percentile" },
        { CORRELATION("event_count", "a", "  condition: { above: 1 }\n"), "\"above\" is no part of a condition" },
        { CORRELATION("event_count", "a", "  condition: 5\n"), "the condition must be a mapping" },
        { CORRELATION("event_count", "a", "  condition: { gte: 1 }\n  generate: maybe\n"), "generate must be true or false" },
        { CORRELATION("temporal", "a", "  aliases: { x: y }\n"), "an alias must map names of rules to fields" },
        { "title: T\ncorrelation: { type: temporal, rules: [a], timespan: 5w }\n", "the timespan must be a number and s, m, h or d, at most 366 days" },
        { "title: T\ncorrelation: { type: temporal, rules: [a], timespan: 367d }\n", "the timespan must be a number and s, m, h or d, at most 366 days" },
        { "title: T\ncorrelation: []\n", "the correlation must be a mapping" },
        { "correlation: { type: temporal }\n", "the rule has no title" },
    };
    struct ctx ctx = ctx_new(arena, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sigma_rules rules = { 0 };
        match_sigma_parse(&ctx, STR("f.yml"), str_of(cases[i].text), NULL, &rules);
        CHECK_INT(rules.problem_count, 1);
        CHECK_STR(rules.problems[0].reason, cases[i].reason);
        CHECK(rules.problems[0].line > 0);
    }
}

TEST(unknown_rules_and_circles_are_refused)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        { CORRELATION("temporal", "a, nobody", ""), "f.yml:1: no rule is called \"nobody\"" },
        { "title: x\nname: x\ncorrelation: { type: temporal, rules: [x], timespan: 1s }\n",
          "f.yml:1: correlations refer to each other in a circle, or in too long a chain" },
        { "title: x\nname: x\ncorrelation: { type: temporal, rules: [y], timespan: 1s }\n---\n"
          "title: y\nname: y\ncorrelation: { type: temporal, rules: [x], timespan: 1s }\n",
          "f.yml:5: correlations refer to each other in a circle, or in too long a chain" },
    };
    struct ctx ctx = ctx_new(arena, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct correlation_set *set = NULL;
        const struct sigma_rules rules = load(&ctx, cases[i].text);
        CHECK_FAULT(correlation_open(&ctx, rules.correlations, rules.correlation_count, NAMES, COUNT_OF(NAMES), &set), FAULT_INVALID.code);
        CHECK_STR(str_of(ctx.reason), cases[i].reason);
    }
}

TEST(the_specifications_own_examples_load)
{
    static const char *const files[] = { "event_count", "event_count_ecs", "temporal", "temporal_ordered", "value_avg", "value_count",
                                         "value_percentile", "value_sum" };
    const char *shared = test_shared();
    if (shared == NULL) {
        return;
    }
    struct ctx ctx = ctx_new(arena, 0);
    size_t passed = 0;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct sigma_rules rules = { 0 };
        const char *path = str_format(arena, "%s/corpora/sigma/spec/tests/schema/correlation/%s.yml", shared, files[i]).ptr;
        CHECK_OK(match_sigma_load(&ctx, path, NULL, &rules));
        passed += rules.problem_count == 0 && rules.correlation_count == 1;
    }
    test_corpus_report("sigma_correlations", COUNT_OF(files), passed);
    CHECK_INT(passed, COUNT_OF(files));
}
