#include "svc/context.h"

#include "tests/test.h"

static struct request caller(struct arena *arena, enum principal_type type)
{
    return (struct request){
        .ctx = ctx_new(arena, 1700000000000), .region = STR("eu-west-1"), .source_ip = STR("192.0.2.7"),
        .caller = { .type = type, .account = STR("111122223333"), .name = STR("n"),
                    .arn = STR("arn:aws:iam::111122223333:user/n") },
    };
}

static struct str value(struct request *rq, const char *key)
{
    struct request_context context = { .rq = rq };
    struct policy_values values = { NULL, 0 };
    return request_lookup(&context, str_of(key), &values) ? values.items[0] : STR_NONE;
}

TEST(a_request_has_the_global_keys)
{
    struct request rq = caller(arena, PRINCIPAL_USER);
    CHECK_STR(value(&rq, "AWS:username"), "n");
    CHECK_STR(value(&rq, "aws:SourceIp"), "192.0.2.7");
    CHECK_STR(value(&rq, "aws:CurrentTime"), "2023-11-14T22:13:20Z");
    CHECK_STR(value(&rq, "aws:EpochTime"), "1700000000");
    CHECK_STR(value(&rq, "aws:SecureTransport"), "false");
    CHECK_STR(value(&rq, "aws:PrincipalType"), "User");
    CHECK(value(&rq, "aws:MultiFactorAuthPresent").ptr == NULL);
    CHECK(value(&rq, "aws:UserAgent").ptr == NULL);
    CHECK(value(&rq, "aws:nonsense").ptr == NULL);
}

TEST(a_session_is_seen_as_its_role)
{
    struct request rq = caller(arena, PRINCIPAL_ASSUMED_ROLE);
    rq.caller.session_since_ms = 1700000000000;
    rq.caller.role_arn = STR("arn:aws:iam::111122223333:role/p/n");
    CHECK_STR(value(&rq, "aws:PrincipalArn"), "arn:aws:iam::111122223333:role/p/n");
    CHECK_STR(value(&rq, "aws:MultiFactorAuthPresent"), "false");
    CHECK_STR(value(&rq, "aws:TokenIssueTime"), "2023-11-14T22:13:20Z");
    CHECK(value(&rq, "aws:username").ptr == NULL);
    CHECK_STR(request_caller(&rq).role_arn, "arn:aws:iam::111122223333:role/p/n");
}

TEST(extra_keys_may_have_several_values)
{
    struct request rq = caller(arena, PRINCIPAL_USER);
    const struct context_pair pairs[] = { { STR("aws:TagKeys"), STR("a") }, { STR("aws:TagKeys"), STR("b") },
                                          { STR("sts:ExternalId"), STR_NONE } };
    struct request_context context = { &rq, pairs, COUNT_OF(pairs), NULL };
    struct policy_values values = { NULL, 0 };
    CHECK(request_lookup(&context, STR("aws:tagkeys"), &values));
    CHECK_INT(values.count, 2);
    CHECK(!request_lookup(&context, STR("sts:ExternalId"), &values));
}
