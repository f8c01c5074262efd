#include "svc/guardduty/finding.h"
#include "svc/guardduty/fixture.h"

static const char FINDING[] =
    "{\"id\":\"f1\",\"type\":\"Recon:EC2/Portscan\",\"severity\":5,\"updatedAt\":\"2023-11-14T22:13:20.000Z\","
    "\"resource\":{\"resourceType\":\"S3Bucket\",\"s3BucketDetails\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
    "\"instanceDetails\":{\"outpostArn\":\"arn:o\"}},"
    "\"service\":{\"archived\":false,\"count\":3,\"additionalInfo\":{\"threatListName\":\"tor\"}}}";

static struct err test(struct arena *arena, struct str field, struct guardduty_condition condition, bool *out)
{
    struct ctx ctx = ctx_new(arena, 0);
    struct guardduty_criterion_entry entry = { field, condition };
    const struct guardduty_finding_criteria in = { .criterion = { .items = &entry, .count = 1 } };
    struct match_criteria *criteria = NULL;
    const struct err err = finding_criteria(&ctx, &in, &criteria);
    *out = !err.fault && match_criteria_test(criteria, str_of(FINDING));
    match_criteria_free(criteria);
    return err;
}

#define MATCHES(field, ...)                                                                                            \
    CHECK_OK(test(arena, STR(field), (struct guardduty_condition){ __VA_ARGS__ }, &matched));                          \
    CHECK(matched)
#define MISSES(field, ...)                                                                                             \
    CHECK_OK(test(arena, STR(field), (struct guardduty_condition){ __VA_ARGS__ }, &matched));                          \
    CHECK(!matched)

TEST(conditions_become_predicates)
{
    bool matched = false;
    struct str type = STR("Recon:EC2/Portscan"), other = STR("x"), pattern = STR("Recon:*"), b = STR("b");
    MATCHES("type", .equals = { &type, 1 });
    MISSES("type", .eq = { &other, 1 });
    MATCHES("type", .neq = { &other, 1 });
    MISSES("type", .not_equals = { &type, 1 });
    MATCHES("type", .matches = { &pattern, 1 });
    MISSES("type", .not_matches = { &pattern, 1 });
    MATCHES("resource.s3BucketDetails.name", .eq = { &b, 1 });
    MATCHES("severity", .gte = SOME(5), .less_than = SOME(6));
    MISSES("severity", .greater_than = SOME(5));
    MATCHES("service.count", .lte = SOME(3));
    MATCHES("updatedAt", .greater_than_or_equal = SOME(1700000000000));
    MISSES("updatedAt", .lt = SOME(1), .greater_than = SOME(1));
}

TEST(fields_are_those_of_the_model)
{
    bool matched = false;
    struct str x = STR("x"), no = STR("false"), tor = STR("tor"), outpost = STR("arn:o");
    MATCHES("service.archived", .eq = { &no, 1 });
    MATCHES("service.additionalInfo.threatListName", .eq = { &tor, 1 });
    MATCHES("resource.instanceDetails.outpostARN", .eq = { &outpost, 1 });
    static const char *const UNKNOWN[] = { "no.such", "resource", "service.action", "type.x",
                                           "",        ".",        "service.",       "Type" };
    for (size_t i = 0; i < COUNT_OF(UNKNOWN); i++) {
        CHECK_FAULT(test(arena, str_of(UNKNOWN[i]), (struct guardduty_condition){ .eq = { &x, 1 } }, &matched),
                    BAD_REQUEST);
    }
}

TEST(more_than_fifty_values_are_refused)
{
    bool matched = false;
    struct str values[51];
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        values[i] = STR("x");
    }
    CHECK_OK(test(arena, STR("type"), (struct guardduty_condition){ .eq = { values, 50 } }, &matched));
    CHECK_FAULT(test(arena, STR("type"), (struct guardduty_condition){ .eq = { values, 51 } }, &matched), BAD_REQUEST);
}

TEST(no_criteria_are_no_question)
{
    struct ctx ctx = ctx_new(arena, 0);
    const struct guardduty_finding_criteria empty = { .criterion = { NULL, 0 } };
    struct match_criteria *criteria = NULL;
    CHECK_OK(finding_criteria(&ctx, NULL, &criteria));
    CHECK(criteria == NULL);
    CHECK_OK(finding_criteria(&ctx, &empty, &criteria));
    CHECK(criteria == NULL);
}
