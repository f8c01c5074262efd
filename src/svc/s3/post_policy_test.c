#include "svc/s3/post_policy.h"

#include "tests/test.h"

/* 2026-01-01T00:00:00Z */
#define NOW 1767225600000

static struct form_data_field FIELDS[] = {
    { STR_INIT("key"), STR_INIT("user/ann/a.txt") }, { STR_INIT("acl"), STR_INIT("private") }, { STR_INIT("policy"), STR_INIT("x") },
    { STR_INIT("x-ignore-me"), STR_INIT("y") }, { STR_INIT("X-Amz-Signature"), STR_INIT("z") },
};

static struct err check(struct arena *arena, struct request *rq, const char *expiration, const char *conditions)
{
    const struct form_data form = { .fields = FIELDS, .count = COUNT_OF(FIELDS), .has_file = true, .file = STR("12345") };
    *rq = (struct request){ .ctx = ctx_new(arena, NOW) };
    return post_policy_check(rq, str_format(arena, "{\"expiration\":\"%s\",\"conditions\":[%s]}", expiration, conditions), STR("bucket"),
                             &form);
}

#define LATER "2026-01-01T00:00:01.000Z"
#define FINE "{\"ACL\":\"private\"},[\"starts-with\",\"$key\",\"user/\"],{\"bucket\":\"bucket\"}"

TEST(a_form_that_keeps_to_its_policy_passes)
{
    struct request rq;
    CHECK_OK(check(arena, &rq, LATER, FINE));
    CHECK_OK(check(arena, &rq, LATER, FINE ",[\"content-length-range\",5,\"5\"]"));
    CHECK_OK(check(arena, &rq, LATER, "[\"eq\",\"$acl\",\"private\"],[\"starts-with\",\"$key\",\"\"]"));
}

TEST(a_policy_is_over_at_its_time)
{
    struct request rq;
    CHECK_FAULT(check(arena, &rq, "2026-01-01T00:00:00Z", FINE), "AccessDenied");
    CHECK_STR(str_of(rq.ctx.reason), "Invalid according to Policy: Policy expired.");
    CHECK_FAULT(check(arena, &rq, "soon", FINE), "InvalidPolicyDocument");
}

TEST(what_breaks_a_condition_is_named)
{
    static const struct {
        const char *conditions, *code, *reason;
    } cases[] = {
        { FINE ",[\"eq\",\"$key\",\"a\"]", "AccessDenied", "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$key\", \"a\"]" },
        { FINE ",{\"key\":\"a\"}", "AccessDenied", "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$key\", \"a\"]" },
        { FINE ",[\"eq\",\"acl\",\"private\"]", "AccessDenied",
          "Invalid according to Policy: Policy Condition failed: [\"eq\", \"acl\", \"private\"]" },
        { FINE ",[\"starts-with\",\"$none\",\"\"]", "AccessDenied",
          "Invalid according to Policy: Policy Condition failed: [\"starts-with\", \"$none\", \"\"]" },
        { "[\"starts-with\",\"$key\",\"\"]", "AccessDenied", "Invalid according to Policy: Extra input fields: acl" },
        { FINE ",[\"content-length-range\",6,9]", "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size" },
        { FINE ",[\"content-length-range\",0,4]", "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size" },
        { FINE ",[\"content-length-range\",\"x\",\"4\"]", "AccessDenied",
          "Invalid according to Policy: Policy Condition failed: [\"content-length-range\", \"x\", \"4\"]" },
        { "{\"a\":\"b\",\"c\":\"d\"}", "InvalidPolicyDocument",
          "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified." },
        { "[\"eq\",\"$key\"]", "InvalidPolicyDocument", "Invalid Policy: Invalid Condition: a condition is a list of an operator and two values." },
        { "1", "InvalidPolicyDocument", "Invalid Policy: Invalid Condition: neither an object nor a list." },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request rq;
        CHECK_FAULT(check(arena, &rq, LATER, cases[i].conditions), cases[i].code);
        CHECK_STR(str_of(rq.ctx.reason), cases[i].reason);
    }
}
