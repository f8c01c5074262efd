#include "policy/policy.h"

#include <stdio.h>

#include "base/json.h"
#include "tests/test.h"

/* Context keys as "key=value" lines; a key given twice has several values; "key" alone has none. */
struct context {
    struct arena *arena;
    const char *lines;
};

static bool look_up(void *argument, struct str key, struct policy_values *values)
{
    const struct context *context = argument;
    struct str *items = ARENA_ARRAY(context->arena, struct str, 8);
    struct str rest = str_of(context->lines);
    bool found = false;
    *values = (struct policy_values){ items, 0 };
    while (rest.len > 0) {
        struct str value = STR_NONE;
        const struct str name = str_cut(str_cut(rest, '\n', &rest), '=', &value);
        if (str_equal_nocase(name, key)) {
            found = true;
            if (value.ptr) {
                items[values->count++] = value;
            }
        }
    }
    return found;
}

static const struct policy *policy(struct arena *arena, const char *document)
{
    struct policy_error error = { .reason = NULL };
    const struct policy *made = policy_parse(arena, str_of(document), POLICY_IDENTITY, &error);
    if (made == NULL) {
        fail_msg("%s: %s", error.reason, document);
    }
    return made;
}

static struct policy_answer ask(struct arena *arena, const char *document, const char *action, const char *resource,
                                const char *context)
{
    struct context lines = { arena, context };
    const struct policy *policies[] = { policy(arena, document) };
    const struct policy_layer layer = { LAYER_IDENTITY, policies, 1 };
    const struct policy_question question = {
        .action = str_of(action), .resource = str_of(resource), .lookup = look_up, .lookup_argument = &lines,
        .layers = &layer, .layer_count = 1,
    };
    return policy_decide(&question);
}

static bool allows(struct arena *arena, const char *document, const char *action, const char *resource)
{
    return ask(arena, document, action, resource, "").decision == POLICY_ALLOW;
}

/* Does this Condition hold in this context? */
static bool holds(struct arena *arena, const char *condition, const char *context)
{
    const struct str document = str_format(
        arena, "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\","
               "\"Condition\":%s}}", condition);
    return ask(arena, document.ptr, "s3:GetObject", "*", context).decision == POLICY_ALLOW;
}

#define ONE(effect, rest) "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"" effect "\"," rest "}]}"
#define TWO(first, second) "{\"Version\":\"2012-10-17\",\"Statement\":[{" first "},{" second "}]}"

TEST(what_nobody_allows_is_denied)
{
    const struct policy_answer answer =
        ask(arena, ONE("Allow", "\"Action\":\"s3:GetObject\",\"Resource\":\"*\""), "s3:PutObject", "*", "");
    CHECK(answer.decision == POLICY_IMPLICIT_DENY);
    CHECK(!answer.decided.set && !answer.nearest.set);
}

TEST(an_explicit_deny_wins_wherever_it_stands)
{
    const char *document = TWO("\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"",
                               "\"Sid\":\"NoDelete\",\"Effect\":\"Deny\",\"Action\":\"s3:Delete*\",\"Resource\":\"*\"");
    const struct policy_answer answer = ask(arena, document, "s3:DeleteObject", "arn:aws:s3:::b/k", "");
    CHECK(answer.decision == POLICY_EXPLICIT_DENY);
    CHECK_INT(answer.decided.statement, 1);
    CHECK_STR(answer.decided.sid, "NoDelete");
    CHECK(allows(arena, document, "s3:GetObject", "arn:aws:s3:::b/k"));
}

TEST(actions_compare_without_case_and_with_wildcards)
{
    CHECK(allows(arena, ONE("Allow", "\"Action\":\"S3:get*\",\"Resource\":\"*\""), "s3:GetObject", "*"));
    CHECK(allows(arena, ONE("Allow", "\"Action\":[\"x:y\",\"s3:?etObject\"],\"Resource\":\"*\""), "s3:GetObject", "*"));
    CHECK(!allows(arena, ONE("Allow", "\"Action\":\"s3:Get\",\"Resource\":\"*\""), "s3:GetObject", "*"));
    CHECK(!allows(arena, ONE("Allow", "\"Action\":\"s3:Get *\",\"Resource\":\"*\""), "s3:Get Object", "*"));
    CHECK(!allows(arena, ONE("Allow", "\"Action\":\"s3:\",\"Resource\":\"*\""), "s3:", "*"));
    CHECK(allows(arena, ONE("Allow", "\"NotAction\":\"s3:\",\"Resource\":\"*\""), "s3:GetObject", "*"));
    CHECK(!allows(arena, ONE("Allow", "\"NotAction\":\"iam:*\",\"Resource\":\"*\""), "iam:CreateUser", "*"));
}

