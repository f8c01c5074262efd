#include "match/match.h"

#include "base/queue.h"
#include "tests/match_oracle.h"
#include "tests/test.h"

/* One rule, one document. */
struct trial {
    struct match_set *set;
    struct projection *projection;
    struct scan *scan;
    struct match_scratch *scratch;
};

static struct trial trial_open(struct ctx *ctx, const struct predicate *p, struct str document)
{
    struct trial t = { 0 };
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    size_t used = 0;
    CHECK_OK(match_builder_add(ctx, builder, 7, p));
    CHECK_OK(match_compile(ctx, builder, paths, &t.set));
    t.projection = projection_end(paths);
    t.scan = scan_open(t.projection);
    t.scratch = match_scratch_open();
    CHECK(scan_document(t.scan, document, &used));
    return t;
}

static void trial_close(struct trial t)
{
    match_scratch_close(t.scratch);
    scan_close(t.scan);
    projection_free(t.projection);
    match_set_free(t.set);
}

static bool holds(struct arena *arena, struct predicate p, const char *document)
{
    struct ctx ctx = ctx_new(arena, 0);
    uint32_t id = 0;
    p.kind = PREDICATE_TEST;
    const struct trial t = trial_open(&ctx, &p, str_of(document));
    const size_t count = match_run(t.set, t.scratch, t.scan, &id, 1);
    CHECK(count == 0 || id == 7);
    trial_close(t);
    return count == 1;
}

#define ONE(text) .values = &STR(text), .value_count = 1
#define VALUES(...) .values = (const struct str[]){ __VA_ARGS__ }, .value_count = COUNT_OF(((const struct str[]){ __VA_ARGS__ }))
#define HOLDS(document, ...) holds(arena, (struct predicate){ .path = STR("a"), __VA_ARGS__ }, document)

TEST(equality_heeds_case_unless_told_otherwise)
{
    CHECK(HOLDS("{\"a\":\"x\"}", .op = PREDICATE_EQUALS, VALUES(STR("y"), STR("x"))));
    CHECK(!HOLDS("{\"a\":\"X\"}", .op = PREDICATE_EQUALS, VALUES(STR("x"))));
    CHECK(HOLDS("{\"a\":\"X\"}", .op = PREDICATE_EQUALS, .ignore_case = true, VALUES(STR("x"))));
    CHECK(!HOLDS("{\"a\":\"xx\"}", .op = PREDICATE_EQUALS, .ignore_case = true, VALUES(STR("x"))));
    CHECK(HOLDS("{\"a\":517}", .op = PREDICATE_EQUALS, VALUES(STR("517"))));
    CHECK(HOLDS("{\"a\":true}", .op = PREDICATE_EQUALS, VALUES(STR("true"))));
    CHECK(HOLDS("{\"a\":\"\"}", .op = PREDICATE_EQUALS, VALUES(STR(""))));
    CHECK(!HOLDS("{\"a\":null}", .op = PREDICATE_EQUALS, VALUES(STR(""))));
    CHECK(HOLDS("{\"a\":\"\\u0078\"}", .op = PREDICATE_EQUALS, VALUES(STR("x"))));
    CHECK(HOLDS("{\"a\":[1,[\"x\"]]}", .op = PREDICATE_EQUALS, VALUES(STR("x"))));
    CHECK(!HOLDS("{\"a\":[]}", .op = PREDICATE_EQUALS, VALUES(STR("x"))));
}

TEST(text_operators_look_at_both_ends_and_the_middle)
{
    CHECK(HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_PREFIX, VALUES(STR("Ab"))));
    CHECK(!HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_PREFIX, VALUES(STR("ab"))));
    CHECK(HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_PREFIX, .ignore_case = true, VALUES(STR("aB"))));
    CHECK(HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_SUFFIX, VALUES(STR("x"), STR("cd"))));
    CHECK(!HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_SUFFIX, VALUES(STR("bc"))));
    CHECK(HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_CONTAINS, VALUES(STR("bc"))));
    CHECK(HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_CONTAINS, VALUES(STR(""))));
    CHECK(HOLDS("{\"a\":{\"b\":\"Failure\"}}", .op = PREDICATE_CONTAINS, .ignore_case = true, VALUES(STR("failure"))));
    CHECK(HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_WILDCARD, VALUES(STR("A*d"))));
    CHECK(HOLDS("{\"a\":\"A\xC3\xA9" "d\"}", .op = PREDICATE_WILDCARD, VALUES(STR("A?d"))));
    CHECK(!HOLDS("{\"a\":\"Abcd\"}", .op = PREDICATE_WILDCARD, VALUES(STR("A?d"))));
    CHECK(HOLDS("{\"a\":\"A*d\\\\\"}", .op = PREDICATE_WILDCARD, VALUES(STR("A\\*?\\\\"))));
    CHECK(!HOLDS("{\"a\":\"Abd\"}", .op = PREDICATE_WILDCARD, VALUES(STR("A\\*d"))));
}

