#include "match/criteria.h"

#include "match/match.h"
#include "tests/test.h"

static const char FINDING[] =
    "{\"id\":\"f1\",\"type\":\"Recon:IAMUser/X\",\"severity\":8.0,\"updatedAt\":\"2017-02-10T00:09:35.000Z\","
    "\"resource\":{\"instanceDetails\":{\"outpostArn\":\"arn:o\",\"tags\":[{\"key\":\"a\",\"value\":\"1\"},{\"key\":\"b\",\"value\":\"2\"}],"
    "\"launchTime\":1486685375}},"
    "\"service\":{\"archived\":false,\"count\":3,\"action\":{\"networkConnectionAction\":{\"remotePortDetails\":{\"port\":22}}}}}";

static bool test(struct arena *arena, const char *field, const char *comparison, const struct str *values, size_t count)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct match_criterion c = { .field = str_of(field), .values = values, .value_count = count };
    struct match_criteria *criteria = NULL;
    CHECK(match_comparison_parse(str_of(comparison), &c.comparison));
    CHECK_OK(match_criteria_compile(&ctx, &c, 1, &criteria));
    const bool matched = match_criteria_test(criteria, str_of(FINDING));
    CHECK(!match_criteria_test(criteria, STR("{\"id\":")));
    match_criteria_free(criteria);
    return matched;
}

#define ASK(field, comparison, ...) \
    test(arena, field, comparison, (const struct str[]){ __VA_ARGS__ }, COUNT_OF(((const struct str[]){ __VA_ARGS__ })))

TEST(values_of_an_attribute_are_alternatives)
{
    CHECK(ASK("type", "Equals", STR("x"), STR("Recon:IAMUser/X")));
    CHECK(!ASK("type", "eq", STR("recon:iamuser/x")));
    CHECK(ASK("type", "NotEquals", STR("x"), STR("y")));
    CHECK(!ASK("type", "neq", STR("x"), STR("Recon:IAMUser/X")));
    CHECK(ASK("absent", "NotEquals", STR("x")));
    CHECK(!ASK("absent", "Equals", STR("x")));
    CHECK(ASK("resource.instanceDetails.tags.value", "Equals", STR("2")));
    CHECK(!ASK("resource.instanceDetails.tags.value", "NotEquals", STR("2")));
    CHECK(ASK("service.archived", "Equals", STR("false")));
    CHECK(!ASK("service.archived", "Equals", STR("true")));
}

TEST(numbers_are_compared_as_numbers)
{
    CHECK(ASK("severity", "Equals", STR("8")));
    CHECK(!ASK("severity", "Equals", STR("7")));
    CHECK(ASK("severity", "GreaterThanOrEqual", STR("8")));
    CHECK(!ASK("severity", "gt", STR("8")));
    CHECK(ASK("severity", "LessThan", STR("9")));
    CHECK(ASK("severity", "lte", STR("8")));
    CHECK(!ASK("severity", "lt", STR("8")));
    CHECK(ASK("service.action.networkConnectionAction.remotePortDetails.port", "eq", STR("22")));
}

TEST(times_are_milliseconds_against_iso_text_or_seconds)
{
    CHECK(ASK("updatedAt", "Equals", STR("1486685375000")));
    CHECK(ASK("updatedAt", "gte", STR("1486685375000")));
    CHECK(!ASK("updatedAt", "gt", STR("1486685375000")));
    CHECK(ASK("updatedAt", "lt", STR("1486685375001")));
    CHECK(ASK("resource.instanceDetails.launchTime", "lte", STR("1486685375000")));
    CHECK(!ASK("resource.instanceDetails.launchTime", "lt", STR("1486685375000")));
    CHECK(match_criteria_is_time(STR("service.eventLastSeen")));
    CHECK(!match_criteria_is_time(STR("service.runtimeDetails.containerRuntime")));
}

