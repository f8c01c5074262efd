#include "wire/validate.h"

#include "tests/test.h"
#include "wire/pattern.h"
#include "wire/sample_case.h"

static void check_text(struct arena *arena, const struct sample *sample, const char *expected)
{
    const struct str text = validate_structure(arena, &SAMPLE, sample);
    assert_string_equal(text.ptr ? text.ptr : "sound", expected);
}

/* spec: texts as AWS was recorded to give them (SPECS 2). */
TEST(one_broken_constraint_is_told_as_aws_does)
{
    check_text(arena, &(struct sample){ .text = STR("12345678") }, "sound");
    check_text(arena, &(struct sample){ .text = STR("\xE3\x81\x82\xE3\x81\x82\xE3\x81\x82") }, "sound");
    check_text(arena, &(struct sample){ .text = STR("123456789") },
               "1 validation error detected: Value '123456789' at 'text' failed to satisfy constraint: Member must have length "
               "less than or equal to 8");
    check_text(arena, &(struct sample){ .small = SOME(1001) },
               "1 validation error detected: Value '1001' at 'small' failed to satisfy constraint: Member must have value less "
               "than or equal to 1000");
    check_text(arena, &(struct sample){ .color = STR("BLUE") },
               "1 validation error detected: Value 'BLUE' at 'color' failed to satisfy constraint: Member must satisfy enum value "
               "set: [RED, GREEN]");
}

TEST(several_are_counted_and_elements_are_told_at_their_list)
{
    struct str words[] = { STR("ok"), STR("NO") };
    check_text(arena, &(struct sample){ .text = STR(""), .strings = { words, 2 } },
               "2 validation errors detected: Value '' at 'text' failed to satisfy constraint: Member must have length greater than "
               "or equal to 1; Value '[ok, NO]' at 'strings' failed to satisfy constraint: Member must satisfy constraint: "
               "[Member must satisfy regular expression pattern: [a-z]*]");
}

/* spec: recorded refusals of Lambda and CloudWatch Logs. */
TEST(lists_maps_and_numbers_are_shown_as_java_prints_them)
{
    struct sample parts[] = { { .text = STR("a") }, { .text = STR("b") }, { .text = STR("c") } };
    struct sample_counts_entry counts[] = { { STR("a"), 1 }, { STR("B"), 2 } };
    struct shape short_list = PARTS;
    struct member member = { .name = "Parts", .shape = &short_list, .offset = offsetof(struct sample, parts) };
    const struct shape outer = { .name = "Outer", .kind = SHAPE_STRUCTURE, .size = sizeof(struct sample), .members = &member, .member_count = 1 };
    const struct sample value = { .parts = { parts, 3 } };
    short_list.has_max = true;
    short_list.max = 2;
    const struct str text = validate_structure(arena, &outer, &value);
    CHECK(str_starts(text, STR("1 validation error detected: Value '[Sample(Text=a, Data=null, Document=null, ")));
    CHECK(str_ends(text, STR("Choice=null)]' at 'parts' failed to satisfy constraint: Member must have length less than or equal to 2")));
    check_text(arena, &(struct sample){ .counts = { counts, 2 } },
               "1 validation error detected: Value '{a=1, B=2}' at 'counts' failed to satisfy constraint: Map keys must satisfy "
               "constraint: [Member must satisfy regular expression pattern: [a-z]*]");
}

TEST(deep_members_are_told_by_their_path)
{
    struct sample parts[] = { { .flag = SOME(true) }, { .text = STR("") } };
    check_text(arena, &(struct sample){ .parts = { parts, 2 } },
               "1 validation error detected: Value '' at 'parts.2.member.text' failed to satisfy constraint: Member must have length "
               "greater than or equal to 1");
}

TEST(a_missing_required_member_is_null)
{
    const struct get_sample_in in = { .id = STR("a") };
    assert_string_equal(validate_structure(arena, &GET_INPUT, &in).ptr,
                        "1 validation error detected: Value null at 'text' failed to satisfy constraint: Member must not be null");
    assert_string_equal(validate_unquoted(arena, &GET_INPUT, &in).ptr,
                        "1 validation error detected: Value at 'text' failed to satisfy constraint: Member must not be null");
}

TEST(patterns_without_anchors_cover_the_whole_text)
{
    static const char plain[] = "[a-z]+";
    static const char searched[] = "^arn:";
    static const char evil[] = "^([0-9]+)+$";
    static const char broken[] = "(";
    CHECK(pattern_matches(plain, STR("abc")));
    CHECK(!pattern_matches(plain, STR("abc-")));
    CHECK(pattern_matches(searched, STR("arn:aws")));
    CHECK(!pattern_matches(evil, STR("00000000000000000000000000000000000000000000000000000000000000000000!")));
    CHECK(pattern_matches(broken, STR("anything")));
}