TEST(regular_expressions_search_with_their_flags)
{
    CHECK(HOLDS("{\"a\":\"xfoo1\"}", .op = PREDICATE_REGEX, VALUES(STR("fo+\\d"))));
    CHECK(!HOLDS("{\"a\":\"xFOO1\"}", .op = PREDICATE_REGEX, VALUES(STR("fo+\\d"))));
    CHECK(HOLDS("{\"a\":\"xFOO1\"}", .op = PREDICATE_REGEX, .ignore_case = true, VALUES(STR("fo+\\d"))));
    CHECK(HOLDS("{\"a\":\"x\\nfoo\"}", .op = PREDICATE_REGEX, .multiline = true, VALUES(STR("^foo"))));
    CHECK(!HOLDS("{\"a\":\"x\\nfoo\"}", .op = PREDICATE_REGEX, VALUES(STR("^foo"))));
    CHECK(HOLDS("{\"a\":\"x\\nfoo\"}", .op = PREDICATE_REGEX, .dot_all = true, VALUES(STR("x.foo"))));
    CHECK(!HOLDS("{\"a\":\"x\\nfoo\"}", .op = PREDICATE_REGEX, VALUES(STR("x.foo"))));
}

TEST(numbers_times_and_networks_are_compared_as_what_they_are)
{
    CHECK(HOLDS("{\"a\":7}", .op = PREDICATE_NUMBER, .low = 7, .high = 9));
    CHECK(!HOLDS("{\"a\":7}", .op = PREDICATE_NUMBER, .low = 7, .low_open = true, .high = 9));
    CHECK(HOLDS("{\"a\":\"8.5\"}", .op = PREDICATE_NUMBER, .low = 7, .high = (double)INFINITY));
    CHECK(!HOLDS("{\"a\":\"8.5x\"}", .op = PREDICATE_NUMBER, .low = 7, .high = (double)INFINITY));
    CHECK(HOLDS("{\"a\":\"2024-07-31T13:06:24Z\"}", .op = PREDICATE_TIME, .unit = UNIT_HOUR, .low = 13, .high = 13));
    CHECK(!HOLDS("{\"a\":\"2024-07-31T13:06:24Z\"}", .op = PREDICATE_TIME, .unit = UNIT_MINUTE, .low = 7, .high = 59));
    CHECK(HOLDS("{\"a\":\"2024-12-30T00:00:00Z\"}", .op = PREDICATE_TIME, .unit = UNIT_WEEK, .low = 1, .high = 1));
    CHECK(HOLDS("{\"a\":\"2023-01-01T00:00:00Z\"}", .op = PREDICATE_TIME, .unit = UNIT_WEEK, .low = 52, .high = 52));
    CHECK(HOLDS("{\"a\":\"1970-01-01T00:00:01Z\"}", .op = PREDICATE_TIME, .low = 1000, .high = 1000));
    CHECK(HOLDS("{\"a\":\"10.9.8.7\"}", .op = PREDICATE_CIDR, VALUES(STR("192.0.2.0/24"), STR("10.0.0.0/8"))));
    CHECK(!HOLDS("{\"a\":\"11.9.8.7\"}", .op = PREDICATE_CIDR, VALUES(STR("10.0.0.0/8"))));
    CHECK(!HOLDS("{\"a\":\"AWS Internal\"}", .op = PREDICATE_CIDR, VALUES(STR("0.0.0.0/0"))));
    CHECK(HOLDS("{\"a\":\"2001:DB8::1\"}", .op = PREDICATE_CIDR, VALUES(STR("2001:db8::/32"))));
    CHECK(!HOLDS("{\"a\":\"2001:db9::1\"}", .op = PREDICATE_CIDR, VALUES(STR("2001:db8::/32"))));
    CHECK(HOLDS("{\"a\":\"::ffff:10.0.0.1\"}", .op = PREDICATE_CIDR, VALUES(STR("10.0.0.0/8"))));
}

