#include "policy/policy.h"

#include "tests/test.h"

/* A policy that allows principal something under a condition. */
static bool is_public(struct arena *arena, const char *effect, const char *principal, const char *condition)
{
    struct policy_error error = { .reason = NULL };
    const struct str document = str_format(arena, "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"%s\",\"Principal\":%s,"
                                           "\"Action\":\"s3:GetObject\",\"Resource\":\"*\",\"Condition\":{%s}}}",
                                           effect, principal, condition);
    const struct policy *policy = policy_parse(arena, document, POLICY_RESOURCE, &error);
    CHECK(policy != NULL);
    return policy_is_public(policy);
}

static bool pinned(struct arena *arena, const char *condition)
{
    return !is_public(arena, "Allow", "\"*\"", condition);
}

TEST(an_allow_for_anyone_is_public)
{
    CHECK(is_public(arena, "Allow", "\"*\"", ""));
    CHECK(is_public(arena, "Allow", "{\"AWS\":\"*\"}", ""));
    CHECK(is_public(arena, "Allow", "{\"AWS\":[\"111122223333\",\"*\"]}", ""));
    CHECK(!is_public(arena, "Deny", "\"*\"", ""));
    CHECK(!is_public(arena, "Allow", "{\"AWS\":\"111122223333\"}", ""));
    CHECK(!is_public(arena, "Allow", "{\"Service\":\"sns.amazonaws.com\"}", ""));
}

TEST(a_condition_on_what_outsiders_can_t_choose_pins)
{
    CHECK(pinned(arena, "\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-a1b2c3d4e5\"}"));
    CHECK(pinned(arena, "\"StringLike\":{\"aws:userid\":\"AROAEXAMPLE:*\"}"));
    CHECK(pinned(arena, "\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:sns:*:111122223333:*\"}"));
    CHECK(pinned(arena, "\"IpAddress\":{\"aws:SourceIp\":[\"192.0.2.0/24\",\"2001:db8::/32\"]}"));
}

TEST(other_conditions_don_t)
{
    CHECK(!pinned(arena, "\"StringLike\":{\"aws:PrincipalOrgID\":\"*\"}"));
    CHECK(!pinned(arena, "\"StringNotEquals\":{\"aws:PrincipalOrgID\":\"o-a1b2c3d4e5\"}"));
    CHECK(!pinned(arena, "\"StringEqualsIfExists\":{\"aws:PrincipalOrgID\":\"o-a1b2c3d4e5\"}"));
    CHECK(!pinned(arena, "\"ForAllValues:StringEquals\":{\"aws:PrincipalOrgID\":\"o-a1b2c3d4e5\"}"));
    CHECK(!pinned(arena, "\"Null\":{\"aws:PrincipalOrgID\":\"false\"}"));
    CHECK(!pinned(arena, "\"ArnLike\":{\"aws:SourceArn\":\"arn:aws:sns:*:*:topic\"}"));
    CHECK(!pinned(arena, "\"IpAddress\":{\"aws:SourceIp\":[\"192.0.2.0/24\",\"0.0.0.0/1\"]}"));
    CHECK(!pinned(arena, "\"StringEquals\":{\"aws:UserAgent\":\"me\"}"));
}