TEST(resources_match_part_by_part)
{
    const char *bucket = ONE("Allow", "\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::b/*\"");
    CHECK(allows(arena, bucket, "s3:GetObject", "arn:aws:s3:::b/a/b:c"));
    CHECK(!allows(arena, bucket, "s3:GetObject", "arn:aws:s3:::B/a"));
    const char *any_region = ONE("Allow", "\"Action\":\"*\",\"Resource\":\"arn:aws:sqs:*:1:q\"");
    CHECK(allows(arena, any_region, "sqs:X", "arn:aws:sqs:eu-west-1:1:q"));
    CHECK(!allows(arena, any_region, "sqs:X", "arn:aws:sqs:eu-west-1:2:1:q"));
    CHECK(allows(arena, ONE("Allow", "\"Action\":\"*\",\"Resource\":\"arn:aws:sqs\""), "sqs:X", "arn:aws:sqs:r:1:q"));
    CHECK(!allows(arena, ONE("Allow", "\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::b\""), "s3:ListBuckets", "*"));
    CHECK(!allows(arena, ONE("Allow", "\"Action\":\"*\",\"NotResource\":\"arn:aws:s3:::b\""), "s3:X", "arn:aws:s3:::b"));
    CHECK(allows(arena, ONE("Allow", "\"Action\":\"*\",\"NotResource\":\"arn:aws:s3:::b\""), "s3:X", "arn:aws:s3:::c"));
}

TEST(variables_are_the_request_s_and_never_wildcards)
{
    const char *home = ONE("Allow", "\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::b/${aws:username}/*\"");
    CHECK(ask(arena, home, "s3:X", "arn:aws:s3:::b/ann/f", "aws:UserName=ann").decision == POLICY_ALLOW);
    CHECK(ask(arena, home, "s3:X", "arn:aws:s3:::b/bob/f", "aws:username=ann").decision != POLICY_ALLOW);
    CHECK(ask(arena, home, "s3:X", "arn:aws:s3:::b/bob/f", "aws:username=*").decision != POLICY_ALLOW);
    CHECK(ask(arena, home, "s3:X", "arn:aws:s3:::b//f", "").decision != POLICY_ALLOW);
    const char *fallback = ONE("Allow", "\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::b/${aws:username, 'all'}\"");
    CHECK(allows(arena, fallback, "s3:X", "arn:aws:s3:::b/all"));
    const char *literal = ONE("Allow", "\"Action\":\"*\",\"Resource\":\"arn:aws:s3:::b/${*}${?}${$}\"");
    CHECK(allows(arena, literal, "s3:X", "arn:aws:s3:::b/*?$"));
    CHECK(!allows(arena, literal, "s3:X", "arn:aws:s3:::b/xyz"));
    const char *old = "{\"Version\":\"2008-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
                      "\"Resource\":\"arn:aws:s3:::${aws:username}\"}}";
    CHECK(ask(arena, old, "s3:X", "arn:aws:s3:::ann", "aws:username=ann").decision != POLICY_ALLOW);
    CHECK(allows(arena, old, "s3:X", "arn:aws:s3:::${aws:username}"));
}

