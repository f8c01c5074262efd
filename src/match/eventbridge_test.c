#include "match/eventbridge.h"

#include "match/match.h"
#include "tests/eventbridge_ask.h"
#include "tests/eventbridge_oracle.h"
#include "tests/test.h"

static bool matches(struct arena *arena, const char *pattern, const char *event)
{
    const struct str text = str_of(pattern);
    uint32_t ids[PATTERNS_MAX];
    struct asked asked = ask_open(arena, &text, 1);
    const size_t count = ask(&asked, str_of(event), ids);
    struct ctx ctx = ctx_new(arena, 0);
    struct match_explanation why = { 0 };
    CHECK_OK(match_explain(&ctx, asked.set, asked.scan, 0, &why));
    CHECK(why.matched == (count == 1));
    ask_close(&asked);
    return count == 1;
}

static struct str refusal(struct arena *arena, const char *pattern)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate *predicate = NULL;
    struct str reason = STR_NONE;
    CHECK_FAULT(eventbridge_parse(&ctx, str_of(pattern), &predicate, &reason), "InvalidEventPatternException");
    const struct str start = STR("Event pattern is not valid. Reason: ");
    CHECK(str_starts(reason, start));
    return str_from(reason, start.len);
}

/* --- operators --- */

struct verdict {
    const char *pattern;
    const char *event;
    bool matches;
};

static void check_verdicts(struct arena *arena, const struct verdict *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (matches(arena, list[i].pattern, list[i].event) != list[i].matches) {
            fail_msg("%s on %s must%s match", list[i].pattern, list[i].event, list[i].matches ? "" : " not");
        }
    }
}