TEST(presence_null_and_booleans_are_told_apart)
{
    CHECK(HOLDS("{\"a\":null}", .op = PREDICATE_EXISTS));
    CHECK(HOLDS("{\"a\":[]}", .op = PREDICATE_EXISTS));
    CHECK(!HOLDS("{\"b\":1}", .op = PREDICATE_EXISTS));
    CHECK(HOLDS("{\"a\":null}", .op = PREDICATE_NULL));
    CHECK(!HOLDS("{\"a\":\"null\"}", .op = PREDICATE_NULL));
    CHECK(!HOLDS("{}", .op = PREDICATE_NULL));
    CHECK(HOLDS("{\"a\":true}", .op = PREDICATE_BOOL, .low = 1));
    CHECK(!HOLDS("{\"a\":\"true\"}", .op = PREDICATE_BOOL, .low = 1));
    CHECK(HOLDS("{\"a\":false}", .op = PREDICATE_BOOL));
}

TEST(anything_but_wants_a_value_that_differs)
{
    CHECK(HOLDS("{\"a\":[\"x\",\"y\"]}", .op = PREDICATE_EQUALS, .anything_but = true, VALUES(STR("x"))));
    CHECK(!HOLDS("{\"a\":[\"x\",\"x\"]}", .op = PREDICATE_EQUALS, .anything_but = true, VALUES(STR("x"))));
    CHECK(!HOLDS("{\"b\":1}", .op = PREDICATE_EQUALS, .anything_but = true, VALUES(STR("x"))));
    CHECK(HOLDS("{\"b\":1}", .op = PREDICATE_EXISTS, .anything_but = true));
}

TEST(fields_are_compared_with_one_another)
{
    CHECK(HOLDS("{\"a\":\"x\",\"b\":[\"y\",\"x\"]}", .op = PREDICATE_FIELD, .other = STR("b")));
    CHECK(!HOLDS("{\"a\":\"x\",\"b\":\"X\"}", .op = PREDICATE_FIELD, .other = STR("b")));
    CHECK(HOLDS("{\"a\":\"x\",\"b\":\"X\"}", .op = PREDICATE_FIELD, .ignore_case = true, .other = STR("b")));
    CHECK(HOLDS("{\"a\":\"xyz\",\"b\":\"yz\"}", .op = PREDICATE_FIELD, .ends = true, .other = STR("b")));
    CHECK(!HOLDS("{\"a\":\"xyz\",\"b\":\"yz\"}", .op = PREDICATE_FIELD, .starts = true, .other = STR("b")));
    CHECK(HOLDS("{\"a\":\"xyz\",\"b\":\"y\"}", .op = PREDICATE_FIELD, .part = true, .other = STR("b")));
    CHECK(!HOLDS("{\"a\":null,\"b\":null}", .op = PREDICATE_FIELD, .other = STR("b")));
}

TEST(keywords_are_found_anywhere_in_the_document)
{
    CHECK(HOLDS("{\"z\":{\"q\":\"Evil Service\"}}", .op = PREDICATE_KEYWORD, .ignore_case = true, VALUES(STR("evil s"))));
    CHECK(!HOLDS("{\"z\":{\"q\":\"Evil Service\"}}", .op = PREDICATE_KEYWORD, VALUES(STR("evil s"))));
    CHECK(HOLDS("{\"z\":\"a\\\"b\\\\c\"}", .op = PREDICATE_KEYWORD, VALUES(STR("a\"b\\\\c"))));
    CHECK(HOLDS("{\"z\":\"abc\"}", .op = PREDICATE_KEYWORD, VALUES(STR("a?c*}"))));
    CHECK(HOLDS("{\"z\":\"abc\"}", .op = PREDICATE_KEYWORD, .anything_but = true, VALUES(STR("xyz"))));
}

static const char *refusal(struct arena *arena, struct predicate p)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct match_builder *builder = match_builder_open();
    const struct err err = match_builder_add(&ctx, builder, 1, &p);
    match_builder_close(builder);
    return err.fault ? str_cstr(arena, str_of(ctx.reason)) : "";
}

TEST(wrong_predicates_are_refused_with_a_reason)
{
    const struct predicate *self[1];
    struct predicate loop = { .kind = PREDICATE_ALL, .children = self, .child_count = 1 };
    self[0] = &loop;
    CHECK(strstr(refusal(arena, loop), "nested"));
    CHECK(strstr(refusal(arena, (struct predicate){ .kind = PREDICATE_NOT }), "exactly one"));
    CHECK(strstr(refusal(arena, (struct predicate){ .kind = PREDICATE_TEST }), "no values"));
    CHECK(strstr(refusal(arena, (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_CIDR, ONE("10.0.0.0/33") }), "no IP"));
    CHECK(strstr(refusal(arena, (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_REGEX, ONE("a(") }), "at 2"));
    CHECK(strstr(refusal(arena, (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_REGEX, ONE("^(a+)+$") }), "backtracks"));
    CHECK(strstr(refusal(arena, (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_REGEX, ONE("^(\\w*_?)*$") }), "backtracks"));
    CHECK(strstr(refusal(arena, (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_NUMBER, .low = (double)NAN }), "bound"));
    CHECK_STR(str_of(refusal(arena, (struct predicate){ .kind = PREDICATE_TEST, .op = PREDICATE_REGEX, ONE("(\\w+\\.)+com") })), "");
}