TEST(text_conditions)
{
    CHECK(holds(arena, "{\"StringEquals\":{\"a:k\":[\"x\",\"y\"]}}", "A:K=y"));
    CHECK(!holds(arena, "{\"StringEquals\":{\"a:k\":\"x*\"}}", "a:k=xy"));
    CHECK(holds(arena, "{\"StringEqualsIgnoreCase\":{\"a:k\":\"X\"}}", "a:k=x"));
    CHECK(holds(arena, "{\"StringLike\":{\"a:k\":\"x*\"}}", "a:k=xy"));
    CHECK(!holds(arena, "{\"StringNotLike\":{\"a:k\":\"x*\"}}", "a:k=xy"));
    CHECK(!holds(arena, "{\"StringNotEquals\":{\"a:k\":[\"x\",\"y\"]}}", "a:k=y"));
    CHECK(holds(arena, "{\"StringNotEquals\":{\"a:k\":[\"x\",\"y\"]}}", "a:k=z"));
    CHECK(holds(arena, "{\"StringEquals\":{\"a:k\":\"${a:j}\"}}", "a:k=v\na:j=v"));
    CHECK(!holds(arena, "{\"StringEquals\":{\"a:k\":\"${a:j}\"}}", "a:k=v"));
    CHECK(!holds(arena, "{\"StringEquals\":{\"a:k\":\"x\"},\"StringLike\":{\"a:j\":\"y\"}}", "a:k=x\na:j=z"));
    CHECK(!holds(arena, "{\"StringEquals\":{\"a:k\":\"x\",\"a:j\":\"y\"}}", "a:k=x"));
    CHECK(!holds(arena, "{\"StringEqual\":{\"a:k\":\"x\"}}", "a:k=x"));
}

TEST(missing_keys)
{
    CHECK(!holds(arena, "{\"StringEquals\":{\"a:k\":\"x\"}}", ""));
    CHECK(holds(arena, "{\"StringNotEquals\":{\"a:k\":\"x\"}}", ""));
    CHECK(holds(arena, "{\"StringEqualsIfExists\":{\"a:k\":\"x\"}}", ""));
    CHECK(!holds(arena, "{\"StringEqualsIfExists\":{\"a:k\":\"x\"}}", "a:k=y"));
    CHECK(holds(arena, "{\"Null\":{\"a:k\":\"true\"}}", ""));
    CHECK(!holds(arena, "{\"Null\":{\"a:k\":\"false\"}}", ""));
    CHECK(holds(arena, "{\"Null\":{\"a:k\":false}}", "a:k=x"));
    CHECK(!holds(arena, "{\"NullIfExists\":{\"a:k\":\"true\"}}", ""));
    CHECK(!holds(arena, "{\"Bool\":{\"aws:MultiFactorAuthPresent\":\"true\"}}", ""));
    CHECK(holds(arena, "{\"BoolIfExists\":{\"aws:MultiFactorAuthPresent\":\"true\"}}", ""));
}

TEST(sets_of_values)
{
    CHECK(holds(arena, "{\"ForAllValues:StringEquals\":{\"a:k\":[\"x\",\"y\"]}}", "a:k=x\na:k=y"));
    CHECK(!holds(arena, "{\"ForAllValues:StringEquals\":{\"a:k\":[\"x\",\"y\"]}}", "a:k=x\na:k=z"));
    CHECK(holds(arena, "{\"ForAllValues:StringEquals\":{\"a:k\":\"x\"}}", ""));
    CHECK(holds(arena, "{\"ForAllValues:StringEquals\":{\"a:k\":\"x\"}}", "a:k"));
    CHECK(holds(arena, "{\"ForAnyValue:StringEquals\":{\"a:k\":\"x\"}}", "a:k=x\na:k=z"));
    CHECK(!holds(arena, "{\"ForAnyValue:StringEquals\":{\"a:k\":\"x\"}}", ""));
    CHECK(holds(arena, "{\"ForAnyValue:StringNotEquals\":{\"a:k\":\"x\"}}", "a:k=x\na:k=z"));
    CHECK(!holds(arena, "{\"ForAllValues:StringNotEquals\":{\"a:k\":\"x\"}}", "a:k=x\na:k=z"));
    CHECK(holds(arena, "{\"ForAnyValue:StringEqualsIfExists\":{\"a:k\":\"x\"}}", ""));
}

TEST(number_date_and_truth_conditions)
{
    CHECK(holds(arena, "{\"NumericEquals\":{\"a:k\":10}}", "a:k=10.0"));
    CHECK(holds(arena, "{\"NumericLessThanEquals\":{\"a:k\":\"10\"}}", "a:k=10"));
    CHECK(!holds(arena, "{\"NumericGreaterThan\":{\"a:k\":\"10\"}}", "a:k=10"));
    CHECK(!holds(arena, "{\"NumericEquals\":{\"a:k\":\"x\"}}", "a:k=x"));
    CHECK(holds(arena, "{\"DateGreaterThan\":{\"a:k\":\"2020-01-01\"}}", "a:k=2020-01-01T00:00:01Z"));
    CHECK(holds(arena, "{\"DateLessThan\":{\"a:k\":\"2020-01-01T00:00:00Z\"}}", "a:k=1577836799"));
    CHECK(holds(arena, "{\"Bool\":{\"a:k\":true}}", "a:k=True"));
    CHECK(!holds(arena, "{\"Bool\":{\"a:k\":\"false\"}}", "a:k=true"));
    CHECK(holds(arena, "{\"BinaryEquals\":{\"a:k\":\"QUJD\"}}", "a:k=QUJD"));
}