TEST(values_are_compared_with_their_types)
{
    static const struct verdict list[] = {
        { "{\"a\":[\"x\",\"y\"]}", "{\"a\":\"y\"}", true },
        { "{\"a\":[\"x\"]}", "{\"a\":\"X\"}", false },
        { "{\"a\":[\"1\"]}", "{\"a\":1}", false },
        { "{\"a\":[1]}", "{\"a\":\"1\"}", false },
        { "{\"a\":[1]}", "{\"a\":1.0}", true },
        { "{\"a\":[300]}", "{\"a\":3e2}", true },
        { "{\"a\":[0.1]}", "{\"a\":0.10000001}", false },
        { "{\"a\":[123456789012]}", "{\"a\":123456789012}", true },
        { "{\"a\":[true]}", "{\"a\":true}", true },
        { "{\"a\":[true]}", "{\"a\":\"true\"}", false },
        { "{\"a\":[null]}", "{\"a\":null}", true },
        { "{\"a\":[null]}", "{\"a\":\"null\"}", false },
        { "{\"a\":[null]}", "{}", false },
        { "{\"a\":[\"\\u0041\\n\"]}", "{\"a\":\"A\\u000a\"}", true },
        { "{\"a\":[\"::1\"]}", "{\"a\":\"0:0:0:0:0:0:0:1\"}", true },
        { "{\"a\":[\"10.0.0.1\"]}", "{\"a\":\"10.0.0.1\"}", true },
        { "{\"a\":[\"::ffff:10.0.0.1\"]}", "{\"a\":\"10.0.0.1\"}", false },
        { "{\"a\":[\"08:23\"]}", "{\"a\":\"08:23\"}", true },
        { "{\"a\":[{\"exactly\":\"x\"}]}", "{\"a\":\"x\"}", true },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

TEST(operators_of_text_see_strings_alone)
{
    static const struct verdict list[] = {
        { "{\"a\":[{\"prefix\":\"1\"}]}", "{\"a\":\"12\"}", true },
        { "{\"a\":[{\"prefix\":\"1\"}]}", "{\"a\":12}", false },
        { "{\"a\":[{\"prefix\":\"\"}]}", "{\"a\":\"\"}", true },
        { "{\"a\":[{\"prefix\":\"\"}]}", "{\"a\":1}", false },
        { "{\"a\":[{\"prefix\":{\"equals-ignore-case\":\"ab\"}}]}", "{\"a\":\"ABc\"}", true },
        { "{\"a\":[{\"suffix\":\".png\"}]}", "{\"a\":\"x.png\"}", true },
        { "{\"a\":[{\"suffix\":{\"equals-ignore-case\":\".png\"}}]}", "{\"a\":\"x.PNG\"}", true },
        { "{\"a\":[{\"equals-ignore-case\":\"true\"}]}", "{\"a\":true}", false },
        { "{\"a\":[{\"equals-ignore-case\":\"aB\"}]}", "{\"a\":\"Ab\"}", true },
        { "{\"a\":[{\"wildcard\":\"a*c?\"}]}", "{\"a\":\"abbc?\"}", true },
        { "{\"a\":[{\"wildcard\":\"a*c?\"}]}", "{\"a\":\"abbcd\"}", false },
        { "{\"a\":[{\"wildcard\":\"\\\\*\\\\\\\\*\"}]}", "{\"a\":\"*\\\\x\"}", true },
        { "{\"a\":[{\"wildcard\":\"*\"}]}", "{\"a\":7}", false },
        { "{\"a\":[{\"cidr\":\"10.0.0.0/8\"}]}", "{\"a\":\"10.9.8.7\"}", true },
        { "{\"a\":[{\"cidr\":\"10.0.0.0/8\"}]}", "{\"a\":\"11.9.8.7\"}", false },
        { "{\"a\":[{\"cidr\":\"2001:db8::/32\"}]}", "{\"a\":\"2001:db8::1\"}", true },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

TEST(numeric_takes_numbers_alone)
{
    static const struct verdict list[] = {
        { "{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", "{\"a\":5}", true },
        { "{\"a\":[{\"numeric\":[\">\",0,\"<=\",5]}]}", "{\"a\":0}", false },
        { "{\"a\":[{\"numeric\":[\">\",0]}]}", "{\"a\":\"300\"}", false },
        { "{\"a\":[{\"numeric\":[\"=\",3.018e2]}]}", "{\"a\":301.8}", true },
        { "{\"a\":[{\"numeric\":[\">=\",-4e-6]}]}", "{\"a\":-0.000004}", true },
        { "{\"a\":[{\"numeric\":[\"<\",0]}]}", "{\"a\":-1e300}", true },
        { "{\"a\":[{\"numeric\":[\"<\",0]}]}", "{\"a\":null}", false },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

TEST(anything_but_wants_a_value_that_is_something_else)
{
    static const struct verdict list[] = {
        { "{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"y\"}", true },
        { "{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":\"x\"}", false },
        { "{\"a\":[{\"anything-but\":\"x\"}]}", "{}", false },
        { "{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":{}}", false },
        { "{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":null}", true },
        { "{\"a\":[{\"anything-but\":\"1\"}]}", "{\"a\":1}", true },
        { "{\"a\":[{\"anything-but\":[1,2]}]}", "{\"a\":2.0}", false },
        { "{\"a\":[{\"anything-but\":[1,2]}]}", "{\"a\":\"2\"}", true },
        { "{\"a\":[{\"anything-but\":[1,2]}]}", "{\"a\":[1,3]}", true },
        { "{\"a\":[{\"anything-but\":{\"prefix\":[\"x\",\"y\"]}}]}", "{\"a\":\"yes\"}", false },
        { "{\"a\":[{\"anything-but\":{\"suffix\":\"s\"}}]}", "{\"a\":\"yet\"}", true },
        { "{\"a\":[{\"anything-but\":{\"equals-ignore-case\":[\"no\"]}}]}", "{\"a\":\"NO\"}", false },
        { "{\"a\":[{\"anything-but\":{\"wildcard\":\"*o*\"}}]}", "{\"a\":\"foo\"}", false },
        { "{\"a\":[{\"anything-but\":{\"wildcard\":\"*o*\"}}]}", "{\"a\":12}", true },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

TEST(only_leaves_exist)
{
    static const struct verdict list[] = {
        { "{\"a\":[{\"exists\":true}]}", "{\"a\":null}", true },
        { "{\"a\":[{\"exists\":true}]}", "{\"a\":{\"b\":1}}", false },
        { "{\"a\":[{\"exists\":true}]}", "{\"a\":[]}", false },
        { "{\"a\":[{\"exists\":false}]}", "{\"a\":[[],{}]}", true },
        { "{\"a\":{\"b\":[{\"exists\":false}]}}", "{}", true },
        { "{\"a\":[\"x\",{\"exists\":false}]}", "{}", true },
        { "{\"a\":[\"x\",{\"exists\":false}]}", "{\"a\":\"y\"}", false },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

TEST(dots_in_keys_are_levels)
{
    static const struct verdict list[] = {
        { "{\"a.b\":[1]}", "{\"a\":{\"b\":1}}", true },
        { "{\"a\":{\"b\":[1]}}", "{\"a.b\":1}", true },
        { "{\"a\":{\"b\":{\"c\":[1]}}}", "{\"a\":{\"b.c\":1}}", true },
        { "{\"a\":{\"b\":{\"c\":[1]}}}", "{\"a.b\":[{\"c\":1}]}", true },
        { "{\"a.b\":[1]}", "{\"a\":1}", false },
        { "{\"a[]\":[1]}", "{\"a[]\":1}", true },
        { "{\"a[]\":[1]}", "{\"a\":[1]}", false },
        { "{\"a\\\\\":{\"\":[1]}}", "{\"a\\\\\":{\"\":1}}", true },
        { "{\"a\\u0000b\":[1]}", "{\"a\\u0000b\":1}", true },
        { "{\"a\\u0000b\":[1]}", "{\"a\":1}", false },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

TEST(of_repeated_keys_the_last_counts)
{
    static const struct verdict list[] = {
        { "{\"a\":[1],\"a\":[2]}", "{\"a\":1}", false },
        { "{\"a\":[1],\"a\":[2]}", "{\"a\":2}", true },
        { "{\"a\":{\"b\":[1]},\"a.b\":[2]}", "{\"a\":{\"b\":2}}", true },
        { "{\"a\":[1],\"a\":{\"b\":[2]}}", "{\"a\":[1,{\"b\":2}]}", true },
        { "{\"a\":[1],\"$or\":[{\"a\":[2]},{\"b\":[3]}]}", "{\"a\":2}", true },
        { "{\"a\":[1],\"$or\":[{\"a\":[2]},{\"b\":[3]}]}", "{\"a\":2,\"b\":3}", true },
        { "{\"a\":[1],\"$or\":[{\"b\":[2]},{\"b\":[3]}]}", "{\"a\":2,\"b\":3}", false },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

TEST(or_is_an_operator_only_before_plain_objects)
{
    static const struct verdict list[] = {
        { "{\"$or\":[{\"a\":[1]},{\"b\":[2]}]}", "{\"b\":2}", true },
        { "{\"$or\":[{\"a\":[1]},{\"b\":[2]}]}", "{\"b\":1}", false },
        { "{\"c\":{\"$or\":[{\"a\":[1]},{\"$or\":[{\"b\":[2]},{\"d\":[3]}]}]}}", "{\"c\":{\"d\":3}}", true },
        { "{\"$or\":[{\"a\":[1]},{\"b\":[2]}],\"$or\":[{\"c\":[1]},{\"d\":[2]}]}", "{\"a\":1,\"d\":2}", true },
        { "{\"$or\":[{\"a\":[1]},{\"b\":[2]}],\"$or\":[{\"c\":[1]},{\"d\":[2]}]}", "{\"c\":1,\"d\":2}", false },
        { "{\"$or\":[{\"prefix\":\"a\"},{\"prefix\":\"b\"}]}", "{\"$or\":\"bc\"}", true },
        { "{\"$or\":{\"a\":[1]}}", "{\"$or\":{\"a\":1}}", true },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

#define SAME "{\"d\":{\"a\":[1],\"b\":[2]}}"

TEST(fields_of_one_element_match_together)
{
    static const struct verdict list[] = {
        { SAME, "{\"d\":{\"a\":1,\"b\":2}}", true },
        { SAME, "{\"d\":[{\"a\":1},{\"b\":2}]}", false },
        { SAME, "{\"d\":[{\"a\":1},{\"a\":1,\"b\":2}]}", true },
        { SAME, "{\"d\":[[{\"a\":1}],[{\"b\":2}]]}", false },
        { SAME, "{\"d\":[[{\"a\":1},{\"b\":2}]]}", false },
        { SAME, "{\"d\":{\"a\":[0,1],\"b\":[2,3]}}", true },
        { SAME, "{\"d\":[{\"a\":[1]},{\"b\":2}],\"d.b\":2}", true },
        { "{\"d\":{\"a\":[1],\"b\":{\"c\":[2]}}}", "{\"d\":[{\"a\":1},{\"b\":{\"c\":2}}],\"d.b\":{\"c\":2}}", true },
        { "{\"u\":{\"t\":{\"k\":[1],\"v\":[2]},\"n\":[3]}}", "{\"u\":[{\"n\":3,\"t\":[{\"k\":1}]},{\"t\":[{\"k\":1,\"v\":2}]}]}", false },
        { "{\"u\":{\"t\":{\"k\":[1],\"v\":[2]},\"n\":[3]}}", "{\"u\":[{\"n\":3,\"t\":[{\"k\":0},{\"k\":1,\"v\":2}]}]}", true },
        { "{\"d\":{\"a\":[1],\"m\":[2],\"z\":[3]}}", "{\"d\":[{\"a\":1},{\"a\":1,\"z\":3}],\"d.m\":2}", true },
        { "{\"d\":{\"a\":[1],\"m\":[2],\"z\":[3]}}", "{\"d\":[{\"a\":1},{\"z\":3}],\"d.m\":2}", false },
        { "{\"x\":{\"a\":[1]},\"y\":{\"b\":[2]}}", "{\"x\":[{\"a\":0},{\"a\":1}],\"y\":[{\"b\":2}]}", true },
        { "{\"d\":{\"a\":[1],\"b\":[{\"exists\":false}]}}", "{\"d\":[{\"a\":1},{\"a\":2,\"b\":1}]}", true },
        { "{\"d\":{\"a\":[1],\"b\":[{\"exists\":false}]}}", "{\"d\":[{\"a\":2},{\"a\":1,\"b\":1}]}", false },
        { "{\"d\":{\"a\":[1],\"b\":[{\"exists\":false}]}}", "{\"d\":[{\"a\":1,\"b\":1},{\"a\":1}]}", true },
        { "{\"d\":{\"b\":[1],\"a\":[{\"exists\":false}]}}", "{\"d\":[{\"b\":1},{\"a\":1}]}", false },
        { "{\"d\":{\"a\":[\"}]\"],\"b\":[2]}}", "{\"d\":[{\"a\":\"}]\"},{\"x\":\"\\\"]\",\"b\":2}]}", false },
    };
    check_verdicts(arena, list, COUNT_OF(list));
}

static void add_elements(struct text *text, const char *array, const char *key, int count)
{
    text_add_format(text, "\"%s\":[", array);
    for (int i = 0; i < count; i++) {
        text_add_format(text, "%s{\"%s\":1}", i ? "," : "", key);
    }
    text_add(text, STR("],"));
}

TEST(many_arrays_that_cannot_fit_end_quickly)
{
    struct text event = text_new(arena);
    text_add_char(&event, '{');
    for (int i = 0; i < 8; i++) {
        add_elements(&event, str_cstr(arena, str_format(arena, "p%d", i)), "a", 200);
    }
    text_add(&event, STR("\"z\":[{\"a\":1},{\"b\":1}]}"));
    struct text pattern = text_new(arena);
    text_add_char(&pattern, '{');
    for (int i = 0; i < 8; i++) {
        text_add_format(&pattern, "\"p%d\":{\"a\":[1]},", i);
    }
    text_add(&pattern, STR("\"z\":{\"a\":[1],\"b\":[1]}}"));
    CHECK(!matches(arena, str_cstr(arena, text_str(&pattern)), str_cstr(arena, text_str(&event))));
}

TEST(the_right_one_of_many_elements_is_found)
{
    struct text event = text_new(arena);
    text_add_char(&event, '{');
    add_elements(&event, "x", "y", 1);
    text_add(&event, STR("\"d\":["));
    for (int i = 0; i < 20000; i++) {
        text_add_format(&event, "{\"%s\":1},", i % 2 ? "a" : "b");
    }
    struct text missed = text_new(arena);
    text_add(&missed, text_str(&event));
    text_add(&event, STR("{\"a\":1,\"b\":1}]}"));
    text_add(&missed, STR("{\"a\":1,\"b\":2}]}"));
    CHECK(matches(arena, "{\"d\":{\"a\":[1],\"b\":[1]}}", str_cstr(arena, text_str(&event))));
    CHECK(!matches(arena, "{\"d\":{\"a\":[1],\"b\":[1]}}", str_cstr(arena, text_str(&missed))));
}

TEST(more_fields_than_bits_are_searched_rightly)
{
    struct text event = text_new(arena);
    struct text pattern = text_new(arena);
    text_add(&pattern, STR("{\"d\":{"));
    text_add(&event, STR("{\"d\":[{\"f000\":1},{"));
    for (int i = 0; i < 80; i++) {
        text_add_format(&pattern, "%s\"f%03d\":[1]", i ? "," : "", i);
        text_add_format(&event, "%s\"f%03d\":1", i ? "," : "", i);
    }
    text_add(&pattern, STR("}}"));
    struct text missed = text_new(arena);
    text_add(&missed, text_str(&event));
    text_add(&event, STR("}]}"));
    text_add(&missed, STR(",\"f079\":2},{\"f079\":1}]}"));
    CHECK(matches(arena, str_cstr(arena, text_str(&pattern)), str_cstr(arena, text_str(&event))));
    CHECK(!matches(arena, str_cstr(arena, text_str(&pattern)), str_cstr(arena, text_str(&missed))));
}

/* --- refusals --- */

TEST(a_wrong_pattern_is_refused_with_its_place)
{
    CHECK_STR(refusal(arena, "{\"a\": []}"), "Empty arrays are not allowed\n at [Source: (String)\"{\"a\": []}\"; line: 1, column: 9]");
    CHECK_STR(refusal(arena, "{\n  \"a\": 1\n}"),
              "\"a\" must be an object or an array\n at [Source: (String)\"{\n  \"a\": 1\n}\"; line: 2, column: 9]");
    CHECK_STR(refusal(arena, "[1]"), "Filter is not an object\n at [Source: (String)\"[1]\"; line: 1, column: 2]");
    CHECK_STR(refusal(arena, "{\"\xC3\xA9\": [{\"x\": 1}]}"),
              "Unrecognized match type x\n at [Source: (String)\"{\"\xC3\xA9\": [{\"x\": 1}]}\"; line: 1, column: 15]");
    CHECK_STR(refusal(arena, "{\"a\": [{\"cidr\": \"10.0.0.0/32\"}]}"), "IPv4 mask bits must be < 32");
    CHECK_STR(refusal(arena, "{\"a\": [{\"anything-but\": {\"prefix\": [\"\"]}}]}"),
              "Null prefix/suffix not allowed\n at [Source: (String)\"{\"a\": [{\"anything-but\": {\"prefix\": [\"\"]}}]}\"; line: 1, column: 39]"
              "\n at [Source: (String)\"{\"a\": [{\"anything-but\": {\"prefix\": [\"\"]}}]}\"; line: 1, column: 39]");
}

TEST(malformed_patterns_are_refused)
{
    static const char *const wrong[] = {
        "", " ", "{", "{}", "nonsense", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":[1", "{\"a\":[1,]}", "{\"a\":[1]", "{'a':[1]}", "{\"a\":[01]}",
        "{\"a\":[1}", "{\"a\":[\"\\x\"]}", "{\"a\":[[1]]}", "{\"a\":[{}]}", "{\"a\":{}}", "{\"a\":[{\"numeric\":[]}]}",
        "{\"a\":[{\"numeric\":[\">\",5,\"<\",1]}]}", "{\"a\":[{\"wildcard\":\"**\"}]}", "{\"a\":[{\"wildcard\":\"\\\\a\"}]}",
        "{\"a\":[{\"prefix\":{\"wildcard\":\"x\"}}]}", "{\"a\":[{\"cidr\":\"10.0.0.0\"}]}", "{\"a\":[{\"cidr\":\"10.0.0.0/x\"}]}",
        "{\"a\":[{\"anything-but\":null}]}", "{\"a\":[{\"anything-but\":[]}]}", "{\"a\":[\"\xFF\"]}", "{\"a\":[\xE3\x81\x82]}",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CHECK(refusal(arena, wrong[i]).len > 0);
    }
}

TEST(patterns_that_explode_are_refused)
{
    struct text deep = text_new(arena);
    struct text wide = text_new(arena);
    for (int i = 0; i < 1000; i++) {
        text_add(&deep, STR("{\"a\":"));
    }
    text_add_char(&wide, '{');
    for (int i = 0; i < 20; i++) {
        text_add_format(&wide, "%s\"$or\":[{\"a%d\":[1]},{\"b%d\":[1]}]", i ? "," : "", i, i);
    }
    text_add_char(&wide, '}');
    CHECK(str_starts(refusal(arena, str_cstr(arena, text_str(&deep))), STR("Document nesting depth")));
    CHECK(str_starts(refusal(arena, str_cstr(arena, text_str(&wide))), STR("Rule is too complex")));
}

TEST(a_path_that_no_projection_takes_is_refused)
{
    struct text pattern = text_new(arena);
    text_add(&pattern, STR("{\"a"));
    for (int i = 0; i < 63; i++) {
        text_add(&pattern, STR(".a"));
    }
    struct text longer = text_new(arena);
    text_add(&longer, text_str(&pattern));
    text_add(&longer, STR(".a\":[1]}"));
    text_add(&pattern, STR("\":[1]}"));
    CHECK(!matches(arena, str_cstr(arena, text_str(&pattern)), "{\"a\":1}"));
    CHECK(str_starts(refusal(arena, str_cstr(arena, text_str(&longer))), STR("Rule is too complex")));
}

TEST(a_miss_for_want_of_a_common_element_is_explained)
{
    const struct str pattern = STR(SAME);
    uint32_t ids[PATTERNS_MAX];
    struct ctx ctx = ctx_new(arena, 0);
    struct match_explanation why = { 0 };
    struct asked asked = ask_open(arena, &pattern, 1);
    CHECK_INT(ask(&asked, STR("{\"d\":[{\"a\":1},{\"b\":2}]}"), ids), 0);
    CHECK_OK(match_explain(&ctx, asked.set, asked.scan, 0, &why));
    CHECK_STR(why.words, "missed: no one element of an array satisfies all that is asked of it");
    CHECK_INT(ask(&asked, STR("{\"d\":[{\"a\":1,\"b\":3}]}"), ids), 0);
    CHECK_OK(match_explain(&ctx, asked.set, asked.scan, 0, &why));
    CHECK_STR(why.words, "missed: d.b is the number \"2\": no, it is \"3\"");
    ask_close(&asked);
}

static bool is_too_complex(struct arena *arena, const char *pattern)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct predicate *predicate = NULL;
    CHECK_OK(eventbridge_parse(&ctx, str_of(pattern), &predicate, NULL));
    return eventbridge_check_complexity(&ctx, predicate).fault != NULL;
}

TEST(wildcards_with_many_ways_to_go_on_are_too_complex)
{
    CHECK(is_too_complex(arena, "{\"a\":[{\"wildcard\":\"*:*:*:*:*:event-bus/*\"}]}"));
    CHECK(is_too_complex(arena, "{\"a\":[1],\"$or\":[{\"b\":[1]},{\"c\":[{\"anything-but\":{\"wildcard\":\"*a*a*a*a*a*a*\"}}]}]}"));
    CHECK(!is_too_complex(arena, "{\"a\":[{\"wildcard\":\"/Users/*/dir/dir/dir/dir/dir/doc.txt\"}]}"));
    CHECK(!is_too_complex(arena, "{\"a\":[{\"wildcard\":\"arn:aws:*:*:123456789012:*/?\"}]}"));
}

TEST(a_test_event_needs_its_envelope)
{
    struct ctx ctx = ctx_new(arena, 0);
    CHECK_OK(eventbridge_check_event(&ctx, STR("{\"id\":\"1\",\"account\":\"1\",\"source\":\"s\",\"time\":\"t\",\"region\":\"r\",\"detail-type\":\"d\"}")));
    CHECK_FAULT(eventbridge_check_event(&ctx, STR("{\"id\":\"1\"}")), "ValidationException");
    CHECK_FAULT(eventbridge_check_event(&ctx, STR("[1]")), "ValidationException");
    CHECK_FAULT(eventbridge_check_event(&ctx, STR("plain")), "ValidationException");
    CHECK_STR(str_of(ctx.reason), "Parameter Event is not valid.");
}

/* --- against the slow way --- */

TEST(random_patterns_match_as_the_slow_way_says)
{
    uint64_t state = 20240731;
    size_t hits = 0;
    for (int round = 0; round < 150; round++) {
        struct arena *work = arena_open();
        uint8_t bytes[6000];
        for (size_t i = 0; i < sizeof(bytes); i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(state >> 56);
        }
        struct oracle_bytes b = { bytes, bytes + sizeof(bytes) };
        const char *trouble = flat_check(work, &b, 40, &hits);
        if (trouble) {
            fail_msg("round %d: %s", round, trouble);
        }
        arena_close(work);
    }
    CHECK(hits > 2000);
}