TEST(an_explanation_names_the_tests_and_values_that_decided)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate name = { .kind = PREDICATE_TEST, .op = PREDICATE_EQUALS, .path = STR("n"), VALUES(STR("x"), STR("y")) };
    const struct predicate root = { .kind = PREDICATE_TEST, .op = PREDICATE_PREFIX, .path = STR("u"), ONE("root") };
    const struct predicate not_root = { .kind = PREDICATE_NOT, .child_count = 1, .children = (const struct predicate *[]){ &root } };
    const struct predicate rule = { .kind = PREDICATE_ALL, .child_count = 2,
                                    .children = (const struct predicate *[]){ &name, &not_root } };
    struct match_explanation why = { 0 };
    struct trial t = trial_open(&ctx, &rule, STR("{\"n\":[\"q\",\"y\"],\"u\":\"rooted\"}"));
    CHECK_OK(match_explain(&ctx, t.set, t.scan, 7, &why));
    CHECK(!why.matched);
    CHECK_INT(why.count, 2);
    CHECK(why.reasons[0].held && !why.reasons[0].negated);
    CHECK_STR(why.reasons[0].value, "y");
    CHECK(why.reasons[1].held && why.reasons[1].negated);
    CHECK_STR(why.words, "missed: u starts with \"root\": yes, it is \"rooted\"");
    CHECK_FAULT(match_explain(&ctx, t.set, t.scan, 8, &why), FAULT_MISSING.code);
    uint32_t id = 0;
    CHECK_FAULT(match_explain_last(&ctx, t.scratch, 7, &why), FAULT_MISSING.code);
    CHECK_INT(match_run(t.set, t.scratch, t.scan, &id, 1), 0);
    CHECK_OK(match_explain_last(&ctx, t.scratch, 7, &why));
    CHECK_STR(why.words, "missed: u starts with \"root\": yes, it is \"rooted\"");
    trial_close(t);
    t = trial_open(&ctx, &rule, STR("{\"n\":\"x\"}"));
    CHECK_OK(match_explain(&ctx, t.set, t.scan, 7, &why));
    CHECK(why.matched);
    CHECK_STR(why.words, "matched: n equals \"x\" or \"y\": yes, it is \"x\"; u starts with \"root\": no, it is absent");
    trial_close(t);
}

TEST(ids_come_in_order_of_the_rules_and_no_more_than_asked_for)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    for (uint32_t i = 0; i < 5000; i++) {
        struct predicate *p = ARENA_NEW(arena, struct predicate);
        struct str *value = ARENA_NEW(arena, struct str);
        *value = str_format(arena, "name%u", i / 3);
        *p = (struct predicate){ .kind = PREDICATE_TEST, .op = i % 2 ? PREDICATE_EQUALS : PREDICATE_CONTAINS, .path = STR("n"),
                                 .values = value, .value_count = 1 };
        CHECK_OK(match_builder_add(&ctx, builder, 10000 - i, p));
    }
    CHECK_OK(match_compile(&ctx, builder, paths, &set));
    CHECK_INT(match_set_rules(set), 5000);
    struct projection *projection = projection_end(paths);
    struct scan *scan = scan_open(projection);
    struct match_scratch *scratch = match_scratch_open();
    uint32_t ids[64];
    size_t used = 0;
    CHECK(scan_document(scan, STR("{\"n\":\"name1234\"}"), &used));
    /* Names 1, 12, 123 and 1234 are in it; rules 3n to 3n+2, of which even ones ask for a part, odd ones for the whole. */
    static const uint32_t expected[] = { 4, 36, 38, 370, 3702, 3703, 3704 };
    const size_t count = match_run(set, scratch, scan, ids, 64);
    CHECK_INT(count, COUNT_OF(expected));
    for (size_t i = 0; i < count; i++) {
        CHECK_INT(ids[i], 10000 - expected[i]);
    }
    CHECK_INT(match_run(set, scratch, scan, ids, 2), 2);
    CHECK_INT(match_run(set, scratch, scan, ids, 64), COUNT_OF(expected));
    match_scratch_close(scratch);
    scan_close(scan);
    projection_free(projection);
    match_set_free(set);
}