TEST(address_conditions)
{
    CHECK(holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":[\"10.0.0.0/8\",\"192.0.2.0/25\"]}}", "aws:SourceIp=192.0.2.127"));
    CHECK(!holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.0/25\"}}", "aws:SourceIp=192.0.2.128"));
    CHECK(holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":\"2001:db8::/32\"}}", "aws:SourceIp=2001:DB8:1::7"));
    CHECK(holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":\"::ffff:1.2.3.4\"}}", "aws:SourceIp=::ffff:102:304"));
    CHECK(!holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":\"0.0.0.0/0\"}}", "aws:SourceIp=::1"));
    CHECK(holds(arena, "{\"NotIpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}", "aws:SourceIp=11.0.0.1"));
    CHECK(!holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/33\"}}", "aws:SourceIp=10.0.0.1"));
    CHECK(!holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0\"}}", "aws:SourceIp=10.0.0"));
    CHECK(!holds(arena, "{\"IpAddress\":{\"aws:SourceIp\":\"1:::2\"}}", "aws:SourceIp=1::2"));
}

TEST(arn_conditions_match_part_by_part)
{
    CHECK(holds(arena, "{\"ArnLike\":{\"a:k\":\"arn:aws:iam::*:role/x*\"}}", "a:k=arn:aws:iam::1:role/xy"));
    CHECK(holds(arena, "{\"ArnEquals\":{\"a:k\":\"arn:aws:iam::*:role/x*\"}}", "a:k=arn:aws:iam::1:role/xy"));
    CHECK(!holds(arena, "{\"ArnLike\":{\"a:k\":\"arn:*:role/x\"}}", "a:k=arn:aws:iam::1:role/y"));
    CHECK(!holds(arena, "{\"ArnNotLike\":{\"a:k\":\"arn:aws:iam::*:role/x*\"}}", "a:k=arn:aws:iam::1:role/xy"));
}

TEST(the_answer_names_the_condition_that_was_not_met)
{
    const char *document = ONE("Allow", "\"Sid\":\"Mfa\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"Bool\":"
                                        "{\"aws:MultiFactorAuthPresent\":\"true\"}}");
    const struct policy_answer answer = ask(arena, document, "s3:X", "*", "aws:MultiFactorAuthPresent=false");
    CHECK(answer.decision == POLICY_IMPLICIT_DENY && answer.nearest.set);
    CHECK_STR(answer.nearest.sid, "Mfa");
    CHECK_STR(answer.unmet_operator, "Bool");
    CHECK_STR(answer.unmet_key, "aws:MultiFactorAuthPresent");
}