TEST(matches_takes_wildcards)
{
    CHECK(ASK("type", "Matches", STR("Recon:*")));
    CHECK(!ASK("type", "Matches", STR("Recon")));
    CHECK(!ASK("type", "NotMatches", STR("x"), STR("*IAMUser/?")));
    CHECK(ASK("type", "NotMatches", STR("x*")));
}

TEST(both_spellings_of_the_outpost_are_known)
{
    CHECK(ASK("resource.instanceDetails.outpostARN", "Equals", STR("arn:o")));
    CHECK(!ASK("resource.instanceDetails.outpostARN", "NotEquals", STR("arn:o")));
}

TEST(attributes_are_joined_by_and)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str four = STR("4"), nine = STR("9"), seven = STR("7");
    struct match_criterion both[] = {
        { STR("severity"), MATCH_GREATER_THAN, &four, 1 },
        { STR("severity"), MATCH_LESS_THAN, &nine, 1 },
    };
    struct match_criteria *criteria = NULL;
    CHECK_OK(match_criteria_compile(&ctx, both, 2, &criteria));
    CHECK(match_criteria_test(criteria, str_of(FINDING)));
    match_criteria_free(criteria);
    both[1].values = &seven;
    CHECK_OK(match_criteria_compile(&ctx, both, 2, &criteria));
    CHECK(!match_criteria_test(criteria, str_of(FINDING)));
    match_criteria_free(criteria);
    CHECK_OK(match_criteria_compile(&ctx, NULL, 0, &criteria));
    CHECK(match_criteria_test(criteria, str_of(FINDING)));
    match_criteria_free(criteria);
}

TEST(wrong_criteria_are_refused_by_name)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct str word = STR("high");
    struct match_criteria *criteria = NULL;
    enum match_comparison ignored = MATCH_EQUALS;
    CHECK(!match_comparison_parse(STR("like"), &ignored));
    CHECK_FAULT(match_criteria_compile(&ctx, &(struct match_criterion){ STR("severity"), MATCH_LESS_THAN, &word, 1 }, 1, &criteria),
                FAULT_INVALID.code);
    CHECK_STR(str_of(ctx.reason), "the criterion on \"severity\" must be compared with one number");
    CHECK_FAULT(match_criteria_compile(&ctx, &(struct match_criterion){ STR("severity"), MATCH_EQUALS, NULL, 0 }, 1, &criteria),
                FAULT_INVALID.code);
    CHECK_FAULT(match_criteria_compile(&ctx, &(struct match_criterion){ STR(""), MATCH_EQUALS, &word, 1 }, 1, &criteria),
                FAULT_INVALID.code);
}

TEST(an_explanation_names_attribute_and_value)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct match_criteria *criteria = NULL;
    struct match_explanation why = { .matched = true };
    const struct str five = STR("5"), nine = STR("9");
    const struct match_criterion hit = { STR("severity"), MATCH_GREATER_THAN, &five, 1 };
    const struct match_criterion miss = { STR("severity"), MATCH_GREATER_THAN, &nine, 1 };
    CHECK_OK(match_criteria_compile(&ctx, &hit, 1, &criteria));
    CHECK_OK(match_criteria_explain(&ctx, criteria, str_of(FINDING), &why));
    CHECK(why.matched && strstr(why.words.ptr, "severity is a number from 5") && strstr(why.words.ptr, "it is \"8.0\""));
    CHECK_FAULT(match_criteria_explain(&ctx, criteria, STR("{"), &why), FAULT_INVALID.code);
    match_criteria_free(criteria);
    CHECK_OK(match_criteria_compile(&ctx, &miss, 1, &criteria));
    CHECK_OK(match_criteria_explain(&ctx, criteria, str_of(FINDING), &why));
    CHECK(!why.matched && strstr(why.words.ptr, "severity is a number from 9") && strstr(why.words.ptr, "no, it is \"8.0\""));
    match_criteria_free(criteria);
}