TEST(automaton_and_slow_evaluator_agree_on_random_rules_and_documents)
{
    uint8_t bytes[4096];
    uint64_t state = 99;
    for (int round = 0; round < 400; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(state >> 56);
        }
        struct arena *work = arena_open();
        struct oracle_bytes b = { bytes, bytes + sizeof(bytes) };
        const char *trouble = oracle_match_check(work, &b, 40);
        if (trouble) {
            fail_msg("round %d: %s", round, trouble);
        }
        arena_close(work);
    }
}

/* Which rules wake is remembered by the values of few fields: whatever else differs must still count. */
TEST(documents_that_are_alike_in_some_fields_are_told_apart_by_the_others)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate name = { .kind = PREDICATE_TEST, .path = STR("name"), ONE("Put") };
    const struct predicate agent = { .kind = PREDICATE_TEST, .path = STR("agent"), .op = PREDICATE_CONTAINS, ONE("kali") };
    const struct predicate *const children[] = { &name, &agent };
    const struct predicate all = { .kind = PREDICATE_ALL, .children = children, .child_count = 2 };
    struct trial t = trial_open(&ctx, &all, STR("{}"));
    static const struct {
        const char *document;
        size_t count;
    } cases[] = {
        { "{\"name\":\"Put\",\"agent\":\"cli on kali\"}", 1 },   { "{\"name\":\"Put\",\"agent\":\"cli on mint\"}", 0 },
        { "{\"name\":\"Get\",\"agent\":\"cli on kali\"}", 0 },   { "{\"name\":[\"Get\",\"Put\"],\"agent\":\"kali\"}", 1 },
        { "{\"name\":\"P\\u0075t\",\"agent\":\"kali\"}", 1 },  { "{\"agent\":\"kali\"}", 0 },
        { "{\"name\":null,\"agent\":\"kali\"}", 0 },           { "{\"name\":\"Put\"}", 0 },
    };
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            size_t used = 0;
            uint32_t id = 0;
            CHECK(scan_document(t.scan, str_of(cases[i].document), &used));
            CHECK_INT(match_run(t.set, t.scratch, t.scan, &id, 1), cases[i].count);
        }
    }
    trial_close(t);
}

/* --- swapping while events flow --- */

static struct match_set *set_of(struct ctx *ctx, const char *value, struct projection **projection)
{
    struct match_builder *builder = match_builder_open();
    struct projection_builder *paths = projection_begin();
    struct match_set *set = NULL;
    const struct str text = str_of(value);
    const struct predicate p = { .kind = PREDICATE_TEST, .path = STR("a"), .values = &text, .value_count = 1 };
    CHECK_OK(match_builder_add(ctx, builder, 1, &p));
    CHECK_OK(match_compile(ctx, builder, paths, &set));
    *projection = projection_end(paths);
    return set;
}

struct reader {
    struct match_holder *holder;
    size_t matches;
};

static void read_on(void *argument)
{
    struct reader *reader = argument;
    struct match_scratch *scratch = match_scratch_open();
    for (int i = 0; i < 2000; i++) {
        struct match_snapshot *snapshot = match_holder_take(reader->holder);
        struct scan *scan = scan_open(match_snapshot_projection(snapshot));
        uint32_t id = 0;
        size_t used = 0;
        if (scan_document(scan, STR("{\"a\":\"x\"}"), &used)) {
            reader->matches += match_run(match_snapshot_set(snapshot), scratch, scan, &id, 1);
        }
        scan_close(scan);
        match_holder_give(reader->holder, snapshot);
    }
    match_scratch_close(scratch);
}

TEST(sets_are_swapped_under_readers)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct match_holder *holder = match_holder_open();
    struct projection *projection = NULL;
    CHECK(match_holder_take(holder) == NULL);
    struct match_set *set = set_of(&ctx, "x", &projection);
    match_holder_swap(holder, set, projection);
    struct reader readers[2] = { { holder, 0 }, { holder, 0 } };
    struct thread *threads[2];
    for (size_t i = 0; i < 2; i++) {
        threads[i] = thread_start("reader", read_on, &readers[i]);
    }
    for (int i = 0; i < 300; i++) {
        set = set_of(&ctx, "X", &projection);
        match_holder_swap(holder, set, projection);
        set = set_of(&ctx, "x", &projection);
        match_holder_swap(holder, set, projection);
    }
    for (size_t i = 0; i < 2; i++) {
        thread_join(threads[i]);
        CHECK(readers[i].matches <= 2000);
    }
    /* How many of the swaps a reader saw is the scheduler's affair; the last one stays. */
    struct reader last = { holder, 0 };
    read_on(&last);
    CHECK_INT(last.matches, 2000);
    match_holder_close(holder);
}