/* Every operator of the language: a hit and a miss. */
TEST(each_operator_hits_and_misses)
{
    static const struct {
        const char *operator, *value, *hit, *miss;
    } cases[] = {
        { "StringEquals", "\"x\"", "x", "X" },
        { "StringNotEquals", "\"x\"", "X", "x" },
        { "StringEqualsIgnoreCase", "\"x\"", "X", "y" },
        { "StringNotEqualsIgnoreCase", "\"x\"", "y", "X" },
        { "StringLike", "\"x?*z\"", "xyz", "xz" },
        { "StringNotLike", "\"x?*z\"", "xz", "xyyz" },
        { "NumericEquals", "\"10\"", "1e1", "11" },
        { "NumericNotEquals", "\"10\"", "11", "10.0" },
        { "NumericLessThan", "\"10\"", "-11", "10" },
        { "NumericLessThanEquals", "\"10\"", "10", "10.1" },
        { "NumericGreaterThan", "\"10\"", "10.1", "10" },
        { "NumericGreaterThanEquals", "\"10\"", "10", "9.9" },
        { "DateEquals", "\"2026-01-01T00:00:00Z\"", "2026-01-01", "2026-01-02" },
        { "DateNotEquals", "\"2026-01-01T00:00:00Z\"", "2026-01-02", "1767225600" },
        { "DateLessThan", "\"2026-01-01T00:00:00Z\"", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z" },
        { "DateLessThanEquals", "\"2026-01-01T00:00:00Z\"", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z" },
        { "DateGreaterThan", "\"2026-01-01T00:00:00Z\"", "2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z" },
        { "DateGreaterThanEquals", "\"2026-01-01T00:00:00Z\"", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z" },
        { "Bool", "\"true\"", "TRUE", "false" },
        { "BinaryEquals", "\"QUJD\"", "QUJD", "QUJE" },
        { "IpAddress", "\"10.0.0.0/8\"", "10.255.0.1", "11.0.0.1" },
        { "NotIpAddress", "\"10.0.0.0/8\"", "11.0.0.1", "10.255.0.1" },
        { "ArnEquals", "\"arn:aws:iam::*:role/x\"", "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/y" },
        { "ArnLike", "\"arn:aws:iam::1:*\"", "arn:aws:iam::1:role/x", "arn:aws:iam::2:role/x" },
        { "ArnNotEquals", "\"arn:aws:iam::1:*\"", "arn:aws:iam::2:role/x", "arn:aws:iam::1:role/x" },
        { "ArnNotLike", "\"arn:aws:iam::1:*\"", "arn:aws:iam::2:role/x", "arn:aws:iam::1:role/x" },
        { "Null", "\"false\"", "x", NULL },
        { "Null", "\"true\"", NULL, "x" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct str condition = str_format(arena, "{\"%s\":{\"a:k\":%s}}", cases[i].operator, cases[i].value);
        const struct str hit = cases[i].hit ? str_format(arena, "a:k=%s", cases[i].hit) : STR("");
        const struct str miss = cases[i].miss ? str_format(arena, "a:k=%s", cases[i].miss) : STR("");
        if (!holds(arena, condition.ptr, hit.ptr) || holds(arena, condition.ptr, miss.ptr)) {
            fail_msg("%s", condition.ptr);
        }
    }
}

TEST(several_values_need_a_set_operator)
{
    CHECK(!holds(arena, "{\"StringEquals\":{\"a:k\":\"x\"}}", "a:k=x\na:k=y"));
    CHECK(!holds(arena, "{\"StringNotEquals\":{\"a:k\":\"z\"}}", "a:k=x\na:k=y"));
    CHECK(holds(arena, "{\"ForAnyValue:StringEquals\":{\"a:k\":\"x\"}}", "a:k=x\na:k=y"));
    CHECK(!holds(arena, "{\"StringLike\":{\"a:j\":\"${a:k}\"}}", "a:j=x\na:k=x\na:k=y"));
}

TEST(variables_in_conditions)
{
    CHECK(holds(arena, "{\"ArnLike\":{\"a:k\":\"arn:aws:iam::${a:j}:role/*\"}}", "a:k=arn:aws:iam::1:role/x\na:j=1"));
    CHECK(!holds(arena, "{\"ArnLike\":{\"a:k\":\"arn:aws:iam::${a:j}:role/*\"}}", "a:k=arn:aws:iam::1:role/x\na:j=*"));
    CHECK(!holds(arena, "{\"ArnLike\":{\"a:k\":\"arn:aws:iam::${a:j}:role/*\"}}", "a:k=arn:aws:iam::1:role/x\na:j=1:role"));
    CHECK(holds(arena, "{\"Bool\":{\"a:k\":\"${a:j}\"}}", "a:k=true\na:j=true"));
    CHECK(!holds(arena, "{\"NumericEquals\":{\"a:k\":\"${a:j}\"}}", "a:k=1\na:j=1"));
    CHECK(holds(arena, "{\"StringLike\":{\"a:k\":\"${a:j}*${a:i, 'z'}\"}}", "a:k=a*b-z\na:j=a*b"));
    CHECK(!holds(arena, "{\"StringLike\":{\"a:k\":\"${a:j}*${a:i, 'z'}\"}}", "a:k=acb-z\na:j=a*b"));
    CHECK(holds(arena, "{\"StringEqualsIgnoreCase\":{\"a:k\":\"x-${a:j}\"}}", "a:k=X-ANN\na:j=ann"));
    CHECK(holds(arena, "{\"StringLike\":{\"a:k\":\"${a:j\"}}", "a:k=${a:j"));
}

TEST(a_value_with_too_many_variables_is_refused)
{
    struct text text = text_new(arena);
    text_add(&text, STR("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"arn:aws:s3:::"));
    for (int i = 0; i < 100; i++) {
        text_add(&text, STR("${a:b}"));
    }
    text_add(&text, STR("\"},\"Version\":\"2012-10-17\"}"));
    struct policy_error error = { .reason = NULL };
    CHECK(policy_parse(arena, text_str(&text), POLICY_IDENTITY, &error) == NULL);
    CHECK_STR(error.place, "Statement[0].Resource");
}

/* Filed by action, service or neither: all statements are found, whatever stands first. */
TEST(many_statements_are_found_by_action)
{
    struct text text = text_new(arena);
    text_add(&text, STR("{\"Version\":\"2012-10-17\",\"Statement\":["));
    for (int i = 0; i < 300; i++) {
        text_add_format(&text, "{\"Effect\":\"Allow\",\"Action\":[\"S%d:Get%d\",\"s%d:List*\"],\"Resource\":\"*\"},", i, i, i);
    }
    text_add(&text, STR("{\"Sid\":\"Last\",\"Effect\":\"Deny\",\"Action\":\"*:GetSecret\",\"Resource\":\"*\"}]}"));
    const char *document = text_str(&text).ptr;
    for (int i = 0; i < 300; i += 37) {
        CHECK(allows(arena, document, str_format(arena, "s%d:get%d", i, i).ptr, "*"));
        CHECK(allows(arena, document, str_format(arena, "s%d:ListAll", i).ptr, "*"));
        CHECK(!allows(arena, document, str_format(arena, "s%d:Get%d", i, i + 1).ptr, "*"));
    }
    CHECK_STR(ask(arena, document, "s1:GetSecret", "*", "").decided.sid, "Last");
}

TEST(callers_are_read_from_what_people_write)
{
    struct policy_caller caller;
    CHECK(policy_caller_of(arena, STR("arn:aws:sts::111122223333:assumed-role/r/s"), &caller));
    CHECK_STR(caller.role_arn, "arn:aws:iam::111122223333:role/r");
    CHECK(policy_caller_of(arena, STR("arn:aws:sts::111122223333:federated-user/ann"), &caller));
    CHECK_STR(caller.role_arn, "arn:aws:iam::111122223333:user/ann");
    CHECK(policy_caller_of(arena, STR("arn:aws:iam::111122223333:user/x/ann"), &caller) && caller.role_arn.ptr == NULL);
    CHECK(policy_caller_of(arena, STR("sns.amazonaws.com"), &caller) && caller.account.ptr == NULL);
    CHECK(policy_caller_of(arena, STR("anonymous"), &caller) && caller.arn.ptr == NULL);
    CHECK(!policy_caller_of(arena, STR("ann"), &caller));
    CHECK(!policy_caller_of(arena, STR("arn:aws:s3:::bucket"), &caller));
    CHECK(!policy_caller_of(arena, STR("arn:aws:iam::1"), &caller));
}

static struct policy_answer layered(struct arena *arena, const char *identity, const char *session)
{
    const struct policy *first[] = { policy(arena, identity) };
    const struct policy *second[] = { policy(arena, session) };
    const struct policy_layer layers[] = { { LAYER_IDENTITY, first, 1 }, { LAYER_SESSION, second, 1 } };
    const struct policy_question question = { .action = STR("s3:GetObject"), .resource = STR("arn:aws:s3:::b/k"),
                                              .layers = layers, .layer_count = 2 };
    return policy_decide(&question);
}

TEST(every_layer_must_allow)
{
    const char *all = ONE("Allow", "\"Action\":\"*\",\"Resource\":\"*\"");
    const char *other = ONE("Allow", "\"Action\":\"ec2:*\",\"Resource\":\"*\"");
    const char *deny = ONE("Deny", "\"Action\":\"*\",\"Resource\":\"*\"");
    CHECK(layered(arena, all, all).decision == POLICY_ALLOW);
    CHECK(layered(arena, all, other).decision == POLICY_IMPLICIT_DENY);
    CHECK(layered(arena, all, other).layer == LAYER_SESSION);
    CHECK(layered(arena, other, all).layer == LAYER_IDENTITY);
    CHECK(layered(arena, other, deny).decision == POLICY_EXPLICIT_DENY);
    CHECK(policy_decide(&(struct policy_question){ .action = STR("s3:X") }).decision == POLICY_IMPLICIT_DENY);
}

static bool trusts(struct arena *arena, const char *principal, struct policy_caller caller)
{
    struct policy_error error = { .reason = NULL };
    const struct str document = str_format(arena, "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\","
                                                  "\"Action\":\"sts:AssumeRole\",%s}}", principal);
    const struct policy *made = policy_parse(arena, document, POLICY_TRUST, &error);
    const struct policy_layer layer = { LAYER_RESOURCE, &made, 1 };
    const struct policy_question question = { .action = STR("sts:AssumeRole"), .resource = STR("*"), .caller = caller };
    CHECK(made != NULL);
    return policy_weigh(&question, &layer).decision == POLICY_ALLOW;
}

TEST(a_trust_policy_names_who_may_come)
{
    const struct policy_caller ann = { .account = STR("111122223333"), .arn = STR("arn:aws:iam::111122223333:user/ann") };
    const struct policy_caller session = { .account = STR("111122223333"),
                                           .arn = STR("arn:aws:sts::111122223333:assumed-role/r/s"),
                                           .role_arn = STR("arn:aws:iam::111122223333:role/r") };
    const struct policy_caller ec2 = { .service = STR("ec2.amazonaws.com") };
    CHECK(trusts(arena, "\"Principal\":\"*\"", ann));
    CHECK(trusts(arena, "\"Principal\":{\"AWS\":\"111122223333\"}", ann));
    CHECK(trusts(arena, "\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"}", session));
    CHECK(!trusts(arena, "\"Principal\":{\"AWS\":\"arn:aws:iam::444455556666:root\"}", ann));
    CHECK(trusts(arena, "\"Principal\":{\"AWS\":[\"arn:aws:iam::1:user/x\",\"arn:aws:iam::111122223333:user/ann\"]}", ann));
    CHECK(trusts(arena, "\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/r\"}", session));
    CHECK(trusts(arena, "\"Principal\":{\"AWS\":\"arn:aws:sts::111122223333:assumed-role/r/s\"}", session));
    CHECK(!trusts(arena, "\"Principal\":{\"Service\":\"ec2.amazonaws.com\"}", ann));
    CHECK(trusts(arena, "\"Principal\":{\"Service\":\"ec2.amazonaws.com\"}", ec2));
    CHECK(!trusts(arena, "\"NotPrincipal\":{\"AWS\":\"111122223333\"}", ann));
}

static void check_malformed(struct arena *arena, enum policy_kind kind, const char *document, const char *reason,
                            const char *place)
{
    struct policy_error error = { .reason = NULL };
    const struct policy *made = policy_parse(arena, str_of(document), kind, &error);
    CHECK(made == NULL || !policy_validate(arena, made, &error));
    assert_string_equal(error.reason, reason);
    CHECK_STR(error.place, place);
}

TEST(malformed_documents_are_refused_with_reason_and_place)
{
    const char *syntax = "Syntax errors in policy.";
    check_malformed(arena, POLICY_IDENTITY, "{\n  \"Version\":}", syntax, "line 2, column 13");
    check_malformed(arena, POLICY_TRUST, "x", "This policy contains invalid Json", "line 1, column 1");
    check_malformed(arena, POLICY_IDENTITY, "[]", syntax, "");
    check_malformed(arena, POLICY_IDENTITY, "{\"Version\":\"2012-10-17\"}", syntax, "");
    check_malformed(arena, POLICY_IDENTITY, "{\"Version\":\"2013\",\"Statement\":[]}",
                    "The policy must contain a valid version string", "Version");
    check_malformed(arena, POLICY_IDENTITY, "{\"Statements\":[]}", syntax, "Statements");
    check_malformed(arena, POLICY_IDENTITY, ONE("allow", "\"Action\":\"a:b\",\"Resource\":\"*\""), syntax,
                    "Statement[0].Effect");
    check_malformed(arena, POLICY_IDENTITY, ONE("Allow", "\"Action\":{},\"Resource\":\"*\""), syntax,
                    "Statement[0].Action");
    check_malformed(arena, POLICY_IDENTITY, ONE("Allow", "\"Action\":\"a:b\",\"NotAction\":\"a:b\",\"Resource\":\"*\""),
                    syntax, "Statement[0].NotAction");
    check_malformed(arena, POLICY_IDENTITY, ONE("Allow", "\"Resource\":\"*\""), "Policy statement must contain actions.",
                    "Statement[0]");
    check_malformed(arena, POLICY_IDENTITY, ONE("Allow", "\"Action\":\"a:b\""), "Policy statement must contain resources.",
                    "Statement[0]");
    check_malformed(arena, POLICY_IDENTITY, ONE("Allow", "\"Action\":\"a:b\",\"Resource\":\"*\",\"Principal\":\"*\""),
                    "Policy document should not specify a principal.", "Statement[0].Principal");
    check_malformed(arena, POLICY_TRUST, ONE("Allow", "\"Action\":\"sts:AssumeRole\""), "Missing required field Principal",
                    "Statement[0]");
    check_malformed(arena, POLICY_TRUST,
                    ONE("Allow", "\"Action\":\"sts:AssumeRole\",\"Principal\":\"*\",\"Resource\":\"*\""),
                    "Has prohibited field Resource", "Statement[0].Resource");
    check_malformed(arena, POLICY_TRUST, ONE("Allow", "\"Action\":\"s3:Get\",\"Principal\":\"*\""),
                    "AssumeRole policy may only specify STS AssumeRole actions.", "Statement[0].Action[0]");
    check_malformed(arena, POLICY_TRUST, ONE("Allow", "\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":[\"*\",\"ann\"]}"),
                    "Invalid principal in policy: \"AWS\":\"ann\"", "Statement[0].Principal[1]");
    check_malformed(arena, POLICY_TRUST,
                    ONE("Allow", "\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role/*\"}"),
                    "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/*\"", "Statement[0].Principal[0]");
    check_malformed(arena, POLICY_RESOURCE,
                    ONE("Deny", "\"Action\":\"a:b\",\"Resource\":\"*\",\"NotPrincipal\":{\"Service\":\"ec2\"}"),
                    "Invalid principal in policy: \"SERVICE\":\"ec2\"", "Statement[0].NotPrincipal[0]");
    check_malformed(arena, POLICY_IDENTITY, ONE("Allow", "\"Action\":\"invalid\",\"Resource\":\"*\""),
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "Statement[0].Action[0]");
    check_malformed(arena, POLICY_IDENTITY, ONE("Allow", "\"Action\":\"a:b\",\"Resource\":[\"*\",\"bucket\"]"),
                    "Resource bucket must be in ARN format or \"*\".", "Statement[0].Resource[1]");
    check_malformed(arena, POLICY_IDENTITY,
                    ONE("Allow", "\"Action\":\"a:b\",\"Resource\":\"*\",\"Condition\":{\"Equals\":{\"a:b\":\"c\"}}"),
                    "Invalid Condition type : Equals.", "Statement[0].Condition[0]");
    check_malformed(arena, POLICY_IDENTITY,
                    TWO("\"Sid\":\"A\",\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\"",
                        "\"Sid\":\"A\",\"Effect\":\"Allow\",\"Action\":\"a:b\",\"Resource\":\"*\""),
                    "Statement IDs (SID) in a single policy must be unique.", "Statement[1].Sid[0]");
}

/* Every policy that AWS itself manages must be one that we read. */
TEST(managed_policies_of_aws_are_read)
{
    const char *shared = test_shared();
    if (shared == NULL) {
        puts("skipped: no shared material");
        return;
    }
    struct str rest = test_read_file(arena, str_format(arena, "%s/corpora/iam/aws_managed_policies.jsonl", shared).ptr);
    size_t run = 0;
    size_t passed = 0;
    while (rest.len > 0) {
        struct arena *own = arena_open();
        const struct json *line = json_parse(own, str_cut(rest, '\n', &rest), NULL);
        const struct json *document = json_get(line, STR("document"));
        if (document && document->kind == JSON_OBJECT) {
            struct policy_error error = { .reason = NULL };
            const struct policy *made = policy_parse(own, document->text, POLICY_IDENTITY, &error);
            const bool sound = made && policy_validate(own, made, &error);
            run++;
            passed += sound;
            if (!sound) {
                printf("%.*s: %s (%.*s)\n", STR_ARG(json_text(json_get(line, STR("name")))), error.reason,
                       STR_ARG(error.place));
            }
        }
        arena_close(own);
    }
    test_corpus_report("iam/aws_managed_policies", run, passed);
}
